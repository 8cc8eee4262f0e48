"""The engagement model: how are we built against how they live? Overview and value chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.model_shelf import Studied
from regard.console.model_views import (
    DisconnectItem,
    ElementItem,
    MapView,
    ModelView,
    MoveItem,
    RemarkItem,
    SpotItem,
)
from regard.console.model_words import (
    KINDS,
    TROUBLES,
    cost_words,
    href_of,
    link_of,
    neighbours_of,
    opinion_item,
    remark_item,
    titles_of,
)
from regard.core.errors import Refused
from regard.core.model import Advice, Change, Fate, Model, ValueMap
from regard.core.rows import RemarkRow
from regard.model import compare
from regard.model.consensus import DISCONNECT, Key, Opinion, disputed, opinions_of
from regard.model.firsts import Move, cost_of, headline, why_words
from regard.model.page import Seen, Which, draw_page
from regard.model.saying import joined, money_words
from regard.model.sheet import flow_words, note_of
from regard.model.wardley import draw_map, stage_of, value_map, warnings

REMARKS_MAX = 5_000
"""Remarks that are read: what humans say about one model in years."""
SAID_MAX = 50
"""Decisions and disagreements on the page, the newest."""

Opinions = Mapping[Key, Opinion]
VERSIONS: tuple[Which, ...] = ("as_is", "future", "difference")


def view(request: Request, desk: Desk) -> ModelView:
    """Return the overview in the version that is asked for."""
    program = desk.program()
    with desk.library.reading() as reading:
        studied = desk.models.study(reading, program)
        rows = reading.remarks.latest(limit=REMARKS_MAX)
    opinions, titles = opinions_of(rows), all_titles(studied)
    which = which_of(request, studied)
    as_is = studied.as_is
    version = studied.future if which == "future" else as_is
    disconnects = disconnect_items(studied, opinions, titles)
    return ModelView(
        now=desk.clock.now(),
        zone=program.company.zone,
        which=which,
        title=version.title if version else "",
        has_future=studied.future is not None,
        problems=studied.problems,
        drawing=_drawing(desk, studied, which, opinions),
        disconnects=disconnects,
        fresh=tuple(one.title for one in studied.fresh),
        total=_total(studied),
        moves=tuple(_move(n, one, studied, titles) for n, one in enumerate(studied.moves, 1)),
        elements=_elements(studied, which, opinions),
        disputes=_disputes(opinions, titles),
        decisions=_decisions(rows, titles),
    )


def map_view(request: Request, desk: Desk) -> MapView:
    """Return the value chain of a version."""
    program = desk.program()
    with desk.library.reading() as reading:
        studied = desk.models.study(reading, program)
    which = "future" if which_of(request, studied) == "future" else "as_is"
    model = studied.future if which == "future" else studied.as_is
    has_chain = model is not None and bool(model.components)
    chain = value_map(model) if model and has_chain else None
    return MapView(
        now=desk.clock.now(),
        zone=program.company.zone,
        which=which,
        title=model.title if model else "",
        has_future=studied.future is not None,
        drawing=str(draw_map(chain)) if chain else "",
        warnings=warnings(model) if model else (),
        spots=_spots(chain) if chain else (),
    )


def which_of(request: Request, studied: Studied) -> Which:
    """Return the version that is asked for, as far as it is there."""
    wanted = request.query_params.get("which", "as_is")
    found: Which = next((one for one in VERSIONS if one == wanted), "as_is")
    return found if studied.future is not None else "as_is"


def all_titles(studied: Studied) -> dict[str, str]:
    """Return the titles of whatever one may speak of in either version, disconnects included."""
    titles: dict[str, str] = {}
    for model in (studied.future, studied.as_is):
        titles |= titles_of(model) if model else {}
    found = [*studied.fresh, *(one.disconnect for one in studied.advice)]
    return titles | {f"{DISCONNECT}{one.id}": one.title for one in found}


def disconnect_items(
    studied: Studied, opinions: Opinions, titles: Mapping[str, str]
) -> tuple[DisconnectItem, ...]:
    """Return the disconnects of today, the costliest first."""
    as_is = studied.as_is
    if as_is is None:
        return ()
    return tuple(
        _disconnect(number, one, as_is, opinions, titles)
        for number, one in enumerate(studied.advice, 1)
    )


def _disconnect(
    number: int, advice: Advice, model: Model, opinions: Opinions, titles: Mapping[str, str]
) -> DisconnectItem:
    one, about = advice.disconnect, f"{DISCONNECT}{advice.disconnect.id}"
    return DisconnectItem(
        number=number,
        about=about,
        href=href_of(about, "as_is"),
        trouble=TROUBLES[one.trouble],
        title=one.title,
        path=tuple(link_of(key, titles, "as_is") for key in one.path),
        needs=tuple(model.needs[need].title for need in one.needs),
        customers=tuple(model.customers[c].title for c in one.customers),
        opportunity=(one.opportunity.low, one.opportunity.high),
        running=(one.running.low, one.running.high),
        cost=cost_words(one, model.currency),
        is_removed=advice.is_removed,
        by=tuple((link_of(c.key, titles, version_of(c.fate)), c.fate) for c in advice.by),
        opinion=opinion_item(opinions.get(("as_is", about))),
    )


def version_of(fate: Fate) -> Literal["as_is", "future"]:
    """Return the version in which to look at what changes: what goes is only in today's."""
    return "future" if fate == "comes" else "as_is"


