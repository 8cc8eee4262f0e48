"""A case as lists show it. Both stores use it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from regard.core.clock import to_us
from regard.core.facts import CaseOpened
from regard.core.rows import CaseRow, CaseState

NO_DATE_US = 2**63 - 1
"""Where a case without a date stands among those that are due: behind all."""


class Moved(NamedTuple):
    """What became of a case: its state, since when, by whom, and their note."""

    state: CaseState = "open"
    at: datetime | None = None
    by: str = ""
    note: str = ""


def due_us(case: CaseOpened) -> int:
    """Return the microsecond at which a case is due."""
    return NO_DATE_US if case.due_at is None else to_us(case.due_at)


def case_row(
    case: CaseOpened, opened_at: datetime, moved: Moved, person_id: str, label: str
) -> CaseRow:
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
        state=moved.state,
        moved_at=moved.at,
        by=moved.by,
        note=moved.note,
    )
