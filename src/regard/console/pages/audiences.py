"""Audiences: who belongs where now? The list, the members of one, and where a person belongs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from starlette.requests import Request

from regard.console.audience_views import (
    AudienceItem,
    AudiencesView,
    AudienceView,
    MemberItem,
    MembershipItem,
)
from regard.console.desk import Desk
from regard.console.reasons import reason_words, who_words
from regard.console.wording import Wording
from regard.core.errors import Refused
from regard.core.flows import Audience
from regard.core.person import Person
from regard.core.ports import Reading
from regard.core.program import Program
from regard.core.signal import AUDIENCE_ENTERED, AUDIENCE_LEFT

VERSIONS_MAX = 1_000
"""Publications among which the first is looked for."""

MEMBERS_MAX = 200
"""Members on one page, those who entered last; the JSON twin has as many."""


def view(_: Request, desk: Desk) -> AudiencesView:
    """Return every audience with its counts."""
    program, now = desk.program(), desk.clock.now()
    with desk.library.reading() as reading:
        items = _items(reading, program.audiences.values(), now.date().isoformat())
        versions = reading.rollouts.versions(VERSIONS_MAX)
    return AudiencesView(
        now=now,
        zone=program.company.zone,
        audiences=tuple(sorted(items, key=lambda item: item.title.casefold())),
        known_since=versions[-1].at if versions else None,
    )


def one_view(request: Request, desk: Desk) -> AudienceView:
    """Return the audience of the path with those who entered last."""
    program, now = desk.program(), desk.clock.now()
    audience = program.audiences.get(request.path_params["audience"])
    if audience is None:
        raise Refused(
            "There is no audience of this name.", code="not_found", hint="Look under Audiences."
        )
    with desk.library.reading() as reading:
        (item,) = _items(reading, [audience], now.date().isoformat())
        rows = reading.audiences.latest(audience.id, MEMBERS_MAX)
    return AudienceView(
        now=now,
        zone=program.company.zone,
        item=item,
        used_by=tuple(_used_by(audience.id, program)),
        members=tuple(
            MemberItem(
                person_id=row.person_id, label=who_words(row.label, row.person_id), since=row.since
            )
            for row in rows
        ),
        is_full=len(rows) >= MEMBERS_MAX,
    )


def memberships(person: Person, wording: Wording) -> tuple[MembershipItem, ...]:
    """Return where a person belongs, the latest first."""
    changes = [s.change for s in person.audiences.values() if s.change.is_member]
    return tuple(
        MembershipItem(
            audience=change.audience,
            title=wording.audience(change.audience),
            since=change.since,
            reason=reason_words(change.reason),
            wake_at=change.wake_at,
        )
        for change in sorted(changes, key=lambda c: (c.since, c.audience), reverse=True)
    )


def _items(reading: Reading, audiences: Collection[Audience], today: str) -> list[AudienceItem]:
    counts = reading.audiences.counts()
    moved: Counter[tuple[str, str]] = Counter()
    names = [f"audience:{audience.id}" for audience in audiences]
    for tally in reading.registers.tallies(today, names) if names else ():
        moved[tally.name, tally.key] += tally.count
    return [
        AudienceItem(
            audience=audience.id,
            title=audience.title,
            condition=" ".join(audience.members.text.split()),
            member_count=counts.get(audience.id, 0),
            entered_count=moved[f"audience:{audience.id}", "entered"],
            left_count=moved[f"audience:{audience.id}", "left"],
        )
        for audience in audiences
    ]


def _used_by(audience: str, program: Program) -> Iterable[tuple[str, str]]:
    """Yield (title, address) of the journeys and broadcasts for which it is asked."""
    noted = {f"{name}|{audience}" for name in (AUDIENCE_ENTERED, AUDIENCE_LEFT)}
    for journey in program.journeys.values():
        awaited = [trigger for step in journey.steps for trigger in step.events]
        triggers = [journey.start, *journey.exit_when, *journey.goals, *awaited]
        is_scheduled = journey.schedule is not None and journey.schedule.audience == audience
        if is_scheduled or any(trigger.event in noted for trigger in triggers):
            yield journey.title, f"/journeys/{journey.id}"
    for broadcast in program.broadcasts.values():
        if broadcast.audience == audience:
            yield broadcast.title, f"/broadcasts#broadcast-{broadcast.id}"
    for asker in program.audiences_by_event.askers.get(audience, ()):
        yield asker.title, f"/audiences/{asker.id}"
