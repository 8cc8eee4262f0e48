"""The lake of a house that serves, filled every so often by a process of its own.

A process, because reading the journal through is work that must not hold up the loop: it runs at
low priority, it may be killed at any moment, and its memory goes with it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from regard.core.errors import Refused
from regard.core.settings import Lake

NICENESS = 10
TOLD_MAX = 500
"""Characters of what a run said that go into the log when it failed."""

_log = logging.getLogger(__name__)


@contextmanager
def lake_beside(folder: Path, store: str, lake: Lake | None) -> Iterator[None]:
    """Fill the project's lake while the block runs, if regard.toml says so.

    `store` is what the server was told, empty for what regard.toml says: an address may hold a
    secret, which others would see among the arguments of a process.
    """
    if lake is None:
        yield
        return
    if find_spec("duckdb") is None:
        raise Refused(
            "[lake] in regard.toml needs the extra regard[lake].",
            code="extra_missing",
            hint="pip install 'regard[lake]', or take [lake] out.",
        )
    command = [sys.executable, "-c", "from regard.cli import main; main()", "lake", str(folder)]
    command += [*(["--store", store] if store else []), *(["--now"] if lake.is_open else [])]
    filler = _Filler(command, lake.every.total_seconds())
    thread = threading.Thread(target=filler.run, name="lake", daemon=True)
    thread.start()
    try:
        yield
    finally:
        filler.stop()
        thread.join()


class _Filler:
    """Runs a command again and again until it is stopped."""

    def __init__(self, command: Sequence[str], every_s: float) -> None:
        self._command = command
        self._every_s = every_s
        self._is_over = threading.Event()
        self._running: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def run(self) -> None:
        """Fill until `stop`."""
        while not self._is_over.is_set():
            running = self._started()
            if running is None:
                return
            _, told = running.communicate()
            if running.returncode and not self._is_over.is_set():
                words = told.decode(errors="replace")[-TOLD_MAX:].strip()
                _log.warning("lake_delayed", extra={"reason": words})
            self._is_over.wait(self._every_s)

    def stop(self) -> None:
        """End, at once: what is half done is done again by the next run."""
        self._is_over.set()
        with self._lock:
            if self._running is not None and self._running.poll() is None:
                self._running.terminate()

    def _started(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._is_over.is_set():
                return None
            self._running = subprocess.Popen(  # noqa: S603 - this very program, without a shell
                self._command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        os.setpriority(os.PRIO_PROCESS, self._running.pid, NICENESS)
        return self._running
