"""What goes wrong on the way: late, repeated, disordered and broken parcels, all from one seed.

Real senders retry what was accepted, speak after a tunnel or a flight, let requests overtake
each other and ship bugs. None of it may change what Regard concludes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from random import Random

from msgspec.structs import replace

from regard.world.records import Broken, Parcel

REPEATED = 0.05
LATE_APPS = 0.08
BROKEN = 0.03
_BATCHES = ("segment", "rudder", "posthog", "plain")
_BUGS: tuple[Broken, ...] = ("no_identifier", "no_name", "not_an_object")


def with_flaws(parcels: Iterable[Parcel], chance: Random) -> list[Parcel]:
    """Return the parcels, some of them flawed; no act is added, lost or changed."""
    return [_flawed(parcel, chance) for parcel in parcels]


def _flawed(parcel: Parcel, chance: Random) -> Parcel:
    throw = chance.random()
    if parcel.source == "app" and throw < LATE_APPS:
        late = timedelta(minutes=chance.uniform(20, 240))
        return replace(parcel, send_at=parcel.send_at + late)
    if parcel.dialect == "browser":
        overtaken = timedelta(seconds=chance.uniform(0, 60))
        return replace(parcel, send_at=parcel.send_at + overtaken)
    if parcel.dialect in _BATCHES and throw > 1 - BROKEN:
        return replace(parcel, broken=chance.choice(_BUGS))
    if throw > 1 - BROKEN - REPEATED:
        return replace(parcel, is_repeated=True)
    return parcel
