"""Experiments and holdouts: who is in what, for how long, and what it came to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.ids import point_of
from regard.core.offers import Experiment
from regard.core.rules import Holdout
from regard.decisions import REASONS
from regard.decisions.experiments import arm_of
from regard.decisions.holdouts import is_held_out, spells
from regard.learning.intervals import difference_of, rate_of, shares_p_value
from regard.learning.reports import BEFORE_HOLDOUTS, HELD_OUT, TREATED, Comparison, Reporter
from regard.runtime.teaching import records
from regard.testing.house import VirtualHouse
from tests.learning.shop import FILES, HOUR, decided, shop, tell, visit

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
PEOPLE = [f"p_{number}" for number in range(2_000)]

TESTED = {
    "journeys/miles.yaml": FILES["journeys/miles.yaml"],
    "engagements/miles/engagement.yaml": FILES["engagements/miles/engagement.yaml"]
    + "experiment: {id: tone, version: 2, arms: {core: 50 %, short: 50 %}}\n",
    "engagements/miles/variants.yaml": "variants: [{id: short, subject: Miles!}]",
    "engagements/miles/variants/short/core.email.txt": "Miles!",
    "policies.yaml": "silence: {value: 0.5, fatigue_per_touch: 0}",
    "journeys/lounge.yaml": FILES["journeys/lounge.yaml"].replace("Visited", "Waited"),
}
WITHHELD = {
    **TESTED,
    "engagements/miles/engagement.yaml": FILES["engagements/miles/engagement.yaml"],
    "engagements/miles/variants.yaml": "variants: []",
    "policies.yaml": """
silence: {value: 0.5, fatigue_per_touch: 0}
holdouts:
  - {id: everyone, share: 20 %, success: {event: Miles Bought, within: 1 hour}}
  - {id: no_miles, share: 30 %, version: 3, engagements: [miles]}
