"""What two values come to: typos, nicknames, moves, generations, swaps."""

from __future__ import annotations

import numpy as np
import pytest

from regard.core.errors import Refused
from regard.linking import levels as c
from regard.linking import names
from regard.linking.columns import roles_of
from regard.linking.comparing import HOME_STEPS, compare
from regard.linking.reading import read_table


def levels_of(left: dict[str, str], right: dict[str, str]) -> dict[str, int]:
    columns = {name: [left.get(name), right.get(name)] for name in {**left, **right}}
    table = read_table(columns, roles_of(list(columns), {}))
    found = compare(table, np.array([0], np.int32), np.array([1], np.int32), lambda a, b: None)
    return {name: int(comparison.levels[0]) for name, comparison in found.items()}


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        ("Ada", "ada", c.SAME),
        ("Jonathan", "Jonahtan", c.TYPO),
        ("William", "Bill", c.RELATED),
        ("Elizabeth", "Beth", c.RELATED),
        ("Mary Jane", "Mary", c.PART),
        ("A", "Ada", c.PART),
        ("Alessandro", "Alessandra", c.VAGUE),
        ("Dalia", "Dario", c.VAGUE),
        ("Ada", "Bruno", c.DIFFERENT),
        ("José", "Jose", c.SAME),
    ],
)
def test_given_names(one: str, two: str, level: int) -> None:
    assert levels_of({"first_name": one}, {"first_name": two})["given_name"] == level


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        ("1984-03-02", "02.03.1984", c.SAME),
        ("1984-03-02", "1984-03-20", c.TYPO),
        ("1984-03-02", "1984-02-03", c.SWAPPED),
        ("1984-03-02", "1984", c.PART),
        ("1984-03-02", "1984-11-27", c.VAGUE),
        ("1984-03-02", "1979-11-27", c.DIFFERENT),
        ("1984-03-02", "1952-11-27", c.GENERATION),
    ],
)
def test_birth_dates(one: str, two: str, level: int) -> None:
    assert levels_of({"born": one}, {"born": two})["date_of_birth"] == level


def test_swapped_names_are_seen() -> None:
    found = levels_of(
        {"first_name": "Ada", "last_name": "Okafor"}, {"first_name": "Okafor", "last_name": "Ada"}
    )
    assert found["surname"] == c.SWAPPED
    assert found["given_name"] == c.SAME


def test_a_home_is_the_same_however_it_is_written() -> None:
    one = {"street": "Linden Street 12", "zip": "4020", "city": "Linz"}
    two = {"street": "12 linden st", "zip": "4020", "city": "LINZ"}
    moved = {"street": "Rosen Street 3", "zip": "1010", "city": "Wien"}
    assert levels_of(one, two)["home"] == c.SAME
    assert levels_of(one, moved)["home"] == len(HOME_STEPS) + 1


def test_lines_of_an_address_may_be_crossed() -> None:
    found = levels_of(
        {"address_1": "Hafenweg", "address_2": "Kloster Ring"},
        {"address_1": "Kloster Ring", "address_2": "Hafenweg"},
    )
    assert found["line"] == found["line_2"] == c.SWAPPED


def test_phones_are_one_with_and_without_their_country() -> None:
    assert levels_of({"tel": "+43 664 1234567"}, {"tel": "0664/1234567"})["phone"] == c.SAME


def test_shared_values_say_how_many_share_them() -> None:
    columns = {"phone": ["0664123456", "0664123456", "0664123456", "0664999888"]}
    table = read_table(columns, {"phone": "phone"})
    found = compare(table, np.array([0], np.int32), np.array([1], np.int32), lambda a, b: None)
    assert found["phone"].sharers[0] == pytest.approx(np.log(3))


def test_what_systems_write_for_nothing_is_missing() -> None:
    table = read_table({"phone": ["0000000000", "n/a", "null"]}, {"phone": "phone"})
    assert "phone" not in table.fields


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Mr. Emeka Obi Okafor Jr", ("emeka", "obi", "okafor", "m", "jr")),
        ("Okafor, Ada", ("ada", "", "okafor", "", "")),
        ("Ada", ("ada", "", "", "", "")),
        ("van der Berg, Dr. Dalia", ("dalia", "", "van der berg", "", "")),
    ],
)
def test_full_names_are_taken_apart(text: str, parts: tuple[str, ...]) -> None:
    assert names.split_name(text) == parts


def test_columns_are_known_by_their_usual_names() -> None:
    headers = ["Given Name", "LAST_NAME", "date-of-birth", "Shoe Size"]
    assert roles_of(headers, {}) == {
        "Given Name": "given_name",
        "LAST_NAME": "surname",
        "date-of-birth": "date_of_birth",
    }


def test_every_bad_mapping_is_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        roles_of(["a"], {"a": "shoe", "b": "phone"})
    assert [problem.path for problem in refused.value.problems] == ["a", "b"]
