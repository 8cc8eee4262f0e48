"""The watch over service levels: tells a department when a promise burns its error budget.

In: counts of outcomes by time (never promises), and which alerts stand in the journal. Out: events
"Service Level Burning" and "Service Level Calm" that hang on the department, so that a journey can
write to its mailbox or call a webhook. Asked by the ledger whenever it fires timers; looks at most
once a minute, and only while something moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from regard.core.clock import EPOCH
from regard.core.event import DEPARTMENT, Event, Identifier
from regard.core.facts import PromiseChanged
from regard.core.flows import PromiseDefinition
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft, Library, People
from regard.core.program import Program
from regard.core.settings import Department
from regard.core.signal import SERVICE_LEVEL_BURNING, SERVICE_LEVEL_CALM
from regard.promises import BUCKET, ServiceLevel, Severity, has_calmed, read_levels

BURNING, CALM = SERVICE_LEVEL_BURNING, SERVICE_LEVEL_CALM
SOURCE = "regard"

LOOK_EVERY = timedelta(minutes=1)
"""A burning budget is told within a minute; the shortest window is five."""

PAGE = 200
ALERTS_MAX = 5_000
"""Entries of a department read back to learn which of its alerts still stand: years of them."""


class Standing(NamedTuple):
    """An alert that a department was told of, and not yet that it ended."""

    severity: Severity
    since: str
    facts: Mapping[str, Any]


class StandingAlerts:
    """Which alerts stand, as the journal says, by department and promise."""

    def __init__(self, people: People, departments: Iterable[str]) -> None:
        self.alerts: dict[tuple[str, str], Standing] = {}
        for department in sorted(departments):
            self._read(people, department)

    def _read(self, people: People, department: str) -> None:
        """Take the latest word about every promise; the newest entries come first."""
        person_id = people.find(Identifier(DEPARTMENT, department))
        below, told = 0, set[str]()
        for _ in range(ALERTS_MAX // PAGE):
            page = people.timeline(person_id, below, PAGE) if person_id else ()
            for entry in page:
                event = entry.body
                if isinstance(event, Event) and event.name in (BURNING, CALM):
                    self._take(department, event, told)
            if len(page) < PAGE:
                return
            below = page[-1].offset

    def _take(self, department: str, event: Event, told: set[str]) -> None:
        promise = str(event.facts.get("promise"))
        if promise not in told and event.name == BURNING:
            severity, since = event.facts["severity"], event.facts["since"]
            self.alerts[department, promise] = Standing(severity, since, event.facts)
        told.add(promise)


class ServiceWatch:
    """Watches the promises of one program over one store."""

    def __init__(self, library: Library, program: Callable[[], Program]) -> None:
        self._library = library
        self._program = program
        self._standing: StandingAlerts | None = None
        self._has_moved = True
        self._looked_at: datetime | None = None
        self._hash = ""

    def note(self, promises: Iterable[tuple[int, datetime, PromiseChanged]]) -> None:
        """Take note of promises that moved: only an outcome makes a budget burn."""
        if not self._has_moved:
            self._has_moved = any(change.status != "expected" for _, _, change in promises)

    def forget(self) -> None:
        """Ask the journal anew which alerts stand: what was drafted may have been lost."""
        self._standing = None
        self._has_moved = True

    def next_at(self, now: datetime) -> datetime | None:
        """Return when to look again, None as long as nothing moves."""
        if not _watched(self._program()):
            return None
        if self._has_moved:
            return now if self._looked_at is None else max(self._looked_at + LOOK_EVERY, now)
        return _bucket_after(now) if self._has_alerts else None

    def drafts(self, now: datetime) -> list[Draft]:
        """Return the alerts that begin or end now; the caller appends them before it asks again."""
        program = self._program()
        watched = _watched(program)
        if not self._is_due(program, now):
            return []
        told = {*program.departments, *(definition.alert for definition in watched)}
        with self._library.reading() as reading:
            if self._standing is None:
                self._standing = StandingAlerts(reading.people, told)
            levels = read_levels(reading.runs, watched, now) if watched else ()
        self._has_moved, self._looked_at, self._hash = False, now, program.hash
        standing = dict(self._standing.alerts)
        found = []
        for definition, level in zip(watched, levels, strict=True):
            alert = _change(level, standing.pop((definition.alert, definition.id), None), now)
            if alert is not None:
                facts = _facts(alert, definition, level)
                found.append(_draft(alert, definition.alert, facts, program, now))
        found += _ended(standing, program, now)
        if found:
            self.forget()
        return found

    @property
    def _has_alerts(self) -> bool:
        return self._standing is not None and bool(self._standing.alerts)

    def _is_due(self, program: Program, now: datetime) -> bool:
        if program.hash != self._hash:
            self.forget()
            return True
        if self._looked_at is None:
            return True
        if now - self._looked_at < LOOK_EVERY:
            return False
        # Of an alert that stands, the windows move on even when nothing else does.
        return self._has_moved or (self._has_alerts and now >= _bucket_after(self._looked_at))


class _Alert(NamedTuple):
    """An alert that begins, grows or ends."""

    name: str
    severity: Severity
    since: str


def _watched(program: Program) -> list[PromiseDefinition]:
    return [definition for definition in program.promises.values() if definition.alert]


def _bucket_after(moment: datetime) -> datetime:
    """Return when the next stretch of outcomes begins: rates change then without any outcome."""
    return EPOCH + ((moment - EPOCH) // BUCKET + 1) * BUCKET


def _change(level: ServiceLevel, standing: Standing | None, now: datetime) -> _Alert | None:
    """Return the alert that begins, grows from ticket to page, or ends; None: nothing changes."""
    severity, since = standing[:2] if standing else ("", "")
    is_graver = not severity or (severity, level.severity) == ("ticket", "page")
    if level.severity and is_graver:
        return _Alert(BURNING, level.severity, now.isoformat())
    if severity and has_calmed(level, severity):
        return _Alert(CALM, severity, since)
    return None


def _ended(
    standing: Mapping[tuple[str, str], Standing], program: Program, now: datetime
) -> list[Draft]:
    """Return the end of alerts whose promise is gone, or alerts another department by now."""
    found = []
    for (department, _), last in standing.items():
        alert = _Alert(CALM, last.severity, last.since)
        facts = {**last.facts, "burn_rate": 0.0}
        found.append(_draft(alert, department, facts, program, now))
    return found


def _draft(
    alert: _Alert, department: str, facts: dict[str, Any], program: Program, now: datetime
) -> Draft:
    """Return an alert as an event of the department; of one incident there is one of each name."""
    identifier = Identifier(DEPARTMENT, department)
    event = Event(
        message_id=f"{alert.name}:{facts['promise']}:{alert.severity}:{alert.since}",
        source=SOURCE,
        type="track",
        name=alert.name,
        channel=SOURCE,
        at=now,
        received_at=now,
        identifiers=(identifier,),
        facts=facts,
        traits=_traits(program.departments.get(department)),
        trust=1,
    )
    return Draft(
        key=message_key(SOURCE, event.message_id),
        identity=identity_of(identifier.kind, identifier.value),
        at=now,
        received_at=now,
        body=event,
    )


def _facts(alert: _Alert, definition: PromiseDefinition, level: ServiceLevel) -> dict[str, Any]:
    rates = [burn.long_rate for burn in level.burns if burn.severity == alert.severity]
    return {
        "promise": definition.id,
        "title": definition.title,
        "severity": alert.severity,
        "since": alert.since,
        "burn_rate": round(max(rates), 2),
        "budget_left": round(level.budget_left, 4),
        "objective": definition.objective,
        "window_days": level.window / timedelta(days=1),
        "bad": level.count.bad,
        "total": level.count.total,
    }


def _traits(department: Department | None) -> dict[str, Any]:
    if department is None:
        return {}
    return {"name": department.title, **department.addresses}
