"""One writer at a time, and an error instead of a standstill when a thread waits for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident

from regard.core.errors import Broken


class Turn:
    """The right to write; taken by one thread at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn and hold it. Raises `Broken` when this thread holds it already."""
        if self._owner == get_ident():
            raise Broken(
                "A write transaction of this thread is still open.",
                hint="Leave it before opening another, or read through its drawers.",
            )
        with self._lock:
            self._owner = get_ident()
            try:
                yield
            finally:
                self._owner = 0
