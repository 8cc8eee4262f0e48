"""What is said about the service level of a promise: records without behaviour."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from msgspec import Struct

Severity = Literal["", "ticket", "page"]


class Count(Struct, frozen=True, kw_only=True):
    """How many promises were good and how many failed in a stretch of time."""

    good: int = 0
    bad: int = 0

    @property
    def total(self) -> int:
        return self.good + self.bad


class Burn(Struct, frozen=True, kw_only=True):
    """How fast the error budget burned in two windows, and at which factor that is too fast.

    A rate of 1 spends exactly the whole budget over the objective's window.
    """

    severity: Severity
    factor: float
    long: timedelta
    short: timedelta
    long_rate: float
    short_rate: float
    long_bad: int


class ServiceLevel(Struct, frozen=True, kw_only=True):
    """How one promise stands against its objective in its window.

    `budget_left` is the part of the error budget that is left: 1 untouched, 0 spent, less than 0
    overspent. `statuses` are those that `count` is made of, void ones beside. `burns` go from the
    shortest windows to the longest. `severity` is what they ask for now, ``""`` nothing.
    """

    promise: str
    objective: float
    window: timedelta
    count: Count
    statuses: dict[str, int]
    budget_left: float
    burns: tuple[Burn, ...]
    severity: Severity
