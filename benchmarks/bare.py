"""Starts the processes of the yardstick and ends them: one that takes, and one that sends mail."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

UP_WITHIN_S = 30


@contextmanager
def bare_intake() -> Iterator[tuple[int, int]]:
    """Run the process that takes; yield its port and its pid."""
    with (
        TemporaryDirectory(prefix="regard-bench-") as place,
        _running("take", Path(place), port := _free_port()) as pid,
    ):
        _until_listening(port)
        yield port, pid


@contextmanager
def bare_intake_and_mail(smtp_port: int) -> Iterator[tuple[int, Sequence[int]]]:
    """Run both processes over one file; yield the port of the first and the pids."""
    with (
        TemporaryDirectory(prefix="regard-bench-") as place,
        _running("take", Path(place), port := _free_port()) as taker,
        _running("send", Path(place), smtp_port) as sender,
    ):
        _until_listening(port)
        yield port, (taker, sender)


@contextmanager
def _running(role: str, place: Path, port: int) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.yardstick", role]
    process = subprocess.Popen([*command, str(place / "yardstick.db"), str(port)])
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=UP_WITHIN_S)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port


def _until_listening(port: int) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
