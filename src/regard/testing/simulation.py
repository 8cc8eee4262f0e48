"""A deterministic simulator: one seed, one bad month, the same on every machine.

In: a plan (seed, program, items, a store that can be opened again, how bad the weather is). The
real intake, stages, gate and dispatcher run in virtual time over it, while the process dies
between any two steps, writes fail, channels lose, refuse and time out, clients send again, and
receipts come late and twice. Out: a `Report` with every invariant that did not hold; `shrunk`
finds the shortest prefix of the items that still fails.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from random import Random
from typing import Any, Final

import msgspec

from regard.core.errors import Unavailable
from regard.core.event import MessageOutcome
from regard.core.ports import Message
from regard.core.program import Program, Source
from regard.core.rows import Claimed, Content, Rejected
from regard.core.storage import Store
from regard.delivery import Dispatcher, Links
from regard.intake import Arrival, Drafter
from regard.runtime.audit import audit
from regard.runtime.ledger import READER, Ledger
from regard.runtime.rebuild import verify
from regard.testing.channels import MisbehavingChannel, Misbehaviour, make_outcome
from regard.testing.clock import VirtualClock
from regard.testing.faults import FaultyStore
from regard.testing.house import TICK, TURNS_MAX, NoOutbox
from regard.testing.oracle import HandOver, faults_at_hand_over, faults_at_the_end

TIMELINE_MAX = 100_000
"""Entries read at once: more than any simulated month has."""

CLAIM_MAX = 20
"""Most messages claimed together; how many is drawn each time."""

RESEND_AFTER: Final = timedelta(seconds=20)
"""How long a client waits before it sends again what was not acknowledged."""

DOWN_FOR_S = 4 * 3_600
"""How long a provider is down at a time: longer than caps and quiet hours need to be wrong."""

REST = timedelta(days=40)
"""How long the house runs on after the last item: longer than any hold, run or promise."""

_canonical = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that happens in the world: at `at`, `source` sends `data` (plain dialect)."""

    at: datetime
    source: str
    data: Mapping[str, Any]


