"""What customers really lived, as measured from the journal: touches and what follows from them.

Records of the measured as-is. The room `model` makes them from entries; console and terminal show
them. Persons are named by id, at most a few of each, as examples to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Direction = Literal["in", "out", "kept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedTouch:
    """One touch of a person: what happened, on which channel, in which direction, about what.

    `matter` is what it is about (``order_number=L-7``), empty when nothing says so. ``kept`` are
    the ends of promises, which are no contact. `told` are facts that the person said, `referred`
    the channel or organisation that they were sent to.
    """

    person: str
    at: datetime
    channel: str
    direction: Direction
    activity: str
    matter: str = ""
    told: tuple[tuple[str, str], ...] = ()
    referred: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """A matter that went on by another channel: how often, how long it took, whom to look at."""

    source: str
    target: str
    count: int
    median: timedelta
    p90: timedelta
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that customers had to live: `what` (re-asked, bounced, dead end) and how often."""

    what: Literal["asked_again", "sent_away", "dead_end"]
    title: str
    channel: str
    count: int
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateKnowledge:
    """An activity that happens on one channel to matters that are young on another.

    Up to `age` after the matter began on `source`, `rate_young` of the touches on `target` are
    `activity`, later only `rate_old`: `target` does not know yet. `p_value` is of a chi-square
    test, corrected for all places that were looked at.
    """

    source: str
    target: str
    matter: str
    activity: str
    age: timedelta
    rate_young: float
    rate_old: float
    count: int
    p_value: float
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A declared thing beside what was seen of it: persons and examples (0: never seen).

    `is_declared` False: it was seen and nobody declared it.
    """

    key: str
    title: str
    is_declared: bool
    person_count: int
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A way that matters of one kind went, as activities on channels, and how many went it."""

    kind: str
    steps: tuple[str, ...]
    count: int
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedFlow:
    """That one activity directly followed another in the same matter, and how often."""

    source: str
    target: str
    count: int
    median: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """Everything that was measured over one stretch of the journal."""

    since: datetime
    until: datetime
    touch_count: int
    person_count: int
    handovers: tuple[Passing, ...]
    repeats: tuple[Passing, ...]
    findings: tuple[Finding, ...]
    late: tuple[LateKnowledge, ...]
    flows: tuple[LivedFlow, ...]
    variants: tuple[Variant, ...]
    channels: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedMoment:
    """One moment of a day: the hour of the clock, where, in which direction, and what in words.

    `waited` is how long nothing had happened before.
    """

    at: datetime
    channel: str
    direction: Direction
    words: str
    waited: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedDay:
    """A day with a customer: real, consented, without a name. `zone` is of its hours."""

    title: str
    zone: str
    moments: tuple[LivedMoment, ...]
