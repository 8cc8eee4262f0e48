"""Off-policy evaluation on a public log: our estimators beside obp's, or refused.

The Open Bandit sample that the PyPI package `obp` ships (Saito et al., arXiv:2008.07146): 10,000
recommendations by a random policy, 10,000 by Bernoulli Thompson sampling, for each of three
campaigns. Each policy is judged on the log of the other. obp runs in an environment of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.apart import run as run_apart
from benchmarks.figures import Figure, Scale
from regard.learning.estimating import Estimate, doubly_robust, effective_sample, snips, why_not

LOGS = ("random", "bts")
CAMPAIGNS = ("all", "men", "women")


def run(scale: Scale) -> Sequence[Figure]:
    """Judge each policy on the log of the other, by both; say what is refused."""
    figures: list[Figure] = []
    with TemporaryDirectory() as place:
        for campaign in CAMPAIGNS[: scale.of(3, 1)]:
            for log in LOGS:
                path = Path(place) / f"{log}-{campaign}.npz"
                theirs = run_apart("obp", "obp_rival.py", [log, campaign, str(path)])
                figures += _figures(f"{campaign}, log of {log}", path, theirs)
    return figures


def _figures(name: str, path: Path, theirs: dict[str, float]) -> list[Figure]:
    with np.load(path) as log:
        turns = np.arange(len(log["reward"]))
        chances = log["chances"][:, log["position"]].T
        expected = log["expected"][turns, :, log["position"]]
        action, reward = log["action"], log["reward"].astype(np.float64)
        weights = chances[turns, action] / log["pscore"]
    sample, positives = effective_sample(weights), int(np.sum(reward))
    refusal = why_not(reward, weights)
    told = f"effective sample {sample:,.0f}, {positives} clicks"
    found = {
        "SNIPS": (snips(reward, weights, turns), theirs["snips"]),
        "doubly robust": (
            doubly_robust(
                reward,
                weights,
                expected[turns, action],
                np.sum(chances * expected, axis=1),
                turns,
            ),
            theirs["doubly_robust"],
        ),
    }
    return [
        _figure(f"{name}: {kind}", ours, value, told, refusal)
        for kind, (ours, value) in found.items()
    ]


def _figure(name: str, ours: Estimate, theirs: float, told: str, refusal: str) -> Figure:
    """Show an estimate beside obp's; where ours would be refused, say so in its place."""
    beside = f"obp {1_000 * theirs:.4f}"
    if refusal:
        return Figure(name=name, value=float("nan"), unit="refused", goal=refusal, beside=beside)
    return Figure(
        name=name,
        value=1_000 * ours.value,
        unit="clicks per 1,000",
        goal=f"[{1_000 * ours.low:.2f}, {1_000 * ours.high:.2f}], {told}",
        beside=beside,
        ratio=ours.value / theirs,
    )
