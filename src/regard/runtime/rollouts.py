"""The walker: leads rollouts over many people, a bounded page at a time, by whoever turns the loop.

In: the rollouts that run (a fold of `RolloutChanged`), the persons in the order of their ids. Out:
one `RolloutReached` for each whom it concerns, at the rollout's pace, and `RolloutChanged` at its
end. The cursor moves in the transaction that appends, and the journal remembers each key for ever:
killed, paused or started twice, it reaches a person once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.broadcasts.recipients import is_member, is_recipient
from regard.core.event import RolloutChanged, RolloutReached
from regard.core.facts import ENDED_RUN
from regard.core.graph import Node
from regard.core.ids import birth_identity_of, message_key, person_id_of
from regard.core.person import Person
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.storage import Writing
from regard.runtime.ledger import Ledger
from regard.runtime.schedules import Calendar

REACHED_MAX = 50
"""People reached in one turn: some 30 ms of deciding and writing; events and timers hardly wait."""

LOOK = 50
LOOKS_MAX = 10
"""People looked at together, and how often in one turn: most of them it may not concern."""

STEP_S = 0.1
"""A pace is kept over a tenth of a second: finer costs turns, coarser comes in bursts."""


class Walker:
    """Leads the running rollouts of one ledger, in turn.

    `since` is the moment from which schedules count where nothing was ever published (stories).
    """

    def __init__(self, ledger: Ledger, since: datetime | None = None) -> None:
        self._ledger = ledger
        self._calendar = Calendar(ledger, since)
        self._paces: dict[str, _Pace] = {}
        self._turn = 0

    def walk(self, now: datetime) -> datetime | None:
        """Take one page of one rollout; return when to come again (None: there is nothing).

        Begins what the calendar starts. Does nothing while inputs wait to be stepped: events go
        before, and a pause that was acknowledged is heard.
        """
        start_at = self._calendar.look(now)
        walk_at = self._walk(now)
        return min((at for at in (start_at, walk_at) if at is not None), default=None)

    def _walk(self, now: datetime) -> datetime | None:
        # What the power takes is walked again from the same cursor; nobody outside acts on a page
        # before something durable follows it.
        with self._ledger.store.writing(is_durable=False) as writing:
            running = writing.rollouts.running()
            if not running:
                self._paces.clear()
                return None
            if writing.queue.take(1):
                return now
            self._turn += 1
            first = self._turn % len(running)
            return self._serve(writing, [*running[first:], *running[:first]], now)

    def _serve(
        self, writing: Writing, running: Sequence[RolloutChanged], now: datetime
    ) -> datetime | None:
        moments = []
        for change in running:
            pace = self._pace(change, now)
            reason = _ending(change, self._ledger.program(), now)
            count = min(pace.count(now), REACHED_MAX)
            if reason:
                self._end(writing, change, reason, now)
            elif count:
                pace.spend(self._page(writing, change, count, now))
            else:
                moments.append(pace.next_at(now))
                continue
            return now
        return min(moments, default=None)

    def _pace(self, change: RolloutChanged, now: datetime) -> _Pace:
        pace = self._paces.get(change.rollout_id)
        if pace is None or pace.per_s != change.pace_per_s:
            pace = self._paces[change.rollout_id] = _Pace(change.pace_per_s, now)
        return pace

    def _page(self, writing: Writing, change: RolloutChanged, count: int, now: datetime) -> int:
        """Reach up to `count` more people; return how many there were for the first time."""
        name, program = f"rollout:{change.rollout_id}", self._ledger.program()
        cursor = writing.states.cursor(name)
        last = person_id_of(cursor) if cursor else ""
        found: list[str] = []
        is_over = False
        for _ in range(LOOKS_MAX):
            person_ids = writing.rollouts.walk(last, LOOK)
            persons = writing.states.load(person_ids)
            for last in person_ids:
                if last in persons and concerns(persons[last], change, program, now):
                    found.append(last)
                    if len(found) == count:
                        break
            is_over = not person_ids
            if is_over or len(found) == count:
                break
        if last and birth_identity_of(last) != cursor:
            writing.states.advance(name, cursor, birth_identity_of(last))
        accepted = self._ledger.append_in(writing, _drafts(writing, change, found, now))
        if is_over:
            self._end(writing, change, "", now)
        return sum(not one.is_duplicate for one in accepted)

    def _end(self, writing: Writing, change: RolloutChanged, reason: str, now: datetime) -> None:
        self._paces.pop(change.rollout_id, None)
        over = replace(change, status="finished", by="", reason=reason or change.reason)
        self._ledger.append_in(writing, [rollout_draft(over, now)])


def concerns(person: Person, change: RolloutChanged, program: Program, now: datetime) -> bool:
    """Return whether a rollout concerns a person as they are now. Pure; previews ask it as well."""
    if change.rollout == "broadcast":
        return is_recipient(person, change, program, now)
    if change.rollout == "reread":
        runs = (state.change for state in person.runs.values())
        return any(r.journey == change.subject and r.status not in ENDED_RUN for r in runs)
    if person.is_department:
        return False
    return not person.is_erased and is_member(person, change.audience)


def reached_of(change: RolloutChanged) -> RolloutReached:
    """Return the input with which a rollout reaches one person."""
    return RolloutReached(
        rollout_id=change.rollout_id,
        rollout=change.rollout,
        subject=change.subject,
        audience=change.audience,
        definition=change.definition,
        expires_at=change.expires_at,
        facts=change.facts,
    )


def rollout_draft(change: RolloutChanged, now: datetime) -> Draft:
    """Return the input that tells a change of a rollout."""
    return Draft(
        key=message_key("rollout", f"{change.rollout_id}:{change.status}@{now.isoformat()}"),
        identity=0,
        at=now,
        received_at=now,
        body=change,
    )


def own_identity(nodes: Iterable[Node]) -> int | None:
    """Return the identity on which to reach a person: one that is nobody else's, seen first."""
    own = [node for node in nodes if not node.shared]
    return min(own, key=lambda node: (node.first_at, node.identity)).identity if own else None


