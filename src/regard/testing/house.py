"""A house in virtual time: the real stages, gate and delivery, turned by hand.

Takes items as `POST /v1/events` does, moves a virtual clock from one due moment to the next, and
hands messages to recording channels. Stories run in it, and so can a company's own tests:

    house = VirtualHouse(ledger, program, clock)
    house.take("website", {"event": "Signed Up", "user_id": "ada"})
    house.run_until(clock.now() + timedelta(days=3))
    house.channels["email"].messages
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from regard.channels.sms import written
from regard.core.errors import Broken, Refused
from regard.core.event import Outcome
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import Accepted, Claimed, Rejected
from regard.delivery import Dispatcher, Links
from regard.intake import Arrival, Drafter
from regard.runtime.ledger import Ledger
from regard.runtime.rollouts import Walker
from regard.steering import Acts, InForce
from regard.testing.channels import RecordingChannel, answering
from regard.testing.clock import VirtualClock

TURNS_MAX = 100_000
"""Due moments in one run; more means that something sets itself off for ever."""

PHONE = "phone"
"""What people are known by who write text messages."""

TICK = timedelta(microseconds=1)


class VirtualHouse:
    """One program over one ledger, driven by a `VirtualClock`; `channels` are by channel id."""

    def __init__(self, ledger: Ledger, program: Program, clock: VirtualClock) -> None:
        self.ledger = ledger
        self.program = program
        self.clock = clock
        self.channels: Mapping[str, RecordingChannel] = {
            name: RecordingChannel(clock=clock) for name in program.channels
        }
        self.rejected: list[Rejected] = []
        self.links = Links("https://regard.example", ["a secret for virtual time"])
        self._drafter = Drafter(program)
        self._walker = Walker(ledger, clock.now())
        self._loop = asyncio.new_event_loop()
        weakref.finalize(self, self._loop.close)
        self._dispatcher = Dispatcher(
            outbox=NoOutbox(),
            adapters=self.channels,
            program=lambda: program,
            arbiter=ledger.kernel.arbiter,
            links=self.links,
            clock=clock,
            pause=clock.sleep,
        )

    def take(self, source: str, item: Mapping[str, Any]) -> Accepted | Rejected:
        """Take one item of the plain dialect from a source and let everything follow from it."""
        outcome = self.drafted(source, item)
        if isinstance(outcome, Rejected):
            self.rejected.append(outcome)
            return outcome
        accepted = self.ledger.append([outcome], self.clock.now())[0]
        self.settle()
        return accepted

    def drafted(self, source: str, item: Mapping[str, Any]) -> Draft | Rejected:
        """Return what intake makes of one item; raise `Refused` for an unknown source."""
        found = next((s for s in self.program.sources.values() if s.id == source), None)
        if found is None:
            known = ", ".join(sorted(s.id for s in self.program.sources.values()))
            raise Refused(f"The project has no source {source!r}.", hint=f"It has {known}.")
        arrival = Arrival(source=found, received_at=self.clock.now(), dialect="plain")
        return self._drafter.draft(msgspec.json.encode(item), arrival)

    def write(self, channel: str, sender: str, text: str, notice_id: str) -> None:
        """Let somebody write a text message to us; STOP, START and HELP are what they are.

        Raise `Refused` when the channel reaches nobody by phone, or the number can be none.
        """
        found = self.program.channels.get(channel)
        if found is None or found.reaches_by != PHONE:
            raise Refused(f"Nobody writes text messages over {channel!r}.")
        identifier = self._drafter.identifier(PHONE, sender)
        if identifier is None:
            raise Refused(f"{sender!r} is no phone number that people are known by.")
        drafts = written(text, identifier.value, notice_id, found, self.clock.now())
        self.ledger.append(drafts, self.clock.now())
        self.settle()

    def broadcast(self, broadcast_id: str, act: str = "start") -> None:
        """Start, pause, resume or cancel a broadcast of the project; what follows takes its time.

        Raise `Refused` when the project has no such broadcast, or it makes no sense now.
        """
        acts = Acts(self.ledger, InForce(self.program))
        acts.broadcast(broadcast_id, act, self.clock.now(), "")
        self.settle()

    def answer(self, channel: str, outcome: Outcome) -> None:
        """Let a channel answer every hand-over with `outcome` from now on."""
        self.channels[channel].rule = lambda _message: outcome

    def answer_calls(self, channel: str, answer: Mapping[str, Any]) -> None:
        """Let a channel answer every call of a journey with `answer` from now on."""
        self.channels[channel].rule = answering(answer)

    def run_until(self, moment: datetime) -> None:
        """Move the clock to `moment`, stopping at everything that falls due on the way."""
        for _ in range(TURNS_MAX):
            due_at = self.settle()
            if due_at is None or due_at > moment:
                self.clock.set(max(moment, self.clock.now()))
                self.settle()
                return
            self.clock.set(max(due_at, self.clock.now() + TICK))
        raise Broken(f"{TURNS_MAX} due moments before {moment.isoformat()}: something never ends.")

    def settle(self) -> datetime | None:
        """Do all that can be done now; return when something falls due next."""
        while True:
            while self.ledger.advance():
                pass
            timer_at = self.ledger.fire(self.clock.now())
            if self.ledger.advance():
                continue
            walk_at = self._walker.walk(self.clock.now())
            is_on_its_way = walk_at is not None and walk_at <= self.clock.now()
            if is_on_its_way or self.ledger.advance():  # a start by the calendar was journaled
                continue
            claimed, message_at = self.ledger.claim(100, self.clock.now())
            for one in claimed:
                self._deliver(one)
            if not claimed:
                waiting = (timer_at, walk_at, message_at)
                return min((m for m in waiting if m is not None), default=None)

    def _deliver(self, claimed: Claimed) -> None:
        outcome, content = self._loop.run_until_complete(self._dispatcher.attempt(claimed))
        self.ledger.settle([(claimed, outcome, content)], self.clock.now())
        while self.ledger.advance():
            pass


class NoOutbox:
    """The virtual house claims and settles by itself; nobody may ask the dispatcher to."""

    async def claim(self, limit: int) -> list[Claimed]:
        raise Broken(f"The virtual house claims by itself (asked for {limit}).")

    async def settle(self, outcomes: object) -> None:
        raise Broken(f"The virtual house settles by itself (asked for {outcomes!r}).")

    async def wait(self) -> None:
        raise Broken("The virtual house does not wait.")

    def holds(self, claimed: Claimed) -> bool:
        """Return True: nobody else is there."""
        return claimed.token >= 0

    @property
    def workers(self) -> int:
        """One house hands over."""
        return 1

    async def unknown(self, channels: Sequence[str]) -> Sequence[Claimed]:
        raise Broken(f"The virtual house asks by itself (about {channels!r}).")

    async def answered(self, outcomes: object) -> None:
        raise Broken(f"The virtual house settles by itself (asked for {outcomes!r}).")
