"""Makes a failing simulation short: the fewest customers, items and faults that still break it.

In: a plan and its report with findings. Out: a smaller plan that breaks one of the same rules, and
its report. Delta debugging (Zeller and Hildebrandt, IEEE TSE 28, 2002) over items and faults,
after three cheap guesses: only the people concerned, no fault at all, only the beginning. It works
because faults are drawn from what they hit (`testing.weather`), so that leaving out one thing
leaves the others as they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from regard.testing.plan import Item, Plan, Report
from regard.testing.simulation import simulate

RUNS_MAX = 250
"""Runs of ever smaller plans: seconds for a month of thirty people."""

ITEMS_MAX = 3_000
"""Most items of a plan that is run again and again."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """The shortest failing plan found, its report, and how many runs it took to find it.

    `is_shortest` is False when a limit ended the search: there may be a shorter one.
    """

    plan: Plan
    report: Report
    run_count: int
    is_shortest: bool


def shrunk(plan: Plan, report: Report | None = None, runs_max: int = RUNS_MAX) -> Shrunk:
    """Return the shortest plan found that breaks a rule which `plan` breaks.

    A plan that breaks nothing comes back as it is. Of one with more than `ITEMS_MAX` items only the
    people concerned are looked at: each run of the others takes minutes.
    """
    report = report or simulate(plan)
    search = _Search(plan, report, runs_max)
    if report.findings:
        search.leave_out_the_unconcerned()
    if report.findings and len(search.plan.items) <= ITEMS_MAX:
        search.guess()
        search.leave_out_people()
        search.leave_out_faults()
        search.leave_out_items()
        search.leave_out_faults()
    return Shrunk(
        plan=search.plan,
        report=search.report,
        run_count=search.run_count,
        is_shortest=search.run_count < runs_max and len(search.plan.items) <= ITEMS_MAX,
    )


def rules_of(findings: Iterable[str]) -> frozenset[str]:
    """Return what findings say, without the words that name a thing or a moment."""
    return frozenset(
        " ".join(word for word in finding.split() if not _NAMING.search(word))
        for finding in findings
    )


_NAMING = re.compile(r"[0-9@(]")


def fewest(parts: Sequence[T], still_fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return a part of `parts`, in order, of which no single one can be left out (ddmin)."""
    kept, pieces = list(parts), 2
    while kept:
        size = -(-len(kept) // pieces)
        for start in range(0, len(kept), size):
            rest = kept[:start] + kept[start + size :]
            if still_fails(rest):
                kept, pieces = rest, max(pieces - 1, 2)
                break
        else:
            if size == 1:
                break
            pieces = min(pieces * 2, len(kept))
    return kept


class _Search:
    """The shortest failing plan so far."""

    def __init__(self, plan: Plan, report: Report, runs_max: int) -> None:
        self.plan = plan
        self.report = report
        self.run_count = 0
        self._runs_max = runs_max
        self._rules = rules_of(report.findings)

    def leave_out_the_unconcerned(self) -> None:
        """Try what nearly always suffices: only the people whom a finding is about."""
        concerned = self.report.concerned
        if concerned:
            self._fails(items=[i for i in self.plan.items if i.data.get("id") in concerned])

    def guess(self) -> None:
        """Try what often suffices: nothing goes wrong, only the first items."""
        self._fails(only=frozenset())
        low, high = 0, len(self.plan.items)
        while high - low > 1:
            middle = (low + high) // 2
            if self._fails(items=self.plan.items[:middle]):
                high = middle
            else:
                low = middle
        if self.plan.only is None:
            self._fails(only=frozenset(fault.name for fault in self.report.faults))

    def leave_out_people(self) -> None:
        """Leave out one customer after the other, and many at once where that works."""
        by_person: dict[str, list[Item]] = {}
        for item in self.plan.items:
            by_person.setdefault(item.who, []).append(item)

        def fails(people: Sequence[str]) -> bool:
            wanted = frozenset(people)
            return self._fails(items=[item for item in self.plan.items if item.who in wanted])

        fewest(tuple(by_person), fails)

    def leave_out_items(self) -> None:
        """Leave out single items."""
        fewest(self.plan.items, lambda items: self._fails(items=items))

    def leave_out_faults(self) -> None:
        """Calm the weather: kind by kind, then fault by fault."""
        by_kind: dict[str, dict[str, None]] = {}
        for fault in self.report.faults:
            by_kind.setdefault(fault.kind, {})[fault.name] = None

        def fails(kinds: Sequence[str]) -> bool:
            return self._fails(only=frozenset(chain.from_iterable(by_kind[k] for k in kinds)))

        fewest(tuple(by_kind), fails)
        names = tuple(dict.fromkeys(fault.name for fault in self.report.faults))
        fewest(names, lambda left: self._fails(only=frozenset(left)))

    def _fails(self, **changes: object) -> bool:
        """Try a smaller plan and keep it if it breaks one of the rules too."""
        if self.run_count >= self._runs_max:
            return False
        smaller = replace(self.plan, **changes)  # type: ignore[arg-type]
        if smaller.items == self.plan.items and smaller.only == self.plan.only:
            return False
        self.run_count += 1
        report = simulate(smaller)
        if not self._rules & rules_of(report.findings):
            return False
        self.plan, self.report = smaller, report
        return True
