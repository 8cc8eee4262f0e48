"""How lists name a person: their name, else an address, else the id. Both stores use it."""

from __future__ import annotations

from regard.core.person import Person


def label_of(person: Person) -> str:
    """Return what lists show for a person; never empty."""
    name = person.trait("name")
    if not name:
        parts = (person.trait("first_name"), person.trait("last_name"))
        name = " ".join(str(part) for part in parts if part)
    shown = name or person.trait("email") or person.trait("phone") or person.id
    return str(shown)[:120]
