"""Decisions: why this, why silence? The stream, one decision, and why somebody does not get it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlencode

from msgspec import structs
from starlette.requests import Request

from regard.console.decision_views import (
    Choice,
    DecisionsView,
    DecisionView,
    Sieve,
    WhyView,
)
from regard.console.decision_why import Look, look
from regard.console.decision_words import (
    certainty_of,
    features_of,
    headline,
    item_of,
    obstacle_item,
    parts_of,
    steps_of,
)
from regard.console.desk import Desk
from regard.console.levels import since_day
from regard.console.moments import zone_of
from regard.console.pages.content import named
from regard.console.pages.dossier import label_of
from regard.console.reasons import channel_words, reason_words
from regard.console.why import ORIGINS, decision_why, flat, refused, titles_of
from regard.console.wording import Wording
from regard.core.errors import Refused
from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.ports import Reading
from regard.core.program import Program
from regard.core.rows import DecisionCount, DecisionKind, DecisionRow

PAGE = 50
"""Decisions on one page."""

PERSON_MAX = 500
"""Latest decisions about one person that are sifted by more than the engagement."""

FAR_MAX = 10**18
_VERDICT_WORDS = (("send", "Sent"), ("hold", "Held"), ("silence", "Silent"))
_FIELDS = ("engagement", "verdict", "reason", "channel", "origin", "person")


def view(request: Request, desk: Desk) -> DecisionsView:
    """Return the stream, narrowed by the query; ``before`` asks for what is older."""
    program, now = desk.program(), desk.clock.now()
    query = request.query_params
    asked = Sieve(**{name: query.get(name, "")[:200] for name in _FIELDS})
    before = _number(query.get("before", ""))
    wording = Wording(program)
    with desk.library.reading() as reading:
        counts = reading.decisions.totals(since_day(now))
        person = reading.people.read(asked.person) if asked.person else None
        rows = _rows(reading, asked, person, before)
    shown = rows[:PAGE]
    return DecisionsView(
        now=now,
        zone=program.company.zone,
        is_empty=not counts and not rows,
        asked=asked,
        person_label=label_of(person) if person else asked.person,
        choices=_choices(counts, wording, asked),
        items=tuple(item_of(row, wording) for row in shown),
        before=shown[-1].number if len(rows) > PAGE else 0,
        query=urlencode([(n, v) for n, v in structs.asdict(asked).items() if v]),
    )


def one_view(request: Request, desk: Desk) -> DecisionView:
    """Return the decision at the offset of the path."""
    program, now = desk.program(), desk.clock.now()
    wording = Wording(program)
    with desk.library.reading() as reading:
        row = reading.decisions.one(_number(request.path_params["number"]))
        if row is None:
            raise Refused(
                "There is no decision at this place of the journal.",
                code="not_found",
                hint="Look under Decisions.",
            )
        person = reading.people.read(row.person_id) if row.person_id else None
        rivals = _rivals(reading, row) if row.decision.rivals else []
    decided, zone = row.decision, zone_of(person, program)
    why = decision_why(decided, wording, titles_of(person, wording) if person else {})
    seen = {rival.decision.candidate.engagement for rival in rivals}
    return DecisionView(
        now=now,
        zone=zone,
        item=item_of(row, wording),
        pairs=(*why.pairs, *flat(decided.candidate.facts, zone)),
        links=tuple(_links(row, why.links)),
        steps=steps_of(decided.factors),
        silence=decided.factors.get("silence"),
        parts=parts_of(decided.factors),
        refusals=refused(decided.refusals),
        rivals=tuple(item_of(rival, wording) for rival in rivals),
        rivals_unseen=tuple(wording.engagement(r) for r in decided.rivals if r not in seen),
        certainty=tuple(certainty_of(decided)),
        features=features_of(decided, program),
    )


def why_view(request: Request, desk: Desk) -> WhyView:
    """Return why the person of the query does not get the engagement of the query."""
    program, now = desk.program(), desk.clock.now()
    query = request.query_params
    wanted, text = query.get("engagement", ""), query.get("person", "").strip()[:200]
    if wanted and wanted not in program.engagements:
        raise Refused(
            f"There is no engagement {wanted!r} in the published folder.",
            code="not_found",
            hint="Look under Engagements.",
        )
    wording = Wording(program)
    with desk.library.reading() as reading:
        person, people = named(text, reading)
        last = _last(reading, person, wanted)
    blank = WhyView(
        now=now,
        zone=zone_of(person, program),
        engagement=wanted,
        title=wording.engagement(wanted) if wanted else "",
        engagements=tuple((e.id, e.title) for e in _by_title(program)),
        person_id=person.id if person else "",
        label=label_of(person) if person else "",
        named=text,
        people=people,
    )
    if person is None or not wanted:
        return blank
    found = look(person, program.engagements[wanted], program, desk.standing(), now)
    return _answered(blank, found, last, wording)


def _answered(blank: WhyView, found: Look, last: DecisionRow | None, wording: Wording) -> WhyView:
    would = item_of(found.row, wording)
    decided = found.decided
    moments = [o.until for o in found.obstacles if o.until is not None]
    return structs.replace(
        blank,
        last=item_of(last, wording) if last else None,
        last_why=refused(last.decision.refusals) if last else (),
        answer=headline(would, blank.now),
        would=would,
        next_at=decided.wake_at or (max(moments) if moments else None),
        steps=steps_of(decided.factors),
        silence=decided.factors.get("silence"),
        obstacles=tuple(obstacle_item(obstacle) for obstacle in found.obstacles),
        free=tuple(channel_words(name) for name in found.free),
        facts=found.facts,
    )


def _last(reading: Reading, person: Person | None, engagement: str) -> DecisionRow | None:
    if person is None or not engagement:
        return None
    rows = reading.decisions.about(person.id, engagement, limit=1)
    return rows[0] if rows else None


def _rows(
    reading: Reading, asked: Sieve, person: Person | None, before: int
) -> Sequence[DecisionRow]:
    """Return one decision more than a page holds, if there are more."""
    if not asked.person:
        kind = DecisionKind(
            engagement=asked.engagement,
            verdict=asked.verdict,
            reason=asked.reason,
            channel=asked.channel,
            origin=asked.origin,
        )
        return reading.decisions.latest(kind, before, PAGE + 1)
    if person is None:
        return ()
    rows = reading.decisions.about(person.id, asked.engagement, before, PERSON_MAX)
    return [row for row in rows if _fits(row, asked)][: PAGE + 1]


def _fits(row: DecisionRow, asked: Sieve) -> bool:
    decided = row.decision
    return (
        asked.verdict in ("", decided.verdict)
        and asked.reason in ("", decided.reason)
        and asked.channel in ("", decided.channel)
        and asked.origin in ("", decided.candidate.origin)
    )


def _choices(
    counts: Sequence[DecisionCount], wording: Wording, asked: Sieve
) -> dict[str, tuple[Choice, ...]]:
    """Return by what the stream can be narrowed: what was decided in the window, and what is asked.

    Told in words, in their order.
    """
    kinds = [one.kind for one in counts]
    return {
        "engagement": _told({k.engagement for k in kinds} | {asked.engagement}, wording.engagement),
        "verdict": _VERDICT_WORDS,
        "reason": _told({k.reason for k in kinds} | {asked.reason}, reason_words),
        "channel": _told({k.channel for k in kinds} | {asked.channel}, channel_words),
        "origin": _told(
            {k.origin for k in kinds} | {asked.origin}, lambda name: ORIGINS.get(name, name)
        ),
    }


def _told(values: Iterable[str], words: Callable[[str], str]) -> tuple[Choice, ...]:
    found = [(value, words(value)) for value in values if value]
    return tuple(sorted(found, key=lambda one: one[1].casefold()))


def _rivals(reading: Reading, row: DecisionRow) -> list[DecisionRow]:
    """Return what else was decided of the same cause about the same person."""
    near = reading.decisions.about(row.person_id, before=row.number + PAGE, limit=2 * PAGE)
    return [
        other
        for other in near
        if other.cause == row.cause
        and other.number != row.number
        and other.decision.candidate.engagement in row.decision.rivals
    ]


def _links(row: DecisionRow, links: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    yield from links
    engagement = row.decision.candidate.engagement
    if "/" not in engagement:
        yield "All about this engagement", f"/engagements/{engagement}"
        if row.person_id:
            query = urlencode({"person": row.person_id, "engagement": engagement})
            yield "What would be decided now", f"/decisions/why?{query}"


def _by_title(program: Program) -> list[Engagement]:
    return sorted(program.engagements.values(), key=lambda e: e.title.casefold())


def _number(text: str) -> int:
    """Return an offset of a query or path; what is none is 0."""
    return min(int(text), FAR_MAX) if text.isascii() and text.isdigit() and len(text) < 19 else 0
