"""The ledger: the few things that happen to a store, each one transaction.

`append` takes inputs (dedupe, journal, identity, durable), `advance` reads them and steps,
`fire` turns due timers into inputs, `claim` hands messages to a dispatcher and `settle` takes
their outcomes, `reject` keeps what intake refused. Synchronous and single-threaded: `Engine`
turns it in a server, stories and the simulator turn it by hand in virtual time.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from regard.core.attribution import owners_by_offset
from regard.core.errors import Refused, Unavailable
from regard.core.event import (
    Event,
    MessageClaimed,
    MessageOutcome,
    PersonRevised,
    PolicyTrained,
    TimerDue,
)
from regard.core.facts import Answered, Entry, StepFailed
from regard.core.ids import STAMP_BITS, message_key
from regard.core.person import Person
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import (
    DISCARDED,
    REPLAYED,
    UNDER_WAY,
    Accepted,
    Claimed,
    Content,
    MessageRow,
    Rejected,
    Timer,
)
from regard.core.standing import Standing
from regard.core.storage import RolloutDrawer, Store, Writing
from regard.identity import resolve
from regard.runtime.capacity import CapacityBook, has_room, taken_by
from regard.runtime.folding import blanks, refolded
from regard.runtime.kernel import Kernel, behind
from regard.runtime.learner import PolicyBook, keep_place
from regard.runtime.projection import Projector
from regard.runtime.service_levels import ServiceWatch

READER = "loop"
"""Name of the loop's cursor. The embedded store has one for all 4,096 slots."""

BATCH_MAX = 500
"""Inputs stepped in one transaction: long enough to share its cost, short enough to interleave."""

TIMERS_MAX = 500

PART_LAST = 2**STAMP_BITS - 1
"""The part of the fact that deciding failed: behind all that the input may have caused."""

TWIN_WAIT = timedelta(seconds=30)
"""How long a message waits behind another of its broadcast to its address: most are there by then,
and each wait costs two entries."""

CLAIMED_MAX = 100_000
"""Messages that dead processes may have left claimed; each leaves as many as it has senders."""

