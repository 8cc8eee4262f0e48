"""Many people at once: the same draws, the same chances and the same winners as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.contests import Lot, drawn, winning
from regard.core.errors import Refused
from regard.learning import LearnedPolicy, Snapshot, policy_of, scheme_of
from regard.learning.fitting import Fit
from regard.learning.many import Crowd, Field, chosen, draws, winnings
from regard.learning.scheme import person_key, type_key
from regard.learning.snapshot import Belief, Taught
from tests.learning.shop import program

GOLD, ADA = type_key("gold"), person_key("ada")
NAMES = ("lounge", "miles", "nothing")

CELLS = st.tuples(
    st.sampled_from([1.0, 4.0, 0.3, -1.0, 0.0]),
    st.sampled_from([0.0, 0.2]),
    st.one_of(st.floats(-0.3, 1.3), st.just(float("nan"))),
    st.sampled_from([0.0, 0.002, 0.03, 0.1, 0.4]),
)


def field_of(rows: list[list[tuple[float, float, float, float]]]) -> Field:
    gain, cost, mean, deviation = np.array(rows, dtype=np.float64).transpose(2, 0, 1)
    return Field(gain=gain, cost=cost, mean=mean, deviation=deviation)


@settings(max_examples=60)
@given(
    st.integers(1, 6).flatmap(
        lambda size: st.lists(st.lists(CELLS, min_size=size, max_size=size), min_size=1, max_size=4)
    ),
    st.sampled_from([0.0, 0.5, -0.5]),
    st.sampled_from([1.0, 1.0, 0.5]),
)
def test_chances_are_those_of_each_contest_alone(
    rows: list[list[tuple[float, float, float, float]]], floor: float, power: float
) -> None:
    found = winnings(field_of(rows), np.full(len(rows), floor), power)
    for row, shares in zip(rows, found, strict=True):
        there = [place for place, cell in enumerate(row) if cell[2] == cell[2]]
        alone = winning([Lot(*row[place], power) for place in there], floor)
        assert shares[there] == pytest.approx(alone, abs=1e-4)
        assert sum(shares) == pytest.approx(sum(alone), abs=1e-6)


def test_draws_and_winners_are_those_of_each_alone() -> None:
    cells = [[(4.0, 0.1, 0.2, 0.1), (1.0, 0.0, 0.5, 0.3), (2.0, 0.0, float("nan"), 1.0)]] * 50
    seeds = [[f"{turn}-{place}" for place in range(3)] for turn in range(50)]
    field, floor = field_of(cells), np.full(50, 0.6)
    found = draws(field, seeds)
    winners = chosen(field, found, floor)
    for row, own, values, winner in zip(cells, seeds, found, winners, strict=True):
        alone = [drawn(cell[2], cell[3], seed) for cell, seed in zip(row, own, strict=True)]
        assert values[:2].tolist() == alone[:2]
        scores = [Lot(*cell).score(value) for cell, value in zip(row[:2], alone, strict=False)]
        assert winner == (scores.index(max(scores)) if max(scores) > 0.6 else -1)
    assert {-1, 0, 1} == set(winners.tolist())


def policy() -> LearnedPolicy:
    """Return a policy that tailors to a type and to a person, and knows what comes anyway."""
    scheme, rng = scheme_of(program()), np.random.default_rng(3)
    assert scheme is not None

    def belief() -> Belief:
        root = rng.normal(size=(scheme.size, scheme.size)) / 30
        mean = rng.normal(size=scheme.size) / 10
        return Fit(mean=mean, covariance=root @ root.T, noise=0.2).belief()

    taught = (
        Taught(
            engagement="lounge",
            core=belief(),
            silent=belief(),
            types={GOLD: belief()},
            persons={ADA: (0.1, 0.05), 7: (0.2, 0.1)},
        ),
        Taught(engagement="miles", core=belief()),
    )
    found = policy_of(program(), "v", Snapshot(scheme=scheme, taught=taught))
    assert found is not None
    return found


def test_what_is_believed_of_many_is_what_is_believed_of_each() -> None:
    learned, rng = policy(), np.random.default_rng(5)
    rows = rng.integers(-256, 257, (40, learned.scheme.size)) / 256
    keys = np.column_stack([rng.choice([0, GOLD, 9], 40), rng.choice([0, ADA, 8], 40)])
    features = np.column_stack([rows, keys]).astype(np.float64)
    means, deviations = Crowd(learned, NAMES).believed(features)
    for row, mean, deviation in zip(features, means, deviations, strict=True):
        for place, name in enumerate(NAMES[:2]):
            alone = learned.chance(name, row.tolist())
            assert (mean[place], deviation[place]) == pytest.approx(alone)
    assert np.isnan(means[:, 2]).all(), "nothing is learned about it"


def test_features_of_another_scheme_are_refused() -> None:
    with pytest.raises(Refused, match="another scheme"):
        Crowd(policy(), NAMES).believed(np.zeros((3, 4)))
