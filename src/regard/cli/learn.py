"""`regard learn` and `regard evaluate`: learn from outcomes, and judge what would decide otherwise.

The work is in `regard.cli.teaching`, loaded when it is asked for: numpy takes a tenth of a second
that no other command should pay.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from regard.cli.options import FOLDER


@click.command("learn", short_help="Learn from what became of decisions.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
@click.option("--json", "as_json", is_flag=True, help="What was learned as JSON.")
def learn_command(folder: Path, store: str, as_json: bool) -> None:
    """Learn who takes up what in the project FOLDER, and let decisions follow it from now on.

    What was learned is journaled, so a replay decides by the same numbers. It tailors to customer
    types and persons only where that is worth more than one core for everybody.
    """
    import_module("regard.cli.teaching").learn(folder, store, as_json=as_json)


@click.command("evaluate", short_help="Tell what another policy would have earned.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
@click.option("--policy", default="", metavar="VERSION", help="Judge what was learned then.")
@click.option("--against", type=FOLDER, help="Judge another folder's values, weights and silence.")
@click.option("--reports", is_flag=True, help="Tell what experiments and holdouts came to.")
@click.option("--json", "as_json", is_flag=True, help="All numbers as JSON.")
@click.pass_context
def evaluate_command(
    context: click.Context,
    folder: Path,
    store: str,
    policy: str,
    against: Path | None,
    reports: bool,
    as_json: bool,
) -> None:
    """Judge on the logged decisions of FOLDER what another policy would have earned.

    Ends with 1 when the log is too small to tell, and says why.
    """
    if policy and against is not None:
        raise click.UsageError("--policy and --against exclude each other.")
    teaching = import_module("regard.cli.teaching")
    if reports:
        teaching.report(folder, store, as_json=as_json)
        return
    is_told = teaching.evaluate(folder, store, policy, against, as_json=as_json)
    context.exit(0 if is_told else 1)