DEATHS_MAX = 12
"""So many tries, and the process dies with the message in hand once more: it stays unknown, lest
one message that brings the process down brings it down for ever."""

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
        self._levels = ServiceWatch(store, program)
        self._open: Writing | None = None

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
        with self._begun(is_durable=is_durable) as writing:
            self._open = writing
            try:
                yield
            finally:
                self._open = None

    @contextmanager
    def _begun(self, *, is_durable: bool) -> Iterator[Writing]:
        """Begin a transaction; what was noted of capacity goes with it when it is taken back."""
        self.capacity.read(self.store)
        self.policies.read(self.store)
        try:
            with self.store.writing(is_durable=is_durable) as writing:
                yield writing
        except BaseException:
            self.capacity.forget()
            self.policies.forget()
            raise

    @contextmanager
    def _writing(self, *, is_durable: bool = True) -> Iterator[Writing]:
        """Begin a transaction, or take part in the one that is open."""
        if self._open is not None:
            yield self._open
            return
        with self._begun(is_durable=is_durable) as writing:
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
            if not has_room(self.capacity, self.program().departments, given, now):
                return None
            accepted = self._append(writing, drafts)
            _count_sources(writing, drafts, accepted, now)
        while any(taken_by(decided) for decided in given) and self.advance():
            pass
        return accepted

    def append_in(self, writing: Writing, drafts: Sequence[Draft]) -> list[Accepted]:
        """Append drafts of the house itself in a transaction that is under way."""
        return self._append(writing, drafts)

    def advance(self) -> int:
        """Step the next inputs in one transaction; return how many there were.

        When they cannot be written together, ever fewer are tried; one that cannot be written
        alone is set aside and told, so that a single input never stops the house for good. Not
        within `together`: there a failure fails the whole.
        """
        limit = BATCH_MAX
        while True:
            try:
                return self._advance(limit)
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
        with self._writing(is_durable=False) as writing:
            mended = self._mend(writing)
            seen = writing.states.cursor(READER)
            entries = writing.journal.inputs(seen, limit)
            if not entries:
                return 0
            self._tell_revised(writing, mended, entries[-1].received_at)
            owners = owners_by_offset(writing.graph, entries)
            persons = dict(writing.states.load(sorted(set(owners.values()))))
            missing = sorted(set(owners.values()) - persons.keys())
            persons |= blanks(writing.graph, missing)
            next_offset = writing.journal.last() + 1
            facts = self._step_all(entries, owners, persons, next_offset)
            projector = Projector()
            for entry in (*entries, *facts):
                projector.add(entry)
            writing.journal.append(facts, ())
            changed = {owners[e.offset] for e in entries if e.offset in owners}
            known = [persons[p] for p in sorted(changed) if p in persons]
            writing.states.save([person for person in known if person.stamp], ())
            projection = projector.done()
            writing.registers.project(projection)
            writing.states.advance(READER, seen, entries[-1].offset)
            learned = [e.offset for e in entries if type(e.body) is PolicyTrained]
            if learned:
                keep_place(writing, learned[-1])
        self._levels.note(projection.promises)
        return len(entries)

    def _set_aside(self, error: Exception) -> int:
        """Journal that the next input failed, and go past it; raise when even that fails."""
        with self._writing() as writing:
            mended = self._mend(writing)
            seen = writing.states.cursor(READER)
            found = writing.journal.inputs(seen, 1)
            if not found:
                raise error
            entry = found[0]
            self._tell_revised(writing, mended, entry.received_at)
            fact = behind(entry, _failure(error), writing.journal.last() + 1, PART_LAST)
            writing.journal.append([fact], ())
            projector = Projector()
            projector.add(entry)
            projector.add(fact)
            writing.registers.project(projector.done())
            writing.states.advance(READER, seen, entry.offset)
        return 1

    def fire(self, now: datetime) -> datetime | None:
        """Append a `TimerDue` for every due timer, and alerts; return when the next is due."""
        with self._writing() as writing:
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

        Steps first what was appended before: a "no" that was acknowledged is heard, a receipt
        that is here is counted. Of one person one message at a time, so that the last check of
        the next one knows of it.
        """
        while (found := self._claim(limit, now)) is None:
            self.advance()
        return found

    def _claim(self, limit: int, now: datetime) -> tuple[list[Claimed], datetime | None] | None:
        """Claim messages; None when inputs still wait to be stepped."""
        with self._writing() as writing:
            self._claim_count += 1
            queued, next_at = writing.registers.queued(now, limit, self._claim_count)
            if not queued:
                return [], next_at
            if writing.journal.inputs(writing.states.cursor(READER), 1):
                return None
            firsts: dict[str, MessageRow] = {}
            for row in queued:
                firsts.setdefault(row.person_id, row)
            rows = list(firsts.values())
            if len(rows) < len(queued):
                next_at = now
            persons = writing.states.load(sorted({row.person_id for row in rows}))
            # Before the claim: two of one address, claimed together, must not refuse each other.
            refusals, returns = refusals_of(writing.rollouts, rows, now)
            writing.registers.claim([row.message_id for row in rows], writing.token, now)
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

    def waiting(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the moment that the first timer is due and that the first message may go.

        None: nothing waits. One that lies behind `now` has been waiting since then.
        """
        with self._writing() as writing:
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
            self._append(writing, drafts)
            writing.registers.keep(contents, (), {}, now)

    def settle_abandoned(self, now: datetime) -> int:
        """Report what a dead process had in flight as unknown; return how many messages.

        Called once by a process that starts, before it claims anything itself.
        """
        with self.store.reading() as reading:
            rows = [
                row for row, _ in reading.registers.messages(state="claimed", limit=CLAIMED_MAX)
            ]
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
        return results

    def _resolve(self, writing: Writing, entries: Sequence[Entry], last: int) -> None:
        def history(identities: Sequence[int]) -> Sequence[Entry]:
            return writing.journal.of_identities(identities, 2**62)

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

    def _mend(self, writing: Writing) -> list[str]:
        """Absorb merged persons and fold stale ones again, before anything is decided on them.

        Return the ids of those who are there now.
        """
        pending = writing.states.pending()
        mended: list[str] = []
        if not pending.losers and not pending.stale:
            return mended
        below = (writing.states.cursor(READER) + 1) << STAMP_BITS
        for winner, losers in pending.losers.items():
            states = writing.states.load([winner, *losers])
            person = states.get(winner, Person(id=winner))
            for loser in losers:
                if loser in states:
                    person = self.kernel.join(person, states[loser])
            writing.states.save([person] if person.stamp else [], losers)
            mended += [winner] if person.stamp else []
        for person_id in sorted(pending.stale):
            folded = refolded(writing, self.kernel, person_id, below)
            writing.states.save([folded] if folded else [], [] if folded else [person_id])
            mended += [person_id] if folded else []
        return mended

    def _tell_revised(self, writing: Writing, mended: Sequence[str], now: datetime) -> None:
        """Journal an input for each mended person, where somebody concludes from all they did."""
        program = self.program()
        if not mended or not (program.audiences or program.rhythms or program.needs):
            return
        found = writing.graph.clusters(sorted(set(mended)))
        offset = writing.journal.last()
        entries, keys = [], []
        for person_id, (_, members) in sorted(found.items()):
            own = min(members, key=lambda node: (bool(node.shared), node.identity))
            offset += 1
            body = PersonRevised(person_id=person_id)
            entries.append(
                Entry(offset=offset, identity=own.identity, at=now, received_at=now, body=body)
            )
            keys.append(message_key("revised", f"{person_id}@{offset}"))
        writing.journal.append(entries, keys)

    def _step_all(
        self,
        entries: Sequence[Entry],
        owners: Mapping[int, str],
        persons: dict[str, Person],
        next_offset: int,
    ) -> list[Entry]:
        """Step every entry in order; a failing one is set aside and told, the rest goes on."""
        program, standing = self.program(), self.standing
        facts: list[Entry] = []
        for entry in entries:
            person_id = owners.get(entry.offset)
            if person_id is None:
                if type(entry.body) is PolicyTrained:
                    self.policies.take(entry.body)
                    standing = self.standing
                continue
            person = persons[person_id]
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


