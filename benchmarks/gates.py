"""The tailoring gates: how often they open without reason, and how soon with one.

Small planted worlds with four customer types, lived through by the learner as it is, which asks its
gates after every 250 occasions. Where types are alike any gate that is open is wrong: counted by
lesson (what a training promises: at most 5 %) and by world (ever, over all lessons).
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.figures import Figure, Scale
from benchmarks.planted import World
from benchmarks.planted_life import Lived, company, live
from regard.learning.intervals import rate_of

ROUNDS = 3_000
EVERY = 250
FIRST = 5_001


def run(scale: Scale) -> Sequence[Figure]:
    """Live through worlds of both kinds; return how many gates opened."""
    count = scale.of(100, 20)
    program = company()
    seeds = range(FIRST, FIRST + count)
    alike = [live(World(s, ROUNDS, 0.0, drifts=False), program, EVERY) for s in seeds]
    differ = [
        live(World(s, ROUNDS, 1.0, drifts=False), program, EVERY) for s in seeds[: count // 4]
    ]
    lessons = [bool(opened) for lived in alike for opened in lived.openings]
    found = [
        _share("alike: lessons with an open gate", lessons, "< 5 %"),
        _share("alike: worlds in which one ever opened", [_ever(lived) for lived in alike]),
    ]
    for rounds in (500, 1_000, 1_500, 3_000):
        seen = [_is_open(lived.openings[rounds // EVERY - 1]) for lived in differ]
        found.append(_share(f"differ: open for types after {rounds:,}", seen))
    return found


def _share(name: str, found: Sequence[bool], goal: str = "") -> Figure:
    rate = rate_of(sum(found), len(found))
    interval = f"[{rate.low * 100:.1f}, {rate.high * 100:.1f}] of {len(found):,}"
    return Figure(name=name, value=rate.value * 100, unit="%", goal=goal, beside=interval)


def _ever(lived: Lived) -> bool:
    return any(lived.openings)


def _is_open(opened: frozenset[str]) -> bool:
    return any(name.endswith("|type") for name in opened)
