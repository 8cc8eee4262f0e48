"""Cases: what waits for a human?"""

from __future__ import annotations

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.views import CasesView

CASES_MAX = 200
"""Cases in the list, newest first."""


def view(_request: Request, desk: Desk) -> CasesView:
    """Return the newest cases with the titles of their departments."""
    program = desk.program()
    with desk.library.reading() as reading:
        cases = reading.registers.cases(CASES_MAX)
    return CasesView(
        now=desk.clock.now(),
        zone=program.company.zone,
        cases=tuple(cases),
        departments={d.id: d.title for d in program.departments.values()},
    )
