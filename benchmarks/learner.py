"""The learner in planted worlds: regret and CPU, beside MABWiser's LinTS and a context-free policy.

Ours decides as the arbiter does (a draw of every engagement competes, and all chances are told),
learns in batches and asks its tailoring gates each time. Worlds: types alike, types that differ,
tastes that change over time, and half of the engagements written far too low. Each is lived
through with ten seeds that nobody looked at while the learner was written; means with 95 %
intervals, and the ratio is that of the means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from benchmarks.apart import run as run_apart
from benchmarks.figures import Figure, Scale
from benchmarks.planted import ACTIONS, World
from benchmarks.planted_life import BATCH, Lived, company, live, one_by_one

WORLDS: Mapping[str, tuple[float, bool, int]] = {
    "types alike": (0.0, False, 0),
    "types differ": (1.0, False, 0),
    "tastes change": (1.0, True, 0),
    "half written too low": (0.0, False, ACTIONS // 2),
}
FIRST = 301
ALONE = 2_000
T_OF = {2: 12.71, 10: 2.262}
"""Student's t (97.5 %) by how many seeds there are."""


def run(scale: Scale) -> Sequence[Figure]:
    """Live through every world with everybody; return regrets and CPU."""
    rounds, seeds = scale.of(10_000, 4_000), range(FIRST, FIRST + scale.of(10, 2))
    figures: list[Figure] = []
    for name, (differing, drifts, too_low) in WORLDS.items():
        own = [
            live(World(seed, rounds, differing, drifts=drifts), company(too_low)) for seed in seeds
        ]
        drifting = "drifts" if drifts else "stays"
        arguments = [rounds, differing, drifting, BATCH, *seeds]
        rivals = run_apart("mabwiser", "mabwiser_rival.py", [str(told) for told in arguments])
        figures += _regrets(name, own, rivals)
        if name == "types differ":
            figures += _costs(own, rivals, rounds)
    return figures


def _regrets(world: str, own: Sequence[Lived], rivals: Mapping[str, Any]) -> list[Figure]:
    regrets = [lived.regret for lived in own]
    found = [Figure(name=f"{world}: regret", value=_mean(regrets), unit=f"± {_half(regrets):.0f}")]
    for rival, told in rivals.items():
        found.append(
            Figure(
                name=f"{world}: {rival}",
                value=_mean(told["regret"]),
                unit=f"± {_half(told['regret']):.0f}",
                beside="ours / this",
                ratio=_mean(regrets) / _mean(told["regret"]),
            )
        )
    return found


def _costs(own: Sequence[Lived], rivals: Mapping[str, Any], rounds: int) -> list[Figure]:
    """Return CPU of one decision, in batches and alone, and of learning from it."""
    rival = rivals["LinTS, alpha 1"]
    together = sum(lived.decide_s for lived in own) / len(own) / rounds
    alone = one_by_one(World(FIRST, ALONE, 1.0, drifts=False), ALONE) / ALONE
    learning = sum(lived.learn_s for lived in own) / len(own) / rounds
    arguments = [ALONE, 1.0, "stays", BATCH, "alone", FIRST]
    told = run_apart("mabwiser", "mabwiser_rival.py", [str(one) for one in arguments])
    theirs_alone = told["LinTS, alpha 1"]["cpu_s"][0] / ALONE
    theirs = _mean(rival["cpu_s"]) / rounds
    return [
        _cost("deciding in batches", together, theirs, "LinTS, learning included"),
        _cost("deciding one by one", alone, theirs_alone, "LinTS, learning included"),
        Figure(name="learning and its gates", value=learning * 1e6, unit="CPU µs an occasion"),
    ]


def _cost(name: str, own_s: float, rival_s: float, rival: str) -> Figure:
    return Figure(
        name=name,
        value=own_s * 1e6,
        unit="CPU µs a person",
        beside=f"{rival}: {rival_s * 1e6:,.0f}",
        ratio=own_s / rival_s,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _half(values: Sequence[float]) -> float:
    """Return half of the 95 % interval of the mean."""
    mean, count = _mean(values), len(values)
    variance = sum((value - mean) ** 2 for value in values) / (count - 1)
    return T_OF[count] * sqrt(variance / count)
