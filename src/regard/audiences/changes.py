"""Which audiences a new program asks to be looked at for everybody."""

from __future__ import annotations

from regard.core.program import Program


def changed_audiences(old: Program | None, new: Program) -> tuple[str, ...]:
    """Return the ids of audiences that are new, whose condition changed, or that are gone.

    Sorted, but those that are asked for come before those that ask. Without an old program all
    are new. A title alone changes nothing.
    """
    was = {} if old is None else old.audiences
    ranks = new.audiences_by_event.ranks
    gone = sorted(set(was) - set(new.audiences))
    changed = [
        name
        for name, audience in new.audiences.items()
        if name not in was or was[name].definition != audience.definition
    ]
    return (*sorted(changed, key=lambda name: (ranks.get(name, 0), name)), *gone)
