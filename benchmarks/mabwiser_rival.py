"""MABWiser in a planted world, run in an environment of its own: regret and CPU as JSON.

Used as its guide shows: `predict` for a batch of contexts, then `partial_fit` with what came of it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from mabwiser.mab import MAB, LearningPolicy
from planted import ACTIONS, World


def live(world: World, policy: Any, batch: int, *, one_by_one: bool = False) -> dict[str, float]:
    """Live through the world with one policy; return regret and CPU seconds.

    `one_by_one` asks for each decision alone, as somebody must who answers people as they come.
    """
    rows = world.rows()
    mab = MAB(arms=list(range(ACTIONS)), learning_policy=policy, seed=7)
    is_blind = not mab.is_contextual
    choices = np.zeros(len(world), dtype=np.int64)
    rng = np.random.default_rng(7)
    began = time.process_time()
    for start in range(0, len(world), batch):
        turns = range(start, min(start + batch, len(world)))
        if start == 0:
            found = rng.integers(0, ACTIONS, len(turns)).tolist()
        elif is_blind:
            found = [mab.predict() for _ in turns]
        elif one_by_one:
            found = [mab.predict(rows[turn : turn + 1]) for turn in turns]
        else:
            found = mab.predict(rows[turns.start : turns.stop])
        rewards = [int(world.takes(turn, arm)) for turn, arm in zip(turns, found, strict=True)]
        choices[turns.start : turns.stop] = found
        seen = {} if is_blind else {"contexts": rows[turns.start : turns.stop]}
        (mab.fit if start == 0 else mab.partial_fit)(found, rewards, **seen)
    return {"regret": world.regret(choices), "cpu_s": time.process_time() - began}


def main(arguments: list[str]) -> None:
    """Read rounds, differing, drifts, batch and seeds; print one line of JSON.

    With ``alone`` before the seeds, LinTS alone is asked for each decision alone.
    """
    rounds, differing, drifts, batch, *seeds = arguments
    is_alone = seeds[0] == "alone"
    policies = {
        "LinTS, alpha 1": LearningPolicy.LinTS(alpha=1.0),
        "LinTS, alpha 0.3": LearningPolicy.LinTS(alpha=0.3),
        "context-free Thompson": LearningPolicy.ThompsonSampling(),
    }
    found: dict[str, dict[str, list[float]]] = {}
    for name in list(policies)[: 1 if is_alone else None]:
        told = found[name] = {"regret": [], "cpu_s": []}
        for seed in seeds[is_alone:]:
            world = World(int(seed), int(rounds), float(differing), drifts=drifts == "drifts")
            lived = live(world, policies[name], int(batch), one_by_one=is_alone)
            for key, value in lived.items():
                told[key].append(value)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
