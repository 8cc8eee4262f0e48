"""A real `regard serve` in its own process over the example airline, and what it has used.

The project is copied into a temporary folder, with the adapter of `email` replaced where a
benchmark wants real SMTP, and with one journey more: event ``Bench Go`` sends one e-mail.
"""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from regard.cli.process import tune_memory

AIRLINE = Path(__file__).parent.parent / "examples" / "airline"
KEY = "airline-website"
GO = "Bench Go"
_FILES = {
    "journeys/bench_go.yaml": (
        f"id: bench_go\nstart: {{event: {GO}}}\nreentry: always\n"
        "steps:\n  - {id: tell, offer: bench_go}\n"
    ),
    "engagements/bench_go/engagement.yaml": (
        "id: bench_go\npurpose: travel\nclass: service\nvalue: {customer: 9, company: 1}\n"
        "channels: [email]\nsubject: 'go {{ facts.token }}'\n"
    ),
    "engagements/bench_go/core.email.txt": (
        "Dear {{ person.first_name }},\nyour token is {{ facts.token }}.\n"
    ),
    "engagements/bench_go/core.email.mjml": (
        "<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{ person.first_name }}, your token "
        "is {{ facts.token }}.</mj-text></mj-column></mj-section></mj-body></mjml>\n"
    ),
}
START_WITHIN_S = 30.0
SETTLE_WITHIN_S = 120.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_WAITING = """
SELECT coalesce((SELECT offset FROM journal WHERE cause = 0 ORDER BY offset DESC LIMIT 1), 0)
     - coalesce((SELECT offset FROM cursor WHERE name = 'loop'), 0)
"""


class Serving:
    """A running server: where it listens, what it has used, whether it has decided everything."""

    def __init__(
        self, process: subprocess.Popen[str], port: int, folder: Path, store: Path
    ) -> None:
        self.port = port
        self.folder = folder
        self._process = process
        self._store = store

    @property
    def api_token(self) -> str:
        """The token that reads people."""
        keys = msgspec.json.decode((self.folder / ".regard" / "keys.json").read_bytes())
        return str(keys["api_token"])

    def cpu_s(self) -> float:
        """Return the CPU seconds that the server has used so far, all its threads together."""
        return cpu_s_of(self._process.pid)

    def until_decided(self) -> None:
        """Return when the loop has stepped the last input of the journal."""
        address = f"file:{self._store}?mode=ro"
        deadline = time.monotonic() + SETTLE_WITHIN_S
        with closing(sqlite3.connect(address, uri=True)) as connection:
            while connection.execute(_WAITING).fetchone()[0] > 0:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"inputs of {self._store} still wait to be decided")
                time.sleep(0.005)


@contextmanager
def project(smtp_port: int = 0) -> Iterator[Path]:
    """Make a copy of the example airline; with a port, its e-mails leave by SMTP."""
    with TemporaryDirectory(prefix="regard-bench-") as place:
        folder = Path(place) / "airline"
        shutil.copytree(AIRLINE, folder, ignore=shutil.ignore_patterns(".regard"))
        for name, text in _FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        if smtp_port:
            smtp = f'\nadapter = "smtp"\nhost = "127.0.0.1"\nport = {smtp_port}\ntls = "none"'
            smtp += "\nbulk_per_day = 0"  # the sink is nobody's mailbox provider
            toml = folder / "regard.toml"
            toml.write_text(toml.read_text().replace("[channels.email]", f"[channels.email]{smtp}"))
        yield folder


@contextmanager
def serving(folder: Path, store: Path | None = None) -> Iterator[Serving]:
    """Run `regard serve` for a project folder until the block ends."""
    store = store or folder / "bench.db"
    command = [sys.executable, "-c", "from regard.cli import main; main()", "serve", str(folder)]
    command += ["--port", "0", "--store", str(store)]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield Serving(process, _port_of(process, folder), folder, store)
        finally:
            process.terminate()
            process.wait(timeout=60)
            if process.stdout is not None:
                process.stdout.close()


@contextmanager
def memory_as_served() -> Iterator[None]:
    """Search for cycles as seldom as a server does, where a benchmark runs the house in process.

    With Python's own 700, what the store remembers of people is searched again and again, a third
    of a second at a time.
    """
    before = gc.get_threshold()
    gc.collect()
    tune_memory()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def cpu_s_of(pid: int) -> float:
    """Return the CPU seconds of a process, from ``/proc``."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _port_of(process: subprocess.Popen[str], folder: Path) -> int:
    """Read the port that the server tells, and wait until it is listened on."""
    if process.stdout is None:
        raise RuntimeError("the server has no output")
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        if "http://" in line:
            return int(line.rpartition(":")[2])
        if process.poll() is not None:
            break
    raise RuntimeError(f"the server did not start: {(folder / 'server.log').read_text()}")
