"""The stage of `promises`: what is owed to the person, watched until its outcome.

Called by the kernel for every entry. An event looks at most into one index row; most events
concern no promise and cost one look-up. Definitions that are gone void what is still open.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from regard.core.event import Event, MessageOutcome, TimerDue
from regard.core.facts import (
    Candidate,
    Decided,
    Derived,
    Entry,
    Noted,
    PromiseChanged,
)
from regard.core.person import Person, PromiseState
from regard.core.program import Program, PromiseTrigger
from regard.core.signal import Signal, signal_of
from regard.promises.making import made
from regard.promises.marking import with_notes
from regard.promises.matching import concerned, of_message, scope_of
from regard.promises.offering import voided
from regard.promises.register import is_open, with_states
from regard.promises.settling import (
    decision_noted,
    kept_by_event,
    message_arrived,
    message_bounced,
    outcome_noted,
    woken,
)
from regard.promises.twins import better_twin

TIMER = "promise:"

DELIVERIES = frozenset({"Email Delivered", "Message Delivered"})
BOUNCES = frozenset({"Email Bounced", "Message Bounced"})

Conclusions = Sequence[Derived | Candidate]


class Promises:
    """Promises to one person, from made to their one outcome."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person with a changed promise; the same object for any other entry."""
        if type(entry.body) is not PromiseChanged:
            return person
        state = PromiseState(change=entry.body, stamp=entry.stamp)
        states = with_states(person.promises, {entry.body.promise_id: state})
        return replace(person, promises=states)

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` with the promises of `loser`; the latest change of each wins."""
        if not loser.promises:
            return winner
        return replace(winner, promises=with_states(winner.promises, loser.promises))

    def react(self, person: Person, entry: Entry, program: Program) -> Conclusions:
        """Return the changes, candidates and cases that follow from an entry."""
        conclusions = _concluded(person, entry, program)
        return with_notes(person, conclusions, program) if conclusions else ()


def _concluded(person: Person, entry: Entry, program: Program) -> Conclusions:
    body = entry.body
    if type(body) is Event:
        return _event(person, body, entry, program)
    if type(body) is Noted:
        return _noted(person, body, entry, program)
    if not person.promises:
        return ()
    if type(body) is TimerDue:
        return _timer(person, body, entry, program)
    if type(body) is Decided:
        return _decision(person, body, entry, program)
    if type(body) is MessageOutcome:
        return _outcome(person, body, entry, program)
    return ()


def _event(person: Person, event: Event, entry: Entry, program: Program) -> Conclusions:
    triggers = program.promises_by_event.get(event.name)
    is_receipt = event.name in DELIVERIES or event.name in BOUNCES
    if not triggers:
        return _receipt(person, event, entry, program) if is_receipt else ()
    conclusions = list(_receipt(person, event, entry, program)) if is_receipt else []
    person = _moved(person, conclusions, entry)
    conclusions.extend(_signal(person, triggers, signal_of(event, entry.received_at), entry))
    return conclusions


def _noted(person: Person, noted: Noted, entry: Entry, program: Program) -> Conclusions:
    index = program.promises_by_event
    triggers = [found for key in noted.keys for found in index.get(key, ())]
    return _signal(person, triggers, signal_of(noted, entry.received_at), entry) if triggers else ()


def _signal(
    person: Person, triggers: Sequence[PromiseTrigger], signal: Signal, entry: Entry
) -> list[Derived | Candidate]:
    """Apply triggers in the order of the index: kept and void before made."""
    conclusions: list[Derived | Candidate] = []
    for found in triggers:
        changes = _triggered(person, found, signal, entry)
        person = _moved(person, changes, entry)
        conclusions.extend(changes)
    return conclusions


def _triggered(
    person: Person, found: PromiseTrigger, signal: Signal, entry: Entry
) -> list[Derived | Candidate]:
    definition = found.definition
    if found.role == "made":
        return [*made(person, definition, signal, entry)]
    scope = scope_of(person, signal, entry)
    conclusions: list[Derived | Candidate] = []
    for change in concerned(person, definition, found.trigger, scope, signal.at):
        if found.role == "kept":
            conclusions.extend(kept_by_event(change, definition, signal.name, signal.at))
        else:
            conclusions.extend(voided(change, f"event:{signal.name}"))
    return conclusions


def _moved(person: Person, changes: Conclusions, entry: Entry) -> Person:
    """Return the person as later triggers of the same event must see them."""
    moved = {
        change.promise_id: PromiseState(change=change, stamp=entry.stamp)
        for change in changes
        if isinstance(change, PromiseChanged)
    }
    return replace(person, promises={**person.promises, **moved}) if moved else person


def _receipt(person: Person, event: Event, entry: Entry, program: Program) -> Conclusions:
    message_id = event.facts.get("message_id")
    change = of_message(person, message_id)
    definition = program.promises.get(change.definition) if change else None
    if change is None or definition is None or not isinstance(message_id, str):
        return ()
    if event.name in BOUNCES:
        return message_bounced(change, definition, message_id, entry)
    # A provider whose clock is wrong says that it came before it was even decided.
    touch = person.touches.get(message_id)
    at = event.at if touch is None else max(event.at, touch.at)
    return message_arrived(change, definition, message_id, at)


def _timer(person: Person, timer: TimerDue, entry: Entry, program: Program) -> Conclusions:
    state = person.promises.get(timer.ref.removeprefix(TIMER))
    if state is None or not timer.ref.startswith(TIMER):
        return ()
    definition = program.promises.get(state.change.definition)
    if definition is None:
        return voided(state.change, "definition_gone")
    twin = better_twin(person, state) if is_open(state.change) else None
    if twin is not None:
        return voided(state.change, f"same_as:{twin.promise_id}")
    return woken(state.change, definition, entry)


def _decision(person: Person, decided: Decided, entry: Entry, program: Program) -> Conclusions:
    state = person.promises.get(decided.candidate.ref)
    definition = program.promises.get(state.change.definition) if state else None
    if state is None or definition is None or decided.candidate.origin != "promise":
        return ()
    return decision_noted(state.change, definition, decided, entry)


def _outcome(
    person: Person, outcome: MessageOutcome, entry: Entry, program: Program
) -> Conclusions:
    change = of_message(person, outcome.message_id)
    definition = program.promises.get(change.definition) if change else None
    touch = person.touches.get(outcome.message_id)
    has_bounced = touch is not None and touch.state == "bounced"
    if change is None or definition is None or (has_bounced and outcome.outcome == "sent"):
        # A bounce may overtake our own note that the message was sent; it has the last word.
        return ()
    return outcome_noted(change, definition, outcome, entry)
