"""The dispatcher over an honest outbox in memory, with channels that misbehave, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import pytest

from regard.core.errors import Broken, Fenced, Unavailable
from regard.core.event import MessageOutcome
from regard.core.ports import ChannelAdapter, Message
from regard.core.program import Program
from regard.core.rows import Claimed
from regard.delivery import Dispatcher
from regard.delivery.lane import FAILURES_MAX
from regard.delivery.outcomes import ATTEMPTS_MAX, CRASHES_MAX
from regard.testing import MisbehavingChannel, Misbehaviour, RecordingChannel, VirtualClock
from tests.delivery.cast import (
    LINKS,
    NOW,
    MemoryOutbox,
    OpenGate,
    Words,
    channel,
    claimed,
    engagement,
    program,
)


class Scene:
    """A dispatcher with its outbox; `play` runs until every message has come to an end."""

    def __init__(
        self,
        messages: list[Claimed],
        adapters: Mapping[str, ChannelAdapter],
        *,
        clock: VirtualClock | None = None,
        offered: Program | None = None,
        gate: OpenGate | None = None,
        senders: int = 8,
        outbox: type[MemoryOutbox] = MemoryOutbox,
    ) -> None:
        self.clock = clock or VirtualClock(NOW)
        self.outbox = outbox(messages, self.clock)
        self.dispatcher = Dispatcher(
            outbox=self.outbox,
            adapters=adapters,
            program=lambda: offered or program(),
            arbiter=gate or OpenGate(),
            links=LINKS,
            clock=self.clock,
            senders=senders,
            pause=self.clock.sleep,
        )

    def play(self) -> MemoryOutbox:
        async def run() -> None:
            running = asyncio.create_task(self.dispatcher.run())
            ending = asyncio.create_task(self.outbox.finished.wait())
            await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
            self.dispatcher.stop()
            ending.cancel()
            await running

        asyncio.run(asyncio.wait_for(run(), 20))
        return self.outbox


def many(count: int, **changes: object) -> list[Claimed]:
    return [claimed(f"m{n}", **changes) for n in range(count)]


def test_every_message_is_sent_once_and_what_was_said_is_kept():
    post = RecordingChannel()
    outbox = Scene(many(50), {"email": post}).play()
    assert Counter(m.message_id for m in post.messages) == {f"m{n}": 1 for n in range(50)}
    assert set(outbox.ends().values()) == {"sent"}
    assert {c.text for c in outbox.contents} == {"Hello Ada, SK1"}
    assert {c.handed_at for c in outbox.contents} == {NOW}
    assert not post.is_open


def test_never_more_are_under_way_than_there_are_senders():
    outbox = Scene(many(100), {"email": RecordingChannel()}, senders=5).play()
    assert outbox.most_in_flight == 5


def test_outcomes_that_finish_together_are_settled_together():
    outbox = Scene(many(64), {"email": RecordingChannel()}, senders=16).play()
    assert sum(outbox.batches) == 64
    assert len(outbox.batches) <= 32


def test_the_last_check_withdraws_and_nothing_is_handed_over():
    post = RecordingChannel()
    gate = OpenGate({"m1": "no_consent"})
    outbox = Scene(many(3), {"email": post}, gate=gate).play()
    (withdrawn,) = [o for o in outbox.history if o.outcome == "withdrawn"]
    assert (withdrawn.message_id, withdrawn.reason) == ("m1", "no_consent")
    assert {m.message_id for m in post.messages} == {"m0", "m2"}
    assert {c.message_id for c in outbox.contents} == {"m0", "m2"}


def test_a_template_that_fails_refuses_its_message_and_stops_no_other():
    offered = program(
        engagement(Words(channel="email")), engagement_named("broken", Words(text="{facts[no]}"))
    )
    messages = [claimed("m0"), claimed("m1", engagement="broken"), claimed("m2")]
    outbox = Scene(messages, {"email": RecordingChannel()}, offered=offered).play()
    assert outbox.ends() == {"m0": "sent", "m1": "refused", "m2": "sent"}
    (refused,) = [o for o in outbox.history if o.outcome == "refused"]
    assert refused.reason == "template_failed"
    assert "no" in refused.detail


def engagement_named(name: str, *variants: Words):
    made = engagement(*variants)
    return type(made)(**{f: getattr(made, f) for f in made.__slots__} | {"id": name})


def test_a_channel_without_an_adapter_refuses():
    outbox = Scene(many(1, channel="sms"), {"email": RecordingChannel()}).play()
    assert [(o.outcome, o.reason) for o in outbox.history] == [("refused", "channel_gone")]


def test_a_temporary_failure_comes_again_later_with_the_next_attempt():
    def rule(message: Message) -> str:
        return "sent" if message.attempt == 3 else "try_again"

    post = RecordingChannel(rule, VirtualClock(NOW))
    outbox = Scene(many(1), {"email": post}).play()
    assert [(o.outcome, o.attempt) for o in outbox.history] == [
        ("try_again", 1),
        ("try_again", 2),
        ("sent", 3),
    ]
    assert [c.message_id for c in outbox.contents] == ["m0"]


def test_a_message_that_never_gets_through_is_given_up():
    scene = Scene(many(1), {})
    post = RecordingChannel(lambda _m: "try_again", scene.clock)
    outbox = Scene(many(1), {"email": post}, clock=scene.clock).play()
    assert (outbox.history[-1].outcome, outbox.history[-1].reason) == ("refused", "gave_up")
    assert len(post.messages) <= ATTEMPTS_MAX
    assert timedelta(hours=4) < scene.clock.now() - NOW < timedelta(hours=8)


def test_an_adapter_that_gives_no_moment_gets_the_houses():
    def rule(message: Message) -> MessageOutcome | str:
        if message.attempt > 1:
            return "sent"
        return MessageOutcome(
            message_id=message.message_id, channel="email", outcome="try_again", reason="busy"
        )

    outbox = Scene(many(1), {"email": RecordingChannel(rule)}).play()
    assert outbox.history[0].retry_at > NOW


@pytest.mark.parametrize(("if_unknown", "ends"), [("ask", "unknown"), ("resend", "sent")])
def test_an_unknown_outcome_is_sent_again_only_when_its_engagement_says_so(if_unknown, ends):
    def rule(message: Message) -> str:
        return "sent" if message.attempt > 1 else "unknown"

    post = RecordingChannel(rule)
    offered = program(engagement(if_unknown=if_unknown))
    outbox = Scene(many(1), {"email": post}, offered=offered).play()
    assert outbox.ends() == {"m0": ends}
    assert {m.message_id for m in post.messages} == {"m0"}  # always under the same key
    assert outbox.contents[0].message_id == "m0"


def test_an_adapter_that_raises_leaves_that_message_unknown():
    offered = program(engagement(if_unknown="ask"))
    post = MisbehavingChannel(7, Misbehaviour(raising=0.3), clock=VirtualClock(NOW))
    outbox = Scene(many(40), {"email": post}, offered=offered).play()
    ends = Counter(outbox.ends().values())
    assert ends["sent"] == len(post.accepted)
    assert ends["unknown"] == 40 - len(post.accepted) > 0
    unknown = next(o for o in outbox.history if o.outcome == "unknown")
    assert unknown.reason == "adapter_raised"
    assert unknown.detail.startswith("ConnectionResetError")


def test_a_bug_before_the_hand_over_comes_again_when_it_is_mended():
    class BrokenGate(OpenGate):
        def recheck(self, claimed: Claimed, *_: object) -> str:
            if claimed.row.attempt == 1:
                raise ZeroDivisionError
            return ""

    post = RecordingChannel()
    outbox = Scene(many(2), {"email": post}, gate=BrokenGate()).play()
    assert [o.reason for o in outbox.history[:2]] == ["broken", "broken"]
    assert set(outbox.ends().values()) == {"sent"}
    assert len(post.messages) == 2


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_accepted_twice_when_unknown_is_asked(seed):
    clock = VirtualClock(NOW)
    bad = Misbehaviour(
        refusing=0.1,
        try_again=0.3,
        lost_after_accepting=0.1,
        lost_before_accepting=0.05,
        raising=0.05,
    )
    post = MisbehavingChannel(seed, bad, clock=clock)
    offered = program(engagement(if_unknown="ask"))
    outbox = Scene(many(60), {"email": post}, clock=clock, offered=offered).play()
    ends = outbox.ends()
    accepted = Counter(m.message_id for m in post.accepted)
    assert set(accepted.values()) <= {1}
    assert len(ends) == 60
    assert set(ends.values()) <= {"sent", "refused", "unknown"}
    assert {m for m, end in ends.items() if end == "sent"} <= set(accepted)


def test_the_pace_of_a_channel_is_kept_and_does_not_hold_the_others_up():
    offered = program(
        engagement(Words(channel="*")), channels=[channel("email", pace_per_s=2.0), channel("sms")]
    )
    clock = VirtualClock(NOW)
    moments: list[float] = []

    def note(_message: Message) -> str:
        moments.append((clock.now() - NOW).total_seconds())
        return "sent"

    post, texts = RecordingChannel(note), RecordingChannel()
    messages = [*many(10), *[claimed(f"s{n}", channel="sms") for n in range(10)]]
    outbox = Scene(
        messages, {"email": post, "sms": texts}, clock=clock, offered=offered, senders=4
    ).play()
    assert set(outbox.ends().values()) == {"sent"}
    moments.sort()
    for earlier, later in zip(moments, moments[2:], strict=False):
        assert later - earlier >= 1.0 - 1e-6
    last_text = max(i for i, o in enumerate(outbox.history) if o.message_id.startswith("s"))
    assert last_text < len(outbox.history) - 4


def test_a_provider_that_is_down_is_left_alone_and_the_others_go_on():
    clock = VirtualClock(NOW)

    def rule(_message: Message) -> str:
        return "try_again" if clock.now() < NOW + timedelta(hours=1) else "sent"

    post, texts = RecordingChannel(rule, clock), RecordingChannel()
    offered = program(engagement(Words(channel="*")))
    messages = [*many(200), *[claimed(f"s{n}", channel="sms") for n in range(20)]]
    outbox = Scene(messages, {"email": post, "sms": texts}, clock=clock, offered=offered).play()
    assert set(outbox.ends().values()) == {"sent"}
    asked_in_vain = len(post.messages) - 200
    assert asked_in_vain < FAILURES_MAX * 20  # not 200 messages times their attempts
    assert len(texts.messages) == 20
    assert any(o.reason == "channel_paused" for o in outbox.history)


class FragileOutbox(MemoryOutbox):
    """An outbox whose disk is full now and then."""

    claim_failures = 2
    settle_failures = 2

    async def claim(self, limit: int):
        if self.claim_failures:
            self.claim_failures -= 1
            raise Unavailable("The disk is full.", retry_after_s=5)
        return await super().claim(limit)

    async def settle(self, outcomes):
        if self.settle_failures:
            self.settle_failures -= 1
            raise Unavailable("The disk is full.", retry_after_s=5)
        await super().settle(outcomes)


def test_a_full_disk_loses_no_outcome():
    post = RecordingChannel()
    outbox = Scene(many(20), {"email": post}, outbox=FragileOutbox).play()
    assert set(outbox.ends().values()) == {"sent"}
    assert len(post.messages) == len(outbox.history) == 20


@pytest.mark.parametrize("verb", ["claim", "settle", "wait"])
@pytest.mark.parametrize("error", [Fenced("Another process owns it."), Broken("A bug.")])
def test_an_outbox_that_is_lost_ends_the_dispatcher(verb, error):
    async def fail(self, *_args: object) -> None:
        raise error

    lost = type("LostOutbox", (MemoryOutbox,), {verb: fail})
    messages = [] if verb == "wait" else many(3)
    post = RecordingChannel()
    with pytest.raises(type(error)):
        Scene(messages, {"email": post}, outbox=lost).play()
    assert not post.is_open


def stopped_while(
    sending: Callable[[asyncio.Event], Awaitable[None]], within_s: float
) -> tuple[MemoryOutbox, RecordingChannel]:
    """Stop while one message is being handed over by `sending`."""

    class Slow(RecordingChannel):
        async def send(self, message: Message) -> MessageOutcome:
            begun.set()
            await sending(stop_asked)
            return await super().send(message)

    begun, stop_asked = asyncio.Event(), asyncio.Event()
    post = Slow()
    scene = Scene(many(5), {"email": post}, senders=1)

    async def run() -> None:
        running = asyncio.create_task(scene.dispatcher.run())
        await begun.wait()
        scene.dispatcher.stop(within_s)
        stop_asked.set()
        await running

    asyncio.run(asyncio.wait_for(run(), 20))
    return scene.outbox, post


def test_stopping_lets_what_is_under_way_end_and_begins_nothing():
    async def until_asked(stop_asked: asyncio.Event) -> None:
        await stop_asked.wait()

    outbox, post = stopped_while(until_asked, within_s=5)
    assert outbox.ends() == {"m0": "sent"}
    assert len(post.messages) == 1


def test_stopping_does_not_wait_for_ever_and_leaves_the_claim_open():
    async def for_ever(_stop_asked: asyncio.Event) -> None:
        await asyncio.Event().wait()

    outbox, _ = stopped_while(for_ever, within_s=0.01)
    assert outbox.history == []
    assert list(outbox.in_flight) == ["m0"]  # a claim without outcome: unknown after the restart


class AskedChannel(RecordingChannel):
    """A channel whose provider can be asked; it says what `said` says."""

    def __init__(self, said: Mapping[str, str]) -> None:
        super().__init__()
        self._said = said

    async def ask(self, message: Message, since: datetime) -> MessageOutcome | None:
        said = self._said.get(message.message_id)
        if said == "bug":
            raise ZeroDivisionError
        if said is None:
            return None
        return MessageOutcome(
            message_id=message.message_id,
            channel=message.channel,
            outcome=said,
            attempt=message.attempt,
        )


def test_unknown_messages_are_asked_about_at_the_start():
    said = {"m0": "sent", "m1": "try_again", "m3": "bug"}
    scene = Scene([], {"email": AskedChannel(said), "sms": RecordingChannel()})
    doubtful = [claimed(f"m{n}", state="unknown", attempt=2) for n in range(4)]
    scene.outbox.doubtful = [*doubtful, claimed("m9", channel="sms", state="unknown")]

    async def run() -> None:
        running = asyncio.create_task(scene.dispatcher.run())
        while len(scene.outbox.answers) < 2:
            await asyncio.sleep(0)
        scene.dispatcher.stop()
        await running

    asyncio.run(asyncio.wait_for(run(), 20))
    told = [(o.message_id, o.outcome, o.attempt, o.is_answer) for o in scene.outbox.answers]
    assert told == [("m0", "sent", 2, True), ("m1", "try_again", 2, True)]


def test_channels_that_cannot_be_asked_are_left_alone():
    scene = Scene([], {"email": RecordingChannel()})
    scene.outbox.doubtful = [claimed("m0", state="unknown")]
    assert asyncio.run(scene.dispatcher.ask()) == 0


def test_a_message_whose_turn_never_came_is_not_given_up():
    """Being handed back for want of a place is no attempt, whatever often it happens."""
    one = claimed("m0", attempt=40)
    post = RecordingChannel(lambda m: "sent" if m.attempt > 41 else "try_again", VirtualClock(NOW))
    outbox = Scene([one], {"email": post}).play()
    assert outbox.ends() == {"m0": "sent"}


def test_a_bug_that_stays_makes_a_dead_letter():
    class BrokenGate(OpenGate):
        def recheck(self, claimed: Claimed, *_: object) -> str:
            if claimed.row.message_id == "m1":
                raise ZeroDivisionError
            return ""

    post = RecordingChannel()
    outbox = Scene(many(3), {"email": post}, gate=BrokenGate()).play()
    assert outbox.ends() == {"m0": "sent", "m1": "refused", "m2": "sent"}
    assert outbox.history[-1].reason == "poisoned"
    assert len([o for o in outbox.history if o.message_id == "m1"]) == CRASHES_MAX
