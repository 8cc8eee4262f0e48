"""Before a merge, a split or an undo: what would move, by the very rules that would decide it.

A request in, a `MoveView` out; nothing is written. The form on the page carries what was shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from starlette.requests import Request

from regard.console.consent_moves import consent_moves, part_label
from regard.console.desk import Desk
from regard.console.identity_views import ActView, Candidate, MergeView, MoveView, PartItem
from regard.console.identity_words import identity_line, names
from regard.console.moments import zone_of
from regard.console.pages.dossier import consents, label_of
from regard.console.pages.identity import came_of, past_act
from regard.console.pages.identity_acts import alive, merge_wish, own_nodes, split_wish, undo_wish
from regard.console.pages.people import TEXT_MAX, known_by
from regard.console.reasons import STATUS_WORDS, channel_words, limit_words, who_words
from regard.console.rehearsal import Part, rehearse
from regard.console.spoken import IDENTITY_FACTS
from regard.console.steps import RUN_WORDS
from regard.console.wording import Wording
from regard.core.clock import to_us
from regard.core.errors import Refused
from regard.core.event import Event
from regard.core.facts import Decided, Derived, LimitReached
from regard.core.person import Person
from regard.core.ports import Reading
from regard.identity import Wish, act_of

CANDIDATES_MAX = 20
"""People in the search for whom somebody might be one with."""


def split_view(request: Request, desk: Desk) -> MoveView:
    """Return what would move if the identifiers chosen in the query left the person."""
    query, now = request.query_params, desk.clock.now()
    sides: dict[str, list[str]] = {"leaves": [], "stays": []}
    for name, value in query.multi_items():
        if name.startswith("i.") and value in sides:
            sides[value].append(name.removeprefix("i."))
    fields = {name: ",".join(chosen) for name, chosen in sides.items()}
    fields["shown"] = str(to_us(now))
    with desk.library.reading() as reading:
        person_id = alive(reading, request.path_params["person_id"])
        wish = split_wish(own_nodes(reading.identities.graph, person_id), fields)
        title = f"Take {names(wish.left)} apart"
        return _move(wish, title, person_id, reading, desk, fields=fields)


def merge_view(request: Request, desk: Desk) -> MergeView | MoveView:
    """Return a search for another person, or what would move if the one ``with`` were the same."""
    program, now, query = desk.program(), desk.clock.now(), request.query_params
    with desk.library.reading() as reading:
        person_id = alive(reading, request.path_params["person_id"])
        if query.get("with"):
            other = alive(reading, query["with"])
            fields = {"with": other, "shown": str(to_us(now))}
            graph = reading.identities.graph
            wish = merge_wish(graph, (person_id, other), program.identity, fields)
            return _move(wish, "Make them one person", person_id, reading, desk, fields=fields)
        person = reading.people.read(person_id)
        assert person is not None
        text = query.get("q", "").strip()[:TEXT_MAX]
        found = reading.people.search(text, CANDIDATES_MAX) if text else ()
    return MergeView(
        person_id=person_id,
        label=label_of(person),
        now=now,
        zone=zone_of(person, program),
        text=text,
        people=tuple(
            Candidate(
                person_id=row.person_id,
                label=who_words(row.label, row.person_id),
                known_by=known_by(row),
                last_seen_at=row.last_seen_at,
            )
            for row in found
            if row.person_id != person_id
        ),
    )


def act_view(request: Request, desk: Desk) -> ActView:
    """Return one act, whether it stands, and what would move if it were taken back."""
    program, now = desk.program(), desk.clock.now()
    with desk.library.reading() as reading:
        ruling = reading.identities.act(request.path_params["act_id"])
        if ruling is None:
            raise Refused(
                "There is no such act.", code="not_found", hint="Look on a person's page."
            )
        act = ruling.act
        person_id = (reading.people.find(act.left[0]) if act.left else None) or ""
        known = reading.identities.acts(person_id) if person_id else ()
        stands = next((s for r, s in known if r.act.act_id == act.act_id), True)
        follows = {ruling.offset: came_of(ruling, reading)}
        item = past_act(ruling, follows, is_standing=stands)
        move = None
        if item.may_undo and act.left:
            fields = {"shown": str(to_us(now))}
            wish = undo_wish(act.act_id, fields)
            move = _move(wish, "Take it back", person_id, reading, desk, fields=fields)
            move = replace(move, action=f"/identity/{act.act_id}/undo")
    return ActView(now=now, zone=program.company.zone, person_id=person_id, past=item, undo=move)


def _move(
    wish: Wish,
    title: str,
    person_id: str,
    reading: Reading,
    desk: Desk,
    *,
    fields: dict[str, str],
) -> MoveView:
    program, now = desk.program(), desk.clock.now()
    act = act_of(wish, reading, program.identity, now)
    done = rehearse(act, now, reading, program.identity, desk.kernel)
    person = reading.people.read(person_id)
    kind = {"split": "split", "undo": "undo"}.get(act.act, "merge")
    zone = zone_of(person, program)
    wording = Wording(program)
    return MoveView(
        kind=kind,  # type: ignore[arg-type]
        title=title,
        person_id=person_id,
        label=label_of(person) if person else who_words("", person_id),
        now=now,
        zone=zone,
        before=_items(done.before, done.before, wording, zone),
        after=_items(done.after, done.before, wording, zone),
        told=tuple(_told(fact) for fact in done.facts),
        consents=consent_moves(done.before, done.after, wording, zone),
        moves_anything=_places(done.before) != _places(done.after),
        is_cut=done.is_cut,
        action=f"/people/{person_id}/identity/{kind}",
        fields=tuple(fields.items()),
    )


def _places(parts: Sequence[Part]) -> set[tuple[str, frozenset[int]]]:
    return {(part.person.id, frozenset(n.identity for n in part.nodes)) for part in parts}


def _told(fact: Derived) -> str:
    if isinstance(fact, IDENTITY_FACTS):
        line = identity_line(fact)
        return f"{line.text} ({line.detail})" if line.detail else line.text
    if isinstance(fact, LimitReached):
        return f"Limit reached: {limit_words(fact.limit)}, {fact.detail}"
    return type(fact).__name__


def _items(
    parts: Sequence[Part], before: Sequence[Part], wording: Wording, zone: str
) -> tuple[PartItem, ...]:
    old = {part.person.id for part in before}
    return tuple(_item(part, wording, zone, keeps_id=part.person.id in old) for part in parts)


def _item(part: Part, wording: Wording, zone: str, *, keeps_id: bool) -> PartItem:
    person = part.person
    return PartItem(
        person_id=person.id,
        label=part_label(part),
        keeps_id=keeps_id,
        is_place=part.is_place,
        identifiers=tuple(node.identifier for node in part.nodes),
        reached_at=tuple(
            str(address) for name in ("email", "phone") if (address := person.trait(name))
        ),
        event_count=sum(isinstance(entry.body, Event) for entry in part.entries),
        message_count=sum(
            isinstance(entry.body, Decided) and entry.body.verdict == "send"
            for entry in part.entries
        ),
        promises=tuple(
            _titled(wording.promise(c.definition), c.about, STATUS_WORDS.get(c.status, c.status))
            for c in (state.change for state in person.promises.values())
        ),
        runs=tuple(
            _titled(wording.journey(c.journey), "", RUN_WORDS[c.status][0])
            for c in (state.change for state in person.runs.values())
        ),
        consents=_consents(person, wording, zone),
    )


def _titled(title: str, about: str, status: str) -> str:
    return f"{title}{' ' if about else ''}{about}, {status}"


def _consents(person: Person, wording: Wording, zone: str) -> tuple[str, ...]:
    return tuple(
        f"{c.title} by {channel_words(c.channel)}: {'granted' if c.is_granted else 'withdrawn'}"
        for c in consents(person, wording, zone)
    )
