"""What only the journal as a whole can tell, counted in a thread while nobody waits for it.

Whether offers were taken up, what experiments and holdouts came to, what another policy would have
earned: each needs decisions and what people did afterwards. One thread reads the journal on from
where it stopped whenever a page asks and something came; pages show what was counted so far and up
to where. A new program begins anew. The rules are those of `regard evaluate` (`regard.learning`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import Any

import msgspec
from msgspec.structs import replace

from regard.console.decision_views import Found, Judged, TakenUp
from regard.core.clock import Clock
from regard.core.errors import RegardError
from regard.core.event import Event
from regard.core.facts import Decided, Entry
from regard.core.ports import Library
from regard.core.program import Program
from regard.learning.occasions import Occasion, Occasions
from regard.learning.outcomes import Watch, events_of
from regard.learning.reports import Reporter
from regard.learning.scheme import scheme_of

Judge = Callable[[Program, Sequence[Occasion], datetime], Iterable[Mapping[str, Any]]]
"""What other policies would have earned on occasions: records as `learning.evaluating` has them."""

PAGE = 500
SETTLE_FOR = timedelta(minutes=1)
"""As in learning: what is on its way so long after its time is waited for."""

JUDGED_MAX = 4_000
"""Newest occasions that the console judges, a few seconds of work; `regard evaluate` takes all."""

JUDGED_AGAIN = 1.05
"""How many times more occasions make it worth judging anew."""

_NOTHING = Found(read_to=0, last=0, is_counting=False)


class Reports:
    """Counts for one console; asked by pages on any thread."""

    def __init__(
        self,
        library: Library,
        program: Callable[[], Program],
        clock: Clock,
        judge: Judge | None = None,
    ) -> None:
        self._library = library
        self._program = program
        self._clock = clock
        self._judge = judge
        self._lock = Lock()
        self._tally: _Tally | None = None
        self._found = _NOTHING
        self._thread: Thread | None = None
        self._wants_judgement = False

    def ask(self, *, is_judging: bool = False) -> Found:
        """Return what was counted so far, and go on counting behind it."""
        with self._library.reading() as reading:
            last = reading.tail.last()
        with self._lock:
            found, program = self._found, self._program()
            self._wants_judgement |= is_judging
            tally = self._tally
            is_current = tally is not None and tally.program is program and found.last >= last
            is_done = is_current and not (is_judging and tally is not None and tally.is_unjudged)
            if self._thread is None and not is_done:
                self._found = found = replace(found, last=last, is_counting=True)
                self._thread = Thread(target=self._count, name="regard-reports", daemon=True)
                self._thread.start()
            return found

    def join(self) -> None:
        """Wait until nothing is being counted."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _count(self) -> None:
        """Read on to the end of the journal, then judge if somebody asked; for the thread."""
        try:
            program = self._program()
            if self._tally is None or self._tally.program is not program:
                self._tally = _Tally(program)
            tally = self._tally
            while self._read_page(tally):
                self._found = tally.told(self._clock.now(), self._found.last, is_counting=True)
            if self._wants_judgement and self._judge is not None:
                self._wants_judgement = False
                tally.judge(self._judge, self._clock.now())
            done = tally.told(self._clock.now(), tally.read_to, is_counting=False)
        except RegardError as error:
            done = replace(self._found, is_counting=False, problem=error.message)
        with self._lock:
            self._found, self._thread = done, None

    def _read_page(self, tally: _Tally) -> bool:
        with self._library.reading() as reading:
            page = reading.tail.after(tally.read_to, PAGE)
        for entry, person_id, _ in page:
            tally.take(entry, person_id)
        return len(page) == PAGE


class _Tally:
    """All that is counted for one program, as far as the journal was read."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.read_to = 0
        self._reporter = Reporter(program)
        self._successes = {e.id: e.success for e in program.engagements.values() if e.success}
        self._events = events_of(list(self._successes.values()))
        self._watch: Watch[tuple[str, str]] = Watch()
        self._over: Counter[tuple[str, str]] = Counter()
        self._taken: Counter[tuple[str, str]] = Counter()
        scheme = scheme_of(program)
        self._reader = None if scheme is None else Occasions(program, scheme.id)
        self._occasions: deque[Occasion] = deque(maxlen=JUDGED_MAX)
        self._seen = 0
        self._judged_at = 0
        self._judged: tuple[Judged, ...] = ()

    @property
    def is_unjudged(self) -> bool:
        """Return whether there is enough new to judge by, or nothing was judged yet."""
        return self._reader is not None and (
            not self._judged or self._seen > self._judged_at * JUDGED_AGAIN
        )

    def take(self, entry: Entry, person_id: str) -> None:
        """Take the next entry and whose it is."""
        self.read_to = entry.offset
        self._reporter.take(entry, person_id)
        if self._reader is not None:
            self._keep(self._reader, entry.received_at)
            self._reader.take(entry, person_id)
        body = entry.body
        if type(body) is Decided and person_id and body.verdict == "send":
            success = self._successes.get(body.candidate.engagement)
            if success is not None and not body.candidate.is_test:
                place = (body.candidate.engagement, entry.received_at.date().isoformat())
                self._watch.add(place, person_id, entry.received_at, [(success, body.decision_id)])
        elif type(body) is Event and person_id and body.name in self._events:
            self._watch.see(person_id, body)

    def told(self, now: datetime, last: int, *, is_counting: bool) -> Found:
        """Return what all came to by `now`."""
        for place, took in self._watch.ended(now):
            self._over[place] += 1
            self._taken[place] += took[0]
        taken: dict[str, list[TakenUp]] = {}
        for (engagement, day), over in sorted(self._over.items()):
            one = TakenUp(day=day, over=over, taken=self._taken[engagement, day])
            taken.setdefault(engagement, []).append(one)
        return Found(
            read_to=self.read_to,
            last=max(last, self.read_to),
            is_counting=is_counting,
            taken={name: tuple(days) for name, days in taken.items()},
            comparisons=tuple(self._reporter.report(now)) if not is_counting else (),
            judged=self._judged,
        )

    def judge(self, judge: Judge, now: datetime) -> None:
        """Ask what other policies would have earned on the newest occasions."""
        if self._reader is None:
            return
        self._keep(self._reader, now - SETTLE_FOR)
        found = judge(self.program, list(self._occasions), now)
        self._judged = tuple(msgspec.convert(one, Judged) for one in found)
        self._judged_at = self._seen

    def _keep(self, reader: Occasions, now: datetime) -> None:
        for occasion in reader.ended(now):
            if occasion.is_whole:
                self._occasions.append(occasion)
                self._seen += 1
