"""What the others of a home tell of a pair: namesakes, twins, shared numbers, nicknames."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

from regard.linking import levels as c
from regard.linking.columns import roles_of
from regard.linking.comparing import compare
from regard.linking.household import neighbours, place
from regard.linking.levels import Comparison
from regard.linking.reading import read_table

Columns = dict[str, list[str]]


def compared(rows: Columns) -> dict[tuple[int, int], dict[str, int]]:
    """Return the level of each comparison of every pair of records."""
    table = read_table(rows, roles_of(list(rows), {}))
    pairs = list(combinations(range(table.count), 2))
    left, right = (np.array(side, np.int32) for side in zip(*pairs, strict=True))
    found: dict[str, Comparison] = compare(table, left, right, lambda a, b: None)
    place(table, left, right, found, neighbours(table, left, right, found))
    return {
        pair: {name: int(comparison.levels[n]) for name, comparison in found.items()}
        for n, pair in enumerate(pairs)
    }


def test_a_father_and_his_junior_mark_each_other_and_a_third_record() -> None:
    found = compared(
        {
            "first_name": ["Emeka", "Emeka", "Emeka", "Emeka"],
            "last_name": ["Okafor"] * 4,
            "address": ["Lindengasse 4"] * 4,
            "born": ["1950-01-02", "1980-05-06", "", ""],
        }
    )
    assert found[0, 1]["namesake"] == found[0, 2]["namesake"] == c.PART
    assert found[2, 3]["namesake"] == c.CLOSE


def test_one_who_is_called_junior_has_a_namesake_though_no_birth_date_is_known() -> None:
    found = compared(
        {
            "first_name": ["Emeka", "Emeka", "Ifeoma"],
            "last_name": ["Okafor"] * 3,
            "suffix": ["Jr", "", ""],
            "address": ["Lindengasse 4"] * 3,
        }
    )
    assert found[0, 1]["namesake"] == c.PART
    assert found[0, 2]["namesake"] == c.VAGUE


def test_a_birth_date_that_agrees_needs_no_namesakes() -> None:
    found = compared(
        {
            "first_name": ["Emeka"] * 3,
            "last_name": ["Okafor"] * 3,
            "address": ["Lindengasse 4"] * 3,
            "born": ["1950-01-02", "1980-05-06", "1980-05-06"],
        }
    )
    assert found[1, 2]["namesake"] == c.MISSING_LEVEL


def test_a_number_that_a_third_name_uses_is_the_households() -> None:
    rows = {"first_name": ["Ada", "Ada", "Bruno", "Chen", "Chen"], "phone": ["0664111222"] * 3}
    rows["phone"] += ["0664333444", "0664333444"]
    found = compared(rows)
    assert found[0, 1]["phone"] == c.RELATED
    assert found[0, 2]["phone"] == c.SAME, "nobody but these two uses it"
    assert found[3, 4]["phone"] == c.SAME
    assert found[0, 3]["phone"] == c.VAGUE, "another number, but one of them is a household's"


def test_a_name_that_recurs_at_home_is_somebody_and_one_that_does_not_may_be_a_slip() -> None:
    found = compared(
        {
            "first_name": ["Dalia", "Dalia", "Bruno", "Bruno", "Xq"],
            "last_name": ["Okafor"] * 5,
            "address": ["Lindengasse 4"] * 5,
        }
    )
    assert found[0, 2]["given_name"] == c.DIFFERENT
    assert found[0, 4]["given_name"] == c.LONE


def test_nicknames_of_any_language_are_learned_from_families() -> None:
    names = ["ada", "bruno", "chen", "dalia", "emeka", "olga", "pavel", "rosa", "wanda", "jonas"]
    couples = list(product(names[:5], names[5:]))
    rows: Columns = {"first_name": [], "last_name": [], "phone": []}
    for number, pair in enumerate([*couples, *[("Leopold", "Poldi")] * 12]):
        for name in pair:
            rows["first_name"].append(name)
            rows["last_name"].append(f"{chr(97 + number % 26)}{chr(97 + number // 26)}huber")
            rows["phone"].append(f"06641{number:05}")
    found = compared(rows)
    last = 2 * len(couples)
    assert found[last, last + 1]["given_name"] == c.RELATED
    assert found[0, 1]["given_name"] in (c.DIFFERENT, c.LONE)
