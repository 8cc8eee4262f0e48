"""What a change of a promise adds to the counts of outcomes by time. Both stores use it.

Where the promise was counted before, and its change, in; where it counts now and the differences
to add out. Counts are by status, not by good and bad: what counts as good is said by the project
and may change, a fold of the journal may not.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from regard.core.clock import EPOCH, to_us
from regard.core.facts import PromiseChanged

BUCKET = timedelta(minutes=5)
"""The shortest window of an alert (SRE workbook, chapter 5); finer would only be more rows."""

BUCKET_US = BUCKET // timedelta(microseconds=1)

REACHED = ("kept", "late", "repaired")
"""Statuses that say the customer was reached. Taken back, it is news of that moment."""

UNMET = ("", "expected")


def bucket_of(at: datetime) -> int:
    """Return the first microsecond of the bucket that holds a moment."""
    return to_us(at) // BUCKET_US * BUCKET_US


class OutcomeCounts:
    """Adds up the differences of many changes, to be written together."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, str, str]] = Counter()

    def take(
        self, status: str, counted_at: datetime | None, change: PromiseChanged, at: datetime
    ) -> datetime | None:
        """Move a promise from `status`, counted at `counted_at`, to its change of `at`.

        Return where it is counted from now on (None: it is not).
        """
        if change.status == status:
            return counted_at
        if counted_at is not None:
            self._counts[bucket_of(counted_at), change.definition, status] -= 1
        if change.status in UNMET:
            return None
        is_taken_back = status in REACHED and change.status not in REACHED
        place = at if counted_at is None or is_taken_back else counted_at
        self._counts[bucket_of(place), change.definition, change.status] += 1
        return place

    def rows(self) -> list[tuple[int, str, str, int]]:
        """Return (bucket in microseconds, definition, status, difference), in order.

        Differences of nothing too: which rows there are must not depend on how changes are batched.
        """
        return [(*place, n) for place, n in sorted(self._counts.items())]


def stretch_of(bucket_us: int, span: timedelta | None, since: datetime) -> datetime:
    """Return when the stretch of `span` begins that a bucket belongs to (None: at `since`)."""
    if span is None:
        return since
    return EPOCH + (timedelta(microseconds=bucket_us) // span) * span
