"""`learning`, `holdouts`, `success` and `experiment` in a folder: what is read, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.core.rules import Learning
from regard.project import check_text
from tests.learning.shop import FILES, program


def with_policies(text: str) -> dict[str, str]:
    return {"policies.yaml": text}


def test_learning_is_off_unless_it_is_said() -> None:
    assert program(with_policies("caps: []")).learning is None
    assert program(with_policies("learning: off")).learning is None
    assert program(with_policies("learning: on")).learning == Learning()


def test_learning_is_read() -> None:
    text = """
learning:
  every: never
  customer_type: traits.tier
  traits: {traits.miles: 10000, traits.age: 100}
  memory: 30 days
"""
    assert program(with_policies(text)).learning == Learning(
        every=None,
        customer_type="tier",
        traits=(("miles", 10_000.0), ("age", 100.0)),
        memory=timedelta(days=30),
    )


def test_holdouts_are_read() -> None:
    text = "holdouts: [{id: all, share: 5 %}, {id: m, share: 12.5 %, engagements: [miles]}]"
    everybody, some = program(with_policies(text)).holdouts
    assert (everybody.share, everybody.version, everybody.engagements) == (0.05, 1, frozenset())
    assert (some.share, some.engagements) == (0.125, frozenset({"miles"}))


ENGAGEMENT = "engagements/miles/engagement.yaml"
UNTOLD = FILES[ENGAGEMENT].replace("success: {event: Miles Bought, within: 1 hour}\n", "")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("policies.yaml", "learning: maybe", "'maybe' is not known here"),
        ("policies.yaml", "learning: {every: 5 seconds}", "learning that often learns nothing"),
        ("policies.yaml", "learning: {customer_type: tier}", "'tier' is not a trait"),
        ("policies.yaml", "learning: {traits: {traits.miles: 0}}", "a scale is above 0"),
        ("policies.yaml", "learning: {speed: 3}", "unknown key 'speed'"),
        ("policies.yaml", "holdouts: [{id: a}]", "'share' is missing"),
        ("policies.yaml", "holdouts: [{id: a, share: 5}]", "5 is not a text"),
        ("policies.yaml", "holdouts: [{id: a, share: 150 %}]", "'150 %' is not a share"),
        (
            "policies.yaml",
            "holdouts: [{id: a, share: 5 %}, {id: a, share: 5 %}]",
            "there are two holdouts 'a'",
        ),
        (
            "policies.yaml",
            "holdouts: [{id: a, share: 5 %, engagements: [milez]}]",
            "there is no engagement 'milez'",
        ),
        (ENGAGEMENT, UNTOLD + "success: {event: Bought}", "'within' is missing"),
        (
            ENGAGEMENT,
            UNTOLD + "success: {event: Bought, within: 1 day, when: traits.tier = 'gold'}",
            "success is told by the event alone",
        ),
        (ENGAGEMENT, UNTOLD + "experiment: {arms: {core: 50 %, x: 50 %}}", "nobody could tell"),
        (
            ENGAGEMENT,
            FILES[ENGAGEMENT] + "experiment: {arms: {core: 50 %, x: 50 %}}",
            "there is no variant 'x'",
        ),
        (
            ENGAGEMENT,
            FILES[ENGAGEMENT] + "experiment: {arms: {core: 100 %}}",
            "an experiment has 2 to 20 arms",
        ),
    ],
)
def test_slips_are_told(file: str, text: str, message: str) -> None:
    problems = [str(problem) for problem in check_text({**FILES, file: text}, {})]
    assert any(message in problem for problem in problems), problems
