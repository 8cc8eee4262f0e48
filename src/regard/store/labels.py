"""How lists name a person, and how a search finds one. Both stores use it.

A person is shown by name, else by an address, else by id. Searching compares folded texts, so
that case does not matter in any script.
"""

from __future__ import annotations

from regard.core.person import Person

LABEL_MAX = 120
"""Letters of a label: what a list shows in one line."""


def label_of(person: Person) -> str:
    """Return what lists show for a person; never empty."""
    name = person.trait("name")
    if not name:
        parts = (person.trait("first_name"), person.trait("last_name"))
        name = " ".join(str(part) for part in parts if part)
    shown = name or person.trait("email") or person.trait("phone") or person.id
    return str(shown)[:LABEL_MAX]


def folded(text: str) -> str:
    """Return a text as searches compare it (Unicode case folding)."""
    return text.casefold()
