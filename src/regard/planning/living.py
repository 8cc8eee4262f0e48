"""Living one person's days again under a program, on a virtual clock.

In: a life (who they were, what came in), the kernel, a program. Out: a `Course`. Timers fire when
they are due; a message is claimed, checked once more by the gate and handed over at once, and every
hand-over succeeds: what a replay tells is what the gate lets pass. Pure; nothing is written.
`groups` does the same for people who cannot be lived one by one.
"""

from __future__ import annotations

from dataclasses import replace as with_changes
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from msgspec.structs import replace

from regard.core.clock import to_us
from regard.core.event import Event, MessageClaimed, MessageOutcome, RolloutChanged, TimerDue
from regard.core.facts import Body, Decided, Entry
from regard.core.program import Program, promises_index
from regard.core.rows import Claimed, MessageRow
from regard.planning.answers import Answers
from regard.planning.courses import Collector
from regard.planning.records import Course, Life, Rehearsal, Waiting
from regard.runtime.kernel import Kernel
from regard.runtime.projection import timer_of
from regard.runtime.rollouts import concerns, reached_of

TURNS_MAX = 10_000
"""Due moments of one person in one replay; more means something that sets itself off for ever."""

_TICK = timedelta(microseconds=1)


def rehearsed(program: Program) -> Program:
    """Return the program for a world in which whatever is handed over arrives at once.

    So a promise that is kept by delivery is kept by the hand-over; and nobody is alarmed, because
    a few people alone say nothing about a service level.
    """
    promises = {
        name: with_changes(definition, kept_by_receipt="sent", alert="")
        for name, definition in program.promises.items()
    }
    return with_changes(program, promises=promises, promises_by_event=promises_index(promises))


def outcome_of(claimed: Claimed, kernel: Kernel, program: Program, now: datetime) -> MessageOutcome:
    """Return what becomes of a claimed message: sent, unless the gate's last look forbids it."""
    row = claimed.row
    reason = claimed.refusal or kernel.arbiter.recheck(claimed, program, now)
    outcome = MessageOutcome(
        message_id=row.message_id,
        channel=row.channel,
        outcome="withdrawn" if reason else "sent",
        attempt=row.attempt + 1,
        reason=reason,
    )
    if claimed.back_at is None:
        return outcome
    return replace(outcome, outcome="try_again", reason="", retry_at=claimed.back_at)


def live(life: Life, rehearsal: Rehearsal) -> Course:
    """Live the window again."""
    run = _Run(life, rehearsal)
    for change in rehearsal.rollouts:
        run.reach(change)
    run.settle()
    for entry in life.inputs:
        run.turn_until(entry.received_at)
        run.take(entry)
    run.turn_until(rehearsal.lived.until)
    return run.collector.done()


