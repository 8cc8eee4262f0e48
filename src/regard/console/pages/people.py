"""People: who is this? Search by any part of a name or an identifier."""

from __future__ import annotations

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.reasons import who_words
from regard.console.views import PeopleView, PersonItem
from regard.core.rows import PersonRow

PEOPLE_MAX = 100
"""A longer list is not read but searched."""
TEXT_MAX = 200
_SPOKEN = ("email", "phone", "loyalty_number")
"""Kinds that people say first when asked who they are; machines' own ids come last."""
MACHINE_KINDS = ("anonymous_id", "device_id", "user_id")


def view(request: Request, desk: Desk) -> PeopleView:
    """Return people whose label or identifier contains ``q``, those seen last first."""
    text = request.query_params.get("q", "").strip()[:TEXT_MAX]
    with desk.library.reading() as reading:
        people = reading.people.search(text, PEOPLE_MAX)
    return PeopleView(
        now=desk.clock.now(),
        zone=desk.program().company.zone,
        text=text,
        people=tuple(_item(row) for row in people),
        is_full=len(people) == PEOPLE_MAX,
    )


def known_by(row: PersonRow) -> tuple[str, ...]:
    """Return the identifiers of a hit, those that people say first."""
    named = [i for i in row.identifiers if i.kind != "anonymous_id"]
    named.sort(key=lambda i: (i.kind in MACHINE_KINDS, _rank(i.kind), i.kind, i.value))
    return tuple(identifier.value for identifier in named)


def _item(row: PersonRow) -> PersonItem:
    return PersonItem(
        person_id=row.person_id,
        label=who_words(row.label, row.person_id),
        known_by=known_by(row),
        last_seen_at=row.last_seen_at,
        last_channel=row.last_channel,
    )


def _rank(kind: str) -> int:
    return _SPOKEN.index(kind) if kind in _SPOKEN else len(_SPOKEN)
