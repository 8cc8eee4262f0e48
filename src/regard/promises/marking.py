"""Telling other rooms what became of a promise: missed, kept, broken.

Conclusions about promises in, the same with a note behind each turn that somebody waits for out: a
journey that apologises starts on ``{promise: check_in, on: missed}``. Where no trigger asks,
nothing is noted and nothing is journaled.
"""

from __future__ import annotations

from collections.abc import Sequence

from regard.core.facts import Candidate, Derived, Noted, PromiseChanged, PromiseStatus
from regard.core.ids import derived_id
from regard.core.person import Person
from regard.core.program import Program
from regard.core.signal import PROMISE_BROKEN, PROMISE_KEPT, PROMISE_MISSED

NAMES: dict[PromiseStatus, str] = {
    "missed": PROMISE_MISSED,
    "kept": PROMISE_KEPT,
    "broken": PROMISE_BROKEN,
}
"""The turns that are told, and what they are called."""

Conclusions = Sequence[Derived | Candidate]


def with_notes(person: Person, conclusions: Conclusions, program: Program) -> Conclusions:
    """Return `conclusions` with a note behind each promise that turned to one of `NAMES`.

    `person` is as before the conclusions.
    """
    told: list[Derived | Candidate] = []
    statuses: dict[str, PromiseStatus] = {}
    for one in conclusions:
        told.append(one)
        if not isinstance(one, PromiseChanged):
            continue
        state = person.promises.get(one.promise_id)
        before = statuses.get(one.promise_id, state.change.status if state else "expected")
        statuses[one.promise_id] = one.status
        if one.status != before and one.status in NAMES:
            note = _note(one)
            if any(_is_awaited(program, key) for key in note.keys):
                told.append(note)
    return told


def _note(change: PromiseChanged) -> Noted:
    return Noted(
        note_id=derived_id("promise", change.promise_id, change.status),
        name=NAMES[change.status],
        about=change.definition,
        facts={**change.facts, "promise": change.definition, "about": change.about},
    )


def _is_awaited(program: Program, key: str) -> bool:
    return (
        key in program.journeys_by_event
        or key in program.promises_by_event
        or key in program.needs_by_event
    )
