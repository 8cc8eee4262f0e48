"""Silence as evidence: something did not come for so long after something else.

An event that is followed sets one timer, and only when none is set so early; when the timer fires,
what was seen says whether the silence was broken, goes on, or has become evidence. So people who do
as expected cost one fact for many events.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from regard.core.clock import from_us, to_us
from regard.core.facts import Derived, NeedEvidence, SilenceWatched
from regard.core.ids import derived_id
from regard.core.needs import EvidenceLine, Need, Silence
from regard.core.person import Person


def followed(
    person: Person, need: Need, line: EvidenceLine, at: datetime, now: datetime
) -> Iterator[Derived]:
    """Yield the timer of a silence that begins with an event at `at`, unless one is set."""
    silence = line.silence
    if silence is None:
        return
    due_at = at + silence.wait
    state = person.needs.get(need.id)
    known = None if state is None else state.watched.get(line.id)
    wake_at = None if known is None else known.change.wake_at
    if due_at > now and (wake_at is None or wake_at > due_at):
        yield _waiting(person, need, line, at, due_at)


def settled(person: Person, need: Need, line: EvidenceLine, now: datetime) -> Iterator[Derived]:
    """Yield what has become of a silence whose timer is due: evidence, a later timer, or nothing.

    It counts from the latest event that it follows.
    """
    silence = line.silence
    since_us = None if silence is None else _unanswered(person, silence)
    if silence is None or since_us is None:
        yield _waiting(person, need, line, now, None)
        return
    since = from_us(since_us)
    due_at = since + silence.wait
    if due_at > now:
        yield _waiting(person, need, line, since, due_at)
        return
    yield NeedEvidence(need=need.id, line=line.id, weight=line.weight, at=due_at, told=line.told)
    yield _waiting(person, need, line, since, None)


def renamed(person: Person, change: SilenceWatched) -> Iterator[Derived]:
    """Yield a timer of a merged or parted person under their own name."""
    watch_id = _watch_id(person, change.need, change.line)
    if change.wake_at is not None and change.watch_id != watch_id:
        yield SilenceWatched(
            watch_id=watch_id,
            need=change.need,
            line=change.line,
            since=change.since,
            wake_at=change.wake_at,
        )


def _unanswered(person: Person, silence: Silence) -> int | None:
    """Return since when the event is awaited; None: it came, or nothing that it follows did."""
    after, awaited = person.seen.get(silence.after), person.seen.get(silence.event)
    if after is None:
        return None
    since_us = to_us(after.last_at)
    return None if awaited is not None and to_us(awaited.last_at) >= since_us else since_us


def _waiting(
    person: Person, need: Need, line: EvidenceLine, since: datetime, wake_at: datetime | None
) -> SilenceWatched:
    return SilenceWatched(
        watch_id=_watch_id(person, need.id, line.id),
        need=need.id,
        line=line.id,
        since=since,
        wake_at=wake_at,
    )


def _watch_id(person: Person, need: str, line: str) -> str:
    """Name the timer after whom the person is now: no two persons ever share one."""
    return derived_id("silence", need, line, person.id)
