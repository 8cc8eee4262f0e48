"""Touches and holds are a join: any order, any split, the same bytes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regard.core.codec import decode_person, encode_person
from regard.core.event import Event, MessageClaimed, MessageOutcome
from regard.core.facts import Decided, Entry
from regard.core.person import Person
from regard.decisions.touches import LIMIT, OUTWARD, PROGRESS_MAX, RECEIPTS, TOUCHES_MAX
from tests.decisions.house import GATE, NOON, candidate, entry, event, fold

MESSAGES = [f"m{number}" for number in range(4)]
HOLDS = ["", "m0", "m1"]
FAR_PAST_LIMITS = 2 * TOUCHES_MAX


@st.composite
def bodies(draw: st.DrawFn) -> object:
    """Draw anything the journal may say about few messages, likely or not."""
    message_id = draw(st.sampled_from(MESSAGES))
    at = NOON + timedelta(minutes=draw(st.integers(0, 5)))
    kind = draw(st.sampled_from(["decided", "claimed", "outcome", "receipt", "outward"]))
    if kind == "decided":
        verdict = draw(st.sampled_from(["send", "hold", "silence"]))
        return Decided(
            decision_id=message_id,
            candidate=candidate(held_id=draw(st.sampled_from(HOLDS))),
            verdict=verdict,
            reason="",
            message_class="service",
            purpose="travel",
            channel="email",
            wake_at=at if verdict == "hold" else None,
        )
    if kind == "claimed":
        return MessageClaimed(message_id=message_id, channel="email", attempt=1, token=1)
    if kind == "outcome":
        outcomes = ["sent", "refused", "try_again", "unknown", "withdrawn"]
        return MessageOutcome(
            message_id=message_id,
            channel="email",
            outcome=draw(st.sampled_from(outcomes)),  # type: ignore[arg-type]
            retry_at=draw(st.sampled_from([None, at])),
        )
    name = draw(st.sampled_from(sorted(RECEIPTS if kind == "receipt" else OUTWARD)))
    return event(name, at, facts={"message_id": message_id})


@st.composite
def journals(draw: st.DrawFn) -> list[Entry]:
    """Draw entries with stamps of their own; a message is decided at most once."""
    entries: list[Entry] = []
    decided: set[str] = set()
    for number, body in enumerate(draw(st.lists(bodies(), max_size=14)), 1):
        if isinstance(body, Decided):
            if body.decision_id in decided:
                continue
            decided.add(body.decision_id)
        at = NOON + timedelta(minutes=draw(st.integers(0, 5)))
        own = replace(body, message_id=f"e{number}") if isinstance(body, Event) else body
        entries.append(entry(own, at, number * 10))
    return entries


def folded(entries: Sequence[Entry]) -> Person:
    return fold(Person(id="p"), *entries)


@given(journal=journals(), order=st.randoms(use_true_random=False), cut=st.integers(0, 14))
@settings(max_examples=50)
def test_any_order_and_any_split_give_the_same_bytes(
    journal: list[Entry], order: random.Random, cut: int
) -> None:
    whole = encode_person(folded(journal))
    shuffled = list(journal)
    order.shuffle(shuffled)
    assert encode_person(folded(shuffled)) == whole
    left, right = folded(shuffled[:cut]), folded(shuffled[cut:])
    assert encode_person(GATE.join(left, right)) == whole
    assert encode_person(GATE.join(right, left)) == whole
    assert encode_person(decode_person(whole)) == whole


def long_journal() -> list[Entry]:
    """Return far more messages than are kept; of some the outcome is known."""
    entries: list[Entry] = []
    for number in range(FAR_PAST_LIMITS):
        at = NOON + timedelta(hours=number)
        message_id = f"{number:04}"
        decided = Decided(
            decision_id=message_id,
            candidate=candidate(ref=message_id),
            verdict="send",
            reason="owed",
            message_class="service",
            purpose="travel",
            channel="email",
        )
        entries.append(entry(decided, at, number * 10 + 1, part=1))
        if number >= FAR_PAST_LIMITS - PROGRESS_MAX // 2 or number % 20 == 0:
            told = MessageOutcome(message_id=message_id, channel="email", outcome="sent")
            entries.append(entry(told, at + timedelta(seconds=1), number * 10 + 3))
    return entries


def test_only_the_newest_touches_are_kept_and_the_limit_is_told() -> None:
    journal = long_journal()
    whole = folded(journal)
    assert len(whole.touches) == TOUCHES_MAX
    assert min(whole.touches) == f"{FAR_PAST_LIMITS - TOUCHES_MAX:04}"
    assert whole.limits == (LIMIT,)
    assert len(whole.progress) <= PROGRESS_MAX


def test_the_bound_is_a_join_too() -> None:
    journal = long_journal()
    whole = encode_person(folded(journal))
    for seed in range(3):
        shuffled = list(journal)
        random.Random(seed).shuffle(shuffled)
        assert encode_person(folded(shuffled)) == whole
        assert encode_person(GATE.join(folded(shuffled[:150]), folded(shuffled[150:]))) == whole


def test_receipts_without_decision_are_bounded() -> None:
    person = Person(id="p")
    for number in range(PROGRESS_MAX + 5):
        at = NOON + timedelta(minutes=number)
        receipt = event("Email Opened", at, facts={"message_id": f"x{number:03}"})
        person = fold(person, entry(receipt, at, number + 1))
    assert len(person.progress) == PROGRESS_MAX
    assert "x000" not in person.progress


def test_a_provider_that_calls_back_before_it_answers_is_believed() -> None:
    journal = long_journal()[:1]
    delivered = event("Email Delivered", NOON, facts={"message_id": "0000"})
    told = MessageOutcome(message_id="0000", channel="email", outcome="sent")
    person = fold(folded(journal), entry(delivered, NOON, 5), entry(told, NOON, 6))
    touch = person.touches["0000"]
    assert (touch.state, touch.sent_at, touch.candidate) == ("delivered", NOON, None)


def test_an_entry_that_says_nothing_leaves_the_same_object() -> None:
    person = folded(long_journal()[:2])
    for body in (event("Page Viewed"), event("Email Opened")):
        assert fold(person, entry(body, NOON, 9_999)) is person
    again = MessageOutcome(message_id="0000", channel="email", outcome="try_again", retry_at=NOON)
    assert fold(person, entry(again, NOON, 9_999)) is person
