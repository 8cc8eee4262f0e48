"""World time as a port: the clock that the server and its customers share, and waiting in it.

Promises are hours and days long; a demonstration is a minute. So the assembly hands in a clock
that runs some 1,000 times as fast as the wall's, the same one that the server decides by. The
world tells it what of its own is still to be sent, so that time waits for a slow machine.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from regard.core.clock import Clock


class Tempo(Clock, Protocol):
    """Tells world time as aware UTC, and waits in it."""

    async def sleep_until(self, moment: datetime) -> None:
        """Return when world time has reached `moment`; at once when it has passed."""
        ...

    def tether(self, who: str, at: datetime | None) -> None:
        """Keep world time near `at`, which `who` still deals with; None: with nothing."""
        ...
