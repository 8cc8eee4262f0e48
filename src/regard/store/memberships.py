"""Which audiences a person is in: what the register of members is made of, in every store.

It follows the person as saved and no single fact, so that merging, splitting and a rebuild leave
nobody in it who is not a member.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.person import Person


def memberships_of(person: Person) -> dict[str, datetime]:
    """Return since when a person is in each audience that they are in."""
    states = person.audiences.items()
    return {name: state.change.since for name, state in states if state.change.is_member}
