"""The arbitration section of policies.yaml, and the capacity of a department: numbers in words.

``on`` and ``off`` are 1 and 0; ``12 per hour`` is a count and the window in which it rolls. Every
slip is reported where it stands.
"""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta

from regard.core.rules import AS_THEY_ARE, Arbitration
from regard.project.reading import Table
from regard.project.words import duration_of

WEIGHT_MAX = 10.0
"""A factor that counts more than tenfold leaves nothing to the others."""

WINDOW_MAX = timedelta(days=1)
"""As far back as the loop remembers work (`runtime.capacity.KEPT_FOR`)."""

SWITCHES = {"on": 1.0, "off": 0.0}

_RATE = re.compile(r"(\d{1,6}) per ([a-z0-9 ]{1,40})")


def read_arbitration(table: Table | None) -> Arbitration:
    """Return how much each factor counts; without a word as it is."""
    if table is None:
        return AS_THEY_ARE
    factors = table.table("factors")
    table.close()
    if factors is None:
        return AS_THEY_ARE
    names = [field.name for field in fields(Arbitration)]
    weights = {name: _weight(factors, name) for name in names}
    factors.close()
    found = Arbitration(**weights)
    return AS_THEY_ARE if found == AS_THEY_ARE else found


def read_capacity(table: Table) -> tuple[int | None, timedelta]:
    """Return how much work a department can take in which window; None: as much as comes."""
    unlimited: tuple[int | None, timedelta] = (None, timedelta(hours=1))
    return table.word("capacity", rate_of, unlimited)


def rate_of(text: str) -> tuple[int | None, timedelta]:
    """Return the count and the window of words like ``12 per hour``; raise `ValueError`."""
    found = _RATE.fullmatch(text.strip())
    window = timedelta(0)
    if found:
        window = duration_of(found[2] if found[2][0].isdigit() else f"1 {found[2]}")
    if not found or not timedelta(0) < window <= WINDOW_MAX:
        raise ValueError(f"{text[:60]!r} is not a capacity such as '12 per hour' (a day at most)")
    return int(found[1]), window


def _weight(table: Table, name: str) -> float:
    given = table.any(name)
    if isinstance(given, bool):
        return 1.0 if given else 0.0
    if isinstance(given, str) and given in SWITCHES:
        return SWITCHES[given]
    if isinstance(given, str):
        table.at(name).problem(f"{given!r} is no weight", "on, off, or a number from 0 to 10")
        return 1.0
    return float(table.number(name, 1.0, low=0, high=WEIGHT_MAX))
