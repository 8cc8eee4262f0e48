"""`regard model measure`: the as-is as customers lived it, beside the declared one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import msgspec

from regard.cli.place import store_path
from regard.core.errors import Refused
from regard.core.facts import Entry
from regard.core.lived import Lived, Sight
from regard.core.model import Model
from regard.core.person import Person
from regard.core.ports import Reading
from regard.core.program import Program
from regard.intake import Drafter
from regard.model.conforming import conformance
from regard.model.day import day_with
from regard.model.exporting import as_ocel, as_xes
from regard.model.lived import measure_lived, measuring
from regard.model.saying import age_words
from regard.model.stretch import SEARCHED_MAX, consenting, endings_of, entries_since
from regard.model.touches import names_of, touches_of
from regard.store import open_library

SHOWN = 8
DAY_MAX = 2_000
LONG_WAIT = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to measure and how to tell it; `days` 0 is the whole journal."""

    store: str
    days: int
    as_json: bool
    log: Path | None


def measure(folder: Path, program: Program, model: Model | None, wanted: Wanted) -> None:
    """Measure what was lived and print it; raise `Refused` for a log of an unknown form."""
    if wanted.log is not None and wanted.log.suffix not in (".xes", ".json"):
        raise Refused(f"{wanted.log} is neither .xes nor .json (OCEL).", hint="Name it so.")
    library = open_library(store_path(folder, wanted.store))
    with library.reading() as reading:
        entries = _entries(reading, wanted.days)
        with measuring(touches_of(entries, names_of(model))) as found:
            lived = measure_lived(found, endings_of(program))
            sights = conformance(model, found) if model else ()
            if wanted.log is not None:
                data = as_xes(found) if wanted.log.suffix == ".xes" else as_ocel(found)
                wanted.log.write_bytes(data)
    if wanted.as_json:
        data = msgspec.json.encode({"lived": lived, "conformance": sights})
        click.echo(msgspec.json.format(data).decode())
    else:
        _tell(lived, sights)


def tell_day(folder: Path, store: str, program: Program, someone: str, purpose: str) -> None:
    """Print the day of a person, or of somebody who consented."""
    library = open_library(store_path(folder, store))
    with library.reading() as reading:
        person = _named(reading, program, someone) if someone else _anyone(reading, purpose)
        rows, _ = reading.people.identifiers(person.id)
        entries = [
            (entry, person.id) for entry in reading.people.timeline(person.id, limit=DAY_MAX)
        ]
    touches = list(touches_of(reversed(entries), names_of(None)))
    keys = [row.identifier for row in rows]
    day = day_with(person, keys, touches, purpose, program.company.zone)
    click.secho(day.title, bold=True)
    for moment in day.moments:
        wait = f"  … {age_words(moment.waited)} later" if moment.waited >= LONG_WAIT else ""
        arrow = {"in": "→", "out": "←", "kept": "·"}[moment.direction]
        click.echo(f"  {moment.at:%H:%M} {arrow} {moment.channel:15} {moment.words}{wait}")


def _named(reading: Reading, program: Program, someone: str) -> Person:
    identifier = Drafter(program).identifier(*_kind_and_value(program, someone))
    person_id = someone if identifier is None else reading.people.find(identifier) or someone
    person = reading.people.read(person_id)
    if person is None:
        raise Refused(f"Nobody is known as {someone}.", code="unknown_person")
    return person


def _kind_and_value(program: Program, someone: str) -> tuple[str, str]:
    kind, _, value = someone.partition(":")
    return (kind, value) if value else (program.identity.kinds[0].kind, someone)


def _anyone(reading: Reading, purpose: str) -> Person:
    """Return somebody who consented, who was here last."""
    person = consenting(reading, purpose)
    if person is not None:
        return person
    raise Refused(
        f"Nobody of the last {SEARCHED_MAX} people consented to {purpose}.",
        code="no_consent",
        hint="Name another purpose with --purpose.",
    )


def _entries(reading: Reading, days: int) -> Iterator[tuple[Entry, str]]:
    last = reading.tail.after(max(0, reading.tail.last() - 1), 1) if days else ()
    since = last[0][0].received_at - timedelta(days=days) if last else None
    return entries_since(reading, since)


def _tell(lived: Lived, sights: tuple[Sight, ...]) -> None:
    stretch = f"{lived.since:%Y-%m-%d} to {lived.until:%Y-%m-%d}"
    click.echo(f"{lived.touch_count:,} touches of {lived.person_count:,} people, {stretch}")
    for one in lived.late:
        click.secho(
            f"LATE  {one.activity} on {one.target}: {one.rate_young:.0%} while the {one.matter} "
            f"from {one.source} is younger than {age_words(one.age)}, {one.rate_old:.0%} later "
            f"({one.count} times, p {one.p_value:.1g}; {', '.join(one.persons)})",
            fg="red",
        )
    for passing in lived.handovers[:SHOWN]:
        click.echo(
            f"  {passing.count:6,}  {passing.source} > {passing.target}, half of them within "
            f"{age_words(passing.median)}, nine of ten within {age_words(passing.p90)}"
        )
    for finding in lived.findings[:SHOWN]:
        click.echo(f"  {finding.count:6,}  {finding.title} ({', '.join(finding.persons)})")
    for sight in sights:
        if sight.is_declared and not sight.person_count:
            click.echo(f"  declared, never seen: {sight.title}")
        elif not sight.is_declared:
            click.echo(f"  seen, not declared: {sight.title} ({sight.person_count:,} people)")
