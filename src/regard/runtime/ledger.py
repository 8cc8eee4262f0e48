"""The ledger: the few things that happen to a store, each one transaction.

`append` takes inputs (dedupe, journal, identity, durable), `advance` reads them and steps,
`fire` turns due timers into inputs, `claim` hands messages to a dispatcher and `settle` takes
their outcomes, `reject` keeps what intake refused. Synchronous and single-threaded: `Engine`
turns it in a server, stories and the simulator turn it by hand in virtual time.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.core.errors import Overtaken, Refused, Unavailable
from regard.core.event import (
    Event,
    MessageClaimed,
    MessageOutcome,
    PolicyTrained,
    TimerDue,
)
from regard.core.facts import Answered, Entry, StepFailed
from regard.core.ids import STAMP_BITS, message_key
from regard.core.joining import heard
from regard.core.person import Person
from regard.core.ports import Draft, GraphReader
from regard.core.program import Program
from regard.core.rows import (
    Accepted,
    Claimed,
    Content,
    MessageRow,
    Rejected,
    Timer,
)
from regard.core.standing import Standing
from regard.core.storage import Store, Writing
from regard.identity import resolve
from regard.runtime.capacity import CapacityBook, has_room, taken_by
from regard.runtime.catching_up import PATIENCE_S, nothing_to_do, until_stepped
from regard.runtime.folding import END, blanks, mend, revised
from regard.runtime.handing import given_back, outcome_draft, refusals_of, told_after_all
from regard.runtime.kernel import Kernel, behind
from regard.runtime.learner import PolicyBook, keep_place
from regard.runtime.projection import Projector
from regard.runtime.service_levels import ServiceWatch

BATCH_MAX = 500
"""Inputs stepped in one transaction: long enough to share its cost, short enough to interleave."""

TIMERS_MAX = 500

PART_LAST = 2**STAMP_BITS - 1
"""The part of the fact that deciding failed: behind all that the input may have caused."""

ELSEWHERE = timedelta(milliseconds=50)
"""How long messages wait whose people other processes are about to step."""

CLAIMED_MAX = 100_000
"""Messages that dead processes may have left claimed; each leaves as many as it has senders."""

DEATHS_MAX = 12
"""So many tries, and the process dies with the message in hand once more: it stays unknown, lest
one message that brings the process down brings it down for ever."""

WAITING_MAX = 100_000
"""Inputs that may wait to be stepped: half a minute of one busy process. Then senders wait."""

UNKNOWN_MAX = 1_000
"""Unknown messages that are asked about in one round, the newest first."""

ASK_FOR = timedelta(days=3)
"""How long a provider is asked about a message; most remember some days of what they took."""


class Ledger:
    """One store and the kernel that is turned over it."""

    def __init__(self, store: Store, kernel: Kernel, program: Callable[[], Program]) -> None:
        self.store = store
        self.kernel = kernel
        self.program = program
        self.capacity = CapacityBook()
        self.policies = PolicyBook()
        self._standing = Standing(taken=self.capacity.taken)
        self._claim_count = 0
        self._doubtful: list[tuple[MessageRow, int]] = []
        self._levels = ServiceWatch(store, program)
        self._open: Writing | None = None
        self.queued_count = 0
        """How many messages steps of this process have put into the outbox, or tried to."""
        self.overtaken_count = 0
        """How many steps had to be done again: others had changed what they were read from."""

    @property
    def standing(self) -> Standing:
        """Return what holds for everybody now: what is learned, what is taken."""
        policy = self.policies.policy(self.program())
        if policy is not self._standing.policy:
            self._standing = Standing(policy=policy, taken=self.capacity.taken)
        return self._standing

    @contextmanager
    def together(self, *, is_durable: bool = True) -> Iterator[None]:
        """Let several of the verbs below share one transaction: all of them happen, or none.

        What they return is true, and durable if it is to be, only when the block has been left.
        """
        with self._begun(is_durable=is_durable, is_alone=True) as writing:
            self._open = writing
            try:
                yield
            finally:
                self._open = None

    @contextmanager
    def _begun(self, *, is_durable: bool, is_alone: bool) -> Iterator[Writing]:
        """Begin a transaction; what was noted of capacity goes with it when it is taken back."""
        self.capacity.read(self.store)
        self.policies.read(self.store)
        try:
            with self.store.writing(is_durable=is_durable, is_alone=is_alone) as writing:
                yield writing
        except BaseException:
            self.capacity.forget()
            self.policies.forget()
            raise

    @contextmanager
    def _writing(self, *, is_durable: bool = True, is_alone: bool = True) -> Iterator[Writing]:
        """Begin a transaction, or take part in the one that is open."""
        if self._open is not None:
            yield self._open
            return
        with self._begun(is_durable=is_durable, is_alone=is_alone) as writing:
            yield writing

    def append(self, drafts: Sequence[Draft], now: datetime) -> list[Accepted]:
        """Append drafts in order and resolve who they are about. Durable when it returns."""
        with self._writing() as writing:
            results = self._append(writing, drafts)
            _count_sources(writing, drafts, results, now)
        return results

    def answer(self, drafts: Sequence[Draft], now: datetime) -> list[Accepted] | None:
        """Append the answer to a request, and what comes with it; None: decide it again.

        None when a department whose work it is has no room any more: others were faster. Where
        there is room, it is taken at once. Of a repeat nothing is appended.
        """
        answers = [draft for draft in drafts if isinstance(draft.body, Answered)]
        with self._writing() as writing:
            known = writing.journal.known([draft.key for draft in answers])
            if known:
                repeated = Accepted(offset=min(known.values()), is_duplicate=True)
                return [repeated] * len(drafts)
            bodies = [draft.body for draft in answers]
            given = [d for b in bodies if isinstance(b, Answered) for d in b.decisions]
            gives_work = any(taken_by(decided) for decided in given)
            is_shared = gives_work and self.store.crew.is_shared
            if is_shared and not self.capacity.is_fresh(writing):
                return None
            if not has_room(self.capacity, self.program().departments, given, now):
                return None
            accepted = self._append(writing, drafts)
            _count_sources(writing, drafts, accepted, now)
            if is_shared:
                self.capacity.promise(writing, max(one.offset for one in accepted))
        while gives_work and self.advance():
            pass
        return accepted

    def append_in(self, writing: Writing, drafts: Sequence[Draft]) -> list[Accepted]:
        """Append drafts of the house itself in a transaction that is under way."""
        return self._append(writing, drafts)

    def advance(self, limit: int = BATCH_MAX) -> int:
        """Step the next inputs, `limit` at most, in one transaction; return how many there were.

        When they cannot be written together, ever fewer are tried; one that cannot be written
        alone is set aside and told, so that a single input never stops the house for good. Not
        within `together`: there a failure fails the whole.
        """
        while True:
            try:
                return self._advance(limit)
            except Overtaken:
                self.overtaken_count += 1
                if self._open is not None:
                    raise
            except (Refused, Unavailable):
                raise
            except Exception as error:
                if self._open is not None:
                    raise
                if limit == 1:
                    return self._set_aside(error)
                limit //= 2

    def _advance(self, limit: int) -> int:
        # Nobody outside acts on a step before something durable follows it (a claim, an append):
        # what the power takes is stepped again from the same inputs, with the same `now`.
        with self._writing(is_durable=False, is_alone=False) as writing:
            mended = mend(writing, self.kernel)
            taken = writing.queue.take(limit)
            if not taken:
                return 0
            entries = [entry for entry, _ in taken]
            self._tell_revised(writing, mended, entries[-1].received_at)
            owners = sorted({owner for _, owner in taken if owner})
            persons = dict(writing.states.load(owners))
            persons |= blanks(writing.graph, [owner for owner in owners if owner not in persons])
            before = writing.journal.last()
            facts = self._step_all(taken, persons, before + 1, writing.graph)
            known = [persons[owner] for owner in owners]
            # What hangs on no offset is made ready before others have to wait for us.
            writing.states.save([person for person in known if person.stamp], ())
            writing.alone()
            writing.queue.done(taken)
            facts = _moved(facts, writing.journal.last() - before)
            self._keep_places(writing, entries, facts)
            projector = Projector()
            for entry in (*entries, *facts):
                projector.add(entry)
            writing.journal.append(facts, ())
            projection = projector.done()
            writing.registers.project(projection)
        self._levels.note(projection.promises)
        self.queued_count += len(projection.messages)
        return len(entries)

    def _keep_places(
        self, writing: Writing, entries: Sequence[Entry], facts: Sequence[Entry]
    ) -> None:
        """Keep where the books stand that others read; raise when one was read too early."""
        learned = [e.offset for e in entries if type(e.body) is PolicyTrained]
        if learned:
            keep_place(writing, learned[-1])
        if self.store.crew.is_shared and any(taken_by(fact.body) for fact in facts):
            self.capacity.keep_place(writing, facts[-1].offset)

    def _set_aside(self, error: Exception) -> int:
        """Journal that the next input failed, and go past it; raise when even that fails."""
        with self._writing() as writing:
            mended = mend(writing, self.kernel)
            taken = writing.queue.take(1)
            if not taken:
                raise error
            entry = taken[0][0]
            self._tell_revised(writing, mended, entry.received_at)
            fact = behind(entry, _failure(error), writing.journal.last() + 1, PART_LAST)
            writing.journal.append([fact], ())
            projector = Projector()
            projector.add(entry)
            projector.add(fact)
            writing.registers.project(projector.done())
            writing.queue.done(taken)
        return 1

    def catch_up(self, patience_s: float = PATIENCE_S) -> None:
        """Return when all that was appended before has been stepped, by whoever is to step it.

        Raises `Unavailable` when others do not get through it within `patience_s` real seconds.
        """
        crew = self.store.crew
        if crew.is_shared:
            until_stepped(self.store, self.advance if crew.works else nothing_to_do, patience_s)
            return
        while self.advance():
            pass

    def fire(self, now: datetime) -> datetime | None:
        """Append a `TimerDue` for every due timer, and alerts; return when the next is due.

        Of processes that share a store one does so.
        """
        if not self.store.crew.keeps_time:
            return None
        with self._writing(is_durable=False, is_alone=False) as writing:
            timers, next_due = writing.registers.due(now, TIMERS_MAX)
        drafts = [
            Draft(
                key=message_key("timer", f"{timer.ref}@{timer.due_at.isoformat()}"),
                identity=timer.identity,
                at=timer.at,
                received_at=now,
                body=TimerDue(ref=timer.ref, due_at=timer.due_at),
            )
            for timer in sorted(timers, key=_firing_order)
        ]
        drafts += self._levels.drafts(now)
        if drafts:
            self.append(drafts, now)
        return min((at for at in (next_due, self._levels.next_at(now)) if at), default=None)

    def claim(self, limit: int, now: datetime) -> tuple[list[Claimed], datetime | None]:
        """Claim up to `limit` messages, journaled; and when more may be handed over.

        Of somebody about whom inputs wait none is claimed: a "no" that was acknowledged is heard, a
        receipt that is here is counted. Of one person one message at a time, so that the last
        check of the next one knows of it.
        """
        if self._doubtful:
            self._give_back(now)
        while (found := self._claim(limit, now)) is None:
            if not self.advance():
                return [], now + ELSEWHERE
        return found

    def _claim(self, limit: int, now: datetime) -> tuple[list[Claimed], datetime | None] | None:
        """Claim messages; None when inputs wait to be stepped about all who have some."""
        with self._writing() as writing:
            self._claim_count += 1
            queued, next_at = writing.registers.queued(now, limit, self._claim_count)
            if not queued:
                return [], next_at
            expecting = writing.queue.expecting(sorted({row.person_id for row in queued}))
            firsts: dict[str, MessageRow] = {}
            for row in queued:
                if row.person_id not in expecting:
                    firsts.setdefault(row.person_id, row)
            if not firsts:
                return None
            rows = list(firsts.values())
            if len(rows) < len(queued):
                next_at = now
            persons = writing.states.load(sorted({row.person_id for row in rows}))
            # Before the claim: two of one address, claimed together, must not refuse each other.
            refusals, returns = refusals_of(writing.rollouts, rows, now)
            writing.registers.claim([row.message_id for row in rows], writing.token, now)
            self._doubtful = [(row, writing.token) for row in rows]
            last = writing.journal.last()
            entries = [
                Entry(
                    offset=last + number,
                    identity=row.identity,
                    at=row.at,
                    received_at=now,
                    body=MessageClaimed(
                        message_id=row.message_id,
                        channel=row.channel,
                        attempt=row.attempt + 1,
                        token=writing.token,
                    ),
                )
                for number, row in enumerate(rows, 1)
            ]
            keys = [message_key("claim", f"{r.message_id}:{r.attempt + 1}") for r in rows]
            writing.journal.append(entries, keys)
            writing.queue.put(entries)
        self._doubtful = []
        return [
            Claimed(
                row=row,
                person=persons.get(row.person_id) or Person(id=row.person_id),
                token=writing.token,
                refusal=refusals.get(row.message_id, ""),
                back_at=returns.get(row.message_id),
            )
            for row in rows
        ], next_at

    def _give_back(self, now: datetime) -> None:
        """Let messages come again whose claim was written though we were told that it failed.

        The connection broke at the commit: nobody was given them, and their process is alive.
        """
        with self.store.reading() as reading:
            found = reading.registers.messages(state="claimed", limit=CLAIMED_MAX)
        drafts = given_back([row for row, _ in found], self._doubtful, now)
        if drafts:
            self.append(drafts, now)
        self._doubtful = []

    def look_around(self, now: datetime) -> int:
        """Take note of what other processes did; return how many inputs wait, up to a limit.

        Whoever keeps time also reports what dead processes had in flight.
        """
        with self.store.reading() as reading:
            count = reading.tail.waiting(WAITING_MAX)
            if self.store.crew.is_shared:
                self.capacity.compare(reading.tail)
                self.policies.compare(reading.tail)
        if self.store.crew.is_shared and self.store.crew.keeps_time:
            self.settle_abandoned(now)
        return count

    def waiting(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the moment that the first timer is due and that the first message may go.

        None: nothing waits. One that lies behind `now` has been waiting since then.
        """
        with self._writing(is_durable=False, is_alone=False) as writing:
            _, timer_at = writing.registers.due(now, 0)
            _, message_at = writing.registers.queued(now, 0)
        return timer_at, message_at

    def settle(
        self, outcomes: Sequence[tuple[Claimed, MessageOutcome, Content | None]], now: datetime
    ) -> None:
        """Append what became of claimed messages, and keep what they said, in one transaction."""
        drafts = [outcome_draft(claimed.row, outcome, now) for claimed, outcome, _ in outcomes]
        contents = [content for _, _, content in outcomes if content is not None]
        with self._writing() as writing:
            accepted = self._append(writing, drafts)
            late = [pair for pair in zip(drafts, accepted, strict=True) if pair[1].is_duplicate]
            self._append(writing, told_after_all(writing, late, now))
            writing.registers.keep(contents, (), {}, now)

    def settle_abandoned(self, now: datetime) -> int:
        """Report what dead processes had in flight as unknown; return how many messages.

        Called by a process that starts, before it claims anything itself, and now and then by
        the one that keeps time for others.
        """
        with self.store.reading() as reading:
            found = reading.registers.messages(state="claimed", limit=CLAIMED_MAX)
        rows = [row for row, _ in found if not self.store.crew.is_alive(row.token)]
        engagements = self.program().engagements
        drafts = []
        for row in rows:
            engagement = engagements.get(row.engagement)
            is_resent = engagement is None or engagement.if_unknown == "resend"
            is_last = row.tries + 1 >= DEATHS_MAX
            outcome = MessageOutcome(
                message_id=row.message_id,
                channel=row.channel,
                outcome="unknown",
                attempt=row.attempt,
                reason="process_died",
                detail="The sending process ended between hand-over and record.",
                retry_at=now if is_resent and not is_last else None,
            )
            drafts.append(outcome_draft(row, outcome, now))
        if drafts:
            self.append(drafts, now)
        return len(drafts)

    def unknown(self, channels: Collection[str], now: datetime) -> list[Claimed]:
        """Return messages of which nobody can tell, on channels whose providers can be asked."""
        with self.store.reading() as reading:
            found = reading.registers.messages(state="unknown", limit=UNKNOWN_MAX)
            rows = [row for row, _ in found if row.channel in channels]
            rows = [row for row in rows if now - row.state_at < ASK_FOR]
            people = {row.person_id: reading.people.read(row.person_id) for row in rows}
        return [
            Claimed(row=row, person=people[row.person_id] or Person(id=row.person_id), token=0)
            for row in rows
        ]

    def answered(
        self, outcomes: Sequence[tuple[Claimed, MessageOutcome]], now: datetime
    ) -> Sequence[Accepted]:
        """Append what providers answered about unknown messages; each attempt is answered once."""
        return self.append([outcome_draft(one.row, said, now) for one, said in outcomes], now)

    def reject(self, items: Sequence[Rejected], now: datetime) -> None:
        """Keep items that intake refused, for the source debugger."""
        counts = {source: (0, 0, n) for source, n in Counter(r.source for r in items).items()}
        with self._writing() as writing:
            writing.registers.keep((), items, counts, now)

    def _append(self, writing: Writing, drafts: Sequence[Draft]) -> list[Accepted]:
        known = dict(writing.journal.known([draft.key for draft in drafts]))
        last = writing.journal.last()
        results, entries, keys = _placed(drafts, known, last)
        if entries:
            writing.journal.append(entries, keys)
            self._resolve(writing, entries, last + len(entries))
            writing.queue.put(entries)
        return results

    def _resolve(self, writing: Writing, entries: Sequence[Entry], last: int) -> None:
        def history(identities: Sequence[int]) -> Sequence[Entry]:
            return writing.journal.of_identities(identities, END)

        rules = self.program().identity
        found = resolve(entries, writing.graph, rules, history).facts
        if not found:
            return
        causes = {entry.offset: entry for entry in entries}
        parts: Counter[int] = Counter()
        projector = Projector()
        facts = []
        for number, (cause, body) in enumerate(found, 1):
            parts[cause] += 1
            facts.append(behind(causes[cause], body, last + number, parts[cause]))
            projector.add(facts[-1])
        writing.journal.append(facts, ())
        writing.registers.project(projector.done())

    def _tell_revised(self, writing: Writing, mended: Sequence[str], now: datetime) -> None:
        """Journal an input for each mended person, where somebody concludes from all they did."""
        program = self.program()
        if mended and (program.audiences or program.rhythms or program.needs):
            entries, keys = revised(writing, mended, now)
            writing.journal.append(entries, keys)
            writing.queue.put(entries)

    def _step_all(
        self,
        taken: Sequence[tuple[Entry, str]],
        persons: dict[str, Person],
        next_offset: int,
        graph: GraphReader,
    ) -> list[Entry]:
        """Step every entry in order; a failing one is set aside and told, the rest goes on."""
        program, standing = self.program(), self.standing
        facts: list[Entry] = []
        for entry, person_id in taken:
            if not person_id:
                if type(entry.body) is PolicyTrained:
                    self.policies.take(entry.body)
                    standing = self.standing
                continue
            person = heard(graph, self.kernel, persons[person_id], entry)
            try:
                offset = next_offset + len(facts)
                step = self.kernel.step(person, entry, program, offset, standing)
                persons[person_id], derived = step.person, list(step.facts)
            except Unavailable:
                raise
            except Exception as error:
                persons[person_id] = person
                derived = [behind(entry, _failure(error), next_offset + len(facts), PART_LAST)]
            facts += derived
            self.capacity.note(derived)
        return facts


