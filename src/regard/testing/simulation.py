"""A deterministic simulator: one seed, one bad month, the same on every machine.

In: a plan (seed, program, items, a store that can be opened again, how bad the weather is). The
real intake, stages, gate and dispatcher run in virtual time over it, while the process dies
between any two steps, writes fail, requests and answers are lost, channels lose, refuse and time
out, clients have wrong clocks and send again, and receipts come late and twice. Out: a `Report`
with every invariant that did not hold. `testing.shrinking` makes a failing plan short.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from itertools import permutations
from typing import Any, Final

import msgspec

from regard.core.errors import RegardError, Unavailable
from regard.core.event import MessageOutcome
from regard.core.facts import Entry
from regard.core.ports import Draft, Message
from regard.core.program import Program, Source
from regard.core.rows import Claimed, Content, Rejected
from regard.core.storage import Store
from regard.delivery import Dispatcher, Links
from regard.delivery.compose import attempt_of
from regard.intake import Arrival, Drafter
from regard.intake.moments import parse_moment
from regard.runtime.audit import audit
from regard.runtime.ledger import READER, TIMERS_MAX, Ledger
from regard.runtime.rebuild import verify
from regard.testing.boxes import Box
from regard.testing.clock import VirtualClock
from regard.testing.faults import COMMITTED, FaultyStore
from regard.testing.house import TICK, TURNS_MAX, NoOutbox
from regard.testing.leading import HOUSE, Lead
from regard.testing.oracle import (
    HandOver,
    Known,
    faults_at_hand_over,
    faults_at_the_end,
    faults_of_broadcasts,
)
from regard.testing.weather import ALL, BAD, CALM, Fault, Fortune, Throw, Weather

__all__ = ["CALM", "Item", "Plan", "Report", "Weather", "simulate"]

ENTRIES_MAX = 10_000_000
"""Entries read at once: more than any simulated month has."""

CLAIM_MAX = 20
"""Most messages claimed together; how many is drawn each time."""

WRITES_MAX = 6
"""A transaction that is to fail does so at one of its first writes, at its commit, or after it."""

KILLED, FULL, BROKEN = "killed", "disk full", "our code fails"

RESEND_AFTER: Final = timedelta(seconds=20)
"""How long a client waits before it sends again what was not acknowledged."""

BUSY_WITHIN = timedelta(minutes=1)
"""Items closer than this come in a rush; a loop that is busy takes several of them together."""

OUTAGE_H = (0.5, 9.0)
"""Hours that the house may be gone after a crash."""

CLOCK_OFF_H = 14.0
"""Most hours that a client's clock is wrong: a phone in the zone where it was bought."""

REST = timedelta(days=40)
"""How long the house runs on after the last item: longer than any hold, run or promise."""

