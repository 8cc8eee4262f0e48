"""Cases: what waits for a human, and what did somebody do?"""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.reasons import who_words
from regard.console.views import CaseItem, CasesView
from regard.console.wording import Wording
from regard.core.rows import CaseRow

CASES_MAX = 200
"""Cases in the list."""


def view(request: Request, desk: Desk) -> CasesView:
    """Return the cases that wait, the first due first, or those done (``?state=done``).

    Of one department when it is asked for (``?department=``), and how many each has.
    """
    program, asked = desk.program(), request.query_params
    wording = Wording(program)
    is_done, department = asked.get("state") == "done", asked.get("department", "")
    with desk.library.reading() as reading:
        rows = reading.registers.cases(limit=CASES_MAX, is_done=is_done)
    counts = Counter(row.department for row in rows)
    return CasesView(
        now=desk.clock.now(),
        zone=program.company.zone,
        is_done=is_done,
        department=department,
        cases=tuple(_item(row, wording) for row in rows if department in ("", row.department)),
        departments=tuple(
            (one, wording.department(one), count) for one, count in counts.most_common()
        ),
        is_full=len(rows) == CASES_MAX,
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
        state=row.state,
        moved_at=row.moved_at,
        by=row.by,
        note=row.note,
    )