def refusals_of(
    rollouts: RolloutDrawer, rows: Sequence[MessageRow], now: datetime
) -> tuple[dict[str, str], dict[str, datetime]]:
    """Return why claimed messages of broadcasts must not go, and which come again and when.

    What no single person can tell. Of people who share an address one gets a broadcast: the first
    whose message goes. Until that has its outcome the others come again: it may be withdrawn.
    """
    refusals: dict[str, str] = {}
    returns: dict[str, datetime] = {}
    sent = [row for row in rows if row.decision.candidate.origin == "broadcast"]
    if not sent:
        return refusals, returns
    found = rollouts.find(sorted({row.decision.candidate.ref for row in sent}))
    going: set[tuple[str, str, str]] = set()
    for row in sent:
        candidate = row.decision.candidate
        place = (candidate.ref, row.channel, row.address)
        if candidate.is_test:
            continue
        if candidate.ref in found and found[candidate.ref].status == "cancelled":
            refusals[row.message_id] = "broadcast_cancelled"
            continue
        state, not_before = rollouts.said(*place, row.message_id) or ("", now)
        if state in UNDER_WAY or place in going:
            returns[row.message_id] = max(not_before, now) + TWIN_WAIT
        elif state:
            refusals[row.message_id] = "same_address"
        else:
            going.add(place)
    return refusals, returns


def outcome_draft(row: MessageRow, outcome: MessageOutcome, now: datetime) -> Draft:
    """Return the input that tells what became of one attempt; a second one is a duplicate.

    What a provider answers later, or somebody says about it, is a word of its own.
    """
    own = outcome.reason if outcome.reason in (REPLAYED, DISCARDED) else "outcome"
    word = "asked" if outcome.is_answer else own
    return Draft(
        key=message_key(word, f"{outcome.message_id}:{outcome.attempt}"),
        identity=row.identity,
        at=row.at,
        received_at=now,
        body=outcome,
    )


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
