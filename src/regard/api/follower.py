"""Follows the journal for open streams, and wakes those that something concerns.

One task reads for all of them, and only while there are any. It goes as far as the loop has come,
so that who is woken finds it concluded. When too much came at once the rest is left out: every
stream looks by itself now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool

from regard.core.errors import Unavailable
from regard.core.event import Event, MessageOutcome
from regard.core.facts import Entry, PersonsMerged, PersonSplit
from regard.core.ports import LOOP, Library

TICK_S = 0.5
"""Nobody sees half a second in a feed; each look costs two small reads."""

PAGE = 500

PAGES_MAX = 10
"""Pages of entries read in one tick, some 10 ms each; 10,000 entries a second are followed."""

"""The reader whose steps make what came in visible (`regard.runtime.ledger`)."""

RECEIPTS = frozenset(
    {"Message Delivered", "Message Opened", "Message Clicked", "Message Dismissed"}
)

WORDS = frozenset({"Consent Granted", "Consent Withdrawn", "Unsubscribed"})
"""What takes away at once what lies there, or brings it back."""


class Listener:
    """An open stream: whom it is about, as far as is known, and whether it was woken."""

    def __init__(self, identity: int) -> None:
        self.identity = identity
        self.person_id = ""
        self.woken = asyncio.Event()


class Follower:
    """Wakes listeners. `count` is how many there are."""

    def __init__(self, library: Library, tick_s: float = TICK_S) -> None:
        self._library = library
        self._tick_s = tick_s
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """Return how many listen."""
        return len(self._listeners)

    @asynccontextmanager
    async def listening(self, identity: int) -> AsyncIterator[Listener]:
        """Give a listener that is woken while the block runs, for what hangs on `identity`.

        Once its `person_id` is set, it is woken for all that concerns the person.
        """
        listener = Listener(identity)
        self._listeners.add(listener)
        if self._task is None:
            self._task = asyncio.create_task(self._follow())
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _follow(self) -> None:
        # A page back: the first stream may have looked before this was asked.
        seen = max(0, await run_in_threadpool(self._stepped) - PAGE)
        while True:
            await asyncio.sleep(self._tick_s)
            try:
                seen = await self._read_on(seen)
            except Unavailable:
                continue  # the store is locked or its disk full: the next tick may find it well

    async def _read_on(self, seen: int) -> int:
        head = await run_in_threadpool(self._stepped)
        if head > seen:
            persons, identities = await run_in_threadpool(self._concerned, seen, head)
            for listener in self._listeners:
                if listener.person_id in persons or listener.identity in identities:
                    listener.woken.set()
        return head

    def _stepped(self) -> int:
        with self._library.reading() as reading:
            return reading.tail.stepped(LOOP)

    def _concerned(self, seen: int, head: int) -> tuple[set[str], set[int]]:
        """Return the persons and identities about whom something was concluded up to `head`."""
        persons: set[str] = set()
        identities: set[int] = set()
        with self._library.reading() as reading:
            for _ in range(PAGES_MAX):
                found: Sequence[tuple[Entry, str, str]] = reading.tail.after(seen, PAGE)
                for entry, person_id, _label in found:
                    if entry.offset <= head and _concerns(entry):
                        persons |= {person_id, *_also(entry)}
                        identities.add(entry.identity)
                if not found or found[-1][0].offset >= head:
                    break
                seen = found[-1][0].offset
        return persons, identities


def _concerns(entry: Entry) -> bool:
    body = entry.body
    if isinstance(body, Event):
        return body.name in RECEIPTS or body.name in WORDS
    return isinstance(body, MessageOutcome | PersonsMerged | PersonSplit)


def _also(entry: Entry) -> tuple[str, ...]:
    """Return persons whom an entry names beside the one that it hangs on."""
    body = entry.body
    if isinstance(body, PersonsMerged):
        return body.winner, body.loser
    return (body.person_id, body.other) if isinstance(body, PersonSplit) else ()
