"""Identity of one person: why are these one, who else stands where they stood, what was said?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.identity_views import (
    BondItem,
    IdentityView,
    KeyItem,
    PastItem,
    PlaceItem,
)
from regard.console.identity_words import identity_line
from regard.console.moments import told_at, zone_of
from regard.console.pages.dossier import (
    headline,
    identifiers,
    label_of,
    person_known,
    place_word,
    ranks,
)
from regard.console.pages.identity_acts import own_nodes
from regard.console.pages.identity_chain import bond, chain
from regard.console.reasons import rule_words
from regard.console.spoken import ACTS_MAX, IDENTITY_FACTS, with_facts
from regard.console.wording import Wording
from regard.core.event import Event, Identifier
from regard.core.facts import Entry, PersonsMerged
from regard.core.graph import Node, Ruling
from regard.core.ids import person_id_of
from regard.core.ports import Reading
from regard.core.rows import Evidence, IdentifierRow
from regard.core.rules import IdentityRules

ENTRIES_MAX = 2_000
"""How far back a person's entries are read for what happened to who they are: some 20 ms."""
UNDOABLE = ("link", "never", "split", "dismiss")
"""What an undo took back is said again by a new act; a question is answered, not undone."""
NEIGHBOURS_MAX = 12
"""People named at one shared identifier; a kiosk has thousands, the others are counted."""
NEIGHBOURS_READ = 200
"""People at one shared identifier who are looked at at all."""
EVENTS_MAX = 200
"""Pieces of evidence whose event is named; each is one look into the journal."""


class Neighbour(Struct, frozen=True, kw_only=True):
    """Somebody who stands at a shared identifier: since when, and by which identifier."""

    person_id: str
    label: str
    since: datetime
    identifier: Identifier


def view(request: Request, desk: Desk) -> IdentityView:
    """Return the identity of the person of the path; ``from`` and ``to`` choose a chain."""
    program, now = desk.program(), desk.clock.now()
    wording, asked = Wording(program), request.query_params
    with desk.library.reading() as reading:
        person = person_known(reading, request.path_params["person_id"])
        rows, evidence = reading.people.identifiers(person.id)
        rank = ranks(program.identity)
        rows = sorted(rows, key=rank)
        nodes = sorted(own_nodes(reading.identities.graph, person.id), key=rank)
        place = place_word(rows, program.identity)
        entries = reading.people.timeline(person.id, 0, ENTRIES_MAX)
        events = _events(evidence, entries, reading, wording, zone_of(person, program))
        places = tuple(_places(rows, person.id, program.identity, reading))
        acts = reading.identities.acts(person.id)
        follows = {ruling.offset: came_of(ruling, reading) for ruling, _ in acts[:ACTS_MAX]}
    ends = _ends(rows, asked.get("from", ""), asked.get("to", ""))
    bonds = [bond(piece, wording, events) for piece in evidence]
    return IdentityView(
        person_id=person.id,
        label=headline(person, rows, place),
        place=place,
        now=now,
        zone=zone_of(person, program),
        identifiers=identifiers(rows, evidence, wording),
        keys=tuple(_key(node, rows, asked.get("apart", "")) for node in nodes),
        bonds=tuple(bonds),
        chain_from=str(ends[0].identifier) if ends else "",
        chain_to=str(ends[1].identifier) if ends else "",
        chain=_chain(ends, evidence, bonds) if ends else (),
        places=places,
        past=tuple(past(entries, acts, follows)),
        is_cut=len(entries) == ENTRIES_MAX,
    )


def past(
    entries: Sequence[Entry],
    acts: Sequence[tuple[Ruling, bool]],
    follows: Mapping[int, Sequence[str]],
) -> list[PastItem]:
    """Return what happened to who is who, newest first.

    `follows` tells by the offset of an act what came of it; facts of its own have the others.
    """
    found = [past_act(ruling, follows, is_standing=stands) for ruling, stands in acts]
    told = {item.offset for item in found}
    for entry in entries:
        if isinstance(entry.body, IDENTITY_FACTS) and entry.cause not in told:
            found.append(_past_fact(entry))
    return sorted(found, key=lambda item: (item.at, item.offset), reverse=True)


def came_of(ruling: Ruling, reading: Reading) -> tuple[str, ...]:
    """Return what came of an act, in words: its facts stand right behind its batch."""
    return tuple(
        identity_line(entry.body).text
        for entry in with_facts(ruling.offset, reading)
        if isinstance(entry.body, IDENTITY_FACTS)
    )


