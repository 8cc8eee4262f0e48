"""How lists name a person, and how a search finds one. Both stores use it.

A person is shown by name, else by an address, else by id. Searching compares folded texts, so
that case does not matter in any script.
"""

from __future__ import annotations

from typing import Any

from regard.core.person import Claim, Person

LABEL_MAX = 120
"""Letters of a label: what a list shows in one line."""

_SHOWN = ("name", "first_name", "last_name", "email", "phone")
"""Claims that a label is made of; the id stays what it is."""


def label_of(person: Person) -> str:
    """Return what lists show for a person; never empty."""
    claims = person.claims
    shown = _value(claims.get("name"))
    if not shown:
        shown = _full_name(_value(claims.get("first_name")), _value(claims.get("last_name")))
    if not shown:
        shown = _value(claims.get("email")) or _value(claims.get("phone")) or person.id
    return str(shown)[:LABEL_MAX]


def is_labelled_alike(person: Person, before: Person) -> bool:
    """Return whether two states of one person have one label.

    Nearly always nothing that a label is made of has come since: then none is made.
    """
    claims, known = person.claims, before.claims
    for name in _SHOWN:
        if claims.get(name) is not known.get(name):
            return label_of(person) == label_of(before)
    return True


def _value(claim: Claim | None) -> Any:
    return None if claim is None else claim.value


def _full_name(first: Any, last: Any) -> str:
    if first and last:
        return f"{first} {last}"
    return str(first or last or "")


def folded(text: str) -> str:
    """Return a text as searches compare it (Unicode case folding)."""
    return text.casefold()
