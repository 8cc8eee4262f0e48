"""A library in memory over hand-made records: implements `core.ports.Library` honestly.

Rows are put on the shelf by `cast.py`; reads follow the ports' words (order, limits, filters).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from regard.core import facts
from regard.core.clock import EPOCH
from regard.core.event import Identifier
from regard.core.facts import Entry
from regard.core.person import Person
from regard.core.ports import Decisions, Draft, Identities, Remarks, Rollouts
from regard.core.rows import (
    Accepted,
    CaseRow,
    Content,
    DecisionCount,
    DecisionKind,
    DecisionRow,
    Evidence,
    IdentifierRow,
    MemberRow,
    MessageRow,
    OutcomeCount,
    Passage,
    PersonRow,
    PromiseRow,
    Rejected,
    RunRow,
    SourceRow,
    Tally,
    Timer,
)
from regard.store.decision_kinds import counted, key_of, kind_of, matching
from regard.store.memory.graph import MemoryGraph
from regard.store.memory.identities import MemoryIdentities
from regard.store.memory.places import MemoryPlaces
from regard.store.memory.remarks import MemoryRemarks
from regard.store.memory.rollouts import MemoryRolloutsRead
from regard.store.memory.tables import Tables, UndoLog

_FIRST = datetime.min


@dataclass
class Shelf:
    """Everything the console may read, and an intake that appends."""

    journal: list[tuple[Entry, str, str]] = field(default_factory=list)
    persons: dict[str, Person] = field(default_factory=dict)
    links: dict[str, tuple[list[IdentifierRow], list[Evidence]]] = field(default_factory=dict)
    promise_rows: list[PromiseRow] = field(default_factory=list)
    letters: list[tuple[MessageRow, Content | None]] = field(default_factory=list)
    case_rows: list[CaseRow] = field(default_factory=list)
    source_rows: list[SourceRow] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    counted: list[Tally] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    run_rows: list[RunRow] = field(default_factory=list)
    passed: list[Passage] = field(default_factory=list)

    @property
    def people(self) -> Shelf:
        return self

    @property
    def registers(self) -> Registers:
        return Registers(self)

    @property
    def audiences(self) -> Audiences:
        return Audiences(self)

    @property
    def runs(self) -> Runs:
        return Runs(self)

    @property
    def rollouts(self) -> Rollouts:
        return MemoryRolloutsRead(Tables())

    @property
    def remarks(self) -> Remarks:
        return MemoryRemarks(Tables(), UndoLog())

    @property
    def decisions(self) -> Decisions:
        return Decided(self)

    @property
    def identities(self) -> Identities:
        tables = Tables()
        graph = MemoryGraph(tables, UndoLog())
        return MemoryIdentities(tables, graph, MemoryPlaces(tables, graph))

    @property
    def tail(self) -> Shelf:
        return self

    @contextmanager
    def reading(self) -> Iterator[Shelf]:
        yield self

    def count_persons(self) -> int:
        return len(self.persons)

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        answers = []
        for draft in drafts:
            known = [d.key for d in self.drafts]
            if draft.key not in known:
                self.drafts.append(draft)
            answers.append(Accepted(offset=len(self.drafts), is_duplicate=draft.key in known))
        return answers

    async def reject(self, items: Sequence[Rejected]) -> None:
        self.rejected.extend(items)

    def find(self, identifier: Identifier) -> str | None:
        for person_id, (rows, _) in self.links.items():
            if any(row.identifier == identifier for row in rows):
                return person_id
        return None

    def read(self, person_id: str) -> Person | None:
        return self.persons.get(person_id)

    def search(self, text: str, limit: int = 50) -> Sequence[PersonRow]:
        rows = [self._row(person) for person in self.persons.values()]
        wanted = text.casefold()
        hits = [r for r in rows if wanted in f"{r.label} {r.identifiers}".casefold()]
        hits.sort(key=lambda r: str(r.last_seen_at or _FIRST), reverse=True)
        return hits[:limit]

    def _row(self, person: Person) -> PersonRow:
        return PersonRow(
            person_id=person.id,
            label=str(person.trait("name") or person.id),
            identifiers=tuple(row.identifier for row in self.links[person.id][0]),
            last_seen_at=person.last_seen_at,
            last_channel=person.last_channel,
        )

    def identifiers(self, person_id: str) -> tuple[Sequence[IdentifierRow], Sequence[Evidence]]:
        return self.links.get(person_id, ([], []))

    def timeline(self, person_id: str, before: int = 0, limit: int = 200) -> Sequence[Entry]:
        own = [e for e, owner, _ in self.journal if owner == person_id]
        own = [e for e in own if not before or e.offset < before]
        return sorted(own, key=lambda e: -e.offset)[:limit]

    def last(self) -> int:
        return self.journal[-1][0].offset if self.journal else 0

    def after(self, offset: int, limit: int = 500) -> Sequence[tuple[Entry, str, str]]:
        return [found for found in self.journal if found[0].offset > offset][:limit]

    def stepped(self, reader: str) -> int:
        return self.last()

    def due(self, now: datetime, limit: int) -> Sequence[Timer]:
        return []

    def named(self, places: Sequence[tuple[int, datetime]]) -> Sequence[tuple[str, str]]:
        whose = {entry.identity: (owner, label) for entry, owner, label in self.journal}
        return [whose.get(identity, ("", "")) for identity, _ in places]


class Runs:
    """Runs and passages as they were put on the shelf; what came of promises as its tallies say
    it: at noon of their days."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def run(self, run_id: str) -> RunRow | None:
        return next((row for row in self._shelf.run_rows if row.run_id == run_id), None)

    def standing(
        self, journey: str, step: str = "", *, after: RunRow | None = None, limit: int = 200
    ) -> Sequence[RunRow]:
        return [row for row in self.latest(journey) if row.change.step == step][:limit]

    def latest(self, journey: str, limit: int = 200) -> Sequence[RunRow]:
        return [row for row in self._shelf.run_rows if row.change.journey == journey][:limit]

    def passages(self, flow: str = "") -> Sequence[Passage]:
        return [passage for passage in self._shelf.passed if flow in ("", passage.flow)]

    def outcomes(self, since: datetime, span: timedelta | None = None) -> Sequence[OutcomeCount]:
        counts: Counter[tuple[str, datetime, str]] = Counter()
        for tally in self._shelf.counted:
            name, _, definition = tally.name.partition(":")
            at = datetime.fromisoformat(tally.day).replace(hour=12, tzinfo=UTC)
            if name == "promise" and definition and at >= since:
                start = since if span is None else EPOCH + (at - EPOCH) // span * span
                counts[definition, start, tally.key] += tally.count
        return [
            OutcomeCount(definition=definition, since=start, status=status, count=count)
            for (definition, start, status), count in sorted(counts.items())
        ]


