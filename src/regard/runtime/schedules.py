"""Starts by the calendar: at the moment of a journey's schedule, one rollout that begins it.

In: the program's schedules and the clock of whoever turns the loop. Out: a `RolloutChanged` whose
id is made of journey and moment, so each moment starts once, whoever looks and however often. What
a process that was down has missed starts late, when that is less than a day; of several missed
moments the latest one. What is left out is said in the journal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from regard.core.clock import to_us
from regard.core.event import RolloutChanged
from regard.core.flows import Journey, Schedule
from regard.core.ids import message_key
from regard.core.ports import Draft
from regard.core.program import Program
from regard.journeys import next_start
from regard.runtime.ledger import Ledger

LATE_MAX = timedelta(days=1)
"""A start that is later than this would meet people on another day than they were told."""

MISSED_MAX = 100
"""Missed moments of one journey that are told one by one."""

STARTS_MAX = 1_000
"""Rollouts among which the latest start of a journey is looked for."""


class Calendar:
    """Looks for starts that are due; between them it costs one comparison."""

    def __init__(self, ledger: Ledger, since: datetime | None = None) -> None:
        self._ledger = ledger
        self._since = since
        self._program: Program | None = None
        self._next_at: datetime | None = None

    def look(self, now: datetime) -> datetime | None:
        """Start what is due; return when to look again (None: nothing is scheduled)."""
        program = self._ledger.program()
        is_known = program is self._program
        if is_known and (self._next_at is None or now < self._next_at):
            return self._next_at
        journeys = [j for j in program.journeys.values() if j.schedule is not None]
        drafts = list(self._drafts(journeys, program, now)) if journeys else []
        if drafts:
            self._ledger.append(drafts, now)
        moments = [next_start(j.schedule, now) for j in journeys if j.schedule is not None]
        self._next_at = min((moment for moment in moments if moment is not None), default=None)
        self._program = program
        return self._next_at

    def _drafts(self, journeys: list[Journey], program: Program, now: datetime) -> Iterator[Draft]:
        with self._ledger.store.reading() as reading:
            versions = reading.rollouts.versions(1)
            rollouts = reading.rollouts.latest(limit=STARTS_MAX)
        published_at = versions[0].at if versions else self._since or now
        starts = [row.change for row in rollouts if row.change.rollout == "start"]
        for journey in journeys:
            last = next((change for change in starts if change.subject == journey.id), None)
            yield from _due(journey, program, last, published_at, now)


def _due(
    journey: Journey,
    program: Program,
    last: RolloutChanged | None,
    published_at: datetime,
    now: datetime,
) -> Iterator[Draft]:
    """Yield what is due since the last start, or since the schedule came into force."""
    schedule = journey.schedule
    assert schedule is not None
    is_same = last is not None and last.reason == _words(schedule)
    since = last.started_at if last is not None and is_same else published_at
    missed = list(_moments(schedule, max(since, now - LATE_MAX), now))
    first = next_start(schedule, since)
    if first is not None and first <= now - LATE_MAX:
        yield _draft(journey, program, first, "too_late", now)
    for moment in missed[:-1]:
        yield _draft(journey, program, moment, "overtaken", now)
    if missed:
        yield _draft(journey, program, missed[-1], "", now)


def _moments(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    moments: list[datetime] = []
    moment = next_start(schedule, after)
    while moment is not None and moment <= until:
        moments.append(moment)
        moment = next_start(schedule, moment)
    return iter(moments[-MISSED_MAX:])


def _draft(
    journey: Journey, program: Program, moment: datetime, skipped: str, now: datetime
) -> Draft:
    """Return the start at a moment, or that it is left out and why; one of both, once."""
    schedule = journey.schedule
    assert schedule is not None
    change = RolloutChanged(
        rollout_id=f"start:{journey.id}:{to_us(moment)}",
        rollout="start",
        subject=journey.id,
        status="cancelled" if skipped else "running",
        started_at=moment,
        audience=schedule.audience,
        facts={"scheduled_at": moment.isoformat()},
        program=program.hash,
        reason=skipped or _words(schedule),
    )
    key = message_key("rollout", f"{change.rollout_id}:due")
    return Draft(key=key, identity=0, at=now, received_at=now, body=change)


def _words(schedule: Schedule) -> str:
    """Return a schedule in words, by which a changed one is known."""
    return f"schedule {schedule.cron} {schedule.zone}"
