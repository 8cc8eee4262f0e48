"""A small real house whose days can be lived one after the other, and a lake beside it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from regard.core.event import Event
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft
from regard.core.storage import Store
from regard.lake import Filled, Lake, fill
from tests.identity.house import START, Input, Registry, event, said

__all__ = ["DAY_MINUTES", "Town", "event", "said"]

DAY_MINUTES = 24 * 60


class Town(Registry):
    """A house whose events are taken when they happen (or `late_days` after), and its lake."""

    def __init__(self, folder: Path, store: Store | None = None) -> None:
        super().__init__(store=store)
        self.folder = folder

    def live(self, *inputs: Input, late_days: float = 0) -> None:
        """Take inputs in order, each at its moment, and step them."""
        for one in inputs:
            self.ledger.append([_draft(one, late_days)], START)
        while self.ledger.advance():
            pass

    def fill(self, *, is_open: bool = False, **more: Any) -> Filled:
        """Bring the lake up to the journal."""
        return fill(self.store, self.folder, is_open=is_open, **more)

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Return the rows of an answer."""
        lake = Lake(self.folder)
        try:
            return [*lake.ask(question).rows()]
        finally:
            lake.close()

    def files(self) -> dict[str, bytes]:
        """Return every file of closed days with its bytes."""
        found = self.folder.glob("*/day=*/*.parquet")
        return {p.relative_to(self.folder).as_posix(): p.read_bytes() for p in sorted(found)}


def _draft(one: Input, late_days: float) -> Draft:
    late = timedelta(days=late_days)
    if isinstance(one, Event):
        first = one.identifiers[0]
        return Draft(
            key=message_key(one.source, one.message_id),
            identity=identity_of(first.kind, first.value),
            at=one.at,
            received_at=one.at + late,
            body=one,
        )
    at, act = one
    identity = identity_of(act.left[0].kind, act.left[0].value) if act.left else 0
    return Draft(
        key=message_key("act", act.act_id), identity=identity, at=at, received_at=at, body=act
    )
