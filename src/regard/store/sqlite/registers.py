"""The register drawer over SQLite: timers, promises, outbox, cases, tallies, what is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from regard.core.clock import from_us, to_us
from regard.core.event import MessageOutcome
from regard.core.rows import Content, MessageRow, Rejected, Timer
from regard.core.storage import Projection
from regard.store.outcomes import state_after
from regard.store.sqlite.rows import encode, message_of
from regard.store.statements import load_statements

REJECTED_MAX = 10_000
"""Rejected items kept for the source debugger; older ones go, their count stays."""


class SqliteRegisters:
    """Implements `core.storage.RegisterDrawer`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany
        self._sql = load_statements("registers")

    def project(self, change: Projection) -> None:
        self._set_timers(change)
        self._executemany(
            self._sql["save_promise"],
            [
                (
                    p.promise_id,
                    identity,
                    p.definition,
                    p.status,
                    to_us(p.due_at),
                    to_us(at),
                    encode(p),
                )
                for identity, at, p in change.promises
            ],
        )
        self._executemany(
            self._sql["queue_message"],
            [
                (d.decision_id, identity, to_us(at), d.channel, *[to_us(decided_at)] * 3, encode(d))
                for identity, at, decided_at, d in change.messages
            ],
        )
        self._executemany(self._sql["settle_message"], [_settled(*o) for o in change.outcomes])
        self._executemany(
            self._sql["receipt"],
            [(state, to_us(at), message_id) for at, message_id, state in change.receipts],
        )
        self._executemany(
            self._sql["open_case"],
            [(c.case_id, identity, to_us(at), encode(c)) for identity, at, c in change.cases],
        )
        self._executemany(self._sql["count_tally"], change.tallies)

    def due(self, now: datetime, limit: int) -> tuple[Sequence[Timer], datetime | None]:
        rows = self._execute(self._sql["due"], (to_us(now), limit)).fetchall()
        timers = [
            Timer(ref=r[0], identity=r[1], at=from_us(r[2]), due_at=from_us(r[3])) for r in rows
        ]
        return timers, self._moment("next_due")

    def queued(self, now: datetime, limit: int) -> tuple[Sequence[MessageRow], datetime | None]:
        rows = self._execute(self._sql["queued"], (to_us(now), limit)).fetchall()
        return [message_of(row) for row in rows], self._moment("next_queued")

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
        latest = {ref: (identity, at, due) for ref, identity, at, due in change.timers}
        ends = [(ref,) for ref, (_, _, due) in latest.items() if due is None]
        starts = [
            (ref, identity, to_us(at), to_us(due))
            for ref, (identity, at, due) in latest.items()
            if due is not None
        ]
        self._executemany(self._sql["clear_timer"], ends)
        self._executemany(self._sql["set_timer"], starts)

    def _moment(self, statement: str) -> datetime | None:
        value = self._execute(self._sql[statement]).fetchone()[0]
        return None if value is None else from_us(value)


def _settled(at: datetime, outcome: MessageOutcome) -> tuple[object, ...]:
    state, not_before = state_after(outcome)
    return (
        state,
        outcome.attempt,
        outcome.reason,
        to_us(at),
        to_us(not_before or at),
        outcome.message_id,
    )
