"""The watch over service levels: tells a department when a promise burns its error budget.

In: counts of outcomes by time (never promises), and which alerts stand in the journal. Out: events
"Service Level Burning" and "Service Level Calm" that hang on the department, so that a journey can
write to its mailbox or call a webhook. Asked by the ledger whenever it fires timers; looks at most
once a minute, and only while something moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from regard.core.clock import EPOCH
from regard.core.event import DEPARTMENT, Event, Identifier
from regard.core.facts import PromiseChanged
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft, Library, People
from regard.core.program import Department, Program, PromiseDefinition
from regard.core.signal import SERVICE_LEVEL_BURNING, SERVICE_LEVEL_CALM
from regard.promises import BUCKET, ServiceLevel, Severity, has_calmed, read_levels

BURNING, CALM = SERVICE_LEVEL_BURNING, SERVICE_LEVEL_CALM
SOURCE = "regard"

LOOK_EVERY = timedelta(minutes=1)
"""A burning budget is told within a minute; the shortest window is five."""

PAGE = 200
ALERTS_MAX = 5_000
"""Entries of a department read back to learn which of its alerts still stand: years of them."""


class StandingAlerts:
    """Which alerts stand, as the journal says: severity and since when, by promise."""

    def __init__(self, people: People, watched: Iterable[PromiseDefinition]) -> None:
        self.alerts: dict[str, tuple[Severity, str]] = {}
        wanted: dict[str, set[str]] = {}
        for definition in watched:
            wanted.setdefault(definition.alert, set()).add(definition.id)
        for department, promises in wanted.items():
            self._read(people, department, promises)

    def _read(self, people: People, department: str, promises: set[str]) -> None:
        """Take the latest word about every promise; the newest entries come first."""
        person_id = people.find(Identifier(DEPARTMENT, department))
        below = 0
        for _ in range(ALERTS_MAX // PAGE):
            page = people.timeline(person_id, below, PAGE) if person_id and promises else ()
            for entry in page:
                event = entry.body
                if isinstance(event, Event) and event.name in (BURNING, CALM):
                    self._take(event, promises)
            if len(page) < PAGE:
                return
            below = page[-1].offset

    def _take(self, event: Event, promises: set[str]) -> None:
        promise = str(event.facts.get("promise"))
        if promise in promises:
            promises.discard(promise)
            if event.name == BURNING:
                self.alerts[promise] = (event.facts["severity"], event.facts["since"])


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
        if not watched or not self._is_due(program, now):
            return []
        with self._library.reading() as reading:
            if self._standing is None:
                self._standing = StandingAlerts(reading.people, watched)
            levels = read_levels(reading.runs, watched, now)
        self._has_moved, self._looked_at, self._hash = False, now, program.hash
        found = []
        for definition, level in zip(watched, levels, strict=True):
            alert = _change(level, self._standing.alerts.get(definition.id), now)
            if alert is not None:
                found.append(_draft(alert, definition, level, program, now))
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


def _change(
    level: ServiceLevel, standing: tuple[Severity, str] | None, now: datetime
) -> _Alert | None:
    """Return the alert that begins, grows from ticket to page, or ends; None: nothing changes."""
    severity, since = standing or ("", "")
    is_graver = not severity or (severity, level.severity) == ("ticket", "page")
    if level.severity and is_graver:
        return _Alert(BURNING, level.severity, now.isoformat())
    if severity and has_calmed(level, severity):
        return _Alert(CALM, severity, since)
    return None


def _draft(
    alert: _Alert,
    definition: PromiseDefinition,
    level: ServiceLevel,
    program: Program,
    now: datetime,
) -> Draft:
    """Return an alert as an event of the department; of one incident there is one of each name."""
    identifier = Identifier(DEPARTMENT, definition.alert)
    event = Event(
        message_id=f"{alert.name}:{definition.id}:{alert.severity}:{alert.since}",
        source=SOURCE,
        type="track",
        name=alert.name,
        channel=SOURCE,
        at=now,
        received_at=now,
        identifiers=(identifier,),
        facts=_facts(alert, definition, level),
        traits=_traits(program.departments.get(definition.alert)),
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
