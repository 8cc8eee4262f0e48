"""People: who is this? Search by any part of a name or an identifier."""

from __future__ import annotations

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.views import PeopleView

PEOPLE_MAX = 100
"""A longer list is not read but searched."""
TEXT_MAX = 200


def view(request: Request, desk: Desk) -> PeopleView:
    """Return people whose label or identifier contains ``q``, those seen last first."""
    text = request.query_params.get("q", "").strip()[:TEXT_MAX]
    with desk.library.reading() as reading:
        people = reading.people.search(text, PEOPLE_MAX)
    return PeopleView(
        now=desk.clock.now(),
        zone=desk.program().company.zone,
        text=text,
        people=tuple(people),
        is_full=len(people) == PEOPLE_MAX,
    )
