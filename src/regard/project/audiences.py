"""audiences/*.yaml -> people of whom a condition holds just now.

The condition is compiled with its horizon (when time alone may change it) and what it reads.
Refused beside wrong values: conditions whose horizon nobody can tell, and audiences that ask for
each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regard.core.flows import Audience
from regard.core.ids import derived_id
from regard.core.signal import AUDIENCE_ENTERED, AUDIENCE_LEFT
from regard.project.expressions import CompiledExpression, FactKinds
from regard.project.reading import Place, Table
from regard.project.triggers import Known, read_expression
from regard.project.words import id_of

AUDIENCES_MAX = 2_000
"""Audiences of one folder; who needs more wants a trait, not an audience for each of its values."""

_NOTED = (f"{AUDIENCE_ENTERED}|", f"{AUDIENCE_LEFT}|")

NO_FACTS = FactKinds(is_open=False)
"""Who belongs is asked of the person; there is no event at hand."""


def read_audiences(tables: Iterable[Table], known: Known) -> dict[str, Audience]:
    """Return the audiences of all files by id; every slip is reported."""
    found: dict[str, Audience] = {}
    places: dict[str, Place] = {}
    for table in tables:
        audience = _audience(table, known)
        if audience is None:
            continue
        if audience.id in places:
            file = places[audience.id].document.file
            table.at("id").problem(f"{audience.id!r} is defined in {file} too")
        elif len(found) == AUDIENCES_MAX:
            table.place.problem(f"at most {AUDIENCES_MAX:,} audiences, this is one more")
        else:
            found[audience.id] = audience
            places[audience.id] = table.at("members")
    _check_circles(found, places)
    return found


def _audience(table: Table, known: Known) -> Audience | None:
    audience_id = table.word("id", id_of, "", required=True)
    title = table.text("title")
    if "members" not in table:
        table.missing("members", "members: count_events('…', '30 days') >= 2")
    members = read_expression(table, "members", known, NO_FACTS, "watched")
    table.close()
    return _compiled(audience_id, title, members) if audience_id and members else None


def _compiled(audience_id: str, title: str, members: CompiledExpression) -> Audience | None:
    if members.horizon is None:
        return None
    reads = members.reads
    return Audience(
        id=audience_id,
        title=title or audience_id,
        members=members,
        horizon=members.horizon,
        definition=derived_id("audience", members.meaning),
        events=reads.events,
        any_event=reads.any_event,
        traits=reads.traits,
        purposes=reads.purposes,
        needs=reads.needs,
        asks=reads.audiences,
    )


def _check_circles(audiences: Mapping[str, Audience], places: Mapping[str, Place]) -> None:
    """Strip the audiences that ask for none that is left; what remains asks in a circle."""
    circling = {name: _asked(audience) for name, audience in audiences.items()}
    while free := [name for name, asked in circling.items() if not asked & circling.keys()]:
        for name in free:
            del circling[name]
    on_circle = [name for name in circling if _returns(name, circling)]
    for name in on_circle[:1]:
        told = ", ".join(repr(one) for one in on_circle)
        places[name].problem(
            f"the audiences {told} ask for each other in a circle",
            "write the condition out instead of in_audience('…')",
        )


def _asked(audience: Audience) -> set[str]:
    """Return the audiences on which one depends: by asking, or by counting who came and went."""
    noted = {name.partition("|")[2] for name in audience.events if name.startswith(_NOTED)}
    return {*audience.asks, *noted}


def _returns(name: str, among: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    ahead = set(among[name])
    while ahead:
        asked = ahead.pop()
        if asked == name:
            return True
        if asked in among and asked not in seen:
            seen.add(asked)
            ahead |= among[asked]
    return False
