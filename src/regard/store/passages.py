"""What a change of a run or a promise adds to the counts of its steps. Both stores use it.

Where the same run or promise stood before, and its change, in; where it stands now and the
passages to count out. Who came to a step less who went on is who stands there, always.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from regard.core.facts import ENDED_RUN, PromiseChanged, RunChanged

_SECOND = timedelta(seconds=1)
_REPAIR = "repair_"
_UNMET = ("expected", "offered")
"""Steps of a promise at which nothing was missed yet."""

Place = tuple[str, str, str, str]
"""Flow, step, what and key of a passage."""


class Standing(NamedTuple):
    """Where a run or a promise stands, since when, and whether it is over there.

    `counted_at` is where the status of a promise counts (None: nowhere yet).
    """

    step: str
    since: datetime
    is_over: bool = False
    counted_at: datetime | None = None

    @property
    def status(self) -> str:
        """Return the status of a promise that stands here."""
        if self.step in _UNMET:
            return "expected"
        return "missed" if self.step.startswith(_REPAIR) else self.step


class Passages:
    """Counts the passages of many changes, to be written together."""

    def __init__(self) -> None:
        self._counts: Counter[Place] = Counter()
        self._seconds: Counter[Place] = Counter()

    def take_run(self, before: Standing | None, change: RunChanged, at: datetime) -> Standing:
        """Count a change of a run that took place at `at`; return where it stands now."""
        flow = f"journey:{change.journey}"
        is_over = change.status in ENDED_RUN
        path = change.path
        if not path and (before is None or before.step != change.step):
            path = (change.step,)
        since = self._walk(flow, before, path, at, is_leaving=is_over)
        if is_over:
            self._counts[flow, change.step, "ended", f"{change.status}:{change.reason}"] += 1
        return Standing(change.step, since, is_over)

    def take_promise(
        self, before: Standing | None, change: PromiseChanged, at: datetime
    ) -> Standing:
        """Count a change of a promise that took place at `at`; return where it stands now."""
        path = _promise_path("" if before is None else before.step, change)
        since = self._walk(f"promise:{change.definition}", before, path, at)
        return Standing(promise_step(change), since)

    def rows(self) -> list[tuple[str, str, str, str, int, int]]:
        """Return (flow, step, what, key, count, seconds) of all that was counted, in order."""
        return [(*place, n, self._seconds[place]) for place, n in sorted(self._counts.items())]

    def _walk(
        self,
        flow: str,
        before: Standing | None,
        path: tuple[str, ...],
        at: datetime,
        *,
        is_leaving: bool = False,
    ) -> datetime:
        """Count the steps of a way; return since when its end is stood at."""
        if before is None:
            self._counts[flow, "", "started", at.date().isoformat()] += 1
        stood = before if before is not None and not before.is_over else None
        if stood is not None and (path or is_leaving):
            seconds = max((at - stood.since) // _SECOND, 0)
            waited = (flow, stood.step, "waited", magnitude_of(seconds))
            self._counts[waited] += 1
            self._seconds[waited] += seconds
        here = "" if stood is None else stood.step
        for step in path:
            self._counts[flow, here, "to", step] += 1
            here = step
        return at if stood is None or path or is_leaving else stood.since


def magnitude_of(seconds: int) -> str:
    """Return the least number of seconds that counts as this many: steps of at most a quarter."""
    shift = max(seconds.bit_length() - 3, 0)
    return str(seconds >> shift << shift)


def promise_step(change: PromiseChanged) -> str:
    """Return where a promise stands: ``expected``, ``offered``, ``missed``, ``repair_<n>``, or
    its outcome."""
    if change.status == "expected":
        return "offered" if change.is_offered else "expected"
    if change.status != "missed":
        return change.status
    if change.is_offered:
        return f"{_REPAIR}{change.repair_step}"
    return "missed" if change.wake_at is None else f"{_REPAIR}{change.repair_step + 1}"


def _promise_path(before: str, change: PromiseChanged) -> tuple[str, ...]:
    """Return the steps that a promise entered; repairs that open cases do not stop at them."""
    step = promise_step(change)
    if change.status not in ("missed", "broken"):
        return () if step == before else (step,)
    is_repairing = before == "missed" or before.startswith(_REPAIR)
    first = () if is_repairing else ("missed",)
    last = _repairs_in(step) if change.status == "missed" else change.repair_step
    done = _repairs_in(before) if is_repairing else 0 if before in _UNMET else max(last - 1, 0)
    repairs = tuple(f"{_REPAIR}{n}" for n in range(done + 1, last + 1))
    return (*first, *repairs, *(("broken",) if change.status == "broken" else ()))


def _repairs_in(step: str) -> int:
    return int(step.removeprefix(_REPAIR)) if step.startswith(_REPAIR) else 0
