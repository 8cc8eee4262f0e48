"""A case as lists show it. Both stores use it."""

from __future__ import annotations

from datetime import datetime

from regard.core.facts import CaseOpened
from regard.core.rows import CaseRow


def case_row(case: CaseOpened, opened_at: datetime, person_id: str, label: str) -> CaseRow:
    """Return the row of a case that was opened for a person."""
    return CaseRow(
        case_id=case.case_id,
        person_id=person_id,
        label=label,
        department=case.department,
        title=case.title,
        reason=case.reason,
        ref=case.ref,
        opened_at=opened_at,
        due_at=case.due_at,
    )
