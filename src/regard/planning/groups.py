"""Living a group of people again who merge, split or share identifiers on the way.

Who is who follows from the evidence as it comes in, so these people are lived in a scratch store
by the real ledger: their history is folded as a rebuild does, then the window's inputs come in at
their moments. Slower than living one person alone, and needed for few. Nothing outside is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.core.errors import Broken
from regard.core.event import Event, RolloutChanged
from regard.core.facts import Decided, Entry
from regard.core.ids import message_key
from regard.core.ports import LOOP, Draft
from regard.core.storage import Store
from regard.planning.answers import Answers
from regard.planning.courses import Collector
from regard.planning.living import TURNS_MAX, outcome_of
from regard.planning.records import Course, Group, Rehearsal
from regard.runtime.ledger import Ledger
from regard.runtime.rebuild import rebuild
from regard.runtime.rollouts import Walker, rollout_draft

CLAIMED_MAX = 100

JOURNAL_MAX = 10_000_000
"""Entries read back from a scratch store: all of them."""

_TICK = timedelta(microseconds=1)


def live_group(group: Group, rehearsal: Rehearsal) -> Course:
    """Live the window again."""
    store = rehearsal.scratch()
    try:
        run = _Run(store, rehearsal)
        run.remember(group.history)
        run.start(rehearsal.rollouts)
        run.settle()
        for entry in group.inputs:
            run.turn_until(entry.received_at)
            run.take(entry)
        run.turn_until(rehearsal.lived.until)
        return run.course(group.labels)
    finally:
        store.close()


class _Run:
    """A ledger on a virtual clock."""

    def __init__(self, store: Store, rehearsal: Rehearsal) -> None:
        self._ledger = Ledger(store, rehearsal.kernel, lambda: rehearsal.program)
        self._walker = Walker(self._ledger)
        self._now = rehearsal.lived.since
        self._last = 0
        self._heard = 0
        self._due_at: datetime | None = None
        self._answers = Answers(rehearsal.lived)

    def remember(self, history: Sequence[Entry]) -> None:
        """Fold everything that was before the window, decided as it was decided then."""
        self._last = self._heard = len(history)
        if not history:
            return
        store, ledger = self._ledger.store, self._ledger
        with store.writing() as writing:
            writing.journal.append(_renumbered(history), ())
            writing.states.advance(LOOP, 0, len(history))
        rebuild(store, ledger.kernel, ledger.program().identity, _silently)

    def start(self, rollouts: Sequence[RolloutChanged]) -> None:
        """Start rollouts; they walk when everything settles."""
        if rollouts:
            self._ledger.append([rollout_draft(c, self._now) for c in rollouts], self._now)

    def take(self, entry: Entry) -> None:
        """Append one input at its moment and let everything follow from it."""
        body = entry.body
        if type(body) is Event:
            addressed = self._answers.addressed(body)
            if addressed is None:
                return
            body = addressed
        draft = Draft(
            key=message_key("plan", str(entry.offset)),
            identity=entry.identity,
            at=entry.at,
            received_at=entry.received_at,
            body=body,
        )
        self._ledger.append([draft], self._now)
        self.settle()

    def turn_until(self, moment: datetime) -> None:
        """Move the clock to `moment`, stopping at everything that falls due on the way."""
        for _ in range(TURNS_MAX):
            if self._due_at is None or self._due_at > moment:
                self._now = max(moment, self._now)
                return
            self._now = max(self._due_at, self._now + _TICK)
            self.settle()
        raise Broken(f"More than {TURNS_MAX} moments fell due before {moment.isoformat()}.")

    def settle(self) -> None:
        """Do all that can be done now, and note when something falls due next."""
        ledger = self._ledger
        while True:
            while ledger.advance():
                pass
            timer_at = ledger.fire(self._now)
            if ledger.advance() or self._walk():
                continue
            claimed, message_at = ledger.claim(CLAIMED_MAX, self._now)
            self._listen()
            for one in claimed:
                outcome = outcome_of(one, ledger.kernel, ledger.program(), self._now)
                ledger.settle([(one, self._answers.reply(outcome), None)], self._now)
            if not claimed:
                moments = [m for m in (timer_at, message_at) if m is not None]
                self._due_at = min(moments, default=None)
                return

    def _walk(self) -> bool:
        """Lead the rollouts a page on; return whether one is still on its way now."""
        moment = self._walker.walk(self._now)
        return moment is not None and moment <= self._now

    def course(self, labels: Mapping[str, str]) -> Course:
        """Return what came of it; people are named as they are known at the end."""
        collector = Collector()
        with self._ledger.store.reading() as reading:
            for entry, person_id, label in reading.tail.after(0, JOURNAL_MAX):
                if entry.offset > self._last:
                    collector.add(entry, (person_id, labels.get(person_id) or label))
                else:
                    collector.recall(entry)
        return collector.done()

    def _listen(self) -> None:
        """Hear which messages were decided, so that answers find them."""
        with self._ledger.store.reading() as reading:
            found = reading.tail.after(self._heard, JOURNAL_MAX)
        for entry, _, _ in found:
            self._heard = entry.offset
            if type(entry.body) is Decided and entry.body.verdict == "send":
                self._answers.note(entry.body)


def _renumbered(history: Sequence[Entry]) -> list[Entry]:
    """Return the entries at offsets from 1 without gaps; facts stay behind their causes."""
    places = {entry.offset: place for place, entry in enumerate(history, 1)}
    return [
        replace(entry, offset=places[entry.offset], cause=places.get(entry.cause, 0))
        for entry in history
    ]


def _silently(_done: int, _total: int) -> None:
    """Tell nobody how far a rebuild of a few people is."""
