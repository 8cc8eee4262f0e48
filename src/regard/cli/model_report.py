"""`regard model report`: the model on paper: both pages, what it costs, what to change first.

The models of a folder and what people said about them (its store) in; one file out that needs
nothing beside it, HTML or PDF.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from markupsafe import Markup

from regard.cli.extras import room_of
from regard.cli.page_files import page_environment
from regard.cli.place import store_path
from regard.core.errors import Refused
from regard.core.model import Advice, Change, Model
from regard.core.rows import RemarkRow
from regard.model import advise
from regard.model.comparing import title_of
from regard.model.consensus import DISCONNECT, Key, Opinion, disputed, opinions_of
from regard.model.firsts import Move, cost_of, first_moves, headline, why_words
from regard.model.page import Seen, Which, draw_page, screen_style
from regard.model.saying import joined, money_words
from regard.project.model import Models
from regard.store import is_there, open_library

REMARKS_MAX = 5_000

Opinions = Mapping[Key, Opinion]


def report(folder: Path, models: Models, store: str, out: Path) -> None:
    """Write the report; raise `Refused` without a model, or for a file of another kind."""
    as_is = models.as_is
    if as_is is None:
        raise Refused(f"{folder} has no model/as_is.yaml.", code="no_model")
    if out.suffix not in (".html", ".pdf"):
        raise Refused(f"{out} is neither .html nor .pdf.", hint="Name it so.")
    rows = _remarks(folder, store)
    told = told_of(as_is, models.future, rows)
    if out.suffix == ".html":
        drawings = pages_of(as_is, models.future, rows, screen_style())
        out.write_text(_html(told, drawings), encoding="utf-8")
    else:
        out.write_bytes(_pdf(told, as_is, models.future, rows))
    click.echo(f"  {out}")


def pages_of(
    as_is: Model, future: Model | None, rows: Sequence[RemarkRow], style: str
) -> list[str]:
    """Return the drawings of both versions, with what is disputed marked."""
    opinions = opinions_of(rows)
    versions: tuple[Which, ...] = ("as_is", "future") if future else ("as_is",)
    return [
        draw_page(as_is, future, which, Seen(disputed=disputed(opinions, which), own_style=style))
        for which in versions
    ]


def told_of(as_is: Model, future: Model | None, rows: Sequence[RemarkRow]) -> dict[str, Any]:
    """Return all that the report says beside its drawings, in words."""
    advice, opinions = advise(as_is, future), opinions_of(rows)
    titles = _titles(as_is, future, advice)
    cost = cost_of(one.disconnect for one in advice)
    moves = first_moves(as_is, future, advice) if future else ()
    return {
        "title": as_is.title,
        "future": future.title if future else "",
        "summary": f"{len(advice)} disconnects, {money_words(cost, as_is.currency)} a year; costs "
        f"of several may overlap. {_outlook(advice, future)}",
        "moves": [_move(number, one, as_is) for number, one in enumerate(moves, 1)],
        "disconnects": [
            _disconnect(number, one, as_is, opinions) for number, one in enumerate(advice, 1)
        ],
        "disputes": [
            _said(row, titles)
            for opinion in opinions.values()
            if opinion.is_disputed
            for row in opinion.votes
            if row.remark.vote == "disagree"
        ],
        "decisions": [_said(row, titles) for row in rows if row.remark.act == "decide"],
    }


def _outlook(advice: Sequence[Advice], future: Model | None) -> str:
    removed = sum(one.is_removed for one in advice)
    if future is None:
        return "No future is declared."
    return f"{future.title} removes {removed if removed < len(advice) else 'all'} of them."


def _remarks(folder: Path, store: str) -> Sequence[RemarkRow]:
    location = store_path(folder, store)
    if not store and not is_there(location):
        return ()
    with open_library(location).reading() as reading:
        return reading.remarks.latest(limit=REMARKS_MAX)


def _titles(as_is: Model, future: Model | None, advice: Sequence[Advice]) -> dict[str, str]:
    titles = {f"{DISCONNECT}{one.disconnect.id}": one.disconnect.title for one in advice}
    for model in (future, as_is):
        if model is not None:
            titles |= {one.key: one.title for one in model.elements()}
            titles |= {f"flow:{f.id}": title_of(model, "flow", f) for f in model.flows.values()}
    return titles


def _move(number: int, move: Move, model: Model) -> dict[str, Any]:
    return {
        "number": number,
        "title": headline(move),
        "cost": money_words(move.saves, model.currency) if move.saves.high else "",
        "why": why_words(move),
        "changes": [_change(one) for one in move.changes],
    }


def _change(change: Change) -> str:
    return f"{change.title} {change.fate}{f' ({change.words})' if change.words else ''}"


def _disconnect(number: int, advice: Advice, model: Model, opinions: Opinions) -> dict[str, Any]:
    one = advice.disconnect
    cost = one.opportunity.plus(one.running)
    opinion = opinions.get(("as_is", f"{DISCONNECT}{one.id}"))
    by = joined(_change(change) for change in advice.by) if advice.by else "the future"
    hurt = [model.customers[name].title for name in one.customers]
    return {
        "number": number,
        "title": one.title,
        "customers": joined(hurt) if hurt else "nobody by name",
        "cost": money_words(cost, model.currency) if cost.high else "not stated",
        "removed": f"Removed: {by}" if advice.is_removed else "Nothing removes it",
        "opinion": _opinion(opinion) if opinion else "",
    }


def _opinion(opinion: Opinion) -> str:
    agree, against = opinion.count("agree"), opinion.count("disagree")
    return f"{agree} agree, {against} disagree." if agree + against else ""


def _said(row: RemarkRow, titles: Mapping[str, str]) -> dict[str, str]:
    said = row.remark
    return {
        "by": said.by,
        "at": f"{row.at:%Y-%m-%d}",
        "about": titles.get(said.about, said.about.removeprefix(DISCONNECT)),
        "words": said.words,
        "why": said.why,
    }


def _html(told: Mapping[str, Any], drawings: Sequence[str]) -> str:
    environment = page_environment()
    pages = [Markup(drawing) for drawing in drawings]  # noqa: S704 (escaped where it was drawn)
    return environment.get_template("model_report.html").render(told, pages=pages)


def _pdf(
    told: Mapping[str, Any], as_is: Model, future: Model | None, rows: Sequence[RemarkRow]
) -> bytes:
    printing = room_of("regard.model.printing", "print", what="A PDF", otherwise="or write .html")
    drawings = pages_of(as_is, future, rows, printing.paper_style())
    return bytes(printing.printed(drawings, "pdf", told))
