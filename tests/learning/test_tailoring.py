"""The gates: tailoring opens where people differ and it pays, and stays shut where they do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import pytest

from regard.learning.fitting import SPREADS, evidence, firm, fit_core, fit_levels
from regard.learning.occasions import Occasion, Option
from regard.learning.policy import PRIOR_COUNT, policy_of
from regard.learning.scheme import FIXED, person_key, type_key
from regard.learning.sums import Sum
from regard.learning.training import Learner, Lesson
from tests.learning.shop import program

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
OFFERS = ("lounge", "miles")


def occasions(
    count: int, seed: int, *, by_type: float = 0.0, by_person: float = 0.0, people: int = 200
) -> list[Occasion]:
    """Return occasions on which one of two offers was drawn by chance; people differ as told."""
    rng = np.random.default_rng(seed)
    tastes = rng.choice([-1.0, 1.0], people)
    found = []
    for turn in range(count):
        who = int(rng.integers(people))
        kind = "gold" if who % 2 else "basic"
        chosen = int(rng.integers(2))
        likes = by_type * (1 if kind == "gold" else -1) + by_person * tastes[who]
        chance = 0.4 + likes * (1 if chosen == 0 else -1)
        took = bool(rng.random() < chance)
        keys = (float(type_key(kind)), float(person_key(f"p{who}")))
        found.append(
            Occasion(
                at=BEGAN + timedelta(minutes=turn),
                person_id=f"p{who}",
                seed=str(turn),
                features=(1.0, *[0.0] * FIXED, *keys),
                options=tuple(
                    Option(
                        engagement=name,
                        decision_id=f"{turn}-{name}",
                        gain=4.0,
                        cost=0.0,
                        worth=4.0,
                        chance=0.5,
                        factors={"propensity": 0.3},
                        took=took and place == chosen,
                    )
                    for place, name in enumerate(OFFERS)
                ),
                chosen=chosen,
                probability=0.5,
                silence=0.5,
                policy="x",
            )
        )
    return found


@lru_cache
def lesson(count: int, seed: int, by_type: float = 0.0, by_person: float = 0.0) -> Lesson:
    learner = Learner(program())
    people = 40 if by_person else 200
    for found in occasions(count, seed, by_type=by_type, by_person=by_person, people=people):
        learner.study(found)
    return learner.lesson(BEGAN + timedelta(days=60))


def test_types_that_differ_are_told_apart() -> None:
    found = lesson(1_500, 1, by_type=0.3)
    assert found.gates["*|type"].startswith("open: gain ")
    policy = policy_of(program(), "v", found.snapshot)
    assert policy is not None
    row = (1.0, *[0.0] * FIXED)
    gold, basic = ((*row, float(type_key(kind)), 0.0) for kind in ("gold", "basic"))
    for offer, likes, dislikes in (("lounge", gold, basic), ("miles", basic, gold)):
        high, low = policy.chance(offer, likes), policy.chance(offer, dislikes)
        assert high is not None
        assert low is not None
        assert high[0] == pytest.approx(0.7, abs=0.1)
        assert low[0] == pytest.approx(0.1, abs=0.1)


@pytest.mark.slow
def test_a_single_person_is_told_apart_when_types_do_not_say_it() -> None:
    found = lesson(2_000, 2, by_person=0.3)
    assert found.gates["*|person"].startswith("open: gain ")
    shifts = [shift for one in found.snapshot.taught for shift, _ in one.persons.values()]
    assert shifts
    assert max(shifts) == pytest.approx(0.3, abs=0.2)


@pytest.mark.slow
def test_where_nobody_differs_gates_open_no_oftener_than_said() -> None:
    found = [lesson(600, 10 + seed) for seed in range(20)]
    by_luck = [one for one in found if any(told.startswith("open") for told in one.gates.values())]
    assert len(by_luck) <= 1, "5 percent"
    for one in found:
        if one not in by_luck:
            assert all(not taught.types and not taught.persons for taught in one.snapshot.taught)


def test_with_too_little_to_go_by_the_core_holds_and_says_why() -> None:
    found = lesson(40, 3, by_type=0.1)
    assert "100 are needed" in found.gates["*|type"]
    assert not found.snapshot.taught[0].types


def test_clear_evidence_opens_before_it_can_be_measured() -> None:
    told = lesson(80, 3, by_type=0.3).gates["*|type"]
    assert told.startswith("open: gain ")
    assert "types differ by odds of e^" in told


def test_evidence_is_that_of_the_outcomes_themselves() -> None:
    """The sums say as much as the density of all outcomes at once, types and slopes integrated."""
    rng, chance = np.random.default_rng(7), 0.3
    rows = np.column_stack([np.ones(60), rng.uniform(-1, 1, 60)])
    kinds = rng.integers(1, 4, 60)
    took = (rng.random(60) < 0.3).astype(np.float64)
    by_type = {}
    for kind in (1, 2, 3):
        own = rows[kinds == kind]
        by_type[kind] = Sum(own.T @ own, own.T @ took[kinds == kind])
    found = evidence(by_type, chance)
    noise = fit_core(sum(list(by_type.values())[1:], by_type[1]), chance).noise
    alike = kinds[:, None] == kinds[None, :]
    exact = []
    for level, slope in SPREADS:
        own = (rows * [level, slope]) @ rows.T * alike
        covariance = noise * (np.eye(60) + own + rows @ rows.T / PRIOR_COUNT)
        off = took - chance
        volume = np.linalg.slogdet(covariance)[1]
        exact.append(-float(volume + off @ np.linalg.solve(covariance, off)) / 2)
    assert found == pytest.approx(np.array(exact) - exact[0])


def test_types_that_are_alike_share_what_they_teach() -> None:
    rows = np.column_stack([np.ones(40), np.linspace(-1, 1, 40)])
    took = (rows[:, 1] > 0).astype(np.float64)
    half = Sum(rows[::2].T @ rows[::2], rows[::2].T @ took[::2])
    other = Sum(rows[1::2].T @ rows[1::2], rows[1::2].T @ took[1::2])
    found = fit_levels({1: half, 2: other}, 0.5, (0.0, 0.0))
    for fit in found.types.values():
        assert fit.mean == pytest.approx(found.core.mean)
        assert fit.covariance == pytest.approx(found.core.covariance)


def test_the_same_outcomes_teach_the_same_numbers() -> None:
    lesson.cache_clear()
    first = lesson(400, 4, by_type=0.2)
    lesson.cache_clear()
    assert first == lesson(400, 4, by_type=0.2)


def test_what_was_long_ago_fades() -> None:
    learner = Learner(program())
    for found in occasions(600, 5, by_type=0.3):
        learner.study(found)
    before = learner.lesson(BEGAN).snapshot.taught[0].core.mean[0]
    (late,) = occasions(1, 6)
    from_later = [
        Occasion(**{**{f: getattr(late, f) for f in late.__struct_fields__}, "at": at})
        for at in (BEGAN + timedelta(days=900),)
    ]
    for found in from_later:
        learner.study(found)
    after = learner.lesson(BEGAN).snapshot.taught[0].core.mean[0]
    assert abs(after - 0.3) < abs(before - 0.3), "nearer to what was written"


def test_what_is_known_well_is_drawn_from_half_as_widely() -> None:
    rows = np.column_stack([np.ones(2_000), np.zeros(2_000)])
    seen = {0: Sum(rows.T @ rows, rows.T @ np.repeat([1.0, 0.0], 1_000))}
    fit, unseen = fit_core(seen[0], 0.3), fit_core(Sum(np.zeros((2, 2)), np.zeros(2)), 0.3)
    told = fit.drawn(fit_core(firm(seen)[0], 0.3))
    assert told.mean is fit.mean
    widths, believed = np.sqrt(np.diag(told.covariance)), np.sqrt(np.diag(fit.covariance))
    assert widths[0] == pytest.approx(believed[0] / 2, rel=0.02)
    assert widths[1] == pytest.approx(believed[1], rel=0.02), "nothing was seen of it"
    assert unseen.covariance[1, 1] == pytest.approx(0.21 / PRIOR_COUNT)