""",
}
del WITHHELD["engagements/miles/variants/short/core.email.txt"]


def test_arms_have_their_shares_and_stay() -> None:
    test = Experiment(id="tone", shares=((0.5, "core"), (0.3, "a"), (0.2, "b")))
    arms = [arm_of(test, person) for person in PEOPLE]
    for share, arm in test.shares:
        assert arms.count(arm) / len(arms) == pytest.approx(share, abs=0.03)
    assert arms == [arm_of(test, person) for person in PEOPLE]
    again = Experiment(id="tone", shares=test.shares, version=2)
    assert arms != [arm_of(again, person) for person in PEOPLE], "drawn anew"


@given(st.floats(0.01, 0.6), st.floats(0.01, 0.6))
@settings(max_examples=30)
def test_another_share_moves_only_those_at_the_border(one: float, other: float) -> None:
    low, high = sorted((one, other))
    few, many = Holdout(id="all", share=low), Holdout(id="all", share=high)
    inside = {person for person in PEOPLE[:300] if is_held_out(few, person)}
    assert inside <= {person for person in PEOPLE[:300] if is_held_out(many, person)}


def test_who_was_held_out_when_is_told_from_what_was_published() -> None:
    person = next(p for p in PEOPLE if 0.05 < point_of("holdout", "all", "1", p) < 0.1)
    day = timedelta(days=1)
    ten, five = Holdout(id="all", share=0.1), Holdout(id="all", share=0.05)
    published = [(BEGAN, [ten]), (BEGAN + day, [ten]), (BEGAN + 2 * day, [five])]
    assert spells(person, published) == [("all", 1, BEGAN, BEGAN + 2 * day)]
    assert spells(person, published[:2]) == [("all", 1, BEGAN, None)]
    back = [*published, (BEGAN + 5 * day, [ten])]
    assert spells(person, back)[-1] == ("all", 1, BEGAN + 5 * day, None)


def report(house: VirtualHouse) -> dict[str, Comparison]:
    reporter = Reporter(house.program)
    for entry, person_id in records(house.ledger.store):
        reporter.take(entry, person_id)
    return {found.name: found for found in reporter.report(house.clock.now())}


def test_every_message_says_which_arm_it_was_and_the_report_counts_people() -> None:
    house = shop(TESTED)
    for number in range(40):
        for found in visit(house, f"u{number}"):
            assert (found.experiment, found.verdict) == ("tone@2", "send")
            assert found.arm in ("core", "short")
            if found.arm == "short":
                house.run_until(house.clock.now() + HOUR / 2)
                tell(house, f"u{number}", "Miles Bought")
    texts = {message.text.strip() for message in house.channels["email"].messages}
    assert texts == {"Miles for you.", "Miles!"}
    for number in range(40):
        visit(house, f"u{number}")
    house.run_until(house.clock.now() + 2 * HOUR)
    visit(house, "late")
    found = report(house)["tone@2"]
    core, short = found.arms
    assert core.people + short.people == 41
    assert core.waiting + short.waiting == 1
    assert core.rate.successes == 0
    assert short.rate.successes == short.rate.count
    assert short.against is not None
    assert short.against.p_value < 0.05
    assert not found.is_mismatched


def test_marketing_is_withheld_and_the_report_says_what_it_does() -> None:
    house = shop(WITHHELD)
    reasons = set()
    for number in range(60):
        (found,) = visit(house, f"u{number}")
        reasons.add((found.reason, found.experiment))
        if found.verdict == "send":
            house.run_until(house.clock.now() + timedelta(seconds=1))
            tell(house, f"u{number}", "Miles Bought")
    assert reasons == {
        ("best_value", ""),
        ("holdout_global", "everyone@1"),
        ("holdout", "no_miles@3"),
    }
    house.run_until(house.clock.now() + 2 * HOUR)
    found = report(house)
    held, treated = found["everyone@1"].arms
    assert (held.name, treated.name) == (HELD_OUT, TREATED)
    assert held.rate.successes == 0
    assert treated.rate.value > 0.5
    assert treated.against is not None
    assert treated.against.low > 0
    own_held, own_treated = found["no_miles@3"].arms
    assert own_treated.rate.value == 1.0
    assert held.people + own_held.people + own_treated.people <= 60


def test_the_same_person_is_withheld_from_every_time() -> None:
    house = shop(WITHHELD)
    first = {f"u{n}": visit(house, f"u{n}")[0].reason for n in range(30)}
    house.run_until(house.clock.now() + 48 * HOUR)
    again = {f"u{n}": visit(house, f"u{n}")[0].reason for n in range(30)}
    assert first == again
    assert len(decided(house)) == 60


def test_who_was_refused_before_the_holdouts_was_never_considered() -> None:
    before = REASONS[: REASONS.index("holdout_global")]
    assert set(before) | {"owed", "asked"} == BEFORE_HOLDOUTS


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_rate(successes: int, others: int) -> None:
    rate = rate_of(successes, successes + others)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


def test_peeking_does_not_find_what_is_not_there() -> None:
    """Of 100 experiments without any difference, looked at after every 40 people, few are told."""
    fooled = 0
    for seed in range(100):
        arms = [
            list(accumulate(point_of(str(seed), arm, str(n)) < 0.2 for n in range(500)))
            for arm in "ab"
        ]
        fooled += any(
            difference_of(*(rate_of(arm[n - 1], n) for arm in arms)).p_value < 0.05
            for n in range(20, 501, 20)
        )
    assert fooled <= 5


def test_a_difference_that_is_there_is_found() -> None:
    found = difference_of(rate_of(300, 1_000), rate_of(200, 1_000))
    assert found.p_value < 0.01
    assert found.low > 0
    assert difference_of(rate_of(0, 0), rate_of(5, 10)).p_value == 1.0


def test_shares_that_are_not_as_asked_for_are_noticed() -> None:
    assert shares_p_value([500, 500], [0.5, 0.5]) > 0.5
    assert shares_p_value([600, 400], [0.5, 0.5]) < 0.001
    assert shares_p_value([10, 0], [0.0, 1.0]) == 0.0
    assert shares_p_value([0, 0], [0.5, 0.5]) == 1.0
