"""Rolling caps over every touch, and the same message never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from regard.core.event import MessageClaimed
from regard.core.facts import Candidate, Decided
from regard.core.person import Person
from regard.core.program import Program
from regard.core.rules import Cap
from tests.decisions.house import (
    GATE,
    NIGHT,
    NOON,
    WEEK_CAP,
    ada,
    candidate,
    claimed,
    decide,
    decide_one,
    engagement,
    entry,
    event,
    fold,
    offer,
    outcome,
    program,
    promised,
    refusals,
    sent,
    with_promise,
)

DAY_CAP = Cap(id="day", count=1, window=timedelta(hours=24))
DAILY = program(caps=(DAY_CAP,))


def miles(run: str, at: datetime = NOON) -> Candidate:
    return candidate("miles", ref=run, made_at=at)


def capped(person: Person, at: datetime, rules: Program = DAILY, offset: int = 99) -> Decided:
    return decide_one(person, rules, miles(f"run-{at.isoformat()}", at), at=at, offset=offset)


def test_ten_to_midnight_ten_past() -> None:
    """A calendar-day cap lets two through twenty minutes apart; a rolling one does not."""
    before = datetime(2026, 3, 2, 22, 50, tzinfo=UTC)
    person = sent(ada(), capped(ada(), before), before)
    decided = capped(person, before + timedelta(minutes=20))
    assert (decided.verdict, decided.reason) == ("hold", "cap_reached")
    assert decided.wake_at == before + timedelta(hours=24)


def test_a_cap_is_exact_to_the_microsecond() -> None:
    person = sent(ada(), capped(ada(), NOON), NOON)
    free = NOON + timedelta(hours=24)
    assert capped(person, free - timedelta(microseconds=1)).wake_at == free
    assert capped(person, free).verdict == "send"


def test_a_cap_counts_from_the_hand_over_not_from_the_decision() -> None:
    decided = capped(ada(), NOON)
    handed = NOON + timedelta(hours=5)
    person = fold(ada(), entry(decided, NOON, part=1), entry(outcome(decided, "sent"), handed, 9))
    assert capped(person, NOON + timedelta(hours=24)).wake_at == handed + timedelta(hours=24)


def test_a_message_stuck_in_the_outbox_counts_as_long_as_it_is_stuck() -> None:
    decided = capped(ada(), NOON)
    person = fold(ada(), entry(decided, NOON, part=1))
    later = NOON + timedelta(days=3)
    assert capped(person, later).wake_at == later + timedelta(hours=24)
    for kind in ("refused", "withdrawn"):
        assert (
            capped(fold(person, entry(outcome(decided, kind), later, 9)), later).verdict == "send"
        )


def test_whoever_spoke_since_the_decision_counts_at_the_hand_over() -> None:
    """She was called while the offer waited for its provider: it must wait for its day again."""
    decided = capped(ada(), NOON)
    waiting = fold(ada(), entry(decided, NOON, part=1))
    called = fold(waiting, entry(event("Call Made", NOON), NOON, 20))
    assert GATE.recheck(claimed(waiting, decided), DAILY, NOON) == ""
    assert GATE.recheck(claimed(called, decided), DAILY, NOON) == "cap_reached"
    withdrawn = outcome(decided, "withdrawn", "cap_reached")
    line = entry(withdrawn, NOON, 30)
    (again,) = GATE.react(fold(called, line), line, DAILY)
    assert isinstance(again, Candidate)
    held = decide_one(fold(called, line), DAILY, again, offset=31)
    assert (held.verdict, held.wake_at) == ("hold", NOON + timedelta(hours=24))


def test_of_two_that_wait_the_first_goes_and_the_second_waits_for_its_day() -> None:
    """Two records of one human had each been promised a word before they were merged."""
    first, second = capped(ada(), NOON), capped(ada(), NOON + timedelta(minutes=1), offset=50)
    both = fold(ada(), entry(first, NOON, part=1), entry(second, NOON, 50, part=1))
    assert GATE.recheck(claimed(both, first), DAILY, NOON) == ""
    taken = MessageClaimed(message_id=first.decision_id, channel="email", attempt=1, token=1)
    then = fold(both, entry(taken, NOON, 60))
    assert GATE.recheck(claimed(then, second), DAILY, NOON) == "cap_reached"
    assert GATE.recheck(claimed(then, first), DAILY, NOON) == ""


def test_what_may_have_reached_her_counts_even_after_it_was_withdrawn() -> None:
    """The provider timed out after accepting, and the retry was withdrawn: nobody can tell."""
    decided = capped(ada(), NOON)
    later = NOON + timedelta(hours=2)
    person = fold(
        ada(),
        entry(decided, NOON, part=1),
        entry(outcome(decided, "unknown", "timeout"), later, 20),
        entry(outcome(decided, "withdrawn", "run_ended"), later, 30),
    )
    held = capped(person, NOON + timedelta(hours=25))
    assert (held.reason, held.wake_at) == ("cap_reached", later + timedelta(hours=24))
    bounced = event("Email Bounced", later, facts={"message_id": decided.decision_id})
    assert capped(fold(person, entry(bounced, later, 40)), later).verdict == "send"


def test_caps_that_block_the_receipt_are_impossible() -> None:
    """A service message passes a full cap that is for marketing, and counts against the next."""
    person = sent(ada(), capped(ada(), NOON), NOON)
    receipt = decide_one(person, DAILY, candidate("check_in"), at=NOON, offset=7)
    assert receipt.verdict == "send"
    served = sent(ada(), decide_one(ada(), DAILY, candidate("check_in")), NOON)
    assert capped(served, NOON + timedelta(hours=1)).reason == "cap_reached"


def test_touches_by_agents_and_other_systems_count_too() -> None:
    for said in (
        event("Call Made"),
        event("Letter Sent", channel="post.letter"),
        event("Agent Replied", channel="chat.web"),
        event("Newsletter", channel="email", context={"direction": "out"}),
    ):
        person = fold(ada(), entry(said, NOON, 3))
        assert capped(person, NOON + timedelta(hours=1)).wake_at == NOON + timedelta(hours=24)
    person = fold(ada(), entry(event("Call Received", context={"direction": "in"}), NOON, 3))
    assert capped(person, NOON + timedelta(hours=1)).verdict == "send"


def test_a_cap_for_one_channel_moves_the_message_to_another() -> None:
    rules = program(caps=(replace(DAY_CAP, channels=("email",)),))
    person = sent(ada(), capped(ada(), NOON, rules), NOON)
    decided = capped(person, NOON + timedelta(hours=1), rules)
    assert (decided.verdict, decided.channel) == ("send", "sms")
    assert refusals(decided) == [("email", "cap_reached")]


def test_two_touches_decided_at_one_moment_count_against_each_other() -> None:
    decisions = decide(ada(), DAILY, candidate("check_in"), miles("run-2"))
    assert [(d.candidate.engagement, d.verdict) for d in decisions] == [
        ("check_in", "send"),
        ("miles", "hold"),
    ]


def test_a_cap_of_none_is_never_reached_by_waiting() -> None:
    rules = program(caps=(replace(DAY_CAP, count=0),))
    decided = capped(ada(), NOON, rules)
    assert (decided.verdict, decided.reason) == ("silence", "cap_reached")


def test_a_cap_that_frees_at_night_frees_in_the_morning_on_a_channel_that_disturbs() -> None:
    rules = program(offer("miles", channels=("sms",)), caps=(DAY_CAP,), quiet_hours=(NIGHT,))
    call = event("Call Made", datetime(2026, 3, 1, 21, 0, tzinfo=UTC))
    person = fold(ada(), entry(call, call.at, 3))
    decided = capped(person, datetime(2026, 3, 2, 18, 0, tzinfo=UTC), rules)
    assert decided.reason == "cap_reached"
    assert decided.wake_at == datetime(2026, 3, 3, 7, 0, tzinfo=UTC)


def test_a_held_candidate_grows_too_old_to_be_held() -> None:
    call = event("Call Made")
    person = fold(ada(), entry(call, NOON, 3))
    old = miles("run-1", NOON - timedelta(days=30))
    assert decide_one(person, DAILY, old, at=NOON).verdict == "silence"


@given(
    minutes=st.lists(st.integers(0, 6 * 24 * 60), min_size=1, max_size=25),
    count=st.integers(1, 4),
    hours=st.integers(1, 72),
)
def test_no_window_ever_holds_more_than_its_cap(minutes: list[int], count: int, hours: int) -> None:
    cap = Cap(id="c", count=count, window=timedelta(hours=hours))
    rules = program(caps=(cap,), silence_value=-100.0)
    person, touched = ada(), []
    for number, minute in enumerate(sorted(minutes)):
        at = NOON + timedelta(minutes=minute, microseconds=number)
        wish = miles(f"run-{number}", at)
        decided = decide_one(person, rules, wish, at=at, offset=number * 20 + 1)
        inside = [moment for moment in touched if moment > at - cap.window]
        assert (decided.verdict == "send") is (len(inside) < count)
        if decided.verdict == "send":
            touched.append(at)
            person = sent(person, decided, at, number * 20 + 1)
        else:
            assert decided.wake_at == sorted(inside)[-count] + cap.window


def test_the_same_message_is_not_sent_twice() -> None:
    """Four times through a once-only journey; the same second; the 2:30 resume."""
    person = sent(ada(), decide_one(ada(), program(), candidate("check_in")))
    again = decide_one(person, program(), candidate("check_in", attempt=1), offset=50)
    assert (again.verdict, again.reason) == ("silence", "already_queued")
    assert refusals(again) == [("*", "already_queued")]


def test_a_journey_that_comes_back_to_a_step_may_say_it_again() -> None:
    person = sent(ada(), decide_one(ada(), program(), candidate("check_in")))
    later = NOON + timedelta(days=7)
    wish = candidate("check_in", made_at=later)
    assert decide_one(person, program(), wish, at=later, offset=50).verdict == "send"


def test_equal_candidates_of_one_moment_get_one_message_and_two_decisions() -> None:
    decisions = decide(ada(), program(), candidate("check_in"), candidate("check_in"))
    assert [(d.verdict, d.reason) for d in decisions] == [
        ("send", "owed"),
        ("silence", "already_queued"),
    ]
    assert len({d.decision_id for d in decisions}) == 2


def test_a_missed_promise_may_speak_again_only_on_another_channel() -> None:
    kept = with_promise(ada())
    first = decide_one(kept, program(), promised())
    queued = fold(kept, entry(first, part=1))
    assert decide_one(queued, program(), promised(), offset=9).reason == "already_queued"
    missed = with_promise(queued, "missed")
    repair = decide_one(missed, program(), promised(attempt=1), offset=9)
    assert (repair.verdict, repair.channel) == ("send", "sms")
    assert refusals(repair) == [("email", "already_queued")]
    both = fold(missed, entry(repair, offset=9, part=1))
    assert decide_one(both, program(), promised(attempt=2), offset=20).reason == "already_queued"


def test_a_refused_message_does_not_stand_in_the_way_of_the_next_channel() -> None:
    kept = with_promise(ada())
    first = decide_one(kept, program(), promised())
    refused = fold(kept, entry(first, part=1), entry(outcome(first, "refused"), offset=9))
    wish = promised(channels_excluded=("email",), attempt=1)
    assert decide_one(refused, program(), wish, offset=20).channel == "sms"


def test_two_records_of_one_human_are_sent_a_broadcast_once() -> None:
    wish = candidate("miles", origin="broadcast", ref="spring")
    first, second = ada(), ada()
    letter = decide_one(first, program(), wish, offset=1)
    twin_letter = decide_one(second, program(), wish, offset=30)
    first = sent(first, letter, offset=1)
    merged = GATE.join(first, second)
    assert decide_one(merged, program(), wish, offset=60).reason == "already_queued"
    on_its_way = GATE.join(first, fold(second, entry(twin_letter, offset=30, part=1)))
    assert GATE.recheck(claimed(on_its_way, twin_letter), program(), NOON) == "already_queued"
    assert GATE.recheck(claimed(on_its_way, letter), program(), NOON) == ""
    both_queued = fold(ada(), entry(letter, part=1), entry(twin_letter, offset=30, part=1))
    assert GATE.recheck(claimed(both_queued, twin_letter), program(), NOON) == ""


def test_a_week_with_three_touches_is_full() -> None:
    rules = program(engagement("check_in"), offer("miles"), caps=(WEEK_CAP,))
    person = ada()
    for day in range(3):
        at = NOON + timedelta(days=day)
        person = sent(person, capped(person, at, rules, day * 20 + 1), at, day * 20 + 1)
    decided = capped(person, NOON + timedelta(days=3), rules)
    assert (decided.reason, decided.wake_at) == ("cap_reached", NOON + timedelta(days=7))
