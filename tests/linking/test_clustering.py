"""Pairs become people: no chains, and what is never one stays apart."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from regard.linking.clustering import cluster

Edges = list[tuple[int, int, float]]


def clusters(count: int, edges: Edges, **apart: object) -> list[int]:
    left, right, weights = zip(*edges, strict=True)
    never, keys = apart.get("never", ()), apart.get("keys", ())
    return cluster(
        count, np.array(left, np.int32), np.array(right, np.int32), np.array(weights), (never, keys)
    ).tolist()  # type: ignore[arg-type]


def test_what_speaks_for_one_is_one() -> None:
    assert clusters(5, [(0, 1, 3.0), (1, 2, 3.0), (0, 2, 1.0), (3, 4, -2.0)]) == [0, 0, 0, 3, 4]


def test_a_likeness_to_two_people_chains_nobody() -> None:
    assert clusters(3, [(0, 1, 3.0), (1, 2, 2.0), (0, 2, -5.0)]) == [0, 0, 2]


def test_pairs_that_were_never_compared_speak_against() -> None:
    chain: Edges = [(place, place + 1, 0.5) for place in range(5)]
    assert clusters(6, chain) == [0, 0, 2, 2, 4, 4]


def test_two_logins_never_meet_over_a_third() -> None:
    edges: Edges = [(0, 1, 5.0), (1, 2, 4.0)]
    assert clusters(3, edges, keys=[7, -1, 8]) == [0, 0, 2]
    assert clusters(2, [(0, 1, 5.0)], keys=[7, 8]) == [0, 1]


def test_never_is_never() -> None:
    assert clusters(2, [(0, 1, 5.0)], never=[(1, 0)]) == [0, 1]
    edges: Edges = [(0, 1, 5.0), (1, 2, 4.0)]
    assert clusters(3, edges, never=[(0, 2)]) == [0, 0, 2]


EDGES = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(-5, 5)).filter(lambda e: e[0] < e[1]),
    min_size=1,
    max_size=30,
    unique_by=lambda edge: edge[:2],
)


@given(edges=EDGES, keys=st.lists(st.integers(-1, 3), min_size=10, max_size=10))
def test_keys_are_kept_apart_whatever_the_pairs_say(edges: Edges, keys: list[int]) -> None:
    found = clusters(10, edges, keys=keys)
    met: dict[int, set[int]] = {}
    for root, key in zip(found, keys, strict=True):
        met.setdefault(root, set()).add(key)
    assert all(len(group - {-1}) <= 1 for group in met.values())
    assert all(found[root] == root <= place for place, root in enumerate(found))
