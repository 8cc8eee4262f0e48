"""One promise definition: from made to its outcomes, how many stand where, and what is open."""

from __future__ import annotations

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.flow_views import PromiseView
from regard.console.pages.promise_items import promise_item
from regard.console.steps import step_items
from regard.console.wording import Wording
from regard.core.errors import Refused
from regard.core.facts import OPEN_PROMISE
from regard.drawing import promise_flow, taken_ways, traffic_of

ROWS_MAX = 50
"""Open promises on this page; the register under Promises has all."""


def view(request: Request, desk: Desk) -> PromiseView:
    """Return the promise of the path."""
    program, now = desk.program(), desk.clock.now()
    definition = program.promises.get(request.path_params["definition"])
    if definition is None:
        raise Refused(
            "There is no promise of this name.", code="not_found", hint="Look under Promises."
        )
    with desk.library.reading() as reading:
        passages = reading.runs.passages(f"promise:{definition.id}")
        rows = [
            row
            for status in OPEN_PROMISE
            for row in reading.registers.promises(status, definition.id, ROWS_MAX)
        ]
    rows.sort(key=lambda row: row.change.due_at)
    flow = promise_flow(definition, program, taken_ways(passages))
    traffic, wording = traffic_of(flow, passages), Wording(program)
    return PromiseView(
        now=now,
        zone=program.company.zone,
        definition=definition.id,
        title=definition.title,
        flow=flow,
        traffic=traffic,
        steps=step_items(flow, traffic),
        rows=tuple(promise_item(row, wording, now) for row in rows[:ROWS_MAX]),
        is_full=len(rows) >= ROWS_MAX,
    )
