"""The register drawer: timers, promises, outbox, cases, tallies, what is kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime

from regard.core.clock import from_us, to_us
from regard.core.event import MessageOutcome, RolloutChanged, RolloutStatus
from regard.core.facts import Decided
from regard.core.rows import Content, MessageRow, Rejected, Timer
from regard.core.storage import Projection
from regard.store.cases import due_us
from regard.store.drawers.decisions import SqlDecisions
from regard.store.drawers.link import Link
from regard.store.drawers.places import SqlPlaces
from regard.store.drawers.remarks import SqlRemarks
from regard.store.drawers.rollouts import SqlRollouts
from regard.store.drawers.rows import Row
from regard.store.drawers.runs import SqlSteps
from regard.store.encoding import encode
from regard.store.lanes import MOVING, lane_of, picked, rollout_of
from regard.store.limits import REJECTED_MAX
from regard.store.outcomes import counted, state_after


class SqlRegisters:
    """Implements `core.storage.RegisterDrawer`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._executemany = link.executemany
        self._sql = link.statements("registers")
        self._places = SqlPlaces(link)
        self._steps = SqlSteps(link)
        self._rollouts = SqlRollouts(link)
        self._remarks = SqlRemarks(link)
        self._decisions = SqlDecisions(link)

    def project(self, change: Projection) -> None:
        self._set_timers(change)
        if change.promises or change.runs:
            self._steps.save(change.promises, change.runs)
        if change.rollouts or change.versions:
            self._rollouts.save(change.rollouts, change.versions)
        if change.remarks:
            self._remarks.save(change.remarks)
        if change.decisions:
            self._decisions.save(change.decisions)
        messages = self._message_rows(change.messages) if change.messages else ()
        self._executemany(self._sql["queue_message"], messages)
        self._executemany(self._sql["settle_message"], [_settled(*o) for o in change.outcomes])
        receipts = [(state, to_us(at), message_id) for at, message_id, state in change.receipts]
        self._executemany(self._sql["receipt"], receipts)
        cases = [
            (c.case_id, identity, to_us(at), due_us(c), encode(c))
            for identity, at, c in change.cases
        ]
        self._executemany(self._sql["open_case"], cases)
        moves = [
            (to_us(at), s, by, note, case_id) for at, case_id, s, by, note in change.case_moves
        ]
        self._executemany(self._sql["move_case"], moves)
        self._executemany(self._sql["count_tally"], change.tallies)
        if change.reviews or change.answers:
            reviews = [
                (r.review_id, r.kind, to_us(r.opened_at), r.offset, encode(r))
                for r in change.reviews
            ]
            self._executemany(self._sql["open_review"], reviews)
            answers = [(act_id, review_id, at) for review_id, act_id, at in change.answers]
            self._executemany(self._sql["answer_review"], answers)

    def due(self, now: datetime, limit: int) -> tuple[Sequence[Timer], datetime | None]:
        now_us = to_us(now)
        rows = self._execute(self._sql["due"], (now_us, limit + 1, now_us)).fetchall()
        count = _count_until(now_us, [row[3] for row in rows], limit)
        timers = [
            Timer(ref=r[0], identity=r[1], at=from_us(r[2]), due_at=from_us(r[3]), number=r[4])
            for r in rows[:count]
        ]
        return timers, from_us(rows[count][3]) if count < len(rows) else None

    def queued(
        self, now: datetime, limit: int, turn: int = 1
    ) -> tuple[Sequence[MessageRow], datetime | None]:
        sql, now_us = self._sql["queued"], to_us(now)
        firsts = [self._execute(sql, (lane, limit + 1)).fetchall() for lane in MOVING]
        waiting = [rows[: _count_until(now_us, [row[8] for row in rows], limit)] for rows in firsts]
        going = picked(waiting, limit, turn)
        behind_us = [
            rows[len(gone)][8]
            for rows, gone in zip(firsts, going, strict=True)
            if len(gone) < len(rows)
        ]
        rows = [row for lane_rows in going for row in lane_rows]
        next_at = from_us(min(behind_us)) if behind_us else None
        return self._places.messages(rows) if rows else [], next_at

    def claim(self, message_ids: Sequence[str], token: int, now: datetime) -> None:
        rows = [(token, to_us(now), message_id) for message_id in message_ids]
        self._executemany(self._sql["claim"], rows)

    def keep(
        self,
        contents: Sequence[Content],
        rejected: Sequence[Rejected],
        counts: Mapping[str, tuple[int, int, int]],
        now: datetime,
    ) -> None:
        rows = [(c.message_id, to_us(c.handed_at), encode(c)) for c in contents]
        self._executemany(self._sql["save_content"], rows)
        if rejected:
            items = [(r.source, to_us(r.at), r.code, r.message, r.item) for r in rejected]
            self._executemany(self._sql["save_rejected"], items)
            self._execute(self._sql["trim_rejected"], (REJECTED_MAX,))
        tallies = [(source, *three, to_us(now)) for source, three in counts.items()]
        self._executemany(self._sql["count_source"], tallies)

    def _set_timers(self, change: Projection) -> None:
        latest = {timer[0]: timer[1:] for timer in change.timers}
        ends = [(ref,) for ref, (_, _, due, _) in latest.items() if due is None]
        starts = [
            (ref, identity, to_us(at), to_us(due), number)
            for ref, (identity, at, due, number) in latest.items()
            if due is not None
        ]
        self._executemany(self._sql["clear_timer"], ends)
        self._executemany(self._sql["set_timer"], starts)

    def _message_rows(
        self, messages: Sequence[tuple[int, int, datetime, datetime, Decided]]
    ) -> list[Row]:
        names = [rollout_of(decided) for *_, decided in messages]
        found = self._rollouts.find(sorted({*names} - {""})) if any(names) else {}
        return [
            (*_message_row(message, name), lane_of(message[-1], _status(found, name)))
            for name, message in zip(names, messages, strict=True)
        ]


def _count_until(now_us: int, moments_us: Sequence[int], limit: int) -> int:
    """Return how many of some ascending moments have come, at most `limit`."""
    return min(bisect_right(moments_us, now_us), limit)


def _status(rollouts: Mapping[str, RolloutChanged], name: str) -> RolloutStatus | None:
    """Return the status of a message's broadcast; one that nobody knows any more just goes."""
    if not name:
        return None
    return rollouts[name].status if name in rollouts else "running"


def _message_row(message: tuple[int, int, datetime, datetime, Decided], rollout: str) -> Row:
    number, identity, at, decided_at, decided = message
    decided_us = to_us(decided_at)
    return (
        decided.decision_id,
        number,
        identity,
        to_us(at),
        decided.channel,
        decided_us,
        decided_us,
        decided_us,
        rollout,
        decided.address if rollout else "",
        encode(decided),
    )


def _settled(at: datetime, outcome: MessageOutcome) -> Row:
    state, not_before = state_after(outcome)
    return (
        state,
        outcome.attempt,
        outcome.reason,
        to_us(at),
        to_us(not_before or at),
        *counted(outcome),
        outcome.message_id,
        outcome.attempt,
    )
