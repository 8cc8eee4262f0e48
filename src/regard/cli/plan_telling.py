"""A plan in the terminal: compact, what changes most first, and only so many rows of each list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import click

from regard.console.moments import local
from regard.console.reasons import reason_words, who_words
from regard.planning.comparing import weighed
from regard.planning.records import InFlight, Pair, PersonPlan, Plan, Said, Turned

Row = tuple[str, Pair]


def tell(plan: Plan, rows_max: int) -> None:
    """Print a plan; at most `rows_max` rows of each list."""
    click.secho(f"{plan.old} → {plan.new}", bold=True, nl=False)
    click.echo(
        f"   {local(plan.since, plan.zone)} to {local(plan.until, plan.zone)}, {plan.zone}\n"
        f"{plan.person_count:,} people, {plan.lived_count:,} of them with something to live; "
        f"{plan.person_days:,.0f} person-days"
    )
    _tell_edits(plan.edits, rows_max)
    _tell_pairs("Messages", [("in all", plan.messages), ("recipients", plan.recipients)], rows_max)
    _tell_pairs("", ((f"{m.engagement} by {m.channel}", m.count) for m in weighed(plan)), rows_max)
    promises = ((f"{p.definition} {p.status}", p.count) for p in plan.promises)
    _tell_pairs("Promises", promises, rows_max)
    quiet = (
        (f"{q.engagement}: {q.verdict}, {reason_words(q.reason)}", q.count) for q in plan.quiet
    )
    _tell_pairs("Not said, or not yet", quiet, rows_max)
    _tell_people(plan, rows_max)
    if plan.failed_count:
        told = f"{plan.failed_count:,} inputs could not be decided under {plan.new}: a bug of ours."
        click.secho(told, fg="red")


def _tell_edits(edits: Sequence[InFlight], rows_max: int) -> None:
    click.secho(f"Edits ({len(edits):,})", bold=True)
    for edit in edits[:rows_max]:
        change = edit.change
        click.echo(f"  {change.subject} {change.name} {change.edit}")
        for detail in change.details:
            click.secho(f"      {detail}", dim=True)
        if edit.count:
            fates = "; ".join(f"{fate.count:,} {fate.what}" for fate in edit.fates)
            click.echo(f"      {edit.told}: {fates}")
    _tell_rest(len(edits) - rows_max)


def _tell_pairs(title: str, rows: Iterable[Row], rows_max: int) -> None:
    """Print what differs, most first, and how many rows do not."""
    listed = list(rows)
    changed = sorted((r for r in listed if r[1].delta), key=lambda r: -abs(r[1].delta))
    if title:
        click.secho(title, bold=True)
    for name, pair in changed[:rows_max]:
        color = "green" if pair.delta > 0 else "yellow"
        click.echo(f"  {pair.old:>7,} → {pair.new:<7,} ", nl=False)
        click.secho(f"{pair.delta:+7,}", fg=color, nl=False)
        click.echo(f"  {name}")
    _tell_rest(len(changed) - rows_max)
    if listed and not changed:
        click.secho(f"  no difference ({', '.join(_unchanged(listed[:3]))})", dim=True)


def _unchanged(rows: Sequence[Row]) -> Iterator[str]:
    for name, pair in rows:
        yield f"{pair.new:,} {name}"


def _tell_people(plan: Plan, rows_max: int) -> None:
    if not plan.people:
        click.secho("Nobody would get anything else.", bold=True)
        return
    click.secho(f"People for whom something changes ({len(plan.people):,})", bold=True)

    def at(said: Said) -> str:
        return local(said.at, plan.zone)

    for person in plan.people[:rows_max]:
        click.echo(f"  {who_words(person.label, person.person_id)}")
        for mark, color, text in _lines(person, at):
            click.secho(f"    {mark} {text}", fg=color)
    _tell_rest(len(plan.people) - rows_max)


def _lines(person: PersonPlan, at: Callable[[Said], str]) -> Iterator[tuple[str, str, str]]:
    """Yield (mark, colour, text) of everything that changes for a person."""
    for said in person.gained:
        yield "+", "green", f"{said.engagement} by {said.channel}, {at(said)}"
    for said in person.lost:
        yield "-", "yellow", f"{said.engagement} by {said.channel}, {at(said)}"
    for moved in person.moved:
        old, new = moved.old, moved.new
        channel = "" if old.channel == new.channel else f" by {new.channel}"
        yield "~", "cyan", f"{old.engagement} by {old.channel}, {at(old)} → {at(new)}{channel}"
    for turned in person.promises:
        yield "!", _color(turned), f"{turned.definition} {turned.about}: {turned.told}"


def _color(turned: Turned) -> str:
    return "green" if turned.is_better else "red" if turned.is_worse else "cyan"


def _tell_rest(count: int) -> None:
    if count > 0:
        click.secho(f"  … and {count:,} more; --rows shows more, --json has all", dim=True)
