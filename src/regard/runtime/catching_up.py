"""Waiting until what was appended has been stepped, where other processes step it, too.

In: a store, how far, and what this process can do about it meanwhile. Raises `Unavailable` when the
others do not get there in time. Called in a thread that may wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from regard.core.errors import Unavailable
from regard.core.ports import LOOP
from regard.core.storage import Store

PATIENCE_S = 2.0
"""How long somebody who acts waits for other processes to step what came before."""

LOOK_AGAIN_S = 0.01
"""How often one looks, who waits for another process (real seconds)."""


def nothing_to_do() -> int:
    """Leave the work to others: somebody else turns this process's loop, or it does not work."""
    return 0


def until_stepped(
    store: Store, advance: Callable[[], int] = nothing_to_do, patience_s: float = PATIENCE_S
) -> None:
    """Return when all that is in the journal now has been stepped, by whoever is to step it.

    `advance` is called in between and returns how much it stepped. Where nobody works nothing is
    waited for: what waits is stepped when somebody does.
    """
    if not store.crew.count:
        return
    with store.reading() as reading:
        last = reading.tail.last()
    until_s = time.monotonic() + patience_s
    while True:
        with store.reading() as reading:
            if reading.tail.stepped(LOOP) >= last:
                return
        if time.monotonic() > until_s:
            raise Unavailable(
                "Events that came before still wait for a process that works.",
                retry_after_s=2,
                hint="Try again; when this goes on, look at /health and at `regard work`.",
            )
        if not advance():
            time.sleep(LOOK_AGAIN_S)
