"""Circles of people who cannot be lived alone: who is who among them may change on the way.

In: a reading session and the people who merged or shared an identifier in the window. Out: for a
person everybody within reach over shared identifiers. Nearly everybody is a circle of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from regard.core.event import Identifier
from regard.core.ports import Reading
from regard.core.rows import IdentifierRow

CIRCLE_MAX = 500
"""People in one circle; a kiosk beyond it is cut off there, as identity cuts its own reach."""


class Circles:
    """Finds circles; what was found is kept for the others in it."""

    def __init__(self, reading: Reading, moved: Collection[str]) -> None:
        self._people = reading.people
        self._moved = moved
        self._rows: tuple[str, Sequence[IdentifierRow]] = ("", ())

    def is_restless(self, person_id: str) -> bool:
        """Return whether a person was merged or shared an identifier in the window."""
        return person_id in self._moved

    def identity_of(self, person_id: str) -> int | None:
        """Return the identity on which a rollout reaches a person, as the walker does."""
        name, rows = self._rows
        if name != person_id:
            rows = self._people.identifiers(person_id)[0]
        own = [row for row in rows if not row.is_shared]
        first = min(own, key=lambda row: (row.first_at, row.identity), default=None)
        return None if first is None else first.identity

    def around(self, person_id: str) -> list[str]:
        """Return the person and everybody whom shared identifiers connect with them."""
        circle, frontier = {person_id: None}, [person_id]
        while frontier and len(circle) < CIRCLE_MAX:
            foreign = self._foreign(frontier.pop())
            found = {p: None for i in foreign if (p := self._people.find(i)) is not None}
            frontier += [p for p in found if p not in circle]
            circle |= found
        return sorted(circle)

    def _foreign(self, person_id: str) -> set[Identifier]:
        """Return identifiers that this person's evidence names and that are not theirs alone."""
        rows, evidence = self._people.identifiers(person_id)
        self._rows = (person_id, rows)
        own = {row.identifier for row in rows if not row.is_shared}
        return {i for e in evidence for i in (e.left, e.right)} - own
