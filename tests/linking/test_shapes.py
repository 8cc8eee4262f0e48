"""`link` on data that nobody tuned it to: other headers, languages, gaps, sources and sizes.

Thresholds are the linker's own; with labels, a part of the truth teaches and the rest is judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pytest

from regard.linking import LINK, Linked, link
from tests.linking import shapes
from tests.linking.shapes import Row

NOTHING: Mapping[str, str] = MappingProxyType({})


def _linked(rows: list[Row], taught: int = 0, across: str = "") -> Linked:
    """Link what is shown of rows; the first `taught` of the truth carry a key."""
    shown: list[Row] = [
        {
            **{name: value for name, value in row.items() if name != "truth"},
            "key": f"k{row['truth']}" if int(str(row["truth"])) < taught else None,
        }
        for row in rows
    ]
    return link(shown, labels="key", only_across=across)


def _f1(linked: Linked, rows: list[Row], taught: int = 0) -> float:
    """Return the F1 of pairs that nobody taught, at the threshold that the linker expects."""
    clusters = linked.clusters_at(linked.balanced).tolist()
    judged = [n for n, row in enumerate(rows) if int(str(row["truth"])) >= taught]
    said, truth = [clusters[n] for n in judged], [rows[n]["truth"] for n in judged]
    right = _pairs(zip(said, truth, strict=True))
    return 2 * right / (_pairs(said) + _pairs(truth))


def _pairs(values: Iterable[Hashable]) -> int:
    return sum(n * (n - 1) // 2 for n in Counter(values).values())


def _band_is_right(linked: Linked, rows: list[Row]) -> bool:
    truth = np.array([row["truth"] for row in rows])
    band = linked.bands == LINK
    return bool((truth[linked.left] == truth[linked.right])[band].mean() >= 0.99)


@pytest.mark.parametrize(
    ("make", "across", "least"),
    [
        (shapes.restaurants, "guide", 0.97),
        (shapes.born, "", 0.93),
        (shapes.firms, "", 0.95),
        (shapes.accounts, "", 0.85),
    ],
)
def test_small_data_without_a_label(
    make: Callable[[int], list[Row]], across: str, least: float
) -> None:
    rows = make(140)
    assert _f1(_linked(rows, across=across), rows) >= least


@pytest.mark.parametrize(
    ("make", "across", "least"),
    [
        (shapes.restaurants, "guide", 0.99),
        (shapes.born, "", 0.93),
        (shapes.firms, "", 0.97),
        (shapes.accounts, "", 0.97),
    ],
)
def test_a_third_of_the_truth_teaches_the_rest(
    make: Callable[[int], list[Row]], across: str, least: float
) -> None:
    rows = make(400)
    linked = _linked(rows, 130, across)
    assert linked.scorer.is_learned
    assert _f1(linked, rows, 130) >= least
    assert _band_is_right(linked, rows)


def test_where_no_two_are_one_nobody_is_linked() -> None:
    rows = shapes.strangers(300)
    linked = _linked(rows)
    assert not (linked.bands == LINK).any()
    assert len(set(linked.clusters_at(linked.balanced).tolist())) >= 298


def test_headers_of_other_languages_are_known() -> None:
    rows = shapes.firms(30)
    assert "Firma (company), PLZ (postcode), Ort (city), UID (id)" in _linked(rows).told[1]


def test_odd_types_and_dates_in_several_formats_are_one_day() -> None:
    rows = shapes.born(60)
    linked = _linked(rows)
    levels = linked.comparisons["date_of_birth"].levels
    truth = np.array([row["truth"] for row in rows])
    same = (truth[linked.left] == truth[linked.right]) & (levels > 0)
    assert (levels[same] == 1).all()
