"""The work of `regard link`: read persons, link them, say what it comes to.

Reading disturbs no running server. Every proposal is an act, by the same door as a human's; its id
is made of the two names, so that a second run says nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from regard.cli.link import Wanted
from regard.cli.place import store_path
from regard.cli.running import House, house_of, program_in_force
from regard.cli.telling import told_progress
from regard.core.errors import Refused
from regard.core.event import IdentityVerb
from regard.core.ids import derived_id
from regard.core.ports import Library
from regard.core.program import Program
from regard.linking import link
from regard.linking.linked import Linked
from regard.linking.people import KEY, gather
from regard.linking.proposals import Proposal, is_said, proposals
from regard.store import is_there, open_library

STEPS = {"reading": 0.05, "blocking": 0.2, "comparing": 0.45, "learning": 0.3}
"""Shares of the time that linking takes, for the bar."""

EXAMPLES = 5
REASONS_SHOWN = 4
PROBABILITY_MAX = 0.9999
"""Probability alone is never certain: only a human or a login says 1."""

SAID_BEFORE = ("contradicted", "not_found")
"""Answers to a proposal that something newer has settled: it is left out."""


def propose(folder: Path, store: str, wanted: Wanted) -> None:
    """Link the persons of a project and say what it comes to; raises `Refused`."""
    location = store_path(folder, store)
    if not is_there(location):
        raise Refused(
            f"There is no store at {location}.",
            code="no_store",
            hint="Serve the project, or import events, first.",
        )
    library = open_library(location)
    linked, found = _find(library, program_in_force(folder, store), wanted)
    if wanted.as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        _tell(linked, found)
    if wanted.is_dry or not found:
        return
    with house_of(folder, store) as house:
        counts = Counter(_say(house, proposal, wanted) for proposal in found)
    click.secho(
        f"{counts['link']} linked, {counts['propose']} asked in the review queue,"
        f" {counts['']} settled meanwhile.",
        bold=True,
        err=wanted.as_json,
    )


def _find(library: Library, program: Program, wanted: Wanted) -> tuple[Linked, list[Proposal]]:
    keys = [kind.kind for kind in program.identity.kinds if kind.is_exclusive]
    with library.reading() as reading:
        with told_progress("reading people") as progress:
            gathered = gather(reading, keys[0] if keys else "", wanted.columns, progress)
        with _bar("linking") as progress_of:
            linked = link(
                gathered.columns,
                columns=gathered.roles,
                labels=KEY,
                answers=gathered.answers,
                progress=progress_of,
            )
        graph = reading.identities.graph
        found = (p for p in proposals(linked, gathered) if not is_said(graph, p))
        return linked, [proposal for proposal, _ in zip(found, range(wanted.limit), strict=False)]


@contextmanager
def _bar(label: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show the steps of linking as one bar."""
    starts = dict(zip(STEPS, _running_sums(list(STEPS.values())), strict=True))
    with told_progress(label) as progress:

        def told(step: str, done: int, total: int) -> None:
            progress(int(1_000 * (starts[step] + STEPS[step] * done / max(1, total))), 1_000)

        yield told


def _running_sums(values: Sequence[float]) -> list[float]:
    return [sum(values[:place]) for place in range(len(values))]


def _tell(linked: Linked, found: Sequence[Proposal]) -> None:
    for sentence in linked.told:
        click.echo(sentence)
    sure = sum(proposal.is_link for proposal in found)
    click.secho(
        f"{sure} pairs of persons are nearly certain, {len(found) - sure} are for a human.",
        bold=True,
    )
    for proposal in found[:EXAMPLES]:
        click.echo(f"  {proposal.probability:6.1%}  {proposal.left} and {proposal.right}")
        reasons = sorted(proposal.reasons.items(), key=lambda item: -abs(item[1]))
        told = [f"{name} {value:+.1f}" for name, value in reasons if name][:REASONS_SHOWN]
        click.echo(f"          {'; '.join(told)}")


def _say(house: House, proposal: Proposal, wanted: Wanted) -> str:
    """Say one proposal; return the verb, or nothing when it was settled meanwhile."""
    verb: IdentityVerb = "link" if wanted.is_applied and proposal.is_link else "propose"
    names = sorted((str(proposal.left), str(proposal.right)))
    wish: dict[str, Any] = {
        "messageId": derived_id("linked", verb, *names),
        "left": [str(proposal.left)],
        "right": [str(proposal.right)],
        "rule": proposal.rule,
        "confidence": min(proposal.probability, PROBABILITY_MAX),
        "reasons": proposal.reasons,
        "why": "by likeness",
    }
    try:
        house.say(verb, wish)
    except Refused as error:
        if error.code not in SAID_BEFORE:
            raise
        return ""
    return verb
