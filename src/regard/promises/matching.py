"""Which promises an event or a message concerns.

Triggers with a condition and an `about` in, promises of the person out. Equality is of texts, so
that the number 42 in one source and the text "42" in another are the same booking.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.facts import Entry, PromiseChanged
from regard.core.flows import PromiseDefinition, Trigger
from regard.core.person import Person
from regard.core.scope import Scope
from regard.core.signal import Signal
from regard.promises.register import is_open


def scope_of(person: Person, signal: Signal, entry: Entry) -> Scope:
    """Return what an expression sees of a signal: an event, or what Regard noted."""
    return Scope(
        person=person,
        facts=signal.facts,
        now=entry.received_at,
        event_name=signal.name,
        channel=signal.channel,
    )


def is_met(trigger: Trigger, scope: Scope) -> bool:
    """Return whether the trigger's condition holds; without one it always does."""
    return trigger.when is None or trigger.when(scope) is True


def about_text(value: object) -> str | None:
    """Return what a promise is about as text; None for NULL and for things that are no key."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return None


def concerned(
    person: Person, definition: PromiseDefinition, trigger: Trigger, scope: Scope, at: datetime
) -> list[PromiseChanged]:
    """Return the promises of `definition` that an event at `at` concerns.

    With `about` the open ones about the same, or else the ended ones; without it every open one
    that was made before the event.
    """
    changes = [
        state.change
        for state in person.promises.values()
        if state.change.definition == definition.id
    ]
    if not changes or not is_met(trigger, scope):
        return []
    if trigger.about is None:
        return [change for change in changes if is_open(change) and change.made_at <= at]
    about = about_text(trigger.about(scope))
    same = [change for change in changes if change.about == about]
    return [change for change in same if is_open(change)] or same


def made_before(person: Person, definition_id: str, about: str) -> PromiseChanged | None:
    """Return the person's promise of a definition about something: the one due last.

    Under whichever id: the same booking may come from two sources under two identities.
    """
    same = [
        state.change
        for state in person.promises.values()
        if state.change.about == about and state.change.definition == definition_id
    ]
    return max(same, key=lambda change: (change.due_at, change.promise_id), default=None)


def of_message(person: Person, message_id: object) -> PromiseChanged | None:
    """Return the promise that a message was sent for."""
    for state in person.promises.values():
        if message_id in state.change.message_ids:
            return state.change
    return None
