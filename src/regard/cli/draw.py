"""`regard draw`: journeys and promises as SVG, with live counts where the project has a store."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from regard.cli.options import FOLDER
from regard.cli.place import store_path
from regard.core.errors import Refused
from regard.core.program import Program
from regard.core.rows import Passage
from regard.drawing import Flow, Shown, draw, journey_flow, promise_flow, taken_ways, traffic_of
from regard.project import load
from regard.store import is_there, open_library

PLACE = "drawings"
"""The folder for the drawings of a whole project, unless told otherwise."""


@click.command("draw", short_help="Draw journeys and promises as SVG, with live counts.")
@click.argument("folder", type=FOLDER, default=".")
@click.argument("name", default="")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file to write (default: standard output); the folder when all are drawn.",
)
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
def draw_command(folder: Path, name: str, out: Path | None, store: str) -> None:
    """Draw the journey or promise NAME of the project in FOLDER as SVG; all of them without NAME.

    With a store, the drawing tells how many stand at each step now, how many came, how long they
    waited and where they left. Without NAME there is one file each in --out (default: drawings).
    """
    program = load(folder, os.environ)
    passages = _passages(folder, store)
    flows = [_with_traffic(flow, passages) for flow in _flows(program, name, passages)]
    if not name:
        place = out or Path(PLACE)
        place.mkdir(parents=True, exist_ok=True)
        for flow, shown in flows:
            path = place / f"{flow.id.replace(':', '-')}.svg"
            path.write_text(draw(flow, shown, standalone=True), encoding="utf-8")
            click.echo(f"  {path}")
        return
    drawn = draw(*flows[0], standalone=True)
    if out is None:
        click.echo(drawn)
    else:
        out.write_text(drawn, encoding="utf-8")
        click.echo(f"  {out}")


def _passages(folder: Path, store: str) -> Sequence[Passage] | None:
    """Return what passed all flows, None when there is no store and none was named."""
    location = store_path(folder, store)
    if not store and not is_there(location):
        return None
    with open_library(location).reading() as reading:
        return reading.runs.passages()


def _flows(program: Program, name: str, passages: Sequence[Passage] | None) -> list[Flow]:
    taken = {
        promise: taken_ways(p for p in passages or () if p.flow == f"promise:{promise}")
        for promise in program.promises
    }
    flows = [journey_flow(found, program) for found in program.journeys.values()]
    flows += [promise_flow(p, program, taken[p.id]) for p in program.promises.values()]
    wanted = [flow for flow in flows if name in ("", flow.id.partition(":")[2], flow.id)]
    if not wanted:
        known = ", ".join(flow.id.partition(":")[2] for flow in flows)
        raise Refused(
            f"The project has no journey or promise {name!r}.", hint=f"It has {known or 'none'}."
        )
    return wanted


def _with_traffic(flow: Flow, passages: Sequence[Passage] | None) -> tuple[Flow, Shown]:
    if passages is None:
        return flow, Shown()
    own = (passage for passage in passages if passage.flow == flow.id)
    return flow, Shown(traffic=traffic_of(flow, own))
