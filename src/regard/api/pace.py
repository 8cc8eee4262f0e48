"""How fast each source may send: `limit_per_s` of regard.toml, kept by a debt that is paid off.

A source may have one second's worth in hand. A request is taken whole, however large it is, when
all that could be in hand for it is there; what goes beyond is owed, and until it is paid off the
source is told to come back. So no batch is cut, and none is too large to ever get through. Called
by the intake desk for every request.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from regard.core.errors import Unavailable
from regard.core.settings import Source

_SECOND = timedelta(seconds=1)


class Pace:
    """Knows what every limited source may still send."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, datetime]] = {}

    def spend(self, source: Source, count: int, now: datetime) -> None:
        """Take note that `source` sends `count` events at `now`.

        Raises `Unavailable` ``too_many_requests`` while it owes; nothing is noted then.
        """
        limit = source.limit_per_s
        if not limit:
            return
        room = max(limit, 1.0)
        left, since = self._left.get(source.id, (room, now))
        left = min(room, left + limit * max((now - since) / _SECOND, 0.0))
        missing = min(count, room) - left
        if missing > 0:
            raise Unavailable(
                f"The source {source.id!r} sends more than its {limit:g} events a second.",
                code="too_many_requests",
                retry_after_s=ceil(missing / limit),
                hint="Send again later; nothing of this request was kept.",
            )
        self._left[source.id] = (left - count, now)
