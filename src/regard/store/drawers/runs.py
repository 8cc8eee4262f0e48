"""Runs, promises and what passed their steps,: written together, and read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from regard.core.clock import from_us, to_us
from regard.core.facts import PromiseChanged, RunChanged
from regard.core.rows import OutcomeCount, Passage, RunRow
from regard.store.drawers.link import Link
from regard.store.drawers.places import SqlPlaces
from regard.store.drawers.rows import Row
from regard.store.encoding import encode
from regard.store.outcome_counts import OutcomeCounts, bucket_of
from regard.store.passages import Passages, Standing

_run = msgspec.json.Decoder(RunChanged)

_US = timedelta(microseconds=1)

_WHOLE_US = 2**62
"""A stretch that holds every moment."""

PromiseChange = tuple[int, datetime, PromiseChanged]
RunChange = tuple[int, datetime, datetime, RunChanged]


class SqlSteps:
    """Saves changes of promises and runs, and counts the steps they passed."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._keys = link.keys
        self._executemany = link.executemany
        self._sql = link.statements("registers")

    def save(self, promises: Sequence[PromiseChange], runs: Sequence[RunChange]) -> None:
        """Save changes in their order; of many changes of one thing the last one stays."""
        passages, outcomes = Passages(), OutcomeCounts()
        if promises:
            rows = self._promises(promises, passages, outcomes)
            self._executemany(self._sql["save_promise"], rows)
            self._executemany(self._sql["count_outcome"], outcomes.rows())
        if runs:
            self._executemany(self._sql["save_run"], self._runs(runs, passages))
        self._executemany(self._sql["count_passage"], passages.rows())

    def _promises(
        self, changes: Sequence[PromiseChange], passages: Passages, outcomes: OutcomeCounts
    ) -> list[Row]:
        ids = self._keys([change.promise_id for _, _, change in changes])
        standing = {
            row[0]: Standing(row[1], from_us(row[2]), counted_at=_moment(row[3]))
            for row in self._execute(self._sql["promises_standing"], (ids,))
        }
        rows: dict[str, Row] = {}
        for identity, at, change in changes:
            key = change.promise_id
            before = standing.get(key)
            status, counted_at = (before.status, before.counted_at) if before else ("", None)
            now = passages.take_promise(before, change, at)
            counted_at = outcomes.take(status, counted_at, change, at)
            now = standing[key] = now._replace(counted_at=counted_at)
            made = rows[key][1:3] if key in rows else (identity, to_us(at))
            rows[key] = _promise_row(made, at, change, now)
        return list(rows.values())

    def _runs(self, changes: Sequence[RunChange], passages: Passages) -> list[Row]:
        ids = self._keys([change.run_id for *_, change in changes])
        standing = {
            row[0]: Standing(row[1], from_us(row[2]), bool(row[3]))
            for row in self._execute(self._sql["runs_standing"], (ids,))
        }
        rows: dict[str, Row] = {}
        for identity, at, changed_at, change in changes:
            key = change.run_id
            now = standing[key] = passages.take_run(standing.get(key), change, changed_at)
            made = rows[key][1:3] if key in rows else (identity, to_us(at))
            rows[key] = _run_row(made, changed_at, change, now)
        return list(rows.values())


class SqlRuns:
    """Implements `core.ports.Runs`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._sql = link.statements("reading")
        self._places = SqlPlaces(link)

    def run(self, run_id: str) -> RunRow | None:
        found = self._rows("run", run_id=run_id)
        return found[0] if found else None

    def standing(
        self, journey: str, step: str = "", *, after: RunRow | None = None, limit: int = 200
    ) -> Sequence[RunRow]:
        return self._rows(
            "runs_standing_at" if step else "runs_standing",
            journey=journey,
            step=step,
            after_step=after.change.step if after else "",
            after_us=to_us(after.since) if after else 0,
            after_id=after.run_id if after else "",
            limit=limit,
        )

    def latest(self, journey: str, limit: int = 200) -> Sequence[RunRow]:
        return self._rows("runs_lately", journey=journey, limit=limit)

    def passages(self, flow: str = "") -> Sequence[Passage]:
        statement = self._sql["passages_of_flow" if flow else "passages"]
        return [
            Passage(flow=r[0], step=r[1], what=r[2], key=r[3], count=r[4], seconds=r[5])
            for r in self._execute(statement, {"flow": flow})
        ]

    def outcomes(self, since: datetime, span: timedelta | None = None) -> Sequence[OutcomeCount]:
        values = {
            "since_us": bucket_of(since),
            "span_us": _WHOLE_US if span is None else span // _US,
        }
        return [
            OutcomeCount(
                definition=row[0],
                status=row[2],
                since=since if span is None else from_us(row[1]),
                count=row[3],
            )
            for row in self._execute(self._sql["outcomes"], values)
        ]

    def _rows(self, statement: str, **values: object) -> list[RunRow]:
        rows = self._execute(self._sql[statement], values).fetchall()
        named = self._places.named([(row[1], from_us(row[2])) for row in rows])
        return [_row_of(row, *who) for row, who in zip(rows, named, strict=True)]


def _promise_row(made: Row, at: datetime, change: PromiseChanged, now: Standing) -> Row:
    return (
        change.promise_id,
        *made,
        change.definition,
        change.status,
        now.step,
        to_us(now.since),
        to_us(change.due_at),
        to_us(at),
        None if now.counted_at is None else to_us(now.counted_at),
        encode(change),
    )


def _moment(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)


def _run_row(made: Row, at: datetime, change: RunChanged, now: Standing) -> Row:
    return (
        change.run_id,
        *made,
        change.journey,
        now.step,
        int(now.is_over),
        to_us(now.since),
        to_us(at),
        encode(change),
    )


def _row_of(row: Row, person_id: str, label: str) -> RunRow:
    return RunRow(
        run_id=row[0],
        identity=row[1],
        at=from_us(row[2]),
        person_id=person_id,
        label=label,
        change=_run.decode(row[5]),
        since=from_us(row[3]),
        changed_at=from_us(row[4]),
    )
