"""journeys/*.yaml -> journeys: how they start, who may walk them again, their steps and their ends.

A journey starts on an event or on what Regard notes (`start`), by the calendar (`schedule`), or
only when it is called (`start: {api: true}`). Its steps are read by `steps`, the way through them
is checked by `flow`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

from regard.core.flows import Journey, Schedule, Trigger
from regard.core.signal import JOURNEY_CALLED
from regard.project.expressions import ANYTHING, FactKinds
from regard.project.flow import check_flow
from regard.project.reading import Table, check_reference
from regard.project.steps import read_step
from regard.project.triggers import Known, facts_of, read_trigger, read_triggers
from regard.project.words import cron_of, id_of, zone_of

REENTRIES = ("never", "after_end", "always")
Reentry = Literal["never", "after_end", "always"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJourney:
    """A journey as far as it could be read, and the facts its engagements will see."""

    id: str
    offers: tuple[str, ...]
    facts: FactKinds
    journey: Journey | None


def read_journey(table: Table, known: Known) -> ReadJourney:
    """Return the journey of one file; every slip is reported."""
    journey_id = table.word("id", id_of, "", required=True)
    schedule = _schedule(table, known)
    start = _start(table, journey_id, known, is_scheduled="schedule" in table)
    tables = list(table.tables("steps"))
    facts = _facts(start, tables, known)
    steps = tuple(read_step(given, known, facts) for given in tables)
    check_flow(table, steps, tables)
    title, exit_when = table.text("title"), read_triggers(table, "exit_when", known)
    goals = read_triggers(table, "goals", known)
    reentry, reentry_after = _reentry(table)
    table.close()
    journey = None
    if start and journey_id and steps:
        journey = Journey(
            id=journey_id,
            title=title or journey_id,
            start=start,
            steps=steps,
            schedule=schedule,
            goals=goals,
            exit_when=exit_when,
            reentry=reentry,
            reentry_after=reentry_after,
        )
    offers = tuple(step.engagement for step in steps if step.engagement)
    return ReadJourney(id=journey_id, offers=offers, facts=facts, journey=journey)


def _start(table: Table, journey_id: str, known: Known, *, is_scheduled: bool) -> Trigger | None:
    """Return what starts the journey; one that only the calendar or a caller starts is called."""
    called = Trigger(event=f"{JOURNEY_CALLED}|{journey_id}")
    given = table.table("start")
    if given is None:
        if "start" not in table and not is_scheduled:
            table.missing("start", "start: {event: Signed Up}")
        return called if is_scheduled else None
    if "api" not in given:
        return read_trigger(given, known)
    if not given.flag("api", default=True):
        given.at("api").problem("a journey that is called says so", "api: true")
    given.close()
    return called


def _facts(start: Trigger | None, tables: list[Table], known: Known) -> FactKinds:
    """Return the facts that steps see: of the start, and what calls answer, under their steps."""
    facts = ANYTHING if start is None else facts_of(start.event, known)
    calls = [given.data.get("id") for given in tables if given.data.get("call") is not None]
    named = {str(step_id): ANYTHING for step_id in calls if step_id not in facts.named}
    return FactKinds({**facts.named, **named}, facts.is_open) if named else facts


def _schedule(table: Table, known: Known) -> Schedule | None:
    given = table.table("schedule")
    if given is None:
        return None
    cron = given.word("cron", cron_of, "", required=True)
    zone = given.word("zone", zone_of, known.zone)
    audience = given.text("audience", required=True)
    if audience:
        check_reference(given.at("audience"), audience, known.audiences, "audience")
    given.close()
    return Schedule(cron=cron, zone=zone, audience=audience) if cron else None


def _reentry(table: Table) -> tuple[Reentry, timedelta]:
    """Return the rule, and how long after the end of a run the next one may start."""
    if not isinstance(table.any("reentry"), dict):
        return cast(Reentry, table.choice("reentry", REENTRIES, "after_end")), timedelta(0)
    given = table.table("reentry")
    assert given is not None
    if "after" not in given:
        given.missing("after", "reentry: {after: 30 days}")
    after = given.duration("after")
    given.close()
    return "after_end", after or timedelta(0)
