"""What happens next with one person: promises to keep, holds and journey waits that end.

A `Person`, the entries of the page (which tell why something is held) and the titles in, items in
the order of their moments out. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from regard.console.reasons import STATUS_TONES, STATUS_WORDS, reason_words
from regard.console.steps import RUN_WORDS
from regard.console.views import NextItem, PersonRun
from regard.console.wording import Wording
from regard.core.facts import ENDED_RUN, OPEN_PROMISE, Decided, Entry, PromiseChanged, RunChanged
from regard.core.person import Held, Person

_NEVER = datetime.max.replace(tzinfo=UTC)
_PLAIN = ("made", "re_dated")


def coming(
    person: Person, entries: Sequence[Entry], wording: Wording, now: datetime
) -> tuple[NextItem, ...]:
    """Return what waits, the earliest first; what only an event ends comes last."""
    promises = [s.change for s in person.promises.values()]
    runs = [s.change for s in person.runs.values()]
    items = [_promise(c, wording, now) for c in promises if c.status in OPEN_PROMISE]
    items += [_held(key, held, entries, wording) for key, held in person.held.items()]
    items += [_run(change, wording) for change in runs if change.status == "waiting"]
    return tuple(sorted(items, key=lambda item: (item.at or _NEVER, item.title)))


def runs(person: Person, wording: Wording) -> tuple[PersonRun, ...]:
    """Return the journeys of a person, those that go on first, then the latest."""
    states = sorted(person.runs.values(), key=lambda state: -state.stamp)
    items = [
        PersonRun(
            title=wording.journey(change.journey),
            word=RUN_WORDS[change.status][0],
            tone=RUN_WORDS[change.status][1],
            href=f"/journeys/{change.journey}/{change.run_id}",
            is_over=change.status in ENDED_RUN,
        )
        for change in (state.change for state in states)
    ]
    return tuple(sorted(items, key=lambda item: item.is_over))


def _promise(change: PromiseChanged, wording: Wording, now: datetime) -> NextItem:
    why = "" if change.reason in _PLAIN else reason_words(change.reason)
    return NextItem(
        at=change.due_at,
        title=wording.promise(change.definition),
        word="in repair" if change.status == "missed" else STATUS_WORDS[change.status],
        detail=", ".join(filter(None, (change.about, why))),
        tone=STATUS_TONES[change.status],
        is_overdue=change.due_at < now,
        href=f"/promises?definition={change.definition}#register",
    )


def _held(key: str, held: Held, entries: Sequence[Entry], wording: Wording) -> NextItem:
    return NextItem(
        at=held.wake_at,
        title=wording.engagement(held.candidate.engagement),
        word="held",
        detail=_why_held(key, entries) or "asks the gate again then",
        tone="accent",
    )


def _why_held(key: str, entries: Sequence[Entry]) -> str:
    """Return the latest reason of a hold; nothing when its decision is on an older page."""
    for entry in entries:
        body = entry.body
        if not isinstance(body, Decided) or body.verdict != "hold":
            continue
        if key in (body.candidate.held_id, body.decision_id):
            return reason_words(body.reason)
    return ""


def _run(change: RunChanged, wording: Wording) -> NextItem:
    awaited = " or ".join(change.awaits)
    return NextItem(
        at=change.wake_at,
        title=wording.journey(change.journey),
        word="journey",
        detail=f"goes on at {awaited}, or then" if awaited else "goes on then",
        tone="",
        href=f"/journeys/{change.journey}/{change.run_id}",
    )
