"""One person: who they are, what happened between us, what they are owed, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace
from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.moments import told_at, zone_of
from regard.console.pages.audiences import memberships
from regard.console.pages.coming import coming, runs
from regard.console.pages.doing import doing
from regard.console.pages.dossier import (
    consents,
    headline,
    identifiers,
    person_known,
    place_word,
    ranks,
    traits,
    weighed_at,
)
from regard.console.records import Why
from regard.console.spoken import said
from regard.console.timeline import SPANS, draw, fitting
from regard.console.views import PersonView, TimelineRow
from regard.console.why import message_of, titles_of, why
from regard.console.wording import Wording, is_told
from regard.core.facts import Decided, Entry, PersonsMerged
from regard.core.person import Person
from regard.core.trace import Lineage, trace_id
from regard.needs import told_needs
from regard.profiles import Fallen, fallen

ENTRIES_MAX = 200
"""Entries on one page of a timeline; older ones are one link away."""


def view(request: Request, desk: Desk) -> PersonView:
    """Return the person of the path; ``before`` turns the page, ``span`` the window."""
    program, now = desk.program(), desk.clock.now()
    wording, before = Wording(program), _before(request)
    with desk.library.reading() as reading:
        person = person_known(reading, request.path_params["person_id"])
        rows, evidence = reading.people.identifiers(person.id)
        rows = sorted(rows, key=ranks(program.identity))
        entries = reading.people.timeline(person.id, before, ENTRIES_MAX)
        oldest = entries[-1].offset if len(entries) == ENTRIES_MAX else 0
        heard = said(reading.identities.acts(person.id), oldest, before, reading)
    own = {entry.offset for entry in entries}
    entries = [*entries, *(entry for entry in heard if entry.offset not in own)]
    place = place_word(rows, program.identity)
    zone, span = zone_of(person, program), request.query_params.get("span", "")
    lines = _lines(entries, person, wording, zone)
    until = lines[0][1].at if before and lines else None
    if span not in SPANS:
        span = fitting([row.at for _, row in lines], until or now)
    drawing = draw(
        [(entry, row.line) for entry, row in lines],
        person,
        wording,
        now=now,
        zone=zone,
        span=SPANS[span],
        until=until,
    )
    return PersonView(
        person_id=person.id,
        label=headline(person, rows, place),
        place=place,
        now=now,
        zone=zone,
        is_frozen=person.is_frozen,
        is_erased=person.is_erased,
        first_seen_at=person.first_seen_at,
        last_seen_at=person.last_seen_at,
        last_channel=person.last_channel,
        identifiers=identifiers(rows, evidence, wording),
        traits=traits(person, wording),
        consents=consents(person, wording, zone),
        suppressed=tuple(sorted(person.suppressed.items())),
        coming=coming(person, entries, wording, now),
        runs=runs(person, wording),
        memberships=memberships(person, wording),
        needs=told_needs(person, program, now),
        doing=doing(person, now),
        limits=person.limits,
        drawing=drawing,
        span=span,
        before=before,
        rows=tuple(row for _, row in lines),
        before_next=oldest,
    )


def _before(request: Request) -> int:
    text = request.query_params.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _lines(
    entries: Sequence[Entry], person: Person, wording: Wording, zone: str
) -> list[tuple[Entry, TimelineRow]]:
    """Return the entries that people read of with their rows, newest first."""
    titles, about = titles_of(person, wording), _abouts(entries, person)
    lineage, fell = Lineage(entries), fallen(person)
    told = sorted(filter(is_told, entries), key=lambda e: (told_at(e), e.stamp), reverse=True)
    return [
        (
            entry,
            TimelineRow(
                offset=entry.offset,
                at=told_at(entry),
                line=wording.line(entry, zone, engagement=about.get(message_of(entry.body), "")),
                why=_weighed(
                    why(entry, wording, titles, zone, trace_id(lineage.trace(entry.offset))),
                    entry,
                    fell,
                    wording,
                    zone,
                ),
            ),
        )
        for entry in told
    ]


def _weighed(found: Why, entry: Entry, fell: Iterable[Fallen], wording: Wording, zone: str) -> Why:
    """Return the evidence of an entry; of a merge also which consents fell by it."""
    if not isinstance(entry.body, PersonsMerged):
        return found
    told = weighed_at(fell, entry.at, wording, zone)
    return replace(found, pairs=(*found.pairs, *told))


def _abouts(entries: Sequence[Entry], person: Person) -> dict[str, str]:
    """Return the engagement of each message that the person or this page remembers."""
    about = {key: touch.engagement for key, touch in person.touches.items()}
    for entry in entries:
        if isinstance(entry.body, Decided):
            about[entry.body.decision_id] = entry.body.candidate.engagement
    return about
