"""What two records of one human were both promised is said once.

Two people merge without a decision; when one of two like promises wants to speak next, it looks
for its twin here. While two records are apart, nobody can know that they promise the same.
"""

from __future__ import annotations

from regard.core.facts import PromiseChanged
from regard.core.person import Person, PromiseState
from regard.promises.register import is_open

_FULFILLED = ("kept", "late", "doubled", "repaired")


def better_twin(person: Person, state: PromiseState) -> PromiseChanged | None:
    """Return the like promise that makes this open one superfluous, None when it stands.

    One that was fulfilled for the same date or a later one; else, of two open ones, that which
    was offered already, else that which we heard of last.
    """
    change = state.change
    best: PromiseState | None = None
    for other in person.promises.values():
        twin = other.change
        is_like = twin.about == change.about and twin.definition == change.definition
        if not is_like or twin.promise_id == change.promise_id:
            continue
        if twin.status in _FULFILLED and twin.due_at >= change.due_at:
            return twin
        if is_open(twin) and _rank(other) > _rank(best or state):
            best = other
    return best.change if best else None


def _rank(state: PromiseState) -> tuple[bool, int, str]:
    return (state.change.is_offered, state.stamp, state.change.promise_id)