def _total(studied: Studied) -> str:
    cost = cost_of(one.disconnect for one in studied.advice)
    return money_words(cost, studied.as_is.currency) if studied.as_is and cost.high else ""


def _move(number: int, move: Move, studied: Studied, titles: Mapping[str, str]) -> MoveItem:
    currency = studied.as_is.currency if studied.as_is else ""
    links = [(link_of(c.key, titles, version_of(c.fate)), c.fate, c.words) for c in move.changes]
    return MoveItem(
        number=number,
        title=headline(move),
        changes=tuple(links),
        removes=tuple(link_of(f"{DISCONNECT}{d.id}", titles, "as_is") for d in move.removes),
        brings=tuple(one.title for one in move.brings),
        cost=money_words(move.saves, currency) if move.saves.high else "",
        why=why_words(move),
    )


def _drawing(desk: Desk, studied: Studied, which: Which, opinions: Opinions) -> str:
    as_is, future = studied.as_is, studied.future
    if as_is is None:
        return ""
    versions = ("as_is", "future") if which == "difference" else (which,)
    at_odds = frozenset(key for one in versions for key in disputed(opinions, one))
    ours = {one.key for one in as_is.elements()}

    def href(key: str) -> str:
        return href_of(key, "as_is" if which != "future" and key in ours else "future")

    def draw() -> str:
        return str(draw_page(as_is, future, which, Seen(href=href, disputed=at_odds)))

    return desk.models.drawing((studied.key, which, at_odds), draw)


def _elements(studied: Studied, which: Which, opinions: Opinions) -> tuple[ElementItem, ...]:
    model = studied.future if which == "future" else studied.as_is
    if model is None:
        return ()
    marks = marks_of(studied) if which == "as_is" else {}
    fates: dict[str, Change] = {}
    if which == "difference" and studied.as_is and studied.future:
        fates = {change.key: change for change in compare(studied.as_is, studied.future)}
    rows = [*_rows(model, which, fates, marks, opinions)]
    if which == "difference" and studied.future:
        known = {row.about for row in rows}
        later = _rows(studied.future, "future", fates, {}, opinions)
        rows += [row for row in later if row.about not in known]
    return tuple(rows)


def marks_of(studied: Studied) -> dict[str, list[int]]:
    """Return the numbers of the disconnects by each key on their path."""
    found: dict[str, list[int]] = {}
    for number, one in enumerate(studied.advice, 1):
        for key in one.disconnect.path:
            found.setdefault(key, []).append(number)
    return found


def _rows(
    model: Model,
    which: str,
    fates: Mapping[str, Change],
    marks: Mapping[str, Sequence[int]],
    opinions: Opinions,
) -> list[ElementItem]:
    titles, links = titles_of(model), neighbours_of(model)
    version = "future" if which == "future" else "as_is"
    return [
        ElementItem(
            about=key,
            href=href_of(key, version),
            kind=KINDS[key.partition(":")[0]],
            title=title,
            fate=fates[key].fate if key in fates else "",
            words=fates[key].words if key in fates else _note(model, key),
            links=tuple((w, joined(titles[k] for k in to)) for w, to in links.get(key, {}).items()),
            marks=tuple(marks.get(key, ())),
            opinion=opinion_item(opinions.get((version, key))),
        )
        for key, title in titles.items()
    ]


def _note(model: Model, key: str) -> str:
    kind, _, name = key.partition(":")
    if kind == "flow":
        return flow_words(model, model.flows[name]).partition(": ")[2]
    return "" if kind in ("need", "promise") else note_of(model, key)


def _disputes(opinions: Opinions, titles: Mapping[str, str]) -> tuple[RemarkItem, ...]:
    """Return the votes against of what is disputed, the newest first."""
    against = [
        row
        for opinion in opinions.values()
        if opinion.is_disputed
        for row in opinion.votes
        if row.remark.vote == "disagree"
    ]
    newest = sorted(against, key=lambda row: -row.offset)[:SAID_MAX]
    return tuple(remark_item(row, titles) for row in newest)


def _decisions(rows: Sequence[RemarkRow], titles: Mapping[str, str]) -> tuple[RemarkItem, ...]:
    made = [row for row in rows if row.remark.act == "decide"][:SAID_MAX]
    return tuple(remark_item(row, titles) for row in made)


def _spots(chain: ValueMap) -> tuple[SpotItem, ...]:
    return tuple(
        SpotItem(
            name=spot.name,
            is_anchor=spot.is_anchor,
            stage="" if spot.is_anchor else stage_of(spot.evolution),
            evolution=spot.evolution,
            visibility=spot.visibility,
            needs=tuple(to for name, to in chain.links if name == spot.name),
        )
        for spot in chain.spots
    )


def not_there(about: str) -> Refused:
    """Return what to raise about a thing that no version of the model has."""
    return Refused(
        f"The model has no {about!r}.", code="not_found", hint="Choose it on the page of the model."
    )
