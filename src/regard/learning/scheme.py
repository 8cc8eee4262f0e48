"""What a policy looks at: a scope in, a short row of numbers in a fixed order out.

Bias, family of the channel, local hour as a circle, recency, touches of the week, belief, a few
traits; then two keys that no slope is learned of: the customer's type and the person. Numbers are
from -1 to 1 in steps of 1/256, so that sums of their products are exact in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import cos, log1p, pi, sin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct, msgpack

from regard.core.belief import Curve, believed
from regard.core.person import Person
from regard.core.program import Program
from regard.core.scope import Scope

FAMILIES = ("web", "app", "email", "sms", "push", "store", "phone")
"""First parts of channels; the others share none, and the bias alone speaks for them."""

TRAITS_MAX = 8
"""Traits that a policy looks at: each is a number more in every decision that is journaled."""

KEYS = 2
"""Places at the end that name the type and the person."""

FIXED = 1 + len(FAMILIES) + 5
"""Numbers before those of the traits."""

_STEP = 256.0
_WEEK = timedelta(days=7)
_RECENT_DAYS = 30.0
_TOUCHES_MAX = 7
_DEAD = ("withdrawn", "refused", "bounced")


class Scheme(Struct, frozen=True, kw_only=True):
    """Which traits are looked at over which scale, which names the type, whose hour is meant."""

    zone: str
    customer_type: str = ""
    traits: tuple[tuple[str, float], ...] = ()

    @property
    def id(self) -> str:
        """Return a name of 8 hex digits: numbers of two schemes never mix."""
        return _id_of(self)

    @property
    def size(self) -> int:
        """Return how many numbers slopes are learned of."""
        return FIXED + len(self.traits)

    def features(self, scope: Scope, curves: Mapping[str, Curve]) -> tuple[float, ...]:
        """Return `size` numbers from -1 to 1, then the keys of the type and the person (0: none).

        The order: bias, families, sine and cosine of the hour, recency (1: here now, 0: a month
        ago), touches of seven days over seven, the strongest belief in a need (by the `curves` of
        the needs), traits over their scales.
        """
        person, now = scope.person, scope.now
        family = (scope.channel or person.last_channel).partition(".")[0]
        angle = _hour_of(person, now, self.zone) * pi / 12
        row = [1.0, *(1.0 if family == name else 0.0 for name in FAMILIES)]
        row += (sin(angle), cos(angle), _recency(person, now), _touched(person, now))
        row.append(_strongest(person, now, curves))
        row += (_scaled(person.trait(name), scale) for name, scale in self.traits)
        kind = person.trait(self.customer_type) if self.customer_type else None
        return (
            *(round(value * _STEP) / _STEP for value in row),
            float(type_key(kind)),
            float(person_key(person.id)),
        )


@lru_cache(maxsize=64)
def _id_of(scheme: Scheme) -> str:
    return blake2b(msgpack.encode(scheme), digest_size=4).hexdigest()


def scheme_of(program: Program) -> Scheme | None:
    """Return the scheme of a program; None when it does not learn."""
    learning = program.learning
    if learning is None:
        return None
    return Scheme(
        zone=program.company.zone,
        customer_type=learning.customer_type,
        traits=learning.traits[:TRAITS_MAX],
    )


def type_key(kind: object) -> int:
    """Return 32 bits that stand for a customer type, 0 for none."""
    if not isinstance(kind, str) or not kind:
        return 0
    return int.from_bytes(blake2b(kind.encode(), digest_size=4).digest(), "big")


def person_key(person_id: str) -> int:
    """Return 48 bits that stand for a person: a float holds them exactly."""
    return int.from_bytes(blake2b(person_id.encode(), digest_size=6).digest(), "big")


def _hour_of(person: Person, now: datetime, company_zone: str) -> float:
    own = person.trait("time_zone") or person.trait("timezone")
    zone = _zone(own) if isinstance(own, str) else None
    local = now.astimezone(zone or _zone(company_zone) or UTC)
    return local.hour + local.minute / 60


@lru_cache(maxsize=1_024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _recency(person: Person, now: datetime) -> float:
    if person.last_seen_at is None:
        return 0.0
    days = max((now - person.last_seen_at) / timedelta(days=1), 0.0)
    return max(0.0, 1.0 - log1p(days) / log1p(_RECENT_DAYS))


def _touched(person: Person, now: datetime) -> float:
    since, count = now - _WEEK, 0
    for touch in person.touches.values():
        if touch.state not in _DEAD and (touch.sent_at or touch.at) > since:
            count += 1
    return min(count, _TOUCHES_MAX) / _TOUCHES_MAX


def _strongest(person: Person, now: datetime, curves: Mapping[str, Curve]) -> float:
    beliefs = [
        believed(state.evidence, curves[need], now)
        for need, state in person.needs.items()
        if state.evidence and need in curves
    ]
    return max(beliefs, default=0.0)


def _scaled(value: object, scale: float) -> float:
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if not isinstance(value, int | float):
        return 0.0
    found = float(value) / scale
    return min(max(found, -1.0), 1.0) if found == found else 0.0  # noqa: PLR0124 - NaN says nothing
