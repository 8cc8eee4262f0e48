"""Service levels, worth, departments' addresses and rhythms as a folder says them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.core.errors import Refused
from regard.core.program import Program
from regard.project import load_text
from tests.levels.company import FILES


def told(**changes: str) -> Program:
    """Return the press with some files changed (``promise`` and ``rhythm`` are short names)."""
    names = {"promise": "promises/printed.yaml", "rhythm": "rhythms/orders.yaml"}
    return load_text({**FILES, **{names.get(k, k): text for k, text in changes.items()}}, {})


def slips(**changes: str) -> list[str]:
    with pytest.raises(Refused) as refusal:
        told(**changes)
    return [f"{problem.path}: {problem.message}" for problem in refusal.value.problems]


PROMISE = FILES["promises/printed.yaml"].split("service_level")[0]
RHYTHM = "id: orders\nevent: Ordered\n"


def test_a_service_level_says_objective_window_good_and_whom_to_tell() -> None:
    level = (
        "{objective: 99.95 %, window: 7 days, good: [kept, repaired], alert: desk, failed_min: 5}"
    )
    promise = told(promise=f"{PROMISE}service_level: {level}\nworth: 3\n").promises["printed"]
    assert promise.objective == pytest.approx(0.9995)
    assert (promise.window, promise.alert, promise.failed_min) == (timedelta(days=7), "desk", 5)
    assert (promise.good, promise.worth) == (frozenset({"kept", "repaired"}), 3.0)


def test_a_promise_without_one_has_the_defaults() -> None:
    promise = told(promise=PROMISE).promises["printed"]
    assert promise.objective == pytest.approx(0.999)
    assert (promise.window, promise.good) == (timedelta(days=28), frozenset({"kept"}))
    assert (promise.alert, promise.failed_min, promise.worth) == ("", 3, 0.0)


@pytest.mark.parametrize(
    ("level", "slip"),
    [
        ("{objective: 101 %}", "101 % is not from 0 to 100 %"),
        ("{objective: all of them}", "is not a number"),
        ("{alert: nobody}", "there is no department 'nobody'"),
        ("{good: [kept, broken]}", "there is no outcome 'broken'"),
        ("{good: [repaired]}", "a kept promise is good by any measure"),
        ("{failed_min: 0}", "0 is not from 1 to 10000"),
    ],
)
def test_slips_of_a_service_level_are_told(level: str, slip: str) -> None:
    assert any(slip in told for told in slips(promise=f"{PROMISE}service_level: {level}\n"))


def test_a_department_has_addresses_and_the_company_a_currency() -> None:
    program = told()
    assert program.departments["desk"].addresses == {"email": "desk@press.example"}
    assert program.company.currency == "EUR"
    wrong = FILES["regard.toml"].replace('"EUR"', '"Taler"')
    assert slips(**{"regard.toml": wrong}) == ["currency: 'Taler' is not a currency such as 'EUR'"]


def test_nobody_declares_departments_as_a_kind_of_identifier() -> None:
    kinds = "kinds:\n  department: {paths: [traits.department]}\n"
    assert "departments" in slips(**{"identity.yaml": kinds})[0]


def test_a_rhythm_has_defaults_and_is_found_by_its_event() -> None:
    program = told(rhythm=RHYTHM)
    rhythm = program.rhythms["orders"]
    assert program.rhythms_by_event == {"Ordered": (rhythm,)}
    assert (rhythm.title, rhythm.when, rhythm.count_min, rhythm.late_after) == (
        "orders",
        None,
        3,
        2.0,
    )
    assert (rhythm.at_most, rhythm.one_visit) == (timedelta(days=365), timedelta(hours=1))


def test_a_rhythm_may_be_told_in_full_and_waited_for() -> None:
    rhythm = (
        f"{RHYTHM}title: Orders\nwhen: facts.total > 5\nmin_count: 5\nlate_after: 1.5\n"
        "at_most: 90 days\none_visit: 0 seconds\n"
    )
    start = "{rhythm: orders, when: facts.late_factor > 1}"
    journey = f"id: back\nstart: {start}\nsteps:\n  - {{id: a, exit: true}}\n"
    program = told(rhythm=rhythm, **{"journeys/back.yaml": journey})
    found = program.rhythms["orders"]
    assert (found.count_min, found.late_after, found.one_visit) == (5, 1.5, timedelta(0))
    assert program.journeys["back"].start.event == "Person Late|orders"


@pytest.mark.parametrize(
    ("more", "slip"),
    [
        ("min_count: 2", "2 is not from 3 to 32"),
        ("min_count: 33", "33 is not from 3 to 32"),
        ("late_after: 1.0", "1.0 is not from 1.1 to 100"),
        ("at_most: 1 year", "has no fixed length"),
        ("when: facts.total +", "when"),
        ("late: 3", "unknown key 'late'"),
    ],
)
def test_slips_of_a_rhythm_are_told(more: str, slip: str) -> None:
    assert any(slip in told for told in slips(rhythm=f"{RHYTHM}{more}\n"))


def test_two_rhythms_of_one_name_are_refused() -> None:
    assert "is defined in" in slips(rhythm=RHYTHM, **{"rhythms/z.yaml": RHYTHM})[0]


def test_a_journey_cannot_wait_for_a_rhythm_that_is_not_there() -> None:
    journey = "id: back\nstart: {rhythm: nothing}\nsteps:\n  - {id: a, exit: true}\n"
    assert "there is no rhythm 'nothing'" in slips(**{"journeys/back.yaml": journey})[0]
