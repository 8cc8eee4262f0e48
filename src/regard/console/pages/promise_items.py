"""A promise row as lists show it; used by Today, Promises and a person's page."""

from __future__ import annotations

from datetime import datetime

from regard.console.reasons import STATUS_TONES, STATUS_WORDS, reason_words, who_words
from regard.console.records import PromiseItem
from regard.console.wording import Wording
from regard.core.facts import OPEN_PROMISE
from regard.core.rows import PromiseRow


def promise_item(row: PromiseRow, wording: Wording, now: datetime) -> PromiseItem:
    """Return one register row in words; overdue means open and past its due moment."""
    change = row.change
    is_open = change.status in OPEN_PROMISE
    return PromiseItem(
        promise_id=change.promise_id,
        definition=change.definition,
        title=wording.promise(change.definition),
        about=change.about,
        person_id=row.person_id,
        label=who_words(row.label, row.person_id),
        status=change.status,
        word=STATUS_WORDS[change.status],
        tone=STATUS_TONES[change.status],
        reason=reason_words(change.reason),
        made_at=change.made_at,
        due_at=change.due_at,
        changed_at=row.changed_at,
        is_open=is_open,
        is_overdue=is_open and change.due_at < now,
    )
