"""The clients of a simulated house: what they send, and by which clock.

In: an item and the true moment. Out: the draft that the real intake makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from regard.core.errors import Broken
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import Rejected
from regard.intake import Arrival, Drafter
from regard.intake.moments import parse_moment
from regard.testing.plan import Item
from regard.testing.weather import ALL, Fortune

RESEND_AFTER: Final = timedelta(seconds=20)
"""How long a client waits before it sends again what was not acknowledged."""

CLOCK_OFF_H = 14.0
"""Most hours that a client's clock is wrong: a phone in the zone where it was bought."""


class LostError(Exception):
    """The network loses a request, or the answer to it."""


class Clients:
    """All clients of a house; a part of them (0 to 1) has wrong clocks."""

    def __init__(self, program: Program, fortune: Fortune, wrong_clock: float) -> None:
        self._drafter = Drafter(program)
        self._sources = {source.id: source for source in program.sources.values()}
        self._fortune = fortune
        self._wrong_clock = wrong_clock

    def draft(self, item: Item, now: datetime) -> Draft | Rejected:
        """Return what intake makes of an item that arrives at `now`."""
        source = self._sources.get(item.source)
        if source is None:
            raise Broken(f"An item comes from {item.source!r}, which is no source of the project.")
        arrival = Arrival(source=source, received_at=now, dialect="plain")
        return self._drafter.draft(msgspec.json.encode(self._by_own_clock(item, now)), arrival)

    def _by_own_clock(self, item: Item, now: datetime) -> Mapping[str, Any]:
        """Return what a client says whose clock is wrong; most of them know when they send."""
        name = f"{item.source} {item.data.get('id')}"
        throw = self._fortune.throw(f"clock {name}")
        at = parse_moment(item.data.get("at"))
        if at is None or not self._fortune.hits(
            throw[0], self._wrong_clock, "wrong clock of", name
        ):
            return item.data
        off = timedelta(hours=CLOCK_OFF_H * (2 * throw[1] / ALL - 1))
        said = {"at": (at + off).isoformat()}
        if throw[2] % 4:
            said["sent_at"] = (now + off).isoformat()
        return {**item.data, **said}
