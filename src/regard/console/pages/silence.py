"""Silence at large: why nothing was said, what it cost, what went instead, and by which policy."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request

from regard.console.decision_counts import forgone_of, mix_of, verdicts_of
from regard.console.decision_views import CapacityItem, PolicyItem, SilenceView
from regard.console.desk import Desk
from regard.console.levels import STRIP_DAYS, since_day
from regard.console.moments import zone_named
from regard.console.records import Counted
from regard.console.wording import Wording
from regard.core.event import PolicyTrained
from regard.core.ports import Reading
from regard.core.program import Program
from regard.core.settings import Department
from regard.core.standing import Standing
from regard.decisions.capacity import open_at, room_at
from regard.drawing.durations import short_duration

POLICY_READER = "policy"
"""The cursor that stands at the latest entry of what was learned (`runtime.learner`)."""

LEVELS = {"type": "customer types", "person": "single persons"}
_UTC = zone_named("UTC")


def view(_: Request, desk: Desk) -> SilenceView:
    """Return the latest `STRIP_DAYS` days."""
    program, now = desk.program(), desk.clock.now()
    wording, standing = Wording(program), desk.standing()
    with desk.library.reading() as reading:
        counts = reading.decisions.totals(since_day(now))
        trained = policy_entry(reading)
    return SilenceView(
        now=now,
        zone=program.company.zone,
        window_days=STRIP_DAYS,
        is_empty=not counts,
        verdicts=verdicts_of(counts),
        new_count=sum(one.new_count for one in counts),
        forgone=forgone_of(counts, program),
        mix=mix_of(counts, wording),
        capacity=tuple(
            capacity_item(department, standing, program, now)
            for department in program.departments.values()
            if department.capacity is not None or department.opens is not None
        ),
        learns=program.learning is not None,
        policy=_policy(trained, standing, wording) if program.learning is not None else None,
        found=desk.reports.ask(is_judging=program.learning is not None),
    )


def policy_entry(reading: Reading) -> tuple[datetime, PolicyTrained] | None:
    """Return what was learned last, and when."""
    offset = reading.tail.stepped(POLICY_READER)
    found = reading.tail.after(offset - 1, 1) if offset else ()
    for entry, _, _ in found:
        if isinstance(entry.body, PolicyTrained):
            return entry.received_at, entry.body
    return None


def capacity_item(
    department: Department, standing: Standing, program: Program, now: datetime
) -> CapacityItem:
    """Return how busy a department is now."""
    zone = zone_named(program.company.zone) or _UTC
    assert zone is not None
    taken = standing.taken.get(department.id, ())
    opened = open_at(department, zone, now)
    return CapacityItem(
        department=department.id,
        title=department.title,
        is_open=opened == now,
        opens_at=opened,
        taken=sum(at > now - department.capacity_window for at in taken),
        capacity=department.capacity,
        window=short_duration(int(department.capacity_window.total_seconds())),
        free_at=room_at(department, taken, now),
    )


def gates_of(
    trained: PolicyTrained, wording: Wording, engagement: str = ""
) -> tuple[tuple[str, str, str, bool], ...]:
    """Return (title, level, what was found, whether it is open) of the tailoring gates."""
    found = []
    for key, told in sorted(trained.gates.items()):
        name, _, level = key.rpartition("|")
        if engagement in ("", name) or name == "*":
            title = "All together" if name == "*" else wording.engagement(name)
            found.append((title, LEVELS.get(level, level), told, told.startswith("open")))
    return tuple(found)


def _policy(
    trained: tuple[datetime, PolicyTrained] | None, standing: Standing, wording: Wording
) -> PolicyItem:
    version = standing.policy.version if standing.policy is not None else ""
    if trained is None:
        return PolicyItem(version=version, at=None, by="", counts=(), gates=())
    at, body = trained
    ranked = sorted(body.counts.items(), key=lambda one: (-one[1], one[0]))
    return PolicyItem(
        version=version or body.version,
        at=at,
        by=body.by,
        counts=tuple(
            Counted(key=name, words=wording.engagement(name), count=count, tone="accent")
            for name, count in ranked
        ),
        gates=gates_of(body, wording),
    )
