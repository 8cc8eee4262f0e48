"""What became of things that were waited for: successes within their time, told once it is over.

Things to wait for and events of people go in, in the order of the journal; what has come to its
end goes out, in an order that does not depend on when one asks. A success that is heard of after
its time was over does not count: what is learned never changes afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

from regard.core.event import Event
from regard.core.offers import Success
from regard.core.person import Person
from regard.core.scope import Scope

T = TypeVar("T")


@dataclass(slots=True)
class Awaited(Generic[T]):
    """A thing that waits: each of `successes` (with its message, if it has one) may come true."""

    thing: T
    person_id: str
    since: datetime
    until: datetime
    successes: Sequence[tuple[Success | None, str]]
    took: list[bool] = field(default_factory=list)


class Watch(Generic[T]):
    """Waits for the successes of many people at once; an event costs what its person waits for."""

    def __init__(self) -> None:
        self._by_person: dict[str, list[Awaited[T]]] = {}
        self._ends: list[tuple[datetime, int, Awaited[T]]] = []
        self._numbers = count()

    def add(
        self,
        thing: T,
        person_id: str,
        since: datetime,
        successes: Sequence[tuple[Success | None, str]],
    ) -> None:
        """Wait from `since` for successes (and the message each belongs to, ``""``: none).

        At least one of them is something; where one is None, nothing is waited for.
        """
        until = since + max(success.within for success, _ in successes if success is not None)
        took = [False] * len(successes)
        awaited = Awaited(thing, person_id, since, until, successes, took)
        self._by_person.setdefault(person_id, []).append(awaited)
        heappush(self._ends, (until, next(self._numbers), awaited))

    def see(self, person_id: str, event: Event) -> None:
        """Take an event of a person."""
        for awaited in self._by_person.get(person_id, ()):
            for place, (success, message_id) in enumerate(awaited.successes):
                if success is None or awaited.took[place]:
                    continue
                awaited.took[place] = _is_success(awaited, success, message_id, event)

    def ended(self, now: datetime) -> Iterator[tuple[T, Sequence[bool]]]:
        """Yield what ended by `now`, with whether each success came: by end, then as added."""
        while self._ends and self._ends[0][0] <= now:
            _, _, awaited = heappop(self._ends)
            own = self._by_person[awaited.person_id]
            own.remove(awaited)
            if not own:
                del self._by_person[awaited.person_id]
            yield awaited.thing, awaited.took

    def __len__(self) -> int:
        return len(self._ends)


def events_of(successes: Collection[Success | None]) -> frozenset[str]:
    """Return the names of the events that may be a success."""
    return frozenset(success.event for success in successes if success is not None)


def _is_success(awaited: Awaited[T], success: Success, message_id: str, event: Event) -> bool:
    if event.name != success.event or event.is_history:
        return False
    if not awaited.since < event.at <= awaited.since + success.within:
        return False
    named = event.facts.get("message_id")
    if named is not None and message_id and named != message_id:
        return False
    if success.when is None:
        return True
    scope = Scope(
        person=Person(id=awaited.person_id),
        facts=event.facts,
        now=event.at,
        event_name=event.name,
        channel=event.channel,
    )
    return success.when(scope) is True
