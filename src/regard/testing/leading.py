"""Rollouts in a simulation: led on by whichever process lives, started and paused by somebody.

In: the ledger of a process, and items of the source ``house`` (``{id, broadcast, act}``). Who acts
is not answered when the process dies, and tries again; what makes no sense by then is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from regard.core.clock import Clock
from regard.core.errors import Refused
from regard.core.program import Program
from regard.runtime.ledger import Ledger
from regard.runtime.rollouts import Walker
from regard.steering import Acts, InForce

HOUSE = "house"
"""The source of items by which somebody leads a broadcast."""


class Lead:
    """Leads the rollouts of one process."""

    def __init__(self, ledger: Ledger, program: Program, clock: Clock) -> None:
        self._acts = Acts(ledger, InForce(program))
        self._walker = Walker(ledger)
        self._clock = clock
        self._running: Sequence[str] = ()
        has_calendar = any(journey.schedule for journey in program.journeys.values())
        self._walk_at: datetime | None = clock.now() if has_calendar else None

    def next_at(self, running: Sequence[str]) -> datetime | None:
        """Return when to walk on; what began or ended meanwhile (`running`) is looked at now."""
        if running != self._running:
            self._running, self._walk_at = running, self._clock.now()
        return self._walk_at

    def walk(self) -> None:
        """Take one page of one rollout."""
        self._walk_at = self._walker.walk(self._clock.now())

    def act(self, data: Mapping[str, Any]) -> str:
        """Do something to a broadcast; return whether it was done or refused."""
        try:
            name, act = str(data["broadcast"]), str(data["act"])
            self._acts.broadcast(name, act, self._clock.now(), "")
        except Refused:
            return "Refused"
        return "Acted"
