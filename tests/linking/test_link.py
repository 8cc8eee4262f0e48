"""`link`: any columns, with labels and without; the same answer twice; reasons that add up."""

from __future__ import annotations

import numpy as np
import pytest

from regard.core.errors import Refused
from regard.linking import LINK, REVIEW, Linked, link
from tests.linking.town import Row, town

BORN = {"born": "date_of_birth"}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return town(260)


@pytest.fixture(scope="module")
def learned(rows: list[Row]) -> Linked:
    return link([_shown(row) for row in rows], columns=BORN, labels="login")


@pytest.fixture(scope="module")
def guessed(rows: list[Row]) -> Linked:
    return link([_shown(row, "login") for row in rows], columns=BORN)


def _shown(row: Row, *hidden: str) -> Row:
    return {name: value for name, value in row.items() if name not in ("truth", *hidden)}


def _scores(linked: Linked, rows: list[Row], clusters: np.ndarray) -> tuple[float, float]:  # type: ignore[type-arg]
    """Return precision and recall over pairs of records without a login."""
    truth = np.array([row["truth"] for row in rows])
    free = np.flatnonzero([not row["login"] for row in rows])
    one, two = np.triu_indices(len(free), 1)
    is_one = truth[free[one]] == truth[free[two]]
    said = clusters[free[one]] == clusters[free[two]]
    return float((is_one & said).sum() / said.sum()), float((is_one & said).sum() / is_one.sum())


def test_labels_teach_and_the_answer_is_right(learned: Linked, rows: list[Row]) -> None:
    assert learned.scorer.is_learned
    precision, recall = _scores(learned, rows, learned.clusters_at(learned.balanced))
    assert precision > 0.9
    assert recall > 0.9


def test_the_link_band_is_precise(learned: Linked, rows: list[Row]) -> None:
    truth = np.array([row["truth"] for row in rows])
    linked = learned.bands == LINK
    assert linked.any()
    assert (truth[learned.left] == truth[learned.right])[linked].mean() >= 0.98


def test_without_labels_it_says_so_and_links_no_name_and_address_alone(
    guessed: Linked, rows: list[Row]
) -> None:
    assert not guessed.scorer.is_learned
    assert any("Without labels" in sentence for sentence in guessed.told)
    born = guessed.comparisons["date_of_birth"].levels
    assert set(born[guessed.bands == LINK].tolist()) <= {1, 3}
    precision, recall = _scores(guessed, rows, guessed.clusters_at(guessed.balanced))
    assert precision > 0.85
    assert recall > 0.85


def test_two_logins_are_two_people_and_one_login_is_one(learned: Linked, rows: list[Row]) -> None:
    by_root: dict[int, set[object]] = {}
    for root, row in zip(learned.clusters.tolist(), rows, strict=True):
        by_root.setdefault(root, set()).add(row["login"] or None)
    assert all(len(logins - {None}) <= 1 for logins in by_root.values())


def test_reasons_add_up_to_the_score(learned: Linked, guessed: Linked) -> None:
    for linked in (learned, guessed):
        open_pairs = np.flatnonzero((linked.bands == REVIEW) & (abs(linked.odds) < 20))[:20]
        assert len(open_pairs)
        for pair in open_pairs.tolist():
            told = sum(part.weight for part in linked.reasons(pair))
            assert told == pytest.approx(linked.odds[pair], abs=1e-6)


def test_the_same_records_give_the_same_answer(guessed: Linked, rows: list[Row]) -> None:
    again = link([_shown(row, "login") for row in rows], columns=BORN)
    assert again.model == guessed.model
    assert np.array_equal(again.odds, guessed.odds)
    assert np.array_equal(again.clusters, guessed.clusters)


def test_never_is_heard(guessed: Linked, rows: list[Row]) -> None:
    linked = np.flatnonzero(guessed.bands == LINK)[0]
    pair = (int(guessed.left[linked]), int(guessed.right[linked]))
    again = link([_shown(row, "login") for row in rows], columns=BORN, never=[pair])
    assert again.bands[linked] not in (LINK, REVIEW)
    assert again.clusters[pair[0]] != again.clusters[pair[1]]


def test_answers_of_a_human_are_labels(guessed: Linked, rows: list[Row]) -> None:
    truth = [row["truth"] for row in rows]
    pairs = zip(guessed.left.tolist(), guessed.right.tolist(), strict=True)
    answers = [(a, b, truth[a] == truth[b]) for a, b in list(pairs)[::3]]
    again = link([_shown(row, "login") for row in rows], columns=BORN, labels=answers)
    assert again.scorer.is_learned


def test_two_clean_lists_are_only_compared_across(rows: list[Row]) -> None:
    shown = [{**_shown(row, "login"), "list": n % 2} for n, row in enumerate(rows)]
    linked = link(shown, columns=BORN, only_across="list")
    assert ((linked.left % 2) != (linked.right % 2)).all()


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([{"name": "Ada"}] * 3, "too_few_records"),
        ([{"shoe": "43"}] * 20, "no_usable_column"),
        ([{"phone": f"06641234{n:03}"} for n in range(20)], "nothing_to_link"),
        ({"name": ["Ada"] * 20, "phone": ["1"]}, "bad_columns"),
    ],
)
def test_too_little_is_refused_with_what_to_do(records: object, code: str) -> None:
    with pytest.raises(Refused) as refused:
        link(records)  # type: ignore[arg-type]
    assert refused.value.code == code


@pytest.mark.parametrize(
    "kept", [("first_name", "last_name"), ("phone",), ("first_name", "address", "postcode")]
)
def test_any_subset_of_columns_will_do(rows: list[Row], kept: tuple[str, ...]) -> None:
    linked = link([{name: row[name] for name in kept} for row in rows])
    assert len(linked.left)
    assert np.isfinite(linked.odds).all()
