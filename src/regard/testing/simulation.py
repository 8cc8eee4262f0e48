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
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations

from regard.core.errors import RegardError, Unavailable
from regard.core.event import Event, MessageOutcome
from regard.core.facts import Entry
from regard.core.ports import Message
from regard.core.rows import Claimed, Content, Rejected
from regard.delivery import Dispatcher, Links
from regard.delivery.compose import attempt_of
from regard.runtime.audit import audit
from regard.runtime.ledger import TIMERS_MAX, Ledger
from regard.runtime.rebuild import verify
from regard.testing.boxes import Box
from regard.testing.clients import RESEND_AFTER, Clients, LostError
from regard.testing.clock import VirtualClock
from regard.testing.faults import FaultyStore
from regard.testing.house import TICK, TURNS_MAX, NoOutbox
from regard.testing.leading import HOUSE, Lead
from regard.testing.oracle import (
    HandOver,
    Known,
    faults_at_hand_over,
    faults_at_the_end,
    faults_of_broadcasts,
)
from regard.testing.plan import Item, Plan, Report
from regard.testing.trouble import CrashError, GlitchError, Trouble
from regard.testing.weather import ALL, CALM, Fortune, Throw, Weather

__all__ = ["CALM", "Item", "Plan", "Report", "Weather", "simulate"]

ENTRIES_MAX = 10_000_000
"""Entries read at once: more than any simulated month has."""

CLAIM_MAX = 20
"""Most messages claimed together; how many is drawn each time."""

BUSY_WITHIN = timedelta(minutes=1)
"""Items closer than this come in a rush; a loop that is busy takes several of them together."""

OUTAGE_H = (0.5, 9.0)
"""Hours that the house may be gone after a crash."""

REST = timedelta(days=40)
"""How long the house runs on after the last item: longer than any hold, run or promise."""

_orders = tuple(permutations(("advance", "fire", "deliver")))


def simulate(plan: Plan) -> Report:
    """Run a plan to its end and check every invariant."""
    house = SimulatedHouse(plan)
    try:
        with asyncio.Runner() as runner:
            runner.run(house.run())
        return house.report()
    finally:
        house.close()


def events_concerned(
    findings: Sequence[str], told: Sequence[tuple[Entry, str, str]]
) -> frozenset[str]:
    """Return the message ids of all events of people whose things findings name by their ids."""
    words = {word.strip(":,()") for finding in findings for word in finding.split()}
    named = ("promise_id", "run_id", "decision_id", "message_id", "case_id")
    people = {
        person_id
        for entry, person_id, _ in told
        if person_id and any(getattr(entry.body, name, "") in words for name in named)
    }
    return frozenset(
        entry.body.message_id
        for entry, person_id, _ in told
        if person_id in people and isinstance(entry.body, Event)
    )


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
        self._is_started = False
        self._trouble = Trouble(self.fortune, plan.weather)
        self._clients = Clients(plan.program, self.fortune, plan.weather.wrong_clock)
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
        self._trouble.is_on = False
        await self._settle()

    def report(self) -> Report:
        """Check everything that must hold at the end."""
        now, store = self.clock.now(), self.ledger.store
        with store.reading() as reading:
            told = reading.tail.after(0, ENTRIES_MAX)
            timers = reading.tail.due(now, ENTRIES_MAX)
        entries = [entry for entry, _, _ in told]
        self.findings += faults_of_broadcasts(self.hand_overs)
        self.findings += faults_at_the_end(entries, self.hand_overs, self.acknowledged, now)
        self.findings += [f"timer {timer.ref}: overdue since {timer.due_at}" for timer in timers]
        self.findings += [f"audit: {finding}" for finding in audit(store, now).findings]
        rules = self.plan.program.identity
        changed = verify(store, self.ledger.kernel, rules, lambda _done, _total: None)
        self.findings += [f"rebuild: {name} changed" for name in changed]
        self.counts |= {"entries": len(entries), "hand_overs": len(self.hand_overs)}
        if self.findings:
            self.concerned |= events_concerned(self.findings, told)
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
        trouble = self._trouble
        faulty = FaultyStore(self._store, trouble.trip, trouble.is_doomed, asks_after_commit=True)
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
        trouble = self._trouble
        own = trouble.begin(name, self.clock.now())
        throw = trouble.throw
        try:
            trouble.may_crash(throw[0], "before")
            await step(throw)
            trouble.name = own
            trouble.may_crash(throw[1], "after")
        except (CrashError, GlitchError) as error:
            self._count(type(error).__name__)
            await self._start_again()
        except (Unavailable, LostError) as error:
            self._count(type(error).__name__)

    async def _start_again(self) -> None:
        """Let hours pass, perhaps, and start another process; the dead one may not be dead."""
        throw, weather, name = self._trouble.throw, self.plan.weather, self._trouble.name
        if self.fortune.hits(throw[2], weather.outage, "outage after", name):
            low, high = OUTAGE_H
            self.clock.advance(timedelta(hours=low + (high - low) * throw[3] / ALL))
        slow = self.ledger
        await self._boot()
        if self.fortune.hits(throw[4], weather.zombie, "dead process goes on after", name):
            self._go_on_dead(slow)

    def _go_on_dead(self, slow: Ledger) -> None:
        """Let a process that was replaced do what it was about to; it must not be able to."""
        now, trouble = self.clock.now(), self._trouble
        was_on, trouble.is_on = trouble.is_on, False
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
        trouble.is_on = was_on

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
        try:
            if item.source == HOUSE:
                self._count(self._lead.act(item.data))
                self._trouble.may_crash(throw[3], "answering")
            else:
                self._send(item, now, throw)
        except BaseException:
            self._expect(now + RESEND_AFTER, item, attempt + 1)
            raise

    def _send(self, item: Item, now: datetime, throw: Throw) -> None:
        weather, name = self.plan.weather, self._trouble.name
        draft = self._clients.draft(item, now)
        if isinstance(draft, Rejected):
            self.findings.append(f"intake refused {item.data}: {draft.message}")
            return
        if self.fortune.hits(throw[2], weather.lost, "lost", name):
            raise LostError
        accepted = self.ledger.append([draft], now)[0]
        if self.fortune.hits(throw[3], weather.unanswered, "unanswered", name):
            raise LostError
        self.acknowledged[draft.key] = accepted.offset

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
            throw = self.fortune.throw(f"order after {self._trouble.name}")
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
            registers, last = writing.registers, writing.journal.last()
            waiting = writing.queue.take(1)
            steps = ["advance"] if waiting else []
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
        return steps, next_at, (waiting, last, now, sum(self.counts.values()))

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
        trouble = self._trouble
        trouble.go_on(f"hand-over of {self.delivering}")
        throw = trouble.throw
        trouble.may_crash(throw[0], "before")
        outcome, content = await self._dispatcher.attempt(claimed)
        self._check_hand_overs()
        trouble.may_crash(throw[1], "after")
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
