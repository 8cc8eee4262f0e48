"""The register drawer of the in-memory store: timers, promises, outbox, cases, what is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from regard.core.event import MessageOutcome, RolloutChanged
from regard.core.facts import Decided
from regard.core.rows import Content, MessageRow, Rejected, SourceRow, Timer
from regard.core.storage import Projection
from regard.store.cases import Moved
from regard.store.lanes import MOVING, lane_of, lane_of_broadcast, picked, rollout_of
from regard.store.memory.decisions import MemoryDecisions
from regard.store.memory.places import MemoryPlaces
from regard.store.memory.remarks import MemoryRemarks
from regard.store.memory.rollouts import MemoryRollouts
from regard.store.memory.runs import MemorySteps
from regard.store.memory.tables import (
    Due,
    KeptCase,
    KeptMessage,
    KeptReview,
    Tables,
    UndoLog,
)
from regard.store.outcomes import ENDED, RECEIVED, counts_after, state_after


class MemoryRegisters:
    """Implements `core.storage.RegisterDrawer`."""

    def __init__(self, tables: Tables, log: UndoLog, places: MemoryPlaces) -> None:
        self._tables = tables
        self._log = log
        self._places = places
        self._rollouts = MemoryRollouts(tables, log)

    def project(self, change: Projection) -> None:
        tables, log = self._tables, self._log
        for timer in change.timers:
            self._set_timer(*timer)
        if change.promises or change.runs:
            MemorySteps(tables, log).save(change.promises, change.runs)
        if change.rollouts or change.versions:
            self._rollouts.save(change.rollouts, change.versions)
            for _, rollout in change.rollouts:
                self._change_lane(rollout)
        if change.remarks:
            MemoryRemarks(tables, log).save(change.remarks)
        if change.decisions:
            MemoryDecisions(tables, log).save(change.decisions)
        for message in change.messages:
            self._queue(*message)
        for at, outcome in change.outcomes:
            self._settle(at, outcome)
        for at, message_id, state in change.receipts:
            self._receive(at, message_id, state)
        self._open_cases(change)
        for day, name, key, count in change.tallies:
            place = (day, name, key)
            log.put(tables.tallies, place, tables.tallies.get(place, 0) + count)
        self._ask(change)

    def _ask(self, change: Projection) -> None:
        tables, log = self._tables, self._log
        for review in change.reviews:
            log.put(tables.reviews, review.review_id, KeptReview(review=review))
        for review_id, act_id, offset in change.answers:
            if review_id in tables.reviews and tables.reviews[review_id].review.offset < offset:
                answered = replace(tables.reviews[review_id], answered_by=act_id)
                log.put(tables.reviews, review_id, answered)

    def due(self, now: datetime, limit: int) -> tuple[Sequence[Timer], datetime | None]:
        refs, next_at = _ready(self._tables.due, now, limit)
        return [self._tables.timers[ref] for ref in refs], next_at

    def queued(
        self, now: datetime, limit: int, turn: int = 1
    ) -> tuple[Sequence[MessageRow], datetime | None]:
        queues = [self._tables.queues.get(lane, []) for lane in MOVING]
        next_at = min([queue[0][0] for queue in queues if queue], default=None)
        if not limit or next_at is None or next_at > now:
            return [], next_at
        going = picked([_ready(queue, now, limit)[0] for queue in queues], limit, turn)
        behind = [
            queue[len(ids)][0]
            for queue, ids in zip(queues, going, strict=True)
            if len(ids) < len(queue)
        ]
        if not any(going):
            return [], min(behind, default=None)
        found = [self._tables.messages[i] for ids in going for i in ids]
        return self._places.messages(found), min(behind, default=None)

    def claim(self, message_ids: Sequence[str], token: int, now: datetime) -> None:
        for message_id in message_ids:
            kept = self._tables.messages.get(message_id)
            if kept is not None and kept.row.state == "queued":
                attempt = kept.row.attempt + 1
                self._move(kept, token=token, state="claimed", attempt=attempt, state_at=now)

    def keep(
        self,
        contents: Sequence[Content],
        rejected: Sequence[Rejected],
        counts: Mapping[str, tuple[int, int, int]],
        now: datetime,
    ) -> None:
        tables, log = self._tables, self._log
        for content in contents:
            log.put(tables.contents, content.message_id, content)
        last = tables.rejected[-1].number if tables.rejected else 0
        for number, item in enumerate(rejected, last + 1):
            log.push(tables.rejected, replace(item, number=number))
        for source, three in counts.items():
            log.put(
                tables.sources, source, _counted(tables.sources.get(source), source, three, now)
            )

    def _set_timer(
        self, ref: str, identity: int, at: datetime, due: datetime | None, number: int
    ) -> None:
        tables, log = self._tables, self._log
        known = tables.timers.get(ref)
        if known is not None:
            log.remove(tables.due, (known.due_at, known.number, ref))
            log.drop(tables.timers, ref)
        if due is not None:
            timer = Timer(ref=ref, identity=identity, at=at, due_at=due, number=number)
            log.insert(tables.due, (due, number, ref))
            log.put(tables.timers, ref, timer)

    def _queue(
        self, number: int, identity: int, at: datetime, decided_at: datetime, decided: Decided
    ) -> None:
        tables, log = self._tables, self._log
        row = _row_of(number, identity, at, decided_at, decided)
        if row.message_id in tables.messages:
            return
        rollout_id = rollout_of(decided)
        known = self._rollouts.find([rollout_id]).get(rollout_id)
        status = None if not rollout_id else known.status if known else "running"
        kept = KeptMessage(row=row, lane=lane_of(decided, status))
        log.put(tables.messages, row.message_id, kept)
        log.insert(self._lane(kept.lane), _place_of(kept))
        if rollout_id:
            address = (rollout_id, decided.channel, decided.address)
            log.put_under(tables.said, address, row.message_id)
            log.put_under(tables.messages_of, rollout_id, row.message_id)

    def _lane(self, lane: int) -> list[Due]:
        return self._tables.queues.setdefault(lane, [])

    def _change_lane(self, change: RolloutChanged) -> None:
        """Let what a broadcast has in the outbox wait, go on, or go to be withdrawn."""
        tables, log = self._tables, self._log
        lane = lane_of_broadcast(change.status)
        for message_id in tables.messages_of.get(change.rollout_id, ()):
            kept = tables.messages[message_id]
            if kept.row.state != "queued" or kept.lane == lane:
                continue
            log.remove(self._lane(kept.lane), _place_of(kept))
            log.insert(self._lane(lane), _place_of(kept))
            log.put(tables.messages, message_id, replace(kept, lane=lane))

    def _settle(self, at: datetime, outcome: MessageOutcome) -> None:
        kept = self._tables.messages.get(outcome.message_id)
        is_late = kept is not None and kept.row.attempt > outcome.attempt
        if kept is None or is_late or kept.row.state in RECEIVED:
            return
        state, not_before = state_after(outcome)
        self._move(
            kept,
            state=state,
            attempt=outcome.attempt,
            reason=outcome.reason,
            state_at=at,
            not_before=not_before or at,
            **counts_after(kept.row, outcome),
        )

    def _receive(self, at: datetime, message_id: str, state: str) -> None:
        kept = self._tables.messages.get(message_id)
        if kept is not None and kept.row.state not in ENDED:
            self._move(kept, state=state, state_at=at)

    def _move(self, kept: KeptMessage, **changes: Any) -> None:
        """Change a message, and the queue with it."""
        tables, log = self._tables, self._log
        after = replace(kept, row=replace(kept.row, **changes))
        if kept.row.state == "queued":
            log.remove(self._lane(kept.lane), _place_of(kept))
        if after.row.state == "queued":
            log.insert(self._lane(kept.lane), _place_of(after))
        log.put(tables.messages, after.row.message_id, after)

    def _open_cases(self, change: Projection) -> None:
        table, log = self._tables.cases, self._log
        for identity, at, case in change.cases:
            if case.case_id not in table:
                log.put(table, case.case_id, KeptCase(identity=identity, opened_at=at, case=case))
        for at, case_id, state, by, note in change.case_moves:
            if kept := table.get(case_id):
                moved = Moved(state=state, at=at, by=by, note=note)
                log.put(table, case_id, replace(kept, moved=moved))


def _place_of(kept: KeptMessage) -> Due:
    return kept.row.not_before, kept.row.number, kept.row.message_id


def _ready(items: list[Due], now: datetime, limit: int) -> tuple[list[str], datetime | None]:
    """Return the ids of the first `limit` items that are due, and when the one behind them is."""
    end = 0
    while end < min(limit, len(items)) and items[end][0] <= now:
        end += 1
    return [key for *_, key in items[:end]], items[end][0] if end < len(items) else None


def _counted(
    known: SourceRow | None, source: str, counts: tuple[int, int, int], now: datetime
) -> SourceRow:
    before = (
        (known.accepted_count, known.duplicate_count, known.rejected_count) if known else (0, 0, 0)
    )
    accepted, duplicate, rejected = (b + c for b, c in zip(before, counts, strict=True))
    return SourceRow(
        source=source,
        accepted_count=accepted,
        duplicate_count=duplicate,
        rejected_count=rejected,
        last_at=now,
    )


def _row_of(
    number: int, identity: int, at: datetime, decided_at: datetime, decided: Decided
) -> MessageRow:
    return MessageRow(
        message_id=decided.decision_id,
        identity=identity,
        at=at,
        person_id="",
        label="",
        engagement=decided.candidate.engagement,
        channel=decided.channel,
        address=decided.address,
        message_class=decided.message_class,
        purpose=decided.purpose,
        state="queued",
        attempt=0,
        reason="",
        decided_at=decided_at,
        state_at=decided_at,
        not_before=decided_at,
        decision=decided,
        number=number,
    )
