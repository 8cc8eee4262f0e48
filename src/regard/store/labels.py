"""How lists name a person, and how a search finds one. Both stores use it.

A person is shown by name, else by an address, else by id. Searching compares folded texts, so
that case does not matter in any script.
"""

from __future__ import annotations

from typing import Any

from regard.core.person import Claim, Person

LABEL_MAX = 120
"""Letters of a label: what a list shows in one line."""


def label_of(person: Person) -> str:
    """Return what lists show for a person; never empty."""
    claims = person.claims
    shown = _value(claims.get("name"))
    if not shown:
        shown = _full_name(_value(claims.get("first_name")), _value(claims.get("last_name")))
    if not shown:
        shown = _value(claims.get("email")) or _value(claims.get("phone")) or person.id
    return str(shown)[:LABEL_MAX]


def _value(claim: Claim | None) -> Any:
    return None if claim is None else claim.value


def _full_name(first: Any, last: Any) -> str:
    if first and last:
        return f"{first} {last}"
    return str(first or last or "")


def folded(text: str) -> str:
    """Return a text as searches compare it (Unicode case folding)."""
    return text.casefold()
