"""Two moments of one person as one: of each part the latest wins, half hours are united.

A half hour holds only its first and last sign: inside of it no pause is long enough to end a
session, so nothing that matters is lost, and uniting them is free of order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from regard.core.person import Device, Looking, Moment, Stretch, Whereabouts
from regard.core.sessions import GAP_US

STRETCHES_MAX = 16
"""Half hours of one person that are kept; a session longer than eight hours is a machine's."""

BACK = 48
"""Half hours before the newest one that are kept: a day."""

Part = TypeVar("Part", Device, Whereabouts, Looking)


def joined(one: Moment, two: Moment) -> Moment:
    """Return what two moments come to together. Commutative and associative."""
    return _joined(one, two, united((*one.stretches, *two.stretches)))


def with_told(known: Moment, told: Moment) -> Moment:
    """Return a moment with what one event told."""
    return _joined(known, told, with_sign(known.stretches, told.stretches[0]))


def _joined(one: Moment, two: Moment, stretches: tuple[Stretch, ...]) -> Moment:
    return Moment(
        device=_later(one.device, two.device),
        place=_later(one.place, two.place),
        looking=_later(one.looking, two.looking),
        stretches=stretches,
    )


def united(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return one stretch for each half hour and session, the newest first, bounded."""
    found: dict[tuple[int, str], Stretch] = {}
    for stretch in stretches:
        key = (stretch.first_us // GAP_US, stretch.session)
        old = found.get(key)
        if old is not None:
            first, last = min(old.first_us, stretch.first_us), max(old.last_us, stretch.last_us)
            stretch = Stretch(stretch.session, first, last)  # noqa: PLW2901 - the united one
        found[key] = stretch
    keys = sorted(found, reverse=True)[:STRETCHES_MAX]
    oldest = keys[0][0] - BACK if keys else 0
    return tuple(found[key] for key in keys if key[0] >= oldest)


def with_sign(stretches: tuple[Stretch, ...], sign: Stretch) -> tuple[Stretch, ...]:
    """Return stretches with one more sign, as `united` does; nearly always it is the newest."""
    head = stretches[0]
    place, newest = sign.first_us // GAP_US, head.first_us // GAP_US
    if place == newest and sign.session == head.session:
        first, last = head.first_us, head.last_us
        if sign.first_us >= first and sign.last_us <= last:
            return stretches
        first, last = min(first, sign.first_us), max(last, sign.last_us)
        return (Stretch(sign.session, first, last), *stretches[1:])
    return united((sign, *stretches))


def _later(one: Part | None, two: Part | None) -> Part | None:
    if one is None or two is None:
        return two if one is None else one
    if one.at_us != two.at_us:
        return one if one.at_us > two.at_us else two
    return one if one.stamp >= two.stamp else two
