"""A fleet of real processes, each to be shot or stopped: `serve --no-work` and `work`, twice.

Senders go from one server to the next, as behind a load balancer that does not know who is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any, LiteralString

import httpx
import psycopg

from tests.audit.serving import REGARD, Ended, Serving, new_client, run_regard

END_S = 30.0


class Worker:
    """`regard work` over a folder and a store."""

    def __init__(self, folder: Path, store: str, log: Path) -> None:
        self._command = [*REGARD, "work", str(folder), "--store", store]
        self._log = log
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process and return when it works."""
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                self._command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
            )
        assert self.process.stdout is not None
        assert "Working for" in self.process.stdout.readline(), self._log.read_text()

    @property
    def name(self) -> str:
        """Return how the process calls itself in the store."""
        assert self.process is not None
        return f":{self.process.pid}"

    def tell(self, sign: signal.Signals) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(sign)

    def end(self, sign: signal.Signals) -> int:
        """Send a signal and return how the process ended."""
        assert self.process is not None
        self.tell(sign)
        with self.process:
            return self.process.wait(END_S)

    def close(self) -> None:
        """Kill the process if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.tell(signal.SIGCONT)
            self.end(signal.SIGKILL)


class Processes:
    """Two servers and two workers over one database. Takes orders as one house does."""

    def __init__(self, folder: Path, location: str, worker_locations: Sequence[str]) -> None:
        self.folder = folder
        self.location = location
        self.is_closed = False
        self._turns = count()
        self.intakes = [Serving(folder, location, "--no-work") for _ in worker_locations]
        logs = [folder.parent / f"work-{number}.log" for number in range(len(worker_locations))]
        self.workers = [
            Worker(folder, place, log) for place, log in zip(worker_locations, logs, strict=True)
        ]
        self._client = new_client()

    def start(self) -> None:
        """Start all at once, and return when each has shares."""
        starting = [Thread(target=one.start) for one in (*self.intakes, *self.workers)]
        for thread in starting:
            thread.start()
        for thread in starting:
            thread.join()
        self.wait_shared_out()

    def wait_shared_out(self) -> None:
        """Return when every worker has its part of the people."""
        until(lambda: all(self.shares(worker) == 32 for worker in self.workers), self.told)

    def is_quiet(self) -> bool:
        """Return whether no input waits to be stepped, and no message to be handed over."""
        busy = "SELECT (SELECT count(*) FROM waiting)"
        busy += " + (SELECT count(*) FROM message WHERE state IN ('queued', 'claimed'))"
        return self._ask(busy) == 0

    def shares(self, worker: Worker) -> int:
        """Return how many of the 64 shares a worker has."""
        statement = "SELECT count(s.number) FROM member m JOIN share s USING (token)"
        statement += " WHERE m.name LIKE %s AND m.until_at > clock_timestamp()"
        return self._ask(statement, f"%{worker.name}")

    def send(
        self, items: Sequence[dict[str, Any]], client: httpx.Client | None = None
    ) -> httpx.Response:
        """Send items to the next server and return the reply, whatever it is."""
        house = self.intakes[next(self._turns) % len(self.intakes)]
        return house.send(items, client or self._client)

    def regard(self, command: str) -> Ended:
        """Run another command over the same folder and store."""
        return run_regard(command, str(self.folder), "--store", self.location)

    def stop(self) -> list[int]:
        """Ask all to end, and return their exit codes."""
        processes = [one.process for one in (*self.intakes, *self.workers)]
        with ExitStack() as stack:
            for process in processes:
                assert process is not None
                process.terminate()
                stack.enter_context(process)
            return [process.wait(END_S) for process in processes if process is not None]

    def _ask(self, statement: LiteralString, *values: object) -> int:
        with psycopg.connect(self.location, autocommit=True) as connection:
            row = connection.execute(statement, values).fetchone()
        assert row is not None
        return int(row[0])

    def told(self) -> str:
        """Return what all processes wrote to stderr of late."""
        logs = [self.folder.parent / "serve.log", *self.folder.parent.glob("work-*.log")]
        return "\n".join(f"{log.name}:\n{log.read_text()[-1_500:]}" for log in logs if log.exists())

    def close(self) -> None:
        """Kill whatever still runs."""
        self.is_closed = True
        self._client.close()
        for one in (*self.intakes, *self.workers):
            one.close()


def until(
    condition: Callable[[], object], told: Callable[[], str] = str, within_s: float = 60.0
) -> float:
    """Return after how many seconds a condition held that other processes bring about."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < within_s, f"it did not come\n{told()}"
        time.sleep(0.05)
    return time.monotonic() - began_s
