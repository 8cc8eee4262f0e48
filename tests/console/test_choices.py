"""What decided a branch: each condition as it was, and the values that it looked at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regard.console.choices import choices
from regard.console.flow_views import Choice
from regard.core.facts import Entry, RunChanged
from regard.core.flows import Journey, Step, Trigger
from regard.core.person import Claim, Person, Seen
from regard.core.scope import Expression
from regard.drawing import journey_flow
from regard.project.expressions import Names, compile_expression
from tests.console.airline import airline

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROGRAM = airline()
GOLD = "traits.tier = 'gold' and count_events('Boarded') >= 2"
RICH = "facts.total > 100"


def condition(text: str) -> Expression:
    found, slips = compile_expression(text, Names(), "condition")
    assert found is not None, slips
    return found


JOURNEY = Journey(
    id="j",
    title="J",
    start=Trigger(event="Signed Up"),
    steps=(
        Step(id="a", kind="branch", arms=((condition(GOLD), "c"), (condition(RICH), "b"))),
        Step(id="b", kind="split", shares=((0.5, "c"), (0.5, "d"))),
        Step(id="c", kind="exit"),
        Step(id="d", kind="exit"),
    ),
)


def ada(tier: str = "gold", flights: int = 3) -> Person:
    claim = Claim(tier, NOW, "website", 0, 1)
    seen = Seen(flights, NOW, NOW, (), {}, 1)
    return Person(id="p_a", claims={"tier": claim}, seen={"Boarded": seen})


def chosen(person: Person | None, *path: str, reason: str = "exit") -> tuple[Choice, ...]:
    change = RunChanged(
        run_id="1",
        journey="j",
        step=path[-1],
        status="finished",
        started_at=NOW,
        reason=reason,
        path=path,
        facts={"total": 120},
    )
    entry = Entry(offset=2, identity=1, at=NOW, received_at=NOW, body=change, cause=1, part=64)
    return choices(entry, JOURNEY, journey_flow(JOURNEY, PROGRAM), person, PROGRAM)


def test_the_first_true_condition_decided() -> None:
    (choice,) = chosen(ada(), "a", "c")
    first, second = choice.arms
    assert (first.verdict, first.is_taken) == ("true", True)
    assert first.values == (("traits.tier", "gold"), ("count_events('Boarded')", "3"))
    assert (second.verdict, second.is_taken) == ("true", False), "true as well, but too late"
    assert second.values == (("facts.total", "120"),)
    assert not choice.is_changed


def test_nothing_known_is_told_as_such() -> None:
    choice, split = chosen(Person(id="p_x"), "a", "b", "c")
    assert choice.arms[0].values == (("traits.tier", "–"), ("count_events('Boarded')", "0"))
    assert choice.arms[0].verdict == "false"
    assert choice.arms[1].is_taken
    assert (split.step, split.arms, split.is_changed) == ("By chance, for good (b)", (), False)


def test_a_choice_that_reads_otherwise_today_is_marked() -> None:
    (choice,) = chosen(ada(), "a", "d")
    assert choice.is_changed
    assert not any(arm.is_taken for arm in choice.arms)


def test_nobody_can_tell_what_was_too_long_ago() -> None:
    (choice,) = chosen(None, "a", "c")
    assert [arm.verdict for arm in choice.arms] == ["unknown", "unknown"]
    assert not choice.is_changed


@pytest.mark.parametrize("path", [("c",), ("a",)])
def test_a_way_without_a_choice_has_none(path: tuple[str, ...]) -> None:
    assert chosen(ada(), *path) == ()
