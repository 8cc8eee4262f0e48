"""Making a promise, and moving its date when the world moves.

An event that makes promises in; `PromiseChanged` facts out, with the candidate when it is time
already. A promise without a date is refused visibly. One open promise per definition, what it is
about, and person: a repeated event re-dates it or does nothing. One that said something already
is never re-dated: its successor is a promise of its own, so that each has one outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.core.clock import moment_of
from regard.core.facts import Candidate, Derived, Entry, LimitReached, PromiseChanged
from regard.core.flows import PromiseDefinition, Trigger
from regard.core.ids import derived_id
from regard.core.person import Person
from regard.core.scope import Scope
from regard.core.signal import Signal
from regard.promises.matching import about_text, is_met, made_before, scope_of
from regard.promises.offering import deadline_of, offered, voided
from regard.promises.register import is_open

OPEN_MAX = 500
"""Open promises per person. Nobody is owed more by hand; a machine account may be."""

LATE_MAX = timedelta(days=7)
"""How long after its deadline a promise may still be made (an event that arrives late). Older
ones come from imported history: nothing can repair them, so they are not made."""

AHEAD_MAX = timedelta(days=3_660)
"""How far ahead a promise may be due: ten years. Further is a broken date, not a promise."""

Conclusions = Sequence[Derived | Candidate]
Terms = tuple[str, datetime, datetime]
"""What a promise is about, when we act, when it is due."""


def made(
    person: Person, definition: PromiseDefinition, signal: Signal, entry: Entry
) -> Conclusions:
    """Return what follows when `signal` makes a promise of `definition`."""
    scope = scope_of(person, signal, entry)
    if not is_met(definition.made_by, scope):
        return ()
    about = about_text(definition.about(scope))
    if about is None:
        return (_limit("promise_without_about", definition, definition.about.text),)
    due_at = moment_of(definition.due_at(scope))
    act_at = moment_of(definition.act_at(scope)) if definition.engagement else due_at
    if due_at is None or act_at is None or due_at - entry.received_at > AHEAD_MAX:
        return (_limit("promise_without_date", definition, about),)
    terms = (about, act_at, due_at)
    old = made_before(person, definition.id, about)
    if old is not None:
        return _again(old, definition, signal, entry, terms)
    return _first(person, definition, signal, entry, terms)


def _first(
    person: Person, definition: PromiseDefinition, signal: Signal, entry: Entry, terms: Terms
) -> Conclusions:
    about, _, due_at = terms
    if entry.received_at - due_at > LATE_MAX + definition.grace:
        return (_limit("promise_too_late", definition, about),)
    if sum(is_open(state.change) for state in person.promises.values()) >= OPEN_MAX:
        return (_limit("open_promises", definition, about),)
    promise_id = derived_id(definition.id, about, str(entry.identity))
    change = _new(promise_id, definition, signal, terms)
    settled = _settled_before(person, definition, change, entry)
    return (settled,) if settled else _scheduled(change, definition, entry)


def _again(
    old: PromiseChanged, definition: PromiseDefinition, signal: Signal, entry: Entry, terms: Terms
) -> Conclusions:
    """Re-date an open promise; an ended one is followed by another only for a later date.

    Older news than what the promise stands on, arriving late, moves nothing.
    """
    about, act_at, due_at = terms
    is_same = (act_at, due_at) == (old.act_at, old.due_at)
    if is_same or signal.at < old.made_at or (not is_open(old) and due_at <= old.due_at):
        return ()
    dated = replace(
        old,
        made_at=signal.at,
        act_at=act_at,
        due_at=due_at,
        reason="re_dated",
        facts=signal.facts,
    )
    if old.status == "expected" and old.is_offered and act_at <= entry.received_at:
        return (replace(dated, wake_at=deadline_of(dated, definition)),)
    if old.status == "expected" and not old.is_offered:
        return _scheduled(dated, definition, entry)
    successor_id = derived_id(definition.id, about, str(entry.identity), due_at.isoformat())
    successor = _new(successor_id, definition, signal, terms)
    ends: Conclusions = voided(old, "re_dated")
    return (*ends, *_scheduled(successor, definition, entry))


def _new(
    promise_id: str, definition: PromiseDefinition, signal: Signal, terms: Terms
) -> PromiseChanged:
    about, act_at, due_at = terms
    return PromiseChanged(
        promise_id=promise_id,
        definition=definition.id,
        status="expected",
        about=about,
        made_at=signal.at,
        act_at=act_at,
        due_at=due_at,
        reason="made",
        facts=signal.facts,
    )


def _scheduled(change: PromiseChanged, definition: PromiseDefinition, entry: Entry) -> Conclusions:
    """Wait for the time to act, or act at once. A deadline in the past is due at once as well."""
    now = entry.received_at
    deadline = deadline_of(change, definition)
    if not definition.engagement:
        return (replace(change, wake_at=deadline),)
    if change.act_at <= now < deadline:
        return offered(change, definition, entry)
    return (replace(change, wake_at=min(max(change.act_at, now), deadline)),)


def _settled_before(
    person: Person, definition: PromiseDefinition, change: PromiseChanged, entry: Entry
) -> PromiseChanged | None:
    """Return the promise as kept or void when the event that says so arrived before this one.

    Events arrive in any order. What is known of the earlier arrival are the last facts of its
    name, so this looks no further back than that.
    """
    for trigger in definition.void_when:
        if _was_seen(person, trigger, change, entry) is not None:
            return replace(change, status="void", reason=f"event:{trigger.event}")
    for trigger in definition.kept_by:
        at = _was_seen(person, trigger, change, entry)
        if at is not None:
            status = "kept" if at <= deadline_of(change, definition) else "late"
            kept_by = f"event:{trigger.event}"
            return replace(change, status=status, reason=kept_by, kept_by=kept_by, kept_at=at)
    return None


def _was_seen(
    person: Person, trigger: Trigger, change: PromiseChanged, entry: Entry
) -> datetime | None:
    seen = person.seen.get(trigger.event)
    is_this_event = seen is not None and seen.stamp == entry.stamp
    if seen is None or is_this_event or seen.last_at < change.made_at:
        return None
    scope = Scope(person=person, facts=seen.facts, now=entry.received_at, event_name=trigger.event)
    if not is_met(trigger, scope):
        return None
    if trigger.about is not None and about_text(trigger.about(scope)) != change.about:
        return None
    return seen.last_at


def _limit(name: str, definition: PromiseDefinition, what: str) -> LimitReached:
    return LimitReached(limit=name, detail=f"{definition.id}: {what}")
