"""The register drawer over SQLite: timers, promises, outbox, cases, tallies, what is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from regard.core.clock import from_us, to_us
from regard.core.event import MessageOutcome
from regard.core.facts import Decided, PromiseChanged
from regard.core.rows import Content, MessageRow, Rejected, Timer
from regard.core.storage import Projection
from regard.store.encoding import encode
from regard.store.limits import REJECTED_MAX
from regard.store.outcomes import state_after
from regard.store.sqlite.places import SqlitePlaces
from regard.store.sqlite.rows import Row
from regard.store.statements import load_statements


class SqliteRegisters:
    """Implements `core.storage.RegisterDrawer`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany
        self._sql = load_statements("registers")
        self._places = SqlitePlaces(connection)

    def project(self, change: Projection) -> None:
        self._set_timers(change)
        promises = [_promise_row(*promise) for promise in change.promises]
        self._executemany(self._sql["save_promise"], promises)
        messages = [_message_row(*message) for message in change.messages]
        self._executemany(self._sql["queue_message"], messages)
        self._executemany(self._sql["settle_message"], [_settled(*o) for o in change.outcomes])
        receipts = [(state, to_us(at), message_id) for at, message_id, state in change.receipts]
        self._executemany(self._sql["receipt"], receipts)
        cases = [(c.case_id, identity, to_us(at), encode(c)) for identity, at, c in change.cases]
        self._executemany(self._sql["open_case"], cases)
        self._executemany(self._sql["count_tally"], change.tallies)

    def due(self, now: datetime, limit: int) -> tuple[Sequence[Timer], datetime | None]:
        rows = self._execute(self._sql["due"], (to_us(now), limit)).fetchall()
        timers = [
            Timer(ref=r[0], identity=r[1], at=from_us(r[2]), due_at=from_us(r[3])) for r in rows
        ]
        return timers, self._first_behind("next_due", len(rows))

    def queued(self, now: datetime, limit: int) -> tuple[Sequence[MessageRow], datetime | None]:
        rows = self._execute(self._sql["queued"], (to_us(now), limit)).fetchall()
        return self._places.messages(rows), self._first_behind("next_queued", len(rows))

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

    def _first_behind(self, statement: str, count: int) -> datetime | None:
        row = self._execute(self._sql[statement], (count,)).fetchone()
        return None if row is None else from_us(row[0])


def _promise_row(identity: int, at: datetime, change: PromiseChanged) -> Row:
    at_us = to_us(at)
    return (
        change.promise_id,
        identity,
        at_us,
        change.definition,
        change.status,
        to_us(change.due_at),
        at_us,
        encode(change),
    )


def _message_row(identity: int, at: datetime, decided_at: datetime, decided: Decided) -> Row:
    decided_us = to_us(decided_at)
    return (
        decided.decision_id,
        identity,
        to_us(at),
        decided.channel,
        decided_us,
        decided_us,
        decided_us,
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
        outcome.message_id,
    )
