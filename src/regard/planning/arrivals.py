"""What publishing a program sets going: changed journeys are read again, audiences looked at anew.

In: two programs. Out: the rollouts with which everybody concerned comes to follow the new one, as
`steering.publishing` says. A plan lets them arrive at once when its window begins; for real they go
at the pace of ``[publishing]``.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from regard.audiences import changed_audiences
from regard.core.event import RolloutChanged
from regard.core.program import Program
from regard.steering.publishing import follow_ups


def arrivals(old: Program, new: Program, now: datetime) -> tuple[RolloutChanged, ...]:
    """Return the rollouts that a publication of `new` at `now` starts, in their order."""
    parked = {*old.journeys, *new.journeys}
    return tuple(
        replace(change, pace_per_s=0.0) for change in follow_ups(old, new, parked, (), now)
    )


def looks_at_everybody(old: Program, new: Program) -> bool:
    """Return whether a publication has to look at people to whom nothing happens."""
    return bool(changed_audiences(old, new))