class _Run:
    """One person between two moments."""

    def __init__(self, life: Life, rehearsal: Rehearsal) -> None:
        self._kernel = rehearsal.kernel
        self._program = rehearsal.program
        self._person = life.person
        self._identity = life.identity
        self._whose = (life.person.id, life.label)
        self._now = rehearsal.lived.since
        self._offset = 0
        self._timers = dict(life.timers)
        self._due = [_due_of(ref, waiting) for ref, waiting in life.timers.items()]
        heapify(self._due)
        self._outbox = list(life.outbox)
        self._answers = Answers(rehearsal.lived)
        self.collector = Collector()
        self._introduce(life)

    def reach(self, change: RolloutChanged) -> None:
        """Let a rollout come to the person, if it concerns them."""
        if self._identity is None or not concerns(self._person, change, self._program, self._now):
            return
        self._step(self._input(self._identity, self._now, reached_of(change)))

    def turn_until(self, moment: datetime) -> None:
        """Move the clock to `moment`, stopping at everything that falls due on the way."""
        for _ in range(TURNS_MAX):
            due_at = self._next_due()
            if due_at is None or due_at > moment:
                break
            self._now = max(due_at, self._now + _TICK)
            self.settle()
        else:
            self.collector.failed_count += 1
        self._now = max(moment, self._now)

    def take(self, entry: Entry) -> None:
        """Take one input of the journal at its moment, and all that follows at once."""
        if type(entry.body) is Event:
            event = self._answers.addressed(entry.body)
            if event is None:
                return
            entry = entry if event is entry.body else replace(entry, body=event)
        self._step(entry)
        self.settle()

    def settle(self) -> None:
        """Fire what is due and hand over what may go, until nothing is left to do now."""
        for _ in range(TURNS_MAX):
            if not self._fire() and not self._hand_over():
                return
        self.collector.failed_count += 1

    def _next_due(self) -> datetime | None:
        moments = [self._due[0][0]] if self._due else []
        moments += [row.not_before for row in self._outbox]
        return min(moments, default=None)

    def _introduce(self, life: Life) -> None:
        """Tell the collector what has a part in this life before anything happens."""
        person, mark = life.person, self.collector.mark
        mark(*(f"journey:{s.change.journey}" for s in person.runs.values()))
        mark(*(f"promise:{s.change.definition}" for s in person.promises.values()))
        mark(*(f"engagement:{h.candidate.engagement}" for h in person.held.values()))
        for row in life.outbox:
            self.collector.expect(row.decision)

    def _fire(self) -> bool:
        """Turn every due timer into an input, then step them; as the ledger does."""
        fired: list[tuple[str, Waiting]] = []
        while self._due and self._due[0][0] <= self._now:
            due = heappop(self._due)
            ref = due[-1]
            waiting = self._timers.get(ref)
            if waiting is not None and _due_of(ref, waiting) == due:
                del self._timers[ref]
                fired.append((ref, waiting))
        for ref, waiting in fired:
            timer = TimerDue(ref=ref, due_at=waiting.due_at)
            self._step(self._input(waiting.identity, waiting.at, timer))
        return bool(fired)

    def _hand_over(self) -> bool:
        """Claim the first message that may go, look at it once more, and settle it."""
        ready = [row for row in self._outbox if row.not_before <= self._now]
        if not ready:
            return False
        row = min(ready, key=_turn_of)
        self._outbox.remove(row)
        claimed = Claimed(row=row, person=self._person, token=0)
        outcome = outcome_of(claimed, self._kernel, self._program, self._now)
        outcome = self._answers.reply(outcome)
        claim = MessageClaimed(
            message_id=row.message_id, channel=row.channel, attempt=outcome.attempt, token=0
        )
        for body in (claim, outcome):
            self._step(self._input(row.identity, row.at, body))
        return True

    def _input(self, identity: int, at: datetime, body: Body) -> Entry:
        return Entry(offset=0, identity=identity, at=at, received_at=self._now, body=body)

    def _step(self, entry: Entry) -> None:
        """Step one input. Its offset is its moment, so that equal moments give equal stamps."""
        self._offset = max(self._offset + 1, to_us(self._now))
        entry = replace(entry, offset=self._offset)
        self.collector.add(entry, self._whose)
        try:
            step = self._kernel.step(self._person, entry, self._program, self._offset + 1)
        except Exception:  # as in the ledger: one input that fails costs no other
            self.collector.failed_count += 1
            return
        self._person = step.person
        for fact in step.facts:
            self._note(fact)

    def _note(self, fact: Entry) -> None:
        self.collector.add(fact, self._whose)
        timer = timer_of(fact.body)
        if timer is not None:
            ref, due_at = timer
            self._timers.pop(ref, None)
            if due_at is not None:
                waiting = Waiting(
                    due_at=due_at, identity=fact.identity, at=fact.at, number=fact.offset
                )
                self._timers[ref] = waiting
                heappush(self._due, _due_of(ref, waiting))
        if type(fact.body) is Decided and fact.body.verdict == "send":
            self._answers.note(fact.body)
            if fact.body.is_answer:  # the answer was the hand-over
                return
            self._outbox.append(row_of(fact, fact.body, self._whose))


def _due_of(ref: str, waiting: Waiting) -> tuple[datetime, datetime, int, str]:
    """Return when a timer fires, and its turn among those of one moment; as in the ledger."""
    return waiting.due_at, waiting.at, waiting.number, ref


def _turn_of(row: MessageRow) -> tuple[bool, bool, datetime, int]:
    """Return the order of the outbox: service, marketing, broadcasts, each as it was decided."""
    candidate = row.decision.candidate
    is_broadcast = candidate.origin == "broadcast" and not candidate.is_test
    return is_broadcast, row.message_class != "service", row.not_before, row.number


def row_of(fact: Entry, decided: Decided, whose: tuple[str, str]) -> MessageRow:
    """Return the row of the outbox that a decision to send makes."""
    return MessageRow(
        message_id=decided.decision_id,
        identity=fact.identity,
        at=fact.at,
        person_id=whose[0],
        label=whose[1],
        engagement=decided.candidate.engagement,
        channel=decided.channel,
        address=decided.address,
        message_class=decided.message_class,
        purpose=decided.purpose,
        state="queued",
        attempt=0,
        reason="",
        decided_at=fact.received_at,
        state_at=fact.received_at,
        not_before=fact.received_at,
        decision=decided,
        number=fact.offset,
    )
