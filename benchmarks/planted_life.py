"""Our learner in a planted world: decides in batches, learns after each, and is asked what it cost.

A `World` and a company in, a `Lived` out: regret, CPU, and which tailoring gates were open after
each lesson. Used by the benchmarks `learner` and `gates`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from benchmarks.planted import ACTIONS, CONTEXT, TYPES, World
from regard.core.contests import Lot, drawn, winning
from regard.core.program import Program
from regard.learning import LearnedPolicy, policy_of
from regard.learning.many import Crowd, Field, chosen, draws, winnings
from regard.learning.occasions import Occasion, Option
from regard.learning.scheme import FIXED, person_key, type_key
from regard.learning.training import Learner
from regard.project import load_text

NAMES = [f"a{action}" for action in range(ACTIONS)]
BATCH = 500
BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Lived(Struct, frozen=True, kw_only=True):
    """What a world came to; `openings` are the gates that were open after each lesson."""

    regret: float
    decide_s: float
    learn_s: float
    openings: tuple[frozenset[str], ...]


def live(world: World, program: Program, batch: int = BATCH) -> Lived:
    """Live through a world with the learner of a company, in batches."""
    learner = Learner(program)
    policy = policy_of(program)
    assert policy is not None
    choices = np.zeros(len(world), dtype=np.int64)
    began, learn_s = time.process_time(), 0.0
    openings = []
    for start in range(0, len(world), batch):
        turns = range(start, min(start + batch, len(world)))
        occasions = _decided(world, policy, turns)
        choices[turns.start : turns.stop] = [occasion.chosen for occasion in occasions]
        paused = time.process_time()
        for occasion in occasions:
            learner.study(occasion)
        lesson = learner.lesson(BEGAN)
        policy = policy_of(program, f"{start}", lesson.snapshot)
        assert policy is not None
        told = lesson.gates.items()
        openings.append(frozenset(name for name, gate in told if gate.startswith("open")))
        learn_s += time.process_time() - paused
    return Lived(
        regret=world.regret(choices),
        decide_s=time.process_time() - began - learn_s,
        learn_s=learn_s,
        openings=tuple(openings),
    )


def one_by_one(world: World, rounds: int) -> float:
    """Return CPU seconds of deciding some rounds each alone, as the arbiter does, chances told."""
    policy = policy_of(company())
    assert policy is not None
    features = _features(world, range(rounds)).tolist()
    began = time.process_time()
    for turn, row in enumerate(features):
        believed = [policy.chance(name, row) or (0.0, 0.0) for name in NAMES]
        for name, one in zip(NAMES, believed, strict=True):
            drawn(*one, f"{turn}-{name}")
        winning([Lot(1.0, 0.0, *one) for one in believed], 0.0)
    return time.process_time() - began


def company(too_low: int = 0) -> Program:
    """Return a company with an engagement for each action, all worth the same.

    What is written of the first `too_low` is 2 percent, of the others 15.
    """
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
            f"propensity: {0.02 if action < too_low else 0.15}\n"
            "channels: [sms]\nsuccess: {event: Taken, within: 1 hour}\n"
        )
        files[f"engagements/a{action}/core.sms.txt"] = "Hello."
    return load_text(files, {})


def _decided(world: World, policy: LearnedPolicy, turns: range) -> list[Occasion]:
    """Decide a batch as the arbiter does, and note what came of it."""
    features = _features(world, turns)
    mean, deviation = Crowd(policy, NAMES).believed(features)
    shape = mean.shape
    field = Field(gain=np.ones(shape), cost=np.zeros(shape), mean=mean, deviation=deviation)
    floor = np.zeros(len(turns))
    values = draws(field, [[f"{turn}-{name}" for name in NAMES] for turn in turns])
    best, chances = chosen(field, values, floor), winnings(field, floor)
    told = (found.tolist() for found in (features, values, best, chances))
    return [_occasion(world, policy.version, *one) for one in zip(turns, *told, strict=True)]


def _features(world: World, turns: range) -> NDArray[np.float64]:
    """Return what the policy looks at, as a scheme tells it."""
    own = slice(turns.start, turns.stop)
    fixed = np.zeros((len(turns), FIXED))
    fixed[:, 0] = 1.0
    kinds = np.array([type_key(f"t{kind}") for kind in range(TYPES)])[world.types[own]]
    persons = [person_key(f"p{person}") for person in world.persons[own]]
    context = np.round(world.contexts[own] * 256) / 256
    return np.column_stack([fixed, context, kinds, persons]).astype(np.float64)


def _occasion(
    world: World,
    version: str,
    turn: int,
    features: Sequence[float],
    values: Sequence[float],
    best: int,
    chances: Sequence[float],
) -> Occasion:
    took = best >= 0 and world.takes(turn, best)
    options = tuple(
        Option(
            engagement=name,
            decision_id=f"{turn}-{a}",
            gain=1.0,
            cost=0.0,
            worth=1.0,
            chance=chances[a],
            factors={"propensity": values[a]},
            took=took and a == best,
        )
        for a, name in enumerate(NAMES)
    )
    return Occasion(
        at=BEGAN + turn * MINUTE,
        person_id=f"p{world.persons[turn]}",
        seed=str(turn),
        features=tuple(features),
        options=options,
        chosen=best,
        probability=max(chances[best] if best >= 0 else 1.0 - sum(chances), 1e-4),
        silence=0.0,
        policy=version,
    )