def _moved(facts: list[Entry], by: int) -> list[Entry]:
    """Return facts further on in the journal: others have appended while these were concluded."""
    return [replace(fact, offset=fact.offset + by) for fact in facts] if by else facts


def _firing_order(timer: Timer) -> tuple[datetime, datetime, int]:
    """Of those due at one moment the oldest first, and of one age the one that was set first.

    Two candidates held until the same moment come to the gate one after the other, so whose turn
    it is first decides who speaks. A plan's replay fires in this order, too.
    """
    return timer.due_at, timer.at, timer.number


def _failure(error: Exception) -> StepFailed:
    told = "".join(traceback.format_exception(error))
    return StepFailed(error=repr(error), traceback=told)


def _placed(
    drafts: Sequence[Draft], known: dict[bytes, int], last: int
) -> tuple[list[Accepted], list[Entry], list[bytes]]:
    results: list[Accepted] = []
    entries: list[Entry] = []
    keys: list[bytes] = []
    for draft in drafts:
        offset = known.get(draft.key)
        if offset is not None:
            results.append(Accepted(offset=offset, is_duplicate=True))
            continue
        offset = known[draft.key] = last + len(entries) + 1
        keys.append(draft.key)
        entries.append(
            Entry(
                offset=offset,
                identity=draft.identity,
                at=draft.at,
                received_at=draft.received_at,
                body=draft.body,
            )
        )
        results.append(Accepted(offset=offset, is_duplicate=False))
    return results, entries, keys


def _count_sources(
    writing: Writing, drafts: Sequence[Draft], results: Sequence[Accepted], now: datetime
) -> None:
    counts: dict[str, tuple[int, int, int]] = {}
    for draft, result in zip(drafts, results, strict=True):
        if isinstance(draft.body, Event):
            accepted, duplicate, rejected = counts.get(draft.body.source, (0, 0, 0))
            news = 0 if result.is_duplicate else 1
            counts[draft.body.source] = (accepted + news, duplicate + 1 - news, rejected)
    if counts:
        writing.registers.keep((), (), counts, now)