def _ending(change: RolloutChanged, program: Program, now: datetime) -> str:
    """Return why a rollout must not go on, if so."""
    if change.expires_at is not None and now >= change.expires_at:
        return "expired"
    if change.rollout == "broadcast" and change.definition not in {"", *program.broadcasts}:
        return "definition_gone"
    return ""


def _drafts(
    writing: Writing, change: RolloutChanged, person_ids: Sequence[str], now: datetime
) -> list[Draft]:
    clusters = writing.graph.clusters(person_ids) if person_ids else {}
    body = reached_of(change)
    drafts = []
    for person_id in person_ids:
        # Merged since, or known by a shared device only: there is nobody left to reach here.
        identity = own_identity(clusters[person_id][1]) if person_id in clusters else None
        if identity is not None:
            key = message_key("reached", f"{change.rollout_id}:{person_id}")
            draft = Draft(key=key, identity=identity, at=now, received_at=now, body=body)
            drafts.append(draft)
    return drafts


class _Pace:
    """How many people a rollout may reach by now. It begins with nothing saved up."""

    def __init__(self, per_s: float, now: datetime) -> None:
        self.per_s = per_s
        self._saved = 0.0
        self._saved_at = now

    @property
    def _step(self) -> float:
        return max(1.0, self.per_s * STEP_S)

    def count(self, now: datetime) -> int:
        """Return how many may be reached now; of what was not used a step's worth is saved."""
        if self.per_s <= 0:
            return REACHED_MAX
        past_s = max((now - self._saved_at) / timedelta(seconds=1), 0.0)
        self._saved = min(self._saved + past_s * self.per_s, max(self._step, self.per_s))
        self._saved_at = now
        return int(self._saved) if self._saved >= self._step * (1 - 1e-9) else 0

    def spend(self, count: int) -> None:
        """Take note of how many were reached."""
        self._saved -= count

    def next_at(self, now: datetime) -> datetime:
        """Return when the next step's worth is there."""
        missing_s = max(self._step - self._saved, 0.0) / self.per_s
        return now + timedelta(seconds=missing_s, microseconds=1)
