"""The public kit keeps its own promises."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from regard.core.errors import Refused
from regard.core.ports import Message
from regard.testing import MisbehavingChannel, Misbehaviour, RecordingChannel, VirtualClock


def message(message_id: str, attempt: int = 1) -> Message:
    return Message(
        message_id=message_id,
        channel="sms",
        address="+436641234567",
        recipient_name="Bruno",
        subject="",
        text="Your gate is now F12.",
        html="",
        headers={},
        engagement="gate_change",
        message_class="service",
        person_id="p_bruno",
        facts={},
        attempt=attempt,
    )


def test_a_virtual_clock_moves_only_when_told():
    clock = VirtualClock()
    start = clock.now()
    assert clock.now() == start
    assert clock.advance(90) == start + timedelta(seconds=90)
    asyncio.run(clock.sleep(30))
    assert clock.now() == start + timedelta(minutes=2)


def test_sleepers_wake_in_the_order_of_their_moments():
    clock = VirtualClock()
    start, woken = clock.now(), []

    async def nap(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((clock.now() - start).total_seconds())

    async def all_nap() -> None:
        await asyncio.gather(nap(3), nap(1), nap(2), nap(1))

    asyncio.run(all_nap())
    assert woken == [1, 1, 2, 3]


def test_a_virtual_clock_refuses_the_past_and_naive_moments():
    clock = VirtualClock()
    with pytest.raises(Refused):
        clock.advance(-1)
    with pytest.raises(Refused):
        clock.set(datetime(2030, 1, 1))


def test_a_recording_channel_keeps_messages_and_answers_by_its_rule():
    channel = RecordingChannel(lambda m: "sent" if m.attempt > 1 else "try_again")
    outcomes = [asyncio.run(channel.send(message("m", n))) for n in (1, 2)]
    assert [o.outcome for o in outcomes] == ["try_again", "sent"]
    assert outcomes[0].retry_at is not None
    assert [m.attempt for m in channel.messages] == [1, 2]


def play(seed: int, names: list[str]) -> dict[str, str]:
    bad = Misbehaviour(
        refusing=0.2,
        try_again=0.2,
        lost_after_accepting=0.2,
        lost_before_accepting=0.2,
        raising=0.1,
    )
    channel = MisbehavingChannel(seed, bad)

    async def send_all() -> None:
        await asyncio.gather(*(channel.send(message(n)) for n in names), return_exceptions=True)

    asyncio.run(send_all())
    return {name: deed for name, _, deed in channel.attempts}


def test_misbehaviour_follows_the_seed_and_not_the_order():
    names = [f"m{n}" for n in range(200)]
    once, again = play(1, names), play(1, names[::-1])
    assert once == again
    assert once != play(2, names)
    assert len(set(once.values())) == 6


def test_what_was_accepted_is_told_apart_from_what_was_answered():
    channel = MisbehavingChannel(1, Misbehaviour(lost_after_accepting=1.0))
    outcome = asyncio.run(channel.send(message("m")))
    assert outcome.outcome == "unknown"
    assert [m.message_id for m in channel.accepted] == ["m"]


def test_a_slow_channel_costs_virtual_time_only():
    clock = VirtualClock()
    start = clock.now()
    slow = MisbehavingChannel(1, Misbehaviour(slow_s=3600), clock=clock, pause=clock.sleep)
    asyncio.run(slow.send(message("m")))
    assert clock.now() - start == timedelta(hours=1)
