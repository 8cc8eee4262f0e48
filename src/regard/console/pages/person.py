"""One person: who they are, what happened between us, what they are owed, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.moments import zone_of
from regard.console.pages.dossier import consents, held, identifiers, label_of, runs, traits
from regard.console.pages.promise_items import promise_item
from regard.console.records import PromiseItem
from regard.console.timeline import draw
from regard.console.views import PersonView, TimelineRow
from regard.console.why import why
from regard.console.wording import Wording, is_told
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.facts import OPEN_PROMISE, Entry
from regard.core.person import Person
from regard.core.rows import PromiseRow

ENTRIES_MAX = 150
"""Entries on one page of a timeline; older ones are one link away."""


def view(request: Request, desk: Desk) -> PersonView:
    """Return the person of the path; ``before`` turns the page, ``span=all`` widens the drawing."""
    program, now = desk.program(), desk.clock.now()
    wording = Wording(program)
    with desk.library.reading() as reading:
        person = reading.people.read(request.path_params["person_id"])
        if person is None:
            raise Refused(
                "Nobody is known by this id.", code="not_found", hint="Search under People."
            )
        rows, evidence = reading.people.identifiers(person.id)
        entries = reading.people.timeline(person.id, _before(request), ENTRIES_MAX)
    zone = zone_of(person, program)
    is_whole = request.query_params.get("span") == "all"
    lines = _lines(entries, person, wording, zone)
    lines.sort(key=lambda pair: (pair[0].at, pair[0].offset), reverse=True)
    pairs = [(entry, row.line) for entry, row in lines]
    return PersonView(
        person_id=person.id,
        label=label_of(person),
        now=now,
        zone=zone,
        is_frozen=person.is_frozen,
        is_erased=person.is_erased,
        first_seen_at=person.first_seen_at,
        last_seen_at=person.last_seen_at,
        last_channel=person.last_channel,
        identifiers=identifiers(rows, evidence),
        traits=traits(person),
        consents=consents(person, wording),
        suppressed=tuple(sorted(person.suppressed.items())),
        promises=_promises(person, wording, now),
        runs=runs(person, program),
        held=held(person, wording),
        limits=person.limits,
        drawing=draw(pairs, person, wording, now=now, zone=zone, is_whole=is_whole),
        is_whole=is_whole,
        rows=tuple(row for _, row in lines),
        before_next=entries[-1].offset if len(entries) == ENTRIES_MAX else 0,
    )


def _before(request: Request) -> int:
    text = request.query_params.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _lines(
    entries: Sequence[Entry], person: Person, wording: Wording, zone: str
) -> list[tuple[Entry, TimelineRow]]:
    return [
        (
            entry,
            TimelineRow(
                offset=entry.offset,
                at=entry.at,
                line=wording.line(entry, zone, engagement=_engagement(entry, person)),
                why=why(entry, wording),
            ),
        )
        for entry in entries
        if is_told(entry)
    ]


def _engagement(entry: Entry, person: Person) -> str:
    if not isinstance(entry.body, MessageOutcome):
        return ""
    touch = person.touches.get(entry.body.message_id)
    return touch.engagement if touch else ""


def _promises(person: Person, wording: Wording, now: datetime) -> tuple[PromiseItem, ...]:
    open_ones = [s.change for s in person.promises.values() if s.change.status in OPEN_PROMISE]
    open_ones.sort(key=lambda change: change.due_at)
    return tuple(
        promise_item(
            PromiseRow(person_id=person.id, label="", change=change, changed_at=change.made_at),
            wording,
            now,
        )
        for change in open_ones
    )
