"""Runs, promises and what passed their steps, in memory: written together, and read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import nlargest, nsmallest

from regard.core.facts import PromiseChanged, RunChanged
from regard.core.rows import OutcomeCount, Passage, RunRow
from regard.store.memory.places import MemoryPlaces
from regard.store.memory.tables import KeptPromise, KeptRun, Tables, UndoLog
from regard.store.outcome_counts import OutcomeCounts, bucket_of, stretch_of
from regard.store.passages import Passages


class MemorySteps:
    """Saves changes of promises and runs, and counts the steps they passed."""

    def __init__(self, tables: Tables, log: UndoLog) -> None:
        self._tables = tables
        self._log = log

    def save(
        self,
        promises: Iterable[tuple[int, datetime, PromiseChanged]],
        runs: Iterable[tuple[int, datetime, datetime, RunChanged]],
    ) -> None:
        """Save changes in their order."""
        passages, outcomes = Passages(), OutcomeCounts()
        for promise in promises:
            self._promise(*promise, passages, outcomes)
        for run in runs:
            self._run(*run, passages)
        table = self._tables.passages
        for *place, count, seconds in passages.rows():
            flow, step, what, key = place
            known = table.get((flow, step, what, key), (0, 0))
            self._log.put(table, (flow, step, what, key), (known[0] + count, known[1] + seconds))
        for bucket, definition, status, count in outcomes.rows():
            counted = (bucket, definition, status)
            before = self._tables.outcomes.get(counted, 0)
            self._log.put(self._tables.outcomes, counted, before + count)

    def _promise(
        self,
        identity: int,
        at: datetime,
        change: PromiseChanged,
        passages: Passages,
        outcomes: OutcomeCounts,
    ) -> None:
        table = self._tables.promises
        first = table.get(change.promise_id)
        before = first.standing if first else None
        standing = passages.take_promise(before, change, at)
        status, counted_at = (before.status, before.counted_at) if before else ("", None)
        counted_at = outcomes.take(status, counted_at, change, at)
        kept = KeptPromise(
            identity=first.identity if first else identity,
            at=first.at if first else at,
            changed_at=at,
            change=change,
            standing=standing._replace(counted_at=counted_at),
        )
        self._log.put(table, change.promise_id, kept)

    def _run(
        self,
        identity: int,
        at: datetime,
        changed_at: datetime,
        change: RunChanged,
        passages: Passages,
    ) -> None:
        table = self._tables.runs
        first = table.get(change.run_id)
        kept = KeptRun(
            identity=first.identity if first else identity,
            at=first.at if first else at,
            changed_at=changed_at,
            change=change,
            standing=passages.take_run(first.standing if first else None, change, changed_at),
        )
        self._log.put(table, change.run_id, kept)


class MemoryRuns:
    """Implements `core.ports.Runs`."""

    def __init__(self, tables: Tables, places: MemoryPlaces) -> None:
        self._tables = tables
        self._places = places

    def run(self, run_id: str) -> RunRow | None:
        kept = self._tables.runs.get(run_id)
        return None if kept is None else self._rows([kept])[0]

    def standing(
        self, journey: str, step: str = "", *, after: RunRow | None = None, limit: int = 200
    ) -> Sequence[RunRow]:
        behind = None if after is None else (step or after.change.step, after.since, after.run_id)
        wanted = (
            kept
            for kept in self._tables.runs.values()
            if kept.change.journey == journey
            and not kept.standing.is_over
            and step in ("", kept.standing.step)
            and (behind is None or _place(kept) > behind)
        )
        return self._rows(nsmallest(limit, wanted, key=_place))

    def latest(self, journey: str, limit: int = 200) -> Sequence[RunRow]:
        wanted = (kept for kept in self._tables.runs.values() if kept.change.journey == journey)
        newest = nlargest(limit, wanted, key=lambda k: (k.changed_at, k.change.run_id))
        return self._rows(newest)

    def passages(self, flow: str = "") -> Sequence[Passage]:
        return [
            Passage(flow=place[0], step=place[1], what=place[2], key=place[3], count=n, seconds=s)  # type: ignore[arg-type]
            for place, (n, s) in sorted(self._tables.passages.items())
            if flow in ("", place[0])
        ]

    def outcomes(self, since: datetime, span: timedelta | None = None) -> Sequence[OutcomeCount]:
        first = bucket_of(since)
        counts: Counter[tuple[str, datetime, str]] = Counter()
        for (bucket, definition, status), count in self._tables.outcomes.items():
            if bucket >= first:
                counts[definition, stretch_of(bucket, span, since), status] += count
        return [
            OutcomeCount(definition=definition, status=status, since=start, count=count)
            for (definition, start, status), count in sorted(counts.items())
            if count
        ]

    def _rows(self, kept: Sequence[KeptRun]) -> list[RunRow]:
        named = self._places.named([(k.identity, k.at) for k in kept])
        return [
            RunRow(
                run_id=k.change.run_id,
                identity=k.identity,
                at=k.at,
                person_id=person_id,
                label=label,
                change=k.change,
                since=k.standing.since,
                changed_at=k.changed_at,
            )
            for k, (person_id, label) in zip(kept, named, strict=True)
        ]


def _place(kept: KeptRun) -> tuple[str, datetime, str]:
    return (kept.standing.step, kept.standing.since, kept.change.run_id)
