"""The learner in planted worlds: regret and CPU, beside MABWiser's LinTS and a context-free policy.

Ours decides as the arbiter does, one person at a time (a draw of every engagement competes, and
all chances are computed), learns in batches and asks its tailoring gates each time. Three worlds:
types alike, types that differ, and tastes that change over time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.apart import run as run_apart
from benchmarks.figures import Figure, Scale
from benchmarks.planted import ACTIONS, CONTEXT, World
from regard.core.contests import Lot, drawn, winning
from regard.core.program import Program
from regard.learning import LearnedPolicy, policy_of
from regard.learning.occasions import Occasion, Option
from regard.learning.scheme import FAMILIES, FIXED, person_key, type_key
from regard.learning.training import Learner
from regard.project import load_text

WORLDS = {
    "types alike": (0.0, False),
    "types differ": (1.0, False),
    "tastes change": (1.0, True),
}
BATCH = 500
BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
SECOND = timedelta(seconds=60)


def run(scale: Scale) -> Sequence[Figure]:
    """Live through every world with everybody; return regrets and CPU."""
    rounds = scale.of(20_000, 4_000)
    figures: list[Figure] = []
    for name, (differing, drifts) in WORLDS.items():
        world = World(11, rounds, differing, drifts=drifts)
        drifting = "drifts" if drifts else "stays"
        arguments = ["11", str(rounds), str(differing), drifting, str(BATCH)]
        rivals = run_apart("mabwiser", "mabwiser_rival.py", arguments)
        figures += _figures(name, ours(world), rivals)
    return figures


def _figures(
    world: str, own: dict[str, float], rivals: dict[str, dict[str, float]]
) -> list[Figure]:
    cpu_s = own["decide_s"] + own["learn_s"]
    found = [
        Figure(name=f"{world}: CPU of deciding", value=own["decide_s"], unit="s"),
        Figure(name=f"{world}: CPU of learning", value=own["learn_s"], unit="s"),
    ]
    for rival, told in rivals.items():
        regret, spent = told["regret"], told["cpu_s"]
        found.append(
            Figure(
                name=f"{world}: regret",
                value=own["regret"],
                unit="successes",
                beside=f"{rival}: {regret:,.0f}",
                ratio=own["regret"] / regret,
            )
        )
        found.append(
            Figure(
                name=f"{world}: CPU",
                value=cpu_s,
                unit="s",
                beside=f"{rival}: {spent:,.2f} s",
                ratio=cpu_s / spent,
            )
        )
    return found


def ours(world: World) -> dict[str, float]:
    """Live through a world with our learner; return regret, CPU of deciding and of learning."""
    program = company()
    learner = Learner(program)
    policy = policy_of(program)
    assert policy is not None
    choices = np.zeros(len(world), dtype=np.int64)
    began, learn_s = time.process_time(), 0.0
    for start in range(0, len(world), BATCH):
        turns = range(start, min(start + BATCH, len(world)))
        occasions = [_decided(world, policy, turn) for turn in turns]
        choices[turns.start : turns.stop] = [occasion.chosen for occasion in occasions]
        paused = time.process_time()
        for occasion in occasions:
            learner.study(occasion)
        policy = policy_of(program, f"{start}", learner.lesson(BEGAN).snapshot)
        assert policy is not None
        learn_s += time.process_time() - paused
    return {
        "regret": world.regret(choices),
        "decide_s": time.process_time() - began - learn_s,
        "learn_s": learn_s,
    }


def company() -> Program:
    """Return a company with an engagement for each action, all worth the same."""
    traits = ", ".join(f"traits.x{i}: 1" for i in range(CONTEXT))
    files = {
        "regard.toml": 'id = "planted"\nname = "Planted"\n[channels.sms]\n',
        "consent.yaml": "purposes: {offers: {needs_consent: false}}",
        "policies.yaml": "silence: {value: 0, fatigue_per_touch: 0}\n"
        f"learning: {{customer_type: traits.kind, traits: {{{traits}}}, memory: 7 days}}",
    }
    for action in range(ACTIONS):
        files[f"engagements/a{action}/engagement.yaml"] = (
            "purpose: offers\nclass: marketing\nvalue: {customer: 1, company: 0}\n"
            "propensity: 0.15\nchannels: [sms]\nsuccess: {event: Taken, within: 1 hour}\n"
        )
        files[f"engagements/a{action}/core.sms.txt"] = "Hello."
    return load_text(files, {})


def _decided(world: World, policy: LearnedPolicy, turn: int) -> Occasion:
    """Decide one round as the arbiter does, and note what came of it."""
    context = [round(value * 256) / 256 for value in world.contexts[turn].tolist()]
    person = f"p{world.persons[turn]}"
    fixed = [1.0, *[0.0] * (FIXED - 1)]
    assert len(FAMILIES) < FIXED
    keys = (float(type_key(f"t{world.types[turn]}")), float(person_key(person)))
    features = (*fixed, *context, *keys)
    names = [f"a{action}" for action in range(ACTIONS)]
    believed = [policy.chance(name, features) or (0.0, 0.0) for name in names]
    first = [drawn(*one, f"{turn}-{name}") for name, one in zip(names, believed, strict=True)]
    chosen = first.index(max(first))
    chances = winning([Lot(1.0, 0.0, *one) for one in believed], 0.0)
    took = world.takes(turn, chosen)
    options = tuple(
        Option(
            engagement=f"a{a}",
            decision_id=f"{turn}-{a}",
            gain=1.0,
            cost=0.0,
            worth=1.0,
            chance=chances[a],
            factors={"propensity": first[a]},
            took=took and a == chosen,
        )
        for a in range(ACTIONS)
    )
    return Occasion(
        at=BEGAN + turn * SECOND,
        person_id=person,
        seed=str(turn),
        features=features,
        options=options,
        chosen=chosen,
        probability=max(chances[chosen], 1e-4),
        silence=0.0,
        policy=policy.version,
    )
