"""`regard model`: the engagement model in the terminal: checked, drawn, reported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import click
import msgspec
import yaml

from regard.cli.extras import room_of
from regard.cli.model_report import report
from regard.cli.options import FOLDER
from regard.cli.telling import tell_problems
from regard.core.errors import Problem, Refused
from regard.core.model import Advice, Disconnect
from regard.model import advise, find, fresh
from regard.model.page import Seen, Which, draw_page, screen_style
from regard.model.saying import joined, money_words
from regard.model.wardley import (
    as_components,
    draw_map,
    read_map,
    value_map,
    warnings,
    write_map,
)
from regard.project import load
from regard.project.model import Models, load_models

VERSIONS = ("as_is", "future", "difference")


@click.group("model", short_help="Check, draw and measure the engagement model.")
def model_group() -> None:
    """The engagement model of a project: how the company engages today, and how it wants to."""


@model_group.command("check", short_help="Check model/*.yaml; list what is disconnected.")
@click.argument("folder", type=FOLDER, default=".")
@click.option(
    "--against", type=FOLDER, help="Another version of the folder: disconnects new since then."
)
@click.option("--json", "as_json", is_flag=True, help="Write findings and disconnects as JSON.")
@click.pass_context
def check_model(ctx: click.Context, folder: Path, against: Path | None, as_json: bool) -> None:
    """Check the model of the project in FOLDER. For CI: exits 1 on a broken reference.

    Lists the disconnects of today, the costliest first, with what removes them. Warns of those
    that only the future has and, with --against, of those that today has and that version not.
    """
    models, problems = load_models(folder)
    told = [*problems, *_fresh(models, against)]
    advice = advise(models.as_is, models.future) if models.as_is else ()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_report(told, advice))).decode())
        is_broken = any(not problem.is_warning for problem in told)
    else:
        is_broken = tell_problems(told)
        for number, one in enumerate(advice, 1):
            click.echo(f"{number:3}. {advice_words(one, models)}")
    if not models.as_is and not problems:
        raise Refused(
            f"{folder} has no engagement model.",
            code="no_model",
            hint="Write model/as_is.yaml; docs/model.md shows one.",
        )
    if is_broken:
        ctx.exit(1)


@model_group.command("draw", short_help="Draw a version of the model on one page.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--which", type=click.Choice(VERSIONS), default="as_is", show_default=True)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write: .svg, .pdf or .png (default: SVG to standard output).",
)
def draw_model(folder: Path, which: Which, out: Path | None) -> None:
    """Draw the model of the project in FOLDER: as-is, future, or the difference of both."""
    models = whole(folder)
    if models.as_is is None or (which != "as_is" and models.future is None):
        missing = "as_is" if models.as_is is None else "future"
        raise Refused(f"{folder} has no model/{missing}.yaml.", code="no_model")
    if out is None or out.suffix == ".svg":
        _put(out, _drawn(models, which, screen_style()).encode())
        return
    printing = printing_room()
    page = _drawn(models, which, printing.paper_style())
    _put(out, printing.printed([page], _paper_of(out)))


@model_group.command("map", short_help="Draw the value chain; read and write OnlineWardleyMaps.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--which", type=click.Choice(VERSIONS[:2]), default="as_is", show_default=True)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write: .svg, .pdf, .png or .owm (default: .owm to standard output).",
)
@click.option(
    "--import",
    "imported",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="An .owm file: print it as the section value_chain of a model file.",
)
def map_model(folder: Path, which: str, out: Path | None, imported: Path | None) -> None:
    """Draw the value chain of the project in FOLDER, anchored in its customers' needs.

    Says what is suspicious: what no need reaches, one size for all, commodities that are ours.
    """
    if imported is not None:
        chain = as_components(read_map(imported.read_text(encoding="utf-8")))
        click.echo(yaml.safe_dump({"value_chain": chain}, sort_keys=False, allow_unicode=True))
        return
    models = whole(folder)
    model = models.as_is if which == "as_is" else models.future
    if model is None or not model.components:
        raise Refused(
            f"{folder} has no value chain.",
            code="no_value_chain",
            hint=f"Write value_chain: in model/{which}.yaml, or --import an .owm file.",
        )
    for warning in warnings(model):
        click.secho(warning, fg="yellow", err=True)
    drawn = value_map(model)
    if out is None or out.suffix == ".owm":
        _put(out, write_map(drawn).encode())
    elif out.suffix == ".svg":
        _put(out, draw_map(drawn, Seen(own_style=screen_style())).encode())
    else:
        printing = printing_room()
        page = draw_map(drawn, Seen(own_style=printing.paper_style()))
        _put(out, printing.printed([page], _paper_of(out)))


@model_group.command("report", short_help="Write both pages and what to change first.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write: .html or .pdf.",
)
def report_model(folder: Path, store: str, out: Path) -> None:
    """Write both pages of FOLDER's model, the disconnects and what to change first into one file.

    With what people said in the console: open disagreements and decisions.
    """
    report(folder, whole(folder), store, out)


@model_group.command("measure", short_help="Measure the as-is as customers lived it.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
@click.option("--days", type=click.IntRange(0), default=90, show_default=True, help="0: all.")
@click.option("--json", "as_json", is_flag=True, help="Write everything as JSON.")
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the log for other tools: .xes, or .json for OCEL 2.0.",
)
def measure_model(folder: Path, store: str, days: int, as_json: bool, log: Path | None) -> None:
    """Measure hand-overs, re-asked facts, dead ends and late knowledge in FOLDER's journal.

    From events alone; where there is a model, what was declared stands beside what was seen.
    """
    room = room_of("regard.cli.model_lived", "lake")
    program = load(folder, os.environ)
    wanted = room.Wanted(store=store, days=days, as_json=as_json, log=log)
    room.measure(folder, program, whole(folder).as_is, wanted)


@model_group.command("day", short_help="Tell a day with a customer, without a name.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--person", default="", help="A user id, kind:value or p_… (default: somebody).")
@click.option("--purpose", default="research", show_default=True, help="What they consented to.")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
def day_model(folder: Path, person: str, purpose: str, store: str) -> None:
    """Tell a real day with a customer of FOLDER who consented, hour by hour, anonymised."""
    room = room_of("regard.cli.model_lived", "lake")
    room.tell_day(folder, store, load(folder, os.environ), person, purpose)


def _paper_of(out: Path) -> str:
    if out.suffix not in (".pdf", ".png"):
        raise Refused(f"{out} is none of .svg, .pdf and .png.", hint="Name it so.")
    return out.suffix[1:]


def _put(out: Path | None, data: bytes) -> None:
    if out is None:
        click.echo(data.decode(), nl=False)
        return
    out.write_bytes(data)
    click.echo(f"  {out}")


def _drawn(models: Models, which: Which, style: str) -> str:
    if models.as_is is None:
        return ""
    return draw_page(models.as_is, models.future, which, Seen(own_style=style))


def whole(folder: Path) -> Models:
    """Return the models of a folder; raise `Refused` with every problem."""
    models, problems = load_models(folder)
    broken = [problem for problem in problems if not problem.is_warning]
    if broken:
        listed = "".join(f"\n  {problem}" for problem in broken)
        raise Refused(f"The model of {folder} has problems:{listed}", code="model", problems=broken)
    return models


def printing_room() -> ModuleType:
    """Return `regard.model.printing`; raise `Refused` without the extra that it needs."""
    return room_of("regard.model.printing", "print")


def advice_words(advice: Advice, models: Models) -> str:
    """Return a disconnect with its costs and its remedy in one line."""
    one = advice.disconnect
    currency = models.as_is.currency if models.as_is else ""
    cost = money_words(one.opportunity.plus(one.running), currency)
    by = joined(f"{c.title} {c.fate}" for c in advice.by) if advice.by else "the future"
    removed = f"removed: {by}" if advice.is_removed else "removed by nothing"
    priced = f" ({cost} a year)" if one.opportunity.high + one.running.high else ""
    return f"{one.title}{priced}; {removed}"


def _fresh(models: Models, against: Path | None) -> list[Problem]:
    """Return a warning for each disconnect that is new: in the future, or since a version."""
    found: list[tuple[str, Disconnect]] = []
    if models.as_is and models.future:
        found += [("model/future.yaml", one) for one in fresh(models.as_is, models.future)]
    if models.as_is and against is not None:
        before = whole(against).as_is
        known = {one.id for one in find(before)} if before else set()
        found += [("model/as_is.yaml", o) for o in find(models.as_is) if o.id not in known]
    return [
        Problem(file=file, path=one.id, message=f"new: {one.title}", is_warning=True)
        for file, one in found
    ]


def _report(problems: Sequence[Problem], advice: Sequence[Advice]) -> dict[str, object]:
    return {
        "problems": list(problems),
        "disconnects": [
            {
                "id": one.disconnect.id,
                "trouble": one.disconnect.trouble,
                "title": one.disconnect.title,
                "path": one.disconnect.path,
                "needs": one.disconnect.needs,
                "customers": one.disconnect.customers,
                "opportunity_per_year": [
                    one.disconnect.opportunity.low,
                    one.disconnect.opportunity.high,
                ],
                "running_per_year": [one.disconnect.running.low, one.disconnect.running.high],
                "is_removed": one.is_removed,
                "removed_by": [{"key": c.key, "fate": c.fate} for c in one.by],
            }
            for one in advice
        ],
    }
