"""Tables of strangers: other headers, alphabets and ways to write; the same thing still meets."""

from __future__ import annotations

import pytest

from regard.linking import levels as c
from regard.linking.columns import roles_of
from regard.linking.names import plain
from regard.linking.reading import read_table
from tests.linking.test_comparing import levels_of


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("billing_city", "city"),
        ("mailing_address_zipcode", "postcode"),
        ("Customer First Name", "given_name"),
        ("contact_email", "email"),
        ("address_street_number", "house_number"),
        ("Geburtsjahr", "birth_year"),
    ],
)
def test_what_stands_in_front_of_a_usual_header_is_no_matter(header: str, role: str) -> None:
    assert roles_of([header], {}) == {header: role}


@pytest.mark.parametrize(
    "header", ["employer_city", "spouse_first_name", "guest_number", "user_name", "home_number"]
)
def test_what_belongs_to_somebody_or_something_else_is_left_out(header: str) -> None:
    assert roles_of([header], {}) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Екатерина", "Ekaterina"),
        ("Παπαδόπουλος", "Papadopoylos"),
        ("Đorđević", "Dordevic"),
        ("Strauß", "STRAUSS"),
        ("O’Brien", "OBrien"),
        ("Şahin", "Sahin"),
    ],
)
def test_alphabets_meet_in_latin_letters(one: str, other: str) -> None:
    assert plain(one) == plain(other)
    assert levels_of({"last_name": one}, {"last_name": other})["surname"] == c.SAME


def test_what_each_source_calls_differently_is_one_column() -> None:
    columns = {
        "tel": ["0664 1234567", None, None, "0699 7654321"],
        "phone": [None, "+43 664 1234567", "0660 5555555", None],
    }
    table = read_table(columns, roles_of(list(columns), {}))
    codes = table.fields["phone"].codes
    assert list(table.fields) == ["phone"]
    assert codes[0] == codes[1] != codes[2]


def test_numbers_of_two_kinds_stay_two_columns() -> None:
    columns = {"ssn": ["584-16-0130", None], "passport": [None, "584160130"]}
    table = read_table(columns, roles_of(list(columns), {}))
    assert list(table.fields) == ["id", "id_2"]


def test_a_number_is_known_in_whichever_column_it_stands() -> None:
    left = {"home_phone": "06641234567", "mobile": "06999999999"}
    right = {"home_phone": "0720111111", "mobile": "+436641234567"}
    assert levels_of(left, right)["phone"] == c.SAME


def test_a_date_of_birth_in_three_columns_is_one() -> None:
    left = {"birth_year": "1949", "birth_month": "7", "day_of_birth": "2"}
    right = {"dob": "02.07.1949"}
    assert levels_of(left, right)["date_of_birth"] == c.SAME
    assert levels_of({"yob": "1949"}, right)["date_of_birth"] == c.PART


def test_dates_without_signs_are_read_as_the_others_of_their_column_say() -> None:
    columns = {"dob": ["12042018", "12/04/2018", "02172018", "20180217", "5/30/1967"]}
    table = read_table(columns, roles_of(list(columns), {}))
    codes = table.fields["date_of_birth"].codes.tolist()
    assert codes == [0, 0, 1, 1, 2]
    assert table.fields["date_of_birth"].texts == ["20181204", "20180217", "19670530"]


@pytest.mark.parametrize(
    ("line", "number"),
    [("3/15 Smith Street", "15"), ("Lindengasse 4/12", "4"), ("12b Main St", "12b")],
)
def test_flats_come_before_the_house_or_behind_it(line: str, number: str) -> None:
    table = read_table({"address": [line, ""]}, {"address": "address"})
    assert table.fields["house_number"].texts == [number]