class Audiences:
    """Members as the persons on the shelf say."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def counts(self) -> dict[str, int]:
        return dict(Counter(name for p in self._shelf.persons.values() for name in _is_in(p)))

    def members(self, audience: str, after: str = "", limit: int = 200) -> Sequence[MemberRow]:
        return [row for row in self.latest(audience) if row.person_id > after][:limit]

    def latest(self, audience: str, limit: int = 200) -> Sequence[MemberRow]:
        rows = [
            MemberRow(person_id=p.id, label=str(p.trait("name")), since=_is_in(p)[audience])
            for p in self._shelf.persons.values()
            if audience in _is_in(p)
        ]
        return sorted(rows, key=lambda row: row.since, reverse=True)[:limit]


def _is_in(person: Person) -> dict[str, datetime]:
    states = person.audiences.items()
    return {name: state.change.since for name, state in states if state.change.is_member}


class Decided:
    """What was decided, as the journal on the shelf has it."""

    def __init__(self, shelf: Shelf) -> None:
        self._rows = [
            DecisionRow(
                number=entry.offset,
                at=entry.received_at,
                person_id=person_id,
                label=label,
                decision=entry.body,
                cause=entry.cause,
            )
            for entry, person_id, label in reversed(shelf.journal)
            if isinstance(entry.body, facts.Decided)
        ]

    def one(self, number: int) -> DecisionRow | None:
        return next((row for row in self._rows if row.number == number), None)

    def latest(
        self, wanted: DecisionKind, before: int = 0, limit: int = 100
    ) -> Sequence[DecisionRow]:
        found = [row for row in self._rows if matching([key_of(row.decision)], wanted)]
        return [row for row in found if not before or row.number < before][:limit]

    def about(
        self, person_id: str, engagement: str = "", before: int = 0, limit: int = 100
    ) -> Sequence[DecisionRow]:
        found = self.latest(DecisionKind(engagement=engagement), before, len(self._rows))
        return [row for row in found if row.person_id == person_id][:limit]

    def counts(self, since_day: str = "", engagement: str = "") -> Sequence[DecisionCount]:
        made = [(row.number, 0, row.at, row.decision) for row in self._rows]
        return [
            DecisionCount(day=day, kind=kind_of(key), count=count, new_count=new_count)
            for day, key, count, new_count in counted(made)
            if day >= since_day and matching([key], DecisionKind(engagement=engagement))
        ]

    def totals(self, since_day: str = "") -> Sequence[DecisionCount]:
        sums: dict[DecisionKind, list[int]] = {}
        for one in self.counts(since_day):
            total = sums.setdefault(one.kind, [0, 0])
            total[0] += one.count
            total[1] += one.new_count
        return [
            DecisionCount(day=since_day, kind=kind, count=count, new_count=new_count)
            for kind, (count, new_count) in sums.items()
        ]

    def sent(self, since_day: str = "") -> Sequence[tuple[str, str, int]]:
        return [
            (one.day, one.kind.engagement, one.count)
            for one in self.counts(since_day)
            if one.kind.verdict == "send"
        ]


class Registers:
    """The registers of a shelf (names clash with those of `People`)."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def promises(
        self,
        status: str = "",
        definition: str = "",
        limit: int = 200,
        *,
        newest_first: bool = False,
    ) -> Sequence[PromiseRow]:
        rows = [
            row
            for row in self._shelf.promise_rows
            if status in ("", row.change.status) and definition in ("", row.change.definition)
        ]
        if newest_first:
            return sorted(rows, key=lambda row: row.changed_at, reverse=True)[:limit]
        return sorted(rows, key=lambda row: row.change.due_at)[:limit]

    def messages(
        self, message_id: str = "", state: str = "", limit: int = 200
    ) -> Sequence[tuple[MessageRow, Content | None]]:
        pairs = [
            pair
            for pair in self._shelf.letters
            if message_id in ("", pair[0].message_id) and state in ("", pair[0].state)
        ]
        return sorted(pairs, key=lambda pair: pair[0].decided_at, reverse=True)[:limit]

    def cases(
        self, case_id: str = "", limit: int = 200, *, is_done: bool = False
    ) -> Sequence[CaseRow]:
        rows = self._shelf.case_rows
        if case_id:
            return [row for row in rows if row.case_id == case_id]
        return [row for row in rows if (row.state == "done") is is_done][:limit]

    def sources(
        self, source: str = "", limit: int = 200
    ) -> tuple[Sequence[SourceRow], Sequence[Rejected]]:
        rejected = [item for item in self._shelf.rejected if source in ("", item.source)]
        return self._shelf.source_rows, rejected[:limit]

    def tallies(self, since_day: str = "", names: Sequence[str] = ()) -> Sequence[Tally]:
        return [
            tally
            for tally in self._shelf.counted
            if tally.day >= since_day and (not names or tally.name in names)
        ]