BAD_CHANNELS = Misbehaviour(
    refusing=0.03,
    try_again=0.1,
    lost_after_accepting=0.05,
    lost_before_accepting=0.03,
    raising=0.02,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How often (0 to 1) what goes wrong.

    `crash` before any step, `outage` of hours after a crash, `full` and `broken` at any write (the
    disk; our own code). `lagging`: the loop turns only after the next item has come. `down`: part
    of all time in which a provider answers nothing but "try again"; `channels` otherwise.
    """

    crash: float = 0.004
    outage: float = 0.1
    full: float = 0.0005
    broken: float = 0.0005
    lagging: float = 0.2
    down: float = 0.05
    channels: Misbehaviour = BAD_CHANNELS


CALM = Weather(crash=0, full=0, broken=0, lagging=0, down=0, channels=Misbehaviour())
"""Nothing goes wrong."""

Answers = Callable[[HandOver, int], Sequence[Item]]
"""What the world sends back after an attempt to hand a message over: receipts of the provider,
second thoughts of the customer. Gets the attempt and the seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One simulation. `reopen` opens the data of a store again, as a new process does."""

    seed: int
    program: Program
    items: Sequence[Item]
    make_ledger: Callable[[Store, Callable[[], Program]], Ledger]
    open_store: Callable[[], Store]
    reopen: Callable[[Store], Store]
    answers: Answers = lambda _hand_over, _seed: ()
    weather: Weather = Weather()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a simulation; no findings means that every invariant held.

    `journal` is a hash over all entries, keys sorted, to compare two runs and two stores.
    """

    seed: int
    findings: tuple[str, ...]
    journal: str
    counts: Mapping[str, int] = field(default_factory=dict)


def simulate(plan: Plan) -> Report:
    """Run a plan to its end and check every invariant."""
    house = SimulatedHouse(plan)
    try:
        house.run()
        return house.report()
    finally:
        house.close()


def shrunk(plan: Plan) -> tuple[Plan, Report]:
    """Return the shortest prefix of the items that bisection finds to fail still, and its report.

    A prefix may fail for another reason than the whole, which is as good a place to look.
    """
    failing, report = plan, simulate(plan)
    low, high = 0, len(plan.items)
    while high - low > 1:
        middle = (low + high) // 2
        shorter = replace(plan, items=plan.items[:middle])
        found = simulate(shorter)
        if found.findings:
            failing, report, high = shorter, found, middle
        else:
            low = middle
    return failing, report


class CrashError(Exception):
    """The process dies here."""


class GlitchError(Exception):
    """Our own code fails in the middle of a transaction."""


class SimulatedHouse:
    """The house, its store and the world around it, driven by one seeded generator."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.clock = VirtualClock(
            min((item.at for item in plan.items), default=VirtualClock().now())
        )
        self.hand_overs: list[HandOver] = []
        self._noted: list[HandOver] = []
        self.acknowledged: dict[bytes, int] = {}
        self.findings: list[str] = []
        self.counts: dict[str, int] = {}
        self._dice = Random(plan.seed)  # noqa: S311 - play, not secrets
        self._world: list[tuple[datetime, int, Item]] = []
        self._number = 0
        self._claimed_at = 0
        self._due: dict[str, datetime | None] = {}
        self._is_failing = True
        self._drafter = Drafter(plan.program)
        self._sources: dict[str, Source] = {s.id: s for s in plan.program.sources.values()}
        self._loop = asyncio.new_event_loop()
        self._boxes = {name: _Box(self, name) for name in plan.program.channels}
        self._store = plan.open_store()
        for item in plan.items:
            self._expect(item.at, item)
        self._boot()

    def run(self) -> None:
        """Let everything happen, then let the house run on until it has nothing left to do."""
        until = self.clock.now()
        while self._world:
            at, _, item = heapq.heappop(self._world)
            until = max(until, at)
            if self._dice.random() < self.plan.weather.lagging:
                self.clock.set(max(at, self.clock.now()))
            else:
                self._turn_until(at)
            self._surviving(partial(self._offer, item))
        while self._world or self.clock.now() < until + REST:
            self._turn_until(min((w[0] for w in self._world[:1]), default=until + REST))
            while self._world and self._world[0][0] <= self.clock.now():
                item = heapq.heappop(self._world)[2]
                self._surviving(partial(self._offer, item))
        self._is_failing = False
        self._settle()

    def report(self) -> Report:
        """Check everything that must hold at the end."""
        now, store = self.clock.now(), self.ledger.store
        with store.reading() as reading:
            entries = [entry for entry, _, _ in reading.tail.after(0, TIMELINE_MAX)]
            timers = reading.tail.due(now, TIMELINE_MAX)
        self.findings += faults_at_the_end(entries, self.hand_overs, self.acknowledged, now)
        self.findings += [f"timer {timer.ref}: overdue since {timer.due_at}" for timer in timers]
        self.findings += [f"audit: {finding}" for finding in audit(store, now).findings]
        rules = self.plan.program.identity
        changed = verify(store, self.ledger.kernel, rules, lambda _done, _total: None)
        self.findings += [f"rebuild: {name} changed" for name in changed]
        digest = blake2b(digest_size=16)
        for entry in entries:
            digest.update(_canonical.encode(entry))
        self.counts |= {"entries": len(entries), "hand_overs": len(self.hand_overs)}
        return Report(
            seed=self.plan.seed,
            findings=tuple(self.findings),
            journal=digest.hexdigest(),
            counts=self.counts,
        )

    def close(self) -> None:
        """Close the store."""
        self._store.close()
        self._loop.close()

    def note(self, message: Message, *, is_accepted: bool) -> None:
        """Note a hand-over as it happens, with all that was known when it was claimed."""
        with self._store.reading() as reading:
            known = reading.people.timeline(message.person_id, limit=TIMELINE_MAX)
        hand_over = HandOver(
            at=self.clock.now(),
            message=message,
            known=tuple(e for e in reversed(known) if e.offset <= self._claimed_at),
            is_accepted=is_accepted,
        )
        self._noted.append(hand_over)

    def _expect(self, at: datetime, item: Item) -> None:
        self._number += 1
        heapq.heappush(self._world, (at, self._number, item))

    def _boot(self) -> None:
        """Start a process over the data that is there, as `Engine.start` does."""
        plan = self.plan
        self._store = plan.reopen(self._store)
        self.ledger = plan.make_ledger(FaultyStore(self._store, self._trip), lambda: plan.program)
        self._dispatcher = Dispatcher(
            outbox=NoOutbox(),
            adapters=self._boxes,
            program=lambda: plan.program,
            arbiter=self.ledger.kernel.arbiter,
            links=Links("https://regard.example", ["a secret for virtual time"]),
            clock=self.clock,
            pause=self.clock.sleep,
        )
        self._surviving(lambda: self.ledger.settle_abandoned(self.clock.now()))

    def _surviving(self, step: Callable[[], object]) -> None:
        """Do one step; when the process dies of it, start another one, perhaps hours later."""
        try:
            self._may_crash()
            step()
            self._may_crash()
        except (CrashError, GlitchError) as error:
            self._count(type(error).__name__)
            if self._dice.random() < self.plan.weather.outage:
                self.clock.advance(timedelta(hours=self._dice.uniform(0.5, 9)))
            self._boot()
        except Unavailable:
            self._count("Unavailable")

    def _may_crash(self) -> None:
        if self._is_failing and self._dice.random() < self.plan.weather.crash:
            raise CrashError

    def _trip(self, verb: str) -> None:
        if not self._is_failing:
            return
        throw = self._dice.random()
        weather = self.plan.weather
        if throw < weather.full:
            raise Unavailable(f"The disk is full at {verb}.", code="disk_full")
        if throw < weather.full + weather.broken:
            raise GlitchError(verb)

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def _offer(self, item: Item) -> None:
        """Let a client send an item, again and again until it is told that it was taken."""
        now = self.clock.now()
        arrival = Arrival(source=self._sources[item.source], received_at=now, dialect="plain")
        draft = self._drafter.draft(msgspec.json.encode(item.data), arrival)
        if isinstance(draft, Rejected):
            self.findings.append(f"intake refused {item.data}: {draft.message}")
            return
        try:
            accepted = self.ledger.append([draft], now)[0]
            self._may_crash()
        except Exception:
            self._expect(now + RESEND_AFTER, item)
            raise
        self.acknowledged[draft.key] = accepted.offset

    def _turn_until(self, moment: datetime) -> None:
        """Move the clock to `moment`, stopping at everything that falls due on the way."""
        for _ in range(TURNS_MAX):
            due_at = self._settle()
            if self.clock.now() >= moment:
                return
            if due_at is None or due_at > moment:
                self.clock.set(moment)
                return
            self.clock.set(max(due_at, self.clock.now() + TICK))
        self.findings.append(f"{TURNS_MAX} due moments before {moment}: something never ends")

    def _settle(self) -> datetime | None:
        """Do all that can be done now, in any order; return when something falls due next."""
        for _ in range(TURNS_MAX):
            steps = [self._step_advance, self._step_fire, self._step_deliver]
            self._dice.shuffle(steps)
            before = self._progress()
            for step in steps:
                self._surviving(step)
            if self._progress() == before:
                return min((at for at in self._due.values() if at is not None), default=None)
        self.findings.append(f"{TURNS_MAX} turns at {self.clock.now()}: something never ends")
        return None

    def _progress(self) -> tuple[int, int, int]:
        """Return what changes whenever a step did something, or failed."""
        with self._store.reading() as reading:
            tail = reading.tail
            return tail.last(), tail.stepped(READER), sum(self.counts.values())

    def _step_advance(self) -> None:
        self.ledger.advance()

    def _step_fire(self) -> None:
        self._due["timer"] = self.ledger.fire(self.clock.now())

    def _step_deliver(self) -> None:
        limit = self._dice.randint(1, CLAIM_MAX)
        claimed, self._due["message"] = self.ledger.claim(limit, self.clock.now())
        with self._store.reading() as reading:
            self._claimed_at = reading.tail.last()
        for one in claimed:
            self._deliver(one)

    def _deliver(self, claimed: Claimed) -> None:
        self._may_crash()
        outcome, content = self._loop.run_until_complete(self._dispatcher.attempt(claimed))
        self._check_hand_overs()
        self._may_crash()
        self._settle_surely(claimed, outcome, content)

    def _check_hand_overs(self) -> None:
        """Check what was noted; not inside the channel, where the dispatcher survives errors."""
        for hand_over in self._noted:
            self.findings += faults_at_hand_over(hand_over, self.hand_overs, self.plan.program)
            self.hand_overs.append(hand_over)
            for item in self.plan.answers(hand_over, self.plan.seed):
                self._expect(item.at, item)
        self._noted.clear()

    def _settle_surely(
        self, claimed: Claimed, outcome: MessageOutcome, content: Content | None
    ) -> None:
        """Settle until it is written, as the dispatcher does on a full disk."""
        while True:
            try:
                self.ledger.settle([(claimed, outcome, content)], self.clock.now())
            except Unavailable:
                self._count("Unavailable")
            else:
                return


class _Box:
    """A misbehaving channel that tells the house what it was handed, and whether it took it."""

    def __init__(self, house: SimulatedHouse, name: str) -> None:
        seed = int.from_bytes(blake2b(f"{house.plan.seed}{name}".encode(), digest_size=6).digest())
        self._house = house
        self._seed = seed
        self._channel = MisbehavingChannel(
            seed, house.plan.weather.channels, clock=house.clock, pause=house.clock.sleep
        )

    async def open(self) -> None:
        await self._channel.open()

    async def send(self, message: Message) -> Any:
        is_down = self._is_down()
        deed = "down" if is_down else self._channel.deed(message)
        self._house.note(message, is_accepted=deed in ("sent", "lost_after_accepting"))
        if is_down:
            return make_outcome(message, "try_again", self._house.clock)
        return await self._channel.send(message)

    async def close(self) -> None:
        await self._channel.close()

    def _is_down(self) -> bool:
        """Return whether this is one of the provider's bad times, each some hours long."""
        span = int(self._house.clock.now().timestamp() // DOWN_FOR_S)
        throw = Random(f"{self._seed}:{span}").random()  # noqa: S311 - play, not secrets
        return throw < self._house.plan.weather.down
