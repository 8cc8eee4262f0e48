"""Promises: what do we owe, what is late? The register, and a service level per definition."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.levels import service_levels
from regard.console.pages.promise_items import promise_item
from regard.console.reasons import STATUS_WORDS
from regard.console.views import PromisesView
from regard.console.wording import Wording
from regard.core.facts import OPEN_PROMISE
from regard.core.ports import Registers
from regard.core.rows import PromiseRow

ROWS_MAX = 200
"""Rows of the register on one page; the filters narrow it."""
OPEN = "open"


def view(request: Request, desk: Desk) -> PromisesView:
    """Return the register under the filters ``status`` (default: open) and ``definition``."""
    program, now = desk.program(), desk.clock.now()
    status = request.query_params.get("status", OPEN)
    status = status if status in (OPEN, *STATUS_WORDS) else OPEN
    definition = request.query_params.get("definition", "")
    definition = definition if definition in program.promises else ""
    with desk.library.reading() as reading:
        levels = service_levels(reading.runs, program, now)
        rows = _rows(reading.registers, status, definition)
    wording = Wording(program)
    return PromisesView(
        now=now,
        zone=program.company.zone,
        status=status,
        definition=definition,
        definition_title=wording.promise(definition) if definition else "",
        levels=levels,
        rows=tuple(promise_item(row, wording, now) for row in rows[:ROWS_MAX]),
        is_full=len(rows) >= ROWS_MAX,
    )


def _rows(registers: Registers, status: str, definition: str) -> Sequence[PromiseRow]:
    """Open ones by due moment, the earliest first; ended ones by their end, the latest first."""
    if status == OPEN:
        rows = [r for s in OPEN_PROMISE for r in registers.promises(s, definition, ROWS_MAX)]
        return sorted(rows, key=lambda row: row.change.due_at)
    is_ended = status not in OPEN_PROMISE
    return registers.promises(status, definition, ROWS_MAX, newest_first=is_ended)
