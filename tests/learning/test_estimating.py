"""Off-policy estimates: right on average, honest about doubt, silent when there is too little."""

from __future__ import annotations

import numpy as np
import pytest

from regard.learning.estimating import (
    doubly_robust,
    effective_sample,
    plain_mean,
    snips,
    why_not,
)


def log(seed: int, count: int = 2_000) -> tuple[np.ndarray, ...]:
    """Return rewards, weights, model of the logged and the new choice; the truth is 0.4."""
    rng = np.random.default_rng(seed)
    was = np.array([0.7, 0.3])
    new = np.array([0.2, 0.8])
    chances = np.array([0.2, 0.45])
    chosen = (rng.random(count) > was[0]).astype(int)
    rewards = (rng.random(count) < chances[chosen]).astype(float)
    model = np.array([0.3, 0.3])
    return rewards, (new / was)[chosen], model[chosen], np.full(count, new @ model)


TRUTH = 0.2 * 0.2 + 0.8 * 0.45


def test_estimates_are_near_the_truth_and_their_intervals_hold_it() -> None:
    clusters = np.arange(2_000)
    held = {"snips": 0, "doubly_robust": 0}
    values = []
    for seed in range(200):
        rewards, weights, expected, expected_new = log(seed)
        for name, found in (
            ("snips", snips(rewards, weights, clusters)),
            ("doubly_robust", doubly_robust(rewards, weights, expected, expected_new, clusters)),
        ):
            held[name] += found.low <= TRUTH <= found.high
            values.append(found.value)
    assert np.mean(values) == pytest.approx(TRUTH, abs=0.003)
    assert all(180 <= count <= 198 for count in held.values()), held


def test_decisions_about_one_person_count_as_fewer() -> None:
    rewards, weights, *_ = log(1)
    alone = snips(rewards, weights, np.arange(2_000))
    repeated = snips(
        np.repeat(rewards[:200], 10), np.repeat(weights[:200], 10), np.repeat(np.arange(200), 10)
    )
    assert repeated.error > 2.5 * alone.error


def test_the_same_policy_is_estimated_at_what_it_earned() -> None:
    rewards, *_ = log(2)
    ones = np.ones(2_000)
    assert snips(rewards, ones, np.arange(2_000)) == plain_mean(rewards, np.arange(2_000))
    assert effective_sample(ones) == 2_000


@pytest.mark.parametrize(
    ("rewards", "weights", "why"),
    [
        (np.ones(99), np.ones(99), "the effective sample is 99, 100 are needed"),
        (np.r_[np.ones(29), np.zeros(200)], np.ones(229), "29 successes can be compared"),
        (np.ones(1_000), np.r_[[1_000.0], np.full(999, 1e-3)], "the effective sample is 1,"),
        (np.ones(0), np.ones(0), "the effective sample is 0"),
    ],
)
def test_too_little_is_refused_with_the_reason(
    rewards: np.ndarray, weights: np.ndarray, why: str
) -> None:
    assert why in why_not(rewards, weights)


def test_enough_is_not_refused() -> None:
    assert why_not(np.r_[np.ones(30), np.zeros(70)], np.ones(100)) == ""
