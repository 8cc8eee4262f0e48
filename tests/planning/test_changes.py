"""What differs between two programs, told definition by definition."""

from __future__ import annotations

import pytest

from regard.project.changes import Change, changes
from tests.planning.worlds import Edit, edited

WELCOME = "journeys/welcome.yaml"


def told(*edits: Edit) -> list[str]:
    return [str(change) for change in changes(edited("airline"), edited("airline", *edits))]


def test_the_same_folder_read_twice_has_no_changes() -> None:
    read = edited.__wrapped__
    assert changes(read("airline"), read("airline")) == ()


def test_what_is_offered_on_request_is_told_once() -> None:
    found = told(("engagements/legroom/engagement.yaml", "propensity: 0.4", "propensity: 0.5"))
    assert found == ["engagement legroom changed: propensity 0.4 → 0.5"]


def test_a_step_is_known_by_its_id() -> None:
    assert told((WELCOME, "  - {id: hello, offer: welcome}\n", "")) == [
        "step welcome/hello removed"
    ]
    found = told((WELCOME, "  - {id: hello,", "  - {id: first, wait: 1 day}\n  - {id: hello,"))
    assert found == ["step welcome/first added"]


def test_a_wait_is_told_in_words() -> None:
    found = told((WELCOME, "within: 14 days", "within: 36 hours"))
    assert found == ["step welcome/first_booking changed: within 14 days → 1 day 12 hours"]


def test_steps_that_change_places_are_told_by_what_follows() -> None:
    hello = "  - {id: hello, offer: welcome}\n"
    found = told(
        (WELCOME, hello, ""), (WELCOME, "on_timeout: ask}\n", f"on_timeout: ask}}\n{hello}")
    )
    assert found == [
        "step welcome/first_booking changed: next travelled → hello",
        "step welcome/hello changed: next first_booking → travelled",
    ]


def test_a_journey_that_is_gone_is_one_change() -> None:
    change = Change(subject="journey", id="second_look", edit="removed", journey="second_look")
    assert changes(edited("airline"), edited("airline", ("journeys/second_look.yaml", "", ""))) == (
        change,
    )


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            ("policies.yaml", "value: 0.5", "value: 2"),
            "policy silence_value changed: value 0.5 → 2",
        ),
        (("policies.yaml", "at_most: 5", "at_most: 3"), "cap week changed: at_most 5 → 3"),
        (
            ("promises/bag_update.yaml", "grace: 15 minutes", "grace: 1 hour"),
            "promise bag_update changed: grace 15 minutes → 1 hour",
        ),
        (
            (
                "consent.yaml",
                '  account: {title: "Your account", needs_consent: false}',
                '  account: {title: "Your account", needs_consent: true}',
            ),
            "purpose account changed: needs_consent no → yes",
        ),
    ],
)
def test_other_definitions_are_told_by_their_fields(edit: Edit, expected: str) -> None:
    assert told(edit) == [expected]


def test_a_text_that_was_rewritten_is_told_by_channel_and_language() -> None:
    found = told(("engagements/welcome/variants/de.txt", "", "Willkommen an Bord!\n"))
    assert found == ["engagement welcome changed: texts */de → */de (rewritten)"]


def test_a_key_is_never_told() -> None:
    found = told(("regard.toml", "airline-website", "hushhush"))
    assert found == ["source website changed: key … → … (another)"]
