"""Cases: what waits for a human?"""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.reasons import who_words
from regard.console.views import CaseItem, CasesView
from regard.console.wording import Wording
from regard.core.rows import CaseRow

CASES_MAX = 200
"""Cases in the list, newest first."""


def view(_request: Request, desk: Desk) -> CasesView:
    """Return the newest cases, and how many of them each department has."""
    program = desk.program()
    wording = Wording(program)
    with desk.library.reading() as reading:
        rows = reading.registers.cases(CASES_MAX)
    cases = tuple(_item(row, wording) for row in rows)
    return CasesView(
        now=desk.clock.now(),
        zone=program.company.zone,
        cases=cases,
        departments=tuple(Counter(case.department for case in cases).most_common()),
        is_full=len(cases) == CASES_MAX,
    )


def _item(row: CaseRow, wording: Wording) -> CaseItem:
    return CaseItem(
        case_id=row.case_id,
        person_id=row.person_id,
        label=who_words(row.label, row.person_id),
        department=wording.department(row.department),
        title=row.title,
        because=wording.because(row.reason),
        opened_at=row.opened_at,
        due_at=row.due_at,
    )
