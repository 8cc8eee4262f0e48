"""What customers lived, against what is declared; and a day with one of them.

Measuring reads a stretch of the journal and takes seconds, so somebody asks for it and the answer
is kept until the next one. It needs the extra ``regard[lake]``; without it the page says so.
"""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.model_shelf import Measured
from regard.console.model_views import DayView, LivedView
from regard.console.model_words import href_of
from regard.console.reasons import who_words
from regard.core.errors import Refused
from regard.core.lived import Lived, Sight
from regard.core.model import Model
from regard.core.person import Person
from regard.core.ports import Reading
from regard.model.day import day_with
from regard.model.page import Seen, draw_page
from regard.model.stretch import SEARCHED_MAX, consenting, endings_of, entries_since
from regard.model.touches import names_of, touches_of

ENTRIES_MAX = 500_000
"""Entries that are read at most, the newest: about a minute of one core."""
DAYS = (7, 30, 90)
SHOWN_MAX = 20
DAY_ENTRIES_MAX = 2_000
PURPOSE = "research"

MISSING = "pip install 'regard[lake]'"


def view(_request: Request, desk: Desk) -> LivedView:
    """Return the last measure over the declared as-is."""
    program, measured = desk.program(), desk.models.measured
    with desk.library.reading() as reading:
        studied = desk.models.study(reading, program)
        names = _names(reading, measured) if measured else {}
    if measured is None:
        missing = "" if find_spec("duckdb") else MISSING
        now, zone = desk.clock.now(), program.company.zone
        return LivedView(now=now, zone=zone, missing=missing, drawing="")
    lived, sights = measured.lived, measured.sights
    return LivedView(
        now=desk.clock.now(),
        zone=program.company.zone,
        missing="",
        drawing=_drawing(desk, studied.as_is, studied.future, measured),
        measured_at=measured.at,
        days=measured.days,
        is_cut=measured.is_cut,
        since=lived.since,
        until=lived.until,
        touch_count=lived.touch_count,
        person_count=lived.person_count,
        late=lived.late[:SHOWN_MAX],
        unseen=tuple(s for s in sights if s.is_declared and not s.person_count),
        undeclared=tuple(s for s in sights if not s.is_declared),
        seen=tuple(s for s in sights if s.is_declared and s.person_count),
        handovers=lived.handovers[:SHOWN_MAX],
        repeats=lived.repeats[:SHOWN_MAX],
        findings=lived.findings[:SHOWN_MAX],
        names=names,
    )


async def measure(_request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Measure the last days of the journal, in a thread beside the loop."""
    wanted = form.get("days", "")
    days = int(wanted) if wanted in map(str, DAYS) else DAYS[-1]
    desk.models.measured = await run_in_threadpool(_measure, desk, days)
    return "/model/lived"


def day_view(request: Request, desk: Desk) -> DayView:
    """Return the fullest day of somebody who consented; ``person`` names one by their id."""
    program = desk.program()
    purpose = request.query_params.get("purpose", PURPOSE)[:64]
    day, problem = None, ""
    try:
        with desk.library.reading() as reading:
            person = _person(reading, request.query_params.get("person", ""), purpose)
            rows, _ = reading.people.identifiers(person.id)
            found = reading.people.timeline(person.id, limit=DAY_ENTRIES_MAX)
        entries = [(entry, person.id) for entry in reversed(found)]
        touches = list(touches_of(entries, names_of(None)))
        keys = [row.identifier for row in rows]
        day = day_with(person, keys, touches, purpose, program.company.zone)
    except Refused as error:
        problem = error.message
    return DayView(
        now=desk.clock.now(),
        zone=program.company.zone,
        purpose=purpose,
        purposes=tuple((p, p.replace("_", " ")) for p in sorted({PURPOSE, *program.purposes})),
        title=day.title if day else "",
        day_zone=program.company.zone,
        problem=problem,
        moments=day.moments if day else (),
    )


def _measure(desk: Desk, days: int) -> Measured:
    try:
        lived_room = import_module("regard.model.lived")
        conforming = import_module("regard.model.conforming")
    except ImportError as error:
        raise Refused(
            f"Measuring needs the extra regard[lake]: {error}.", code="extra_missing", hint=MISSING
        ) from error
    program, now = desk.program(), desk.clock.now()
    with desk.library.reading() as reading:
        model = desk.models.study(reading, program).as_is
        last = reading.tail.last()
        start = max(0, last - ENTRIES_MAX)
        entries = entries_since(reading, now - timedelta(days=days), start)
        touches = touches_of(entries, names_of(model))
        with lived_room.measuring(touches) as found:
            lived: Lived = lived_room.measure_lived(found, endings_of(program))
            sights: tuple[Sight, ...] = conforming.conformance(model, found) if model else ()
    is_cut = start > 0 and lived.since > now - timedelta(days=days)
    return Measured(at=now, days=days, lived=lived, sights=sights, is_cut=is_cut)


def _drawing(desk: Desk, as_is: Model | None, future: Model | None, measured: Measured) -> str:
    """Return today's page with what was seen of its channels on them."""
    if as_is is None:
        return ""
    lived = {
        sight.key: f"{sight.person_count:,} seen" if sight.person_count else ""
        for sight in measured.sights
        if sight.is_declared and sight.key.startswith("channel:")
    }
    # Both versions are laid out together, so that every drawing lies box on box.
    seen = Seen(href=lambda key: href_of(key, "as_is"), lived=lived)
    return desk.models.drawing(
        ("lived", as_is.title, measured.at), lambda: str(draw_page(as_is, future, "as_is", seen))
    )


def _names(reading: Reading, measured: Measured) -> dict[str, str]:
    lived = measured.lived
    groups = (lived.late, measured.sights, lived.handovers, lived.repeats, lived.findings)
    wanted = {person for group in groups for one in group for person in one.persons}
    people = {person_id: reading.people.read(person_id) for person_id in sorted(wanted)}
    return {
        person_id: who_words(_label(person), person_id)
        for person_id, person in people.items()
        if person is not None
    }


def _label(person: Person) -> str:
    name = person.trait("name")
    return name if isinstance(name, str) else ""


def _person(reading: Reading, person_id: str, purpose: str) -> Person:
    found = reading.people.read(person_id) if person_id else consenting(reading, purpose)
    if found is not None:
        return found
    told = (
        f"Nobody is known by {person_id}."
        if person_id
        else f"Nobody of the last {SEARCHED_MAX} people consented to {purpose}."
    )
    raise Refused(told, code="not_found")
