"""What the gate holds comes back once, and what was withdrawn for a while is not lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from regard.core.facts import Candidate, Decided
from regard.core.person import Person
from regard.decisions.holds import HELD_MAX
from tests.decisions.house import (
    GATE,
    NIGHT,
    NOON,
    ada,
    candidate,
    decide_one,
    engagement,
    entry,
    event,
    fold,
    offer,
    outcome,
    program,
    promised,
    timer,
    with_promise,
)

LATE = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
NIGHTLY = program(engagement("check_in", channels=("sms",)), quiet_hours=(NIGHT,))


def react(person: Person, found: object, at: datetime = NOON) -> list[Candidate]:
    candidates = GATE.react(person, entry(found, at, 5), NIGHTLY)
    assert all(isinstance(wish, Candidate) for wish in candidates)
    return list(candidates)  # type: ignore[arg-type]


def held(person: Person, ref: str = "run-1") -> tuple[Person, Decided]:
    decided = decide_one(person, NIGHTLY, candidate(ref=ref, made_at=LATE), at=LATE)
    assert decided.verdict == "hold"
    return fold(person, entry(decided, LATE, part=1)), decided


def test_a_due_hold_offers_its_candidate_again_until_it_is_sent() -> None:
    person, first = held(ada())
    ref = f"held:{first.decision_id}"
    assert GATE.react(person, timer(LATE, 5, ref), NIGHTLY) == (), "a stale timer says nothing"
    (again,) = GATE.react(person, timer(MORNING, 5, ref), NIGHTLY)
    assert isinstance(again, Candidate)
    assert (again.attempt, again.held_id, again.made_at) == (1, first.decision_id, LATE)
    longer = replace(NIGHTLY, quiet_hours=(replace(NIGHT, end=time(10)),))
    still = decide_one(person, longer, again, at=MORNING, offset=5)
    assert still.verdict == "hold"
    assert still.wake_at is not None
    person = fold(person, entry(still, MORNING, 5, part=1))
    assert list(person.held) == [first.decision_id], "one hold, under its first decision"
    (third,) = GATE.react(person, timer(still.wake_at, 9, ref), NIGHTLY)
    assert isinstance(third, Candidate)
    done = decide_one(person, longer, third, at=still.wake_at, offset=9)
    assert (done.verdict, third.attempt) == ("send", 2)
    person = fold(person, entry(done, still.wake_at, 9, part=1))
    assert person.held == {}
    assert GATE.react(person, timer(MORNING, 20, ref), NIGHTLY) == ()


def test_those_held_until_one_moment_compete_anew_when_it_comes() -> None:
    offers = [offer(name, channels=("sms",), value_customer=v) for name, v in (("a", 3), ("b", 9))]
    rules = program(*offers, quiet_hours=(NIGHT,))
    person, refs = ada(), []
    for place, name in enumerate("ab"):
        wish = candidate(name, ref=f"run-{name}", made_at=LATE)
        first = decide_one(person, rules, wish, at=LATE, offset=place + 1)
        assert (first.verdict, first.wake_at) == ("hold", MORNING)
        person = fold(person, entry(first, LATE, place + 1, part=1))
        refs.append(f"held:{first.decision_id}")
    due = GATE.react(person, timer(MORNING, 9, refs[0]), rules)
    assert [c.engagement for c in due if isinstance(c, Candidate)] == ["a", "b"]
    decided = GATE.decide(person, due, timer(MORNING, 9), rules)  # type: ignore[arg-type]
    told = {d.candidate.engagement: d.reason for d in decided if isinstance(d, Decided)}
    assert told == {"b": "best_value", "a": "outvalued"}
    person = fold(person, *(entry(d, MORNING, 9, part=n) for n, d in enumerate(decided, 1)))
    assert GATE.react(person, timer(MORNING, 10, refs[1]), rules) == (), "its turn is over"


def test_a_hold_folded_after_its_release_stays_released() -> None:
    person, first = held(ada())
    (again,) = GATE.react(person, timer(MORNING, 9, f"held:{first.decision_id}"), NIGHTLY)
    assert isinstance(again, Candidate)
    done = decide_one(person, NIGHTLY, again, at=MORNING, offset=9)
    backwards = fold(ada(), entry(done, MORNING, 9, part=1), entry(first, LATE, part=1))
    forwards = fold(ada(), entry(first, LATE, part=1), entry(done, MORNING, 9, part=1))
    assert backwards == forwards
    assert backwards.held == {}


def test_the_facts_of_the_morning_decide_not_those_of_the_evening() -> None:
    """The plan chosen before the wait: meanwhile the promise was kept by herself."""
    person, first = held(ada())
    (again,) = GATE.react(person, timer(MORNING, 9, f"held:{first.decision_id}"), NIGHTLY)
    assert isinstance(again, Candidate)
    moved = fold(ada(phone=None), entry(first, LATE, part=1))
    assert decide_one(moved, NIGHTLY, again, at=MORNING, offset=9).reason == "unreachable"


def test_other_timers_and_events_are_nobodys_business_here() -> None:
    person, _ = held(ada())
    assert GATE.react(person, timer(NOON, 5, "promise:x"), NIGHTLY) == ()
    assert GATE.react(person, timer(NOON, 5, "held:unknown"), NIGHTLY) == ()
    assert react(person, event("Booking Confirmed")) == []


@pytest.mark.parametrize("reason", ["quiet_hours", "cap_reached", "frozen"])
def test_a_message_withdrawn_for_a_while_is_offered_again(reason: str) -> None:
    message = decide_one(ada(), NIGHTLY, candidate())
    withdrawn = outcome(message, "withdrawn", reason)
    person = fold(ada(), entry(message, part=1), entry(withdrawn, LATE, 5))
    (again,) = react(person, withdrawn, LATE)
    assert (again.attempt, again.made_at, again.held_id) == (1, NOON, "")
    decided = decide_one(person, NIGHTLY, again, at=LATE, offset=5)
    assert (decided.verdict, decided.wake_at) == ("hold", MORNING)
    assert decided.decision_id != message.decision_id


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("withdrawn", "objected"), ("withdrawn", "past_use"), ("refused", "quiet_hours")],
)
def test_what_ended_for_good_is_not_offered_again(kind: str, reason: str) -> None:
    message = decide_one(ada(), NIGHTLY, candidate())
    end = outcome(message, kind, reason)
    person = fold(ada(), entry(message, part=1), entry(end, LATE, 5))
    assert react(person, end, LATE) == []


def test_trying_again_is_the_outboxs_own_business() -> None:
    message = decide_one(ada(), NIGHTLY, candidate())
    later = outcome(message, "try_again", "quiet_hours", retry_at=MORNING)
    person = fold(ada(), entry(message, part=1), entry(later, LATE, 5))
    assert person.touches[message.decision_id].state == "try_again"
    assert react(person, later, LATE) == []


def test_a_withdrawn_repair_is_left_to_its_promise() -> None:
    for status, count in (("expected", 1), ("missed", 0)):
        message = decide_one(with_promise(ada(), status), NIGHTLY, promised())
        withdrawn = outcome(message, "withdrawn", "quiet_hours")
        person = fold(
            with_promise(ada(), status), entry(message, part=1), entry(withdrawn, LATE, 5)
        )
        assert len(react(person, withdrawn, LATE)) == count


def test_holds_are_limited_and_the_limit_says_so() -> None:
    person = ada()
    for number in range(HELD_MAX):
        person, _ = held(person, f"run-{number}")
    assert len(person.held) == HELD_MAX
    wish = candidate(ref="one more", made_at=LATE)
    decided = decide_one(person, NIGHTLY, wish, at=LATE)
    assert (decided.verdict, decided.reason) == ("silence", "held_limit")
