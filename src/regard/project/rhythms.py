"""rhythms/*.yaml -> how often people do something by their own habit, and when silence is news.

Refused beside wrong values: a rhythm that would flag people who are not even late, and one that
needs more moments than a person remembers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from regard.core.flows import Rhythm
from regard.core.person import RECENT_MAX
from regard.project.findings import did_you_mean
from regard.project.reading import Table
from regard.project.triggers import Known, facts_of, read_expression
from regard.project.words import id_of

COUNT_MIN = 3
LATE_AFTER = 2.0
LATE_AFTER_LEAST = 1.1
"""Late at the typical gap itself would be half of all times; a tenth more is the least margin."""

AT_MOST = timedelta(days=365)
ONE_VISIT = timedelta(hours=1)


def read_rhythms(tables: Iterable[Table], known: Known) -> dict[str, Rhythm]:
    """Return the rhythms of all files by id; every slip is reported."""
    rhythms: dict[str, Rhythm] = {}
    owners: dict[str, str] = {}
    for table in tables:
        rhythm = _rhythm(table, known)
        if rhythm.id in owners:
            table.at("id").problem(f"{rhythm.id!r} is defined in {owners[rhythm.id]} too")
        elif rhythm.id:
            owners[rhythm.id] = table.place.document.file
            rhythms[rhythm.id] = rhythm
    return rhythms


def _rhythm(table: Table, known: Known) -> Rhythm:
    event = table.text("event", required=True)
    if event and known.events and event not in known.events:
        table.at("event").warn(
            f"no file describes the event {event!r}",
            did_you_mean(event, known.events, "describe it in events/, so that slips are found"),
        )
    rhythm_id = table.word("id", id_of, "", required=True)
    rhythm = Rhythm(
        id=rhythm_id,
        title=table.text("title") or rhythm_id,
        event=event,
        when=read_expression(table, "when", known, facts_of(event, known), "condition"),
        count_min=table.whole("min_count", COUNT_MIN, low=3, high=RECENT_MAX),
        late_after=float(table.number("late_after", LATE_AFTER, low=LATE_AFTER_LEAST, high=100)),
        at_most=table.duration("at_most", AT_MOST) or AT_MOST,
        one_visit=_duration(table, "one_visit", ONE_VISIT),
    )
    table.close()
    return rhythm


def _duration(table: Table, key: str, default: timedelta) -> timedelta:
    found = table.duration(key, default)
    return default if found is None else found
