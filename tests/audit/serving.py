"""The real `regard serve` as a process of its own: started, asked, killed, started again.

`Serving` is one project folder with one store; `start` may be called again after every `kill` or
`stop`. What it printed on stderr is in ``serve.log`` and told when it does not come up.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.audit.shop import KEY

REGARD = (sys.executable, "-c", "from regard.cli import main; main()")
"""`regard` of the Python that runs the tests, whatever the shell would find."""

ANSWER_WITHIN_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    output: str


class Serving:
    """`regard serve` over `folder` with the store `store` (a file or an address), and `options`."""

    def __init__(self, folder: Path, store: Path | str, *options: str) -> None:
        self.folder = folder
        self.store = store
        self._options = options
        self.url = ""
        self.is_closed = False
        self.process: subprocess.Popen[str] | None = None
        self.client = new_client()
        self._log = folder.parent / "serve.log"

    def start(self) -> None:
        """Start the server and return when it has printed its address."""
        command = [*REGARD, "serve", str(self.folder), "--port", "0", "--store", str(self.store)]
        command += self._options
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=_environment()
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(r"http://\S+", line)
            if found:
                self.url = found[0]
                return
        self.process.wait()
        raise AssertionError(f"regard serve did not start:\n{self.said()}")

    def said(self) -> str:
        """Return what every run so far wrote to stderr."""
        return self._log.read_text()

    def kill(self) -> None:
        """End the process as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self, within_s: float = 30.0) -> int:
        """Ask the process to end, and return its exit code."""
        return self._end(signal.SIGTERM, within_s)

    def wait(self, within_s: float = 30.0) -> int:
        """Return the exit code of a process that ends by itself."""
        assert self.process is not None
        with self.process:
            return self.process.wait(within_s)

    def close(self) -> None:
        """Kill the process if it still runs; it is not used again."""
        self.is_closed = True
        self.client.close()
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def send(
        self, items: Sequence[dict[str, Any]], client: httpx.Client | None = None
    ) -> httpx.Response:
        """Send items in one request and return the reply, whatever it is."""
        return (client or self.client).post(
            f"{self.url}/v1/events",
            json={"events": items},
            headers={"x-write-key": KEY, "x-regard-results": "items"},
        )

    def post(
        self, items: Sequence[dict[str, Any]], client: httpx.Client | None = None
    ) -> list[dict[str, Any]]:
        """Send items in one request; return a result for each. Fails unless it is a 200."""
        reply = self.send(items, client)
        assert reply.status_code == 200, reply.text
        results: list[dict[str, Any]] = reply.json()["results"]
        return results

    def health(self) -> tuple[int, dict[str, Any]]:
        """Return the status and the details of the health page."""
        reply = self.client.get(f"{self.url}/health")
        return reply.status_code, reply.json()

    def regard(self, command: str, *arguments: str) -> Ended:
        """Run another command of `regard` over the same folder and store."""
        return run_regard(command, *arguments, str(self.folder), "--store", str(self.store))

    @property
    def place(self) -> tuple[str, ...]:
        """Return the options by which commands find the folder and the store."""
        return "--folder", str(self.folder), "--store", str(self.store)

    def _end(self, sign: signal.Signals, within_s: float = 30.0) -> int:
        assert self.process is not None
        self.process.send_signal(sign)
        return self.wait(within_s)


def new_client() -> httpx.Client:
    """Return an HTTP client with connections of its own and no proxy from the environment."""
    return httpx.Client(trust_env=False, verify=False, timeout=ANSWER_WITHIN_S)


def run_regard(*arguments: str) -> Ended:
    """Run `regard` to its end."""
    done = subprocess.run(
        [*REGARD, *arguments], capture_output=True, text=True, check=False, env=_environment()
    )
    return Ended(code=done.returncode, output=done.stdout + done.stderr)


@contextmanager
def serving(folder: Path, store: Path | str) -> Iterator[Serving]:
    """Start a server, and make sure that it is gone after the block."""
    house = Serving(folder, store)
    try:
        house.start()
        yield house
    finally:
        house.close()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
