"""Many senders at the same moment, each on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import httpx

from tests.audit.serving import new_client

Part = TypeVar("Part")
Result = TypeVar("Result")


def at_once(work: Callable[[Part, httpx.Client], Result], parts: Sequence[Part]) -> list[Result]:
    """Do `work` for every part in a thread with its own client; all start together."""
    barrier = Barrier(len(parts))

    def begin(part: Part) -> Result:
        with new_client() as client:
            barrier.wait()
            return work(part, client)

    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(begin, parts))