def past_act(
    ruling: Ruling, follows: Mapping[int, Sequence[str]], *, is_standing: bool
) -> PastItem:
    """Return one act, whether it stands, and what came of it."""
    act = ruling.act
    line = identity_line(act)
    return PastItem(
        offset=ruling.offset,
        at=ruling.at,
        text=line.text,
        tone=line.tone if is_standing else "quiet",
        by=act.by,
        why=act.why,
        act_id=act.act_id,
        stands=is_standing,
        may_undo=is_standing and act.act in UNDOABLE,
        follows=tuple(follows.get(ruling.offset, ())),
        loser="",
    )


def _past_fact(entry: Entry) -> PastItem:
    body = entry.body
    assert isinstance(body, IDENTITY_FACTS)
    line = identity_line(body)
    return PastItem(
        offset=entry.offset,
        at=told_at(entry),
        text=line.text,
        tone=line.tone,
        by="",
        why=line.detail,
        act_id="",
        stands=None,
        may_undo=False,
        follows=(),
        loser=body.loser if isinstance(body, PersonsMerged) else "",
    )


def _key(node: Node, rows: Sequence[IdentifierRow], apart: str) -> KeyItem:
    row = next((row for row in rows if row.identity == node.identity), None)
    brought = node.origin or person_id_of(node.identity)
    return KeyItem(
        identity=str(node.identity),
        identifier=node.identifier,
        first_at=node.first_at,
        side="leaves" if apart and brought == apart else "stays",
        is_unconfirmed=row is not None and row.is_unconfirmed,
    )


def _ends(
    rows: Sequence[IdentifierRow], start: str, goal: str
) -> tuple[IdentifierRow, IdentifierRow] | None:
    """Return the chosen ends of a chain; else the first identifier and the one seen last."""
    by_name = {str(row.identifier): row for row in rows}
    own = [row for row in rows if not row.is_shared]
    if len(own) < 2:
        return None
    return by_name.get(start, own[0]), by_name.get(goal, own[-1])


def _chain(
    ends: tuple[IdentifierRow, IdentifierRow],
    evidence: Sequence[Evidence],
    bonds: Sequence[BondItem],
) -> tuple[BondItem, ...]:
    told = {id(piece): item for piece, item in zip(evidence, bonds, strict=True)}
    found = chain(evidence, ends[0].identifier, ends[1].identifier)
    return tuple(told[id(piece)] for piece in found)


def _events(
    evidence: Sequence[Evidence],
    entries: Sequence[Entry],
    reading: Reading,
    wording: Wording,
    zone: str,
) -> dict[int, str]:
    """Return what happened that showed some evidence, in words, by offset."""
    shown = {piece.offset for piece in evidence if not piece.act_id}
    found = {entry.offset: entry for entry in entries if entry.offset in shown}
    for offset in sorted(shown - found.keys())[:EVENTS_MAX]:
        for entry, _, _ in reading.tail.after(offset - 1, 1):
            if entry.offset == offset:
                found[offset] = entry
    return {offset: _name(entry, wording, zone) for offset, entry in found.items()}


def _name(entry: Entry, wording: Wording, zone: str) -> str:
    """Return the name that an event was given; of all else, as of a page view, what it tells."""
    body = entry.body
    if isinstance(body, Event) and body.type == "track":
        return f"“{body.name}”"
    told = wording.line(entry, zone).text
    return told[:1].lower() + told[1:]


def _places(
    rows: Iterable[IdentifierRow], person_id: str, rules: IdentityRules, reading: Reading
) -> Iterable[PlaceItem]:
    devices = {kind.kind for kind in rules.kinds if kind.is_device}
    for row in rows:
        if row.is_shared:
            people = neighbours(row.identity, reading)
            others = [found for found in people if found.person_id != person_id]
            yield PlaceItem(
                identifier=row.identifier,
                word="place" if row.identifier.kind in devices else "household",
                why=rule_words(row.rule),
                persons=tuple((n.person_id, n.label, n.since) for n in others[:NEIGHBOURS_MAX]),
                more_count=max(len(others) - NEIGHBOURS_MAX, 0),
            )


def neighbours(identity: int, reading: Reading) -> list[Neighbour]:
    """Return who stands at a shared identifier, in the order in which they were seen there."""
    graph = reading.identities.graph
    edges = sorted(graph.edges([identity]), key=lambda edge: edge.at)[:NEIGHBOURS_READ]
    nodes = graph.nodes(sorted({i for edge in edges for i in edge.pair}))
    found: dict[str, Neighbour] = {}
    for edge in edges:
        far = nodes[edge.left if edge.right == identity else edge.right]
        if not far.shared and far.person_id not in found:
            is_named = len(found) <= NEIGHBOURS_MAX  # nobody reads the names of a whole airport
            person = reading.people.read(far.person_id) if is_named else None
            found[far.person_id] = Neighbour(
                person_id=far.person_id,
                label=label_of(person) if person else far.identifier.value,
                since=edge.at,
                identifier=far.identifier,
            )
    return list(found.values())
