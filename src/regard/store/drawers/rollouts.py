"""Rollouts and published programs: written with the registers, walked, and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from regard.core.clock import from_us, to_us
from regard.core.event import ProgramPublished, RolloutChanged
from regard.core.rows import MessageState, RolloutProgress, RolloutRow, VersionRow
from regard.store.drawers.link import Link
from regard.store.encoding import encode
from regard.store.lanes import lane_of_broadcast
from regard.store.progress import progress_of, tally_name

_change = msgspec.json.Decoder(RolloutChanged)
_published = msgspec.json.Decoder(ProgramPublished)


class SqlRollouts:
    """Implements `core.storage.RolloutDrawer`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._keys = link.keys
        self._executemany = link.executemany
        self._sql = link.statements("rollouts")

    def running(self) -> Sequence[RolloutChanged]:
        return [_change.decode(row[0]) for row in self._execute(self._sql["running"])]

    def find(self, rollout_ids: Sequence[str]) -> Mapping[str, RolloutChanged]:
        rows = self._execute(self._sql["find"], (self._keys(rollout_ids),))
        return {row[0]: _change.decode(row[1]) for row in rows}

    def walk(self, after: str, limit: int) -> Sequence[str]:
        return [row[0] for row in self._execute(self._sql["walk"], (after, limit))]

    def said(
        self, rollout_id: str, channel: str, address: str, message_id: str
    ) -> tuple[MessageState, datetime] | None:
        values = {"rollout": rollout_id, "channel": channel, "address": address}
        row = self._execute(self._sql["said"], values | {"message_id": message_id}).fetchone()
        return None if row is None else (row[0], from_us(row[1]))

    def keep_program(self, program_hash: str, archive: bytes) -> None:
        self._execute(self._sql["keep_program"], (program_hash, archive))

    def save(
        self,
        rollouts: Sequence[tuple[datetime, RolloutChanged]],
        versions: Sequence[tuple[int, datetime, ProgramPublished]],
    ) -> None:
        """Save changes in their order; what a broadcast has in the outbox follows its status."""
        for at, change in rollouts:
            values = (change.status, to_us(change.started_at), to_us(at), encode(change))
            self._execute(self._sql["save"], (change.rollout_id, *values))
            lane = lane_of_broadcast(change.status)
            self._execute(self._sql["move_messages"], (lane, change.rollout_id, lane))
        rows = [(offset, to_us(at), encode(published)) for offset, at, published in versions]
        self._executemany(self._sql["save_version"], rows)


class SqlRolloutsRead:
    """Implements `core.ports.Rollouts`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._sql = link.statements("rollouts")
        self.walk = SqlRollouts(link).walk

    def latest(self, rollout_id: str = "", limit: int = 200) -> Sequence[RolloutRow]:
        values = {"rollout_id": rollout_id, "limit": limit}
        rows = self._execute(self._sql["one" if rollout_id else "latest"], values)
        return [RolloutRow(change=_change.decode(r[0]), changed_at=from_us(r[1])) for r in rows]

    def progress(self, row: RolloutRow) -> RolloutProgress:
        change = row.change
        since = change.started_at.date().isoformat()
        counts = dict(
            self._execute(self._sql["counts"], (since, tally_name(change.rollout_id))).fetchall()
        )
        states = self._execute(self._sql["states"], (change.rollout_id,)).fetchall()
        return progress_of(counts, {(state, reason): count for state, reason, count in states})

    def versions(self, limit: int = 200) -> Sequence[VersionRow]:
        rows = self._execute(self._sql["versions"], (limit,))
        return [
            VersionRow(offset=r[0], at=from_us(r[1]), published=_published.decode(r[2]))
            for r in rows
        ]

    def program(self, program_hash: str) -> bytes | None:
        row = self._execute(self._sql["program"], (program_hash,)).fetchone()
        return None if row is None else bytes(row[0])