_canonical = msgspec.json.Encoder(order="deterministic")
_orders = tuple(permutations(("advance", "fire", "deliver")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that happens in the world: at `at`, `source` sends `data` (plain dialect).

    `who` names the customer whose doing it is, so that a story can be told without them.
    """

    at: datetime
    source: str
    data: Mapping[str, Any]
    who: str = ""


Answers = Callable[[HandOver, int], Sequence[Item]]
"""What the world sends back after an attempt to hand a message over: receipts of the provider,
second thoughts of the customer. Gets the attempt and the seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One simulation. `reopen` opens the data of a store again, as a new process does.

    With `only`, no fault but the named ones may hit (`Fault.name`).
    """

    seed: int
    program: Program
    items: Sequence[Item]
    make_ledger: Callable[[Store, Callable[[], Program]], Ledger]
    open_store: Callable[[], Store]
    reopen: Callable[[Store], Store]
    answers: Answers = lambda _hand_over, _seed: ()
    weather: Weather = BAD
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a simulation; no findings means that every invariant held.

    `faults` are those that hit, `taken` the items as they were first sent, `hand_overs` all
    attempts, each in its order. Of findings about a message, `broken` are the hand-overs and
    `concerned` the message ids of all events of these people.
    """

    seed: int
    findings: tuple[str, ...]
    counts: Mapping[str, int]
    entries: Sequence[Entry] = field(repr=False)
    faults: Sequence[Fault] = field(repr=False)
    taken: Sequence[tuple[datetime, Item]] = field(repr=False)
    hand_overs: Sequence[HandOver] = field(repr=False)
    broken: Sequence[HandOver] = ()
    concerned: frozenset[str] = frozenset()

    @property
    def journal(self) -> str:
        """Return a hash over all entries, keys sorted, to compare two runs and two stores."""
        digest = blake2b(digest_size=16)
        for entry in self.entries:
            digest.update(_canonical.encode(entry))
        return digest.hexdigest()


def simulate(plan: Plan) -> Report:
    """Run a plan to its end and check every invariant."""
    house = SimulatedHouse(plan)
    try:
        with asyncio.Runner() as runner:
            runner.run(house.run())
        return house.report()
    finally:
        house.close()


class CrashError(BaseException):
    """The process dies here: no code of ours survives it, whatever it catches."""


class GlitchError(Exception):
    """Our own code fails in the middle of a transaction."""


class LostError(Exception):
    """The network loses a request, or the answer to it."""


Step = Callable[[Throw], Awaitable[None]]


class SimulatedHouse:
    """The house, its store and the world around it, driven by one fortune."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.clock = VirtualClock(
            min((item.at for item in plan.items), default=VirtualClock().now())
        )
        self.fortune = Fortune(plan.seed, self.clock.now, plan.only)
        self.hand_overs: list[HandOver] = []
        self.acknowledged: dict[bytes, int] = {}
        self.taken: list[tuple[datetime, Item]] = []
        self.findings: list[str] = []
        self.broken: list[HandOver] = []
        self.concerned: set[str] = set()
        self.counts: dict[str, int] = {}
        self.delivering = ""
        self._accepted: dict[str, list[HandOver]] = {}
        self._noted: list[tuple[HandOver, Known]] = []
        self._world: list[tuple[datetime, int, Item, int]] = []
        self._number = 0
        self._claimed_at = 0
        self._is_failing = True
        self._is_started = False
        self._writes_left: int | None = None
        self._throw: Throw = self.fortune.throw("boot")
        self._step_name = "boot"
        self._nth: dict[str, int] = {}
        self._minute = ""
        self._drafter = Drafter(plan.program)
        self._sources: dict[str, Source] = {s.id: s for s in plan.program.sources.values()}
        self._boxes = {name: Box(name, self) for name in plan.program.channels}
        self._steps: Mapping[str, Step] = {
            "advance": self._step_advance,
            "fire": self._step_fire,
            "deliver": self._step_deliver,
            "walk": self._step_walk,
        }
        self._store = plan.open_store()
        self._links = Links("https://regard.example", ["a secret for virtual time"])
        for item in plan.items:
            self._expect(item.at, item)

    @property
    def weather(self) -> Weather:
        """Return how bad the weather is."""
        return self.plan.weather

    async def run(self) -> None:
        """Let everything happen, then let the house run on until it has nothing left to do."""
        await self._boot()
        until = self.clock.now()
        while self._world:
            until = max(until, self._world[0][0])
            await self._next_item()
        while self._world or self.clock.now() < until + REST:
            await (self._next_item() if self._world else self._turn_until(until + REST))
        self._is_failing = False
        await self._settle()

    def report(self) -> Report:
        """Check everything that must hold at the end."""
        now, store = self.clock.now(), self.ledger.store
        with store.reading() as reading:
            entries = [entry for entry, _, _ in reading.tail.after(0, ENTRIES_MAX)]
            timers = reading.tail.due(now, ENTRIES_MAX)
        self.findings += faults_of_broadcasts(self.hand_overs)
        self.findings += faults_at_the_end(entries, self.hand_overs, self.acknowledged, now)
        self.findings += [f"timer {timer.ref}: overdue since {timer.due_at}" for timer in timers]
        self.findings += [f"audit: {finding}" for finding in audit(store, now).findings]
        rules = self.plan.program.identity
        changed = verify(store, self.ledger.kernel, rules, lambda _done, _total: None)
        self.findings += [f"rebuild: {name} changed" for name in changed]
        self.counts |= {"entries": len(entries), "hand_overs": len(self.hand_overs)}
        return Report(
            seed=self.plan.seed,
            findings=tuple(self.findings),
            counts=self.counts,
            entries=entries,
            faults=tuple(self.fortune.faults),
            taken=tuple(self.taken),
            hand_overs=tuple(self.hand_overs),
            broken=tuple(self.broken),
            concerned=frozenset(self.concerned),
        )

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def note(self, message: Message, key: str, *, is_accepted: bool) -> None:
        """Note a hand-over as it happens, with all that was known when it was claimed."""
        with self._store.reading() as reading:
            newest_first = reading.people.timeline(message.person_id, limit=ENTRIES_MAX)
        known = Known([e for e in reversed(newest_first) if e.offset <= self._claimed_at])
        decided = known.sends.get(message.message_id)
        hand_over = HandOver(
            at=self.clock.now(),
            message=message,
            decided=decided,
            is_accepted=is_accepted,
            key=key,
        )
        self._noted.append((hand_over, known))

    def _expect(self, at: datetime, item: Item, attempt: int = 1) -> None:
        self._number += 1
        heapq.heappush(self._world, (at, self._number, item, attempt))

    async def _next_item(self) -> None:
        """Let the next item come, and before it, unless the loop lags, all that falls due."""
        at, _, item, attempt = self._world[0]
        now, weather = self.clock.now(), self.plan.weather
        name = f"{item.source} {item.data.get('id')} {attempt}"
        chance = weather.busy if at - now < BUSY_WITHIN else weather.lagging
        if self.fortune.hits(self.fortune.throw(f"lag {name}")[0], chance, "lag at", name):
            self.clock.set(max(at, now))
        else:
            await self._turn_until(at)
            at, _, item, attempt = self._world[0]  # what followed may be answered earlier
            name = f"{item.source} {item.data.get('id')} {attempt}"
        heapq.heappop(self._world)
        await self._surviving(f"offer {name}", partial(self._offer, item, attempt))

    async def _boot(self) -> None:
        """Start a process over the data that is there, as `Engine.start` does."""
        plan = self.plan
        self._store = plan.reopen(self._store)
        faulty = FaultyStore(self._store, self._trip, self._is_doomed, asks_after_commit=True)
        self.ledger = plan.make_ledger(faulty, lambda: plan.program)
        self._dispatcher = Dispatcher(
            outbox=NoOutbox(),
            adapters=self._boxes,
            program=lambda: plan.program,
            arbiter=self.ledger.kernel.arbiter,
            links=self._links,
            clock=self.clock,
            pause=self.clock.sleep,
        )
        self._lead = Lead(self.ledger, plan.program, self.clock)
        self._is_started = False
        while not self._is_started:
            await self._surviving("start", self._step_start)

    async def _surviving(self, name: str, step: Step) -> None:
        """Do one step; when the process dies of it, start another one, perhaps hours later."""
        # By the minute: when a message is tried again follows from its id, which changes with what
        # is left out, by seconds.
        minute = self.clock.now().isoformat()[:16]
        if minute != self._minute:
            self._minute, self._nth = minute, {}
        self._nth[name] = nth = self._nth.get(name, 0) + 1
        self._step_name = own = f"{name} at {minute} #{nth}"
        self._throw = throw = self.fortune.throw(own)
        try:
            self._may_crash(throw[0], "before")
            await step(throw)
            self._step_name = own
            self._may_crash(throw[1], "after")
        except (CrashError, GlitchError) as error:
            self._count(type(error).__name__)
            await self._start_again()
        except (Unavailable, LostError) as error:
            self._count(type(error).__name__)

    async def _start_again(self) -> None:
        """Let hours pass, perhaps, and start another process; the dead one may not be dead."""
        throw, weather, name = self._throw, self.plan.weather, self._step_name
        if self.fortune.hits(throw[2], weather.outage, "outage after", name):
            low, high = OUTAGE_H
            self.clock.advance(timedelta(hours=low + (high - low) * throw[3] / ALL))
        slow = self.ledger
        await self._boot()
        if self.fortune.hits(throw[4], weather.zombie, "dead process goes on after", name):
            self._go_on_dead(slow)

    def _go_on_dead(self, slow: Ledger) -> None:
        """Let a process that was replaced do what it was about to; it must not be able to."""
        now, was_failing = self.clock.now(), self._is_failing
        self._is_failing = False
        for verb, act in (
            ("step", slow.advance),
            ("claim", lambda: slow.claim(CLAIM_MAX, now)),
            ("fire", lambda: slow.fire(now)),
        ):
            try:
                act()
            except RegardError:
                self._count("Fenced")
            else:
                self.findings.append(f"a process that was replaced could still {verb}")
        self._is_failing = was_failing

    def _may_crash(self, drawn: int, when: str) -> None:
        if self._is_failing and self.fortune.hits(
            drawn, self.plan.weather.crash, f"crash {when}", self._step_name
        ):
            raise CrashError

    def _is_doomed(self) -> bool:
        """Draw at the beginning of a transaction whether, and at which write, it is to fail."""
        weather, throw = self.plan.weather, self._throw
        self._writes_left = None
        if self._is_failing and throw[5] < (weather.killed + weather.full + weather.broken) * ALL:
            self._writes_left = 1 + throw[6] % WRITES_MAX
            self._throw = (*throw[:5], ALL, *throw[6:])  # once a step
        return self._writes_left is not None

    def _trip(self, verb: str) -> None:
        """Fail at the write that was drawn; at the commit, or right after it, if it has fewer."""
        if self._writes_left is None:
            return
        self._writes_left -= 1
        is_late = verb == COMMITTED
        if self._writes_left > 0 and verb != "commit" and not is_late:
            return
        kind = self._doom(self._throw[7])
        if kind == KILLED and verb == "commit" and self._writes_left > 0 and self._throw[6] % 2:
            return  # the commit succeeds, and then
        self._writes_left = None
        where = f"at {verb} in {self._step_name}"
        if (is_late and kind != KILLED) or not self.fortune.may(kind, where):
            return
        if kind == KILLED:
            raise CrashError
        raise Unavailable("The disk is full.", code="disk_full") if kind == FULL else GlitchError

    def _doom(self, drawn: int) -> str:
        weather = self.plan.weather
        part = drawn / ALL * (weather.killed + weather.full + weather.broken)
        if part < weather.killed:
            return KILLED
        return FULL if part < weather.killed + weather.full else BROKEN

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    async def _step_start(self, _: Throw) -> None:
        self.ledger.settle_abandoned(self.clock.now())
        self._is_started = True

    async def _offer(self, item: Item, attempt: int, throw: Throw) -> None:
        """Let a client send an item, again and again until it is told that it was taken."""
        now = self.clock.now()
        if attempt == 1:
            self.taken.append((now, item))
        if item.source == HOUSE:
            try:
                self._count(self._lead.act(item.data))
                self._may_crash(throw[3], "answering")
            except BaseException:
                self._expect(now + RESEND_AFTER, item, attempt + 1)
                raise
            return
        draft = self._drafted(item, now)
        if draft is None:
            return
        weather = self.plan.weather
        try:
            if self.fortune.hits(throw[2], weather.lost, "lost", self._step_name):
                raise LostError
            accepted = self.ledger.append([draft], now)[0]
            if self.fortune.hits(throw[3], weather.unanswered, "unanswered", self._step_name):
                raise LostError
        except Exception:
            self._expect(now + RESEND_AFTER, item, attempt + 1)
            raise
        self.acknowledged[draft.key] = accepted.offset

    def _drafted(self, item: Item, now: datetime) -> Draft | None:
        source = self._sources[item.source]
        arrival = Arrival(source=source, received_at=now, dialect="plain")
        data = msgspec.json.encode(self._by_own_clock(item, now))
        outcome = self._drafter.draft(data, arrival)
        if isinstance(outcome, Rejected):
            self.findings.append(f"intake refused {item.data}: {outcome.message}")
            return None
        return outcome

    def _by_own_clock(self, item: Item, now: datetime) -> Mapping[str, Any]:
        """Return what a client says whose clock is wrong; most of them know when they send."""
        name = f"{item.source} {item.data.get('id')}"
        throw, chance = self.fortune.throw(f"clock {name}"), self.plan.weather.wrong_clock
        at = parse_moment(item.data.get("at"))
        if at is None or not self.fortune.hits(throw[0], chance, "wrong clock of", name):
            return item.data
        off = timedelta(hours=CLOCK_OFF_H * (2 * throw[1] / ALL - 1))
        said = {"at": (at + off).isoformat()}
        if throw[2] % 4:
            said["sent_at"] = (now + off).isoformat()
        return {**item.data, **said}

    async def _turn_until(self, moment: datetime) -> None:
        """Move the clock to `moment` or to an item before it, stopping at all that falls due."""
        for _ in range(TURNS_MAX):
            due_at = await self._settle()
            target = min(moment, self._world[0][0]) if self._world else moment
            if self.clock.now() >= target:
                return
            if due_at is None or due_at > target:
                self.clock.set(target)
                return
            self.clock.set(max(due_at, self.clock.now() + TICK))
        self.findings.append(f"{TURNS_MAX} due moments before {moment}: something never ends")

    async def _settle(self) -> datetime | None:
        """Do all that can be done now, in any order; return when something falls due next."""
        before: object = None
        for _ in range(TURNS_MAX):
            steps, next_at, state = self._look()
            if not steps or state == before:
                return next_at
            before = state
            if len(steps) == 1:
                await self._surviving(steps[0], self._steps[steps[0]])
                continue
            throw = self.fortune.throw(f"order after {self._step_name}")
            for name in (*_orders[throw[0] % len(_orders)], "walk"):
                if name in steps:
                    await self._surviving(name, self._steps[name])
        self.findings.append(f"{TURNS_MAX} turns at {self.clock.now()}: something never ends")
        return None

    def _look(self) -> tuple[list[str], datetime | None, object]:
        """Return what can be done now, when the next thing falls due, and how far all is.

        What is due and does not go away, though nothing fails, is left; `report` will tell.
        """
        now, next_at = self.clock.now(), None
        with self._store.writing(is_durable=False) as writing:
            states, journal, registers = writing.states, writing.journal, writing.registers
            stepped, last = states.cursor(READER), journal.last()
            steps = ["advance"] if stepped < last and journal.inputs(stepped, 1) else []
            for name, ready in (("fire", registers.due), ("deliver", registers.queued)):
                _, at = ready(now, 0)
                if at is not None and at <= now:
                    steps.append(name)
                    _, at = ready(now, TIMERS_MAX)
                if at is not None and (next_at is None or at < next_at):
                    next_at = at
            walking = [change.rollout_id for change in writing.rollouts.running()]
        walk_at = self._lead.next_at(walking)
        if walk_at is not None and walk_at <= now:
            steps.append("walk")
        elif walk_at is not None and (next_at is None or walk_at < next_at):
            next_at = walk_at
        return steps, next_at, (stepped, last, now, sum(self.counts.values()))

    async def _step_walk(self, _: Throw) -> None:
        self._lead.walk()

    async def _step_advance(self, _: Throw) -> None:
        self.ledger.advance()

    async def _step_fire(self, _: Throw) -> None:
        self.ledger.fire(self.clock.now())

    async def _step_deliver(self, throw: Throw) -> None:
        claimed, _ = self.ledger.claim(1 + throw[2] % CLAIM_MAX, self.clock.now())
        with self._store.reading() as reading:
            self._claimed_at = reading.tail.last()
        for one in claimed:
            await self._deliver(one)

    async def _deliver(self, claimed: Claimed) -> None:
        self.delivering = key_of(claimed)
        self._step_name = f"hand-over of {self.delivering}"
        self._throw = throw = self.fortune.throw(self._step_name)
        self._may_crash(throw[0], "before")
        outcome, content = await self._dispatcher.attempt(claimed)
        self._check_hand_overs()
        self._may_crash(throw[1], "after")
        self._settle_surely(claimed, outcome, content)

    def _check_hand_overs(self) -> None:
        """Check what was noted; not inside the channel, where the dispatcher survives errors."""
        for hand_over, known in self._noted:
            touches = [h for mine in known.sends for h in self._accepted.get(mine, ())]
            found = faults_at_hand_over(hand_over, known, touches, self.plan.program)
            if found:
                self.findings += found
                self.broken.append(hand_over)
                self.concerned |= {event.message_id for _, event in known.events}
            self.hand_overs.append(hand_over)
            if hand_over.is_accepted:
                self._accepted.setdefault(hand_over.message.message_id, []).append(hand_over)
            self._expect_answers(hand_over)
        self._noted.clear()

    def _expect_answers(self, hand_over: HandOver) -> None:
        for number, item in enumerate(self.plan.answers(hand_over, self.plan.seed)):
            name = f"{number} to {hand_over.key}"
            drawn = self.fortune.throw(f"answer {name}")[0]
            if self.fortune.hits(drawn, self.plan.weather.answers, "answer", name):
                self._expect(item.at, item)

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


def key_of(claimed: Claimed) -> str:
    """Return a name of an attempt that does not change when other customers are left out."""
    row, candidate = claimed.row, claimed.row.decision.candidate
    attempt = f"{candidate.attempt}.{attempt_of(row)}"
    return f"{row.engagement} for {candidate.ref} to {row.address}, attempt {attempt}"
