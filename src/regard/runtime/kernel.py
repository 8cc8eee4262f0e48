"""The pure kernel: one entry, one person, one program in; the person and derived facts out.

Stages fold and react until nothing new follows; then everything that wants to speak passes the
one gate, and what it decided is folded and reacted to like any other fact. Learning stages come
first: what is known of the person (memberships) stands before anybody acts on it, and history
teaches them alone. No clock, no store: `entry.received_at` is now. Live running, stories,
simulation and replay all turn this crank.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from regard.core.errors import Broken
from regard.core.event import Event
from regard.core.facts import Candidate, Derived, Entry, LimitReached
from regard.core.graph import Joint
from regard.core.joining import Listening
from regard.core.person import Person
from regard.core.ports import Arbiter, Stage
from regard.core.program import Program
from regard.core.standing import AT_REST, Standing

FIRST_PART = 64
"""Parts below it belong to identity facts, journaled when the input was appended."""

PARTS_MAX = 960
"""Facts one input may cause before it is stopped: a loop in a journey, not a busy customer."""


class Step(Struct, frozen=True, kw_only=True):
    """What came of one entry: the person now, and the facts to journal behind it."""

    person: Person
    facts: tuple[Entry, ...]


class Kernel:
    """Stages in their order, the learning ones among them, and the arbiter of all candidates."""

    def __init__(
        self, stages: Sequence[Stage], arbiter: Arbiter, learning: Sequence[Stage] = ()
    ) -> None:
        self.arbiter = arbiter
        self.stages = (*learning, *stages)
        self._learns = tuple(stage.react for stage in learning)
        self._acts = tuple(stage.react for stage in stages)
        self._folds = tuple(stage.fold for stage in self.stages)
        self._reacts = self._learns + self._acts
        self._listening = [stage for stage in self.stages if isinstance(stage, Listening)]

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person moved on by one entry, deciding nothing."""
        for fold in self._folds:
            person = fold(person, entry)
        return person

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` with all that `loser` was."""
        for stage in self.stages:
            winner = stage.join(winner, loser)
        return winner

    def unjoined(self, person: Person, entry: Entry | None = None) -> Collection[int]:
        """Return those who spoke whose joints must be read (`core.joining`), nearly always none.

        Before an entry is folded; without one because other entries, or persons, came together.
        """
        for stage in self._listening:
            if found := stage.unjoined(person, entry):
                return found
        return ()

    def weighed(
        self, person: Person, joints: Sequence[Joint], ahead: Iterable[Entry] = ()
    ) -> Person:
        """Return the person with joints, and what stands then of what was said.

        `ahead` are the entries that are folded next.
        """
        for stage in self._listening:
            person = stage.weighed(person, joints, ahead)
        return person

    def step(
        self,
        person: Person,
        entry: Entry,
        program: Program,
        next_offset: int,
        standing: Standing = AT_REST,
    ) -> Step:
        """Fold an input and all that follows from it; facts get offsets from `next_offset`."""
        person = self.fold(person, entry)
        person, facts = self._learn(person, entry, program, next_offset)
        if type(entry.body) is Event and entry.body.is_history:
            return Step(person=person, facts=tuple(facts))
        found_now: list[Derived | Candidate] = []
        for react in self._acts:
            found_now += react(person, entry, program)
        if not found_now and not facts:
            return Step(person=person, facts=())
        learned, pending = deque(facts), deque(found_now)
        candidates: list[Candidate] = []
        while pending or learned or candidates:
            if not pending and learned:
                pending.extend(self._react(person, learned.popleft(), program))
                continue
            if not pending:
                pending.extend(self.arbiter.decide(person, candidates, entry, program, standing))
                candidates = []
                continue
            found = pending.popleft()
            if isinstance(found, Candidate):
                candidates.append(found)
                continue
            if len(facts) >= PARTS_MAX:
                found, pending, candidates = _stopped(entry), deque(), []
                learned.clear()
            fact = behind(entry, found, next_offset + len(facts), FIRST_PART + len(facts))
            facts.append(fact)
            person = self.fold(person, fact)
            if pending or len(facts) <= PARTS_MAX:
                pending.extend(self._react(person, fact, program))
        return Step(person=person, facts=tuple(facts))

    def _learn(
        self, person: Person, entry: Entry, program: Program, next_offset: int
    ) -> tuple[Person, list[Entry]]:
        """Conclude what is known now, and fold it, before anybody acts on the entry."""
        facts: list[Entry] = []
        for react in self._learns:
            for found in react(person, entry, program):
                if isinstance(found, Candidate):
                    raise Broken("A stage that learns wants to speak; it may only conclude.")
                facts.append(
                    behind(entry, found, next_offset + len(facts), FIRST_PART + len(facts))
                )
        for fact in facts:
            person = self.fold(person, fact)
        return person, facts

    def _react(self, person: Person, entry: Entry, program: Program) -> list[Derived | Candidate]:
        found: list[Derived | Candidate] = []
        for react in self._reacts:
            found.extend(react(person, entry, program))
        return found


def behind(cause: Entry, body: Derived, offset: int, part: int) -> Entry:
    """Return the entry of a fact derived from `cause`: it hangs where and counts when that does."""
    return Entry(
        offset=offset,
        identity=cause.identity,
        at=cause.at,
        received_at=cause.received_at,
        body=body,
        cause=cause.offset,
        part=part,
    )


def _stopped(entry: Entry) -> LimitReached:
    detail = f"entry {entry.offset} caused more than {PARTS_MAX} facts and was stopped"
    return LimitReached(limit="facts_per_input", detail=detail)
