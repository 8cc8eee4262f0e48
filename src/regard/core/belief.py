"""Belief: how likely it is that a person has a need now, as a number made of weighed evidence.

Evidence in log-odds and a curve (prior and half-life) in; a probability, or the moment at which it
falls below a level, out. The weights of evidence add up (Good, "Probability and the Weighing of
Evidence", 1950) and fade by halves, so that belief returns to its prior. Everything is pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, exp, exp2, log, log2
from typing import Protocol

from regard.core.clock import from_us, to_us

_US = timedelta(microseconds=1)

LATEST_US = 250_000_000_000_000_000
"""Some year 9892: what fades later than that fades never."""

NUDGES_MAX = 64
"""Microseconds by which a closed form may be off, since numbers are rounded."""


class Weight(Protocol):
    """A piece of evidence: when it was found, and its weight then, in log-odds."""

    @property
    def at_us(self) -> int: ...

    @property
    def weight(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What is believed of anybody (`prior`, 0 to 1), and how long half of evidence lasts."""

    prior: float
    half_life: timedelta


def log_odds(probability: float) -> float:
    """Return the log-odds (logit) of a probability between 0 and 1, neither included."""
    return log(probability / (1 - probability))


def probability(odds: float) -> float:
    """Return the probability of log-odds (logistic); never overflows."""
    if odds >= 0:
        return 1 / (1 + exp(-odds))
    grown = exp(odds)
    return grown / (1 + grown)


def left_of(one: Weight, curve: Curve, now_us: int) -> float:
    """Return what is left of a piece of evidence; before its moment it counts whole."""
    age_us = max(0, now_us - one.at_us)
    return one.weight * exp2(-age_us / (curve.half_life // _US))


def believed(evidence: Iterable[Weight], curve: Curve, now: datetime) -> float:
    """Return the belief at a moment: logistic of the prior's log-odds and what is left of all."""
    now_us = to_us(now)
    left = sum(left_of(one, curve, now_us) for one in evidence)
    return probability(log_odds(curve.prior) + left)


def fades_at(evidence: Iterable[Weight], curve: Curve, level: float) -> datetime | None:
    """Return the first moment at which belief is below `level` if nothing more comes.

    All evidence fades by one half-life, so its sum does, and the moment has a closed form. None:
    belief is below already when the latest evidence comes, or never falls there.
    """
    known = tuple(evidence)
    needed = log_odds(level) - log_odds(curve.prior)
    last_us = max((one.at_us for one in known), default=0)
    left = sum(left_of(one, curve, last_us) for one in known)
    if needed <= 0 or left < needed:
        return None
    ahead_us = log2(left / needed) * (curve.half_life // _US)
    at_us = last_us + ceil(ahead_us)
    if at_us > LATEST_US:
        return None
    for _ in range(NUDGES_MAX):
        if believed(known, curve, from_us(at_us)) < level:
            break
        at_us += 1
    return from_us(at_us)
