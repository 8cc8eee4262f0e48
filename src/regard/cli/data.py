"""Commands over what a project has lived: `explain`, `import`, `export`, `audit`, `rebuild`.

Reading commands open the store beside a running server and never disturb it; `import` and
`rebuild` write, so they take the lock of the one writer first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click
import msgspec

from regard.assembly import build_ledger
from regard.cli.options import FOLDER
from regard.cli.place import store_path, writer_lock
from regard.cli.telling import tell_counts, told_progress
from regard.console.identity_words import percent
from regard.console.moments import told_at
from regard.console.spoken import said
from regard.console.wording import Wording, is_told
from regard.core.codec import to_plain
from regard.core.errors import Refused
from regard.core.event import Event, Identifier
from regard.core.ports import Draft, Library, Reading
from regard.core.program import Program
from regard.core.rows import Evidence, IdentifierRow, Rejected
from regard.core.trace import Lineage, trace_id
from regard.intake import Drafter, FileReport, Line, read_file, summarise
from regard.project import load
from regard.runtime.audit import audit
from regard.runtime.ledger import Ledger
from regard.runtime.rebuild import verify
from regard.store import open_library, open_store

STORE = click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
IMPORT_BATCH = 500
EXPORT_PAGE = 5_000
PROBLEMS_SHOWN = 50
MOMENT = "%Y-%m-%d %H:%M"
UNSEEN_YEAR = 9999
"""Of an identifier that somebody spoke of and no event named."""


@click.command(short_help="Say who a person is, and why what happened happened.")
@click.argument("person")
@click.option("--folder", type=FOLDER, default=".", show_default=True, help="The project.")
@STORE
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON document.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="How many entries of the timeline.",
)
def explain(person: str, folder: Path, store: str, as_json: bool, limit: int) -> None:
    """Say who PERSON is (a user id, kind:value or p_…), why they are one, and what happened."""
    program = load(folder, os.environ)
    with _library(folder, store) as library, library.reading() as reading:
        person_id = _find(reading, program, person)
        if as_json:
            click.echo(_as_json(reading, person_id, limit))
        else:
            _tell_person(reading, program, person_id, limit)


@click.command("import", short_help="Import events from a CSV or JSONL file, each once.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", required=True, help="Id of the source that these events come from.")
@click.option("--folder", type=FOLDER, default=".", show_default=True, help="The project.")
@STORE
@click.option("--dry-run", is_flag=True, help="Only report what would happen.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="HEADER=PLACE",
    help="Where a CSV column goes ('E-Mail=traits.email'); an empty place leaves it out.",
)
@click.option("--act", is_flag=True, help="Also promise and say what follows, as if it came now.")
@click.pass_context
def import_command(
    ctx: click.Context,
    file: Path,
    source: str,
    folder: Path,
    store: str,
    dry_run: bool,
    columns: Sequence[str],
    act: bool,
) -> None:
    """Import events from a CSV or JSONL FILE, once each however often it is run.

    What is imported is history: people are known by it, and nothing is promised or said for it
    unless --act is given. The form of both files is in docs/intake.md. A server over the same
    store must be stopped first.
    """
    program = load(folder, os.environ)
    found = next((s for s in program.sources.values() if s.id == source), None)
    if found is None:
        known = ", ".join(sorted(s.id for s in program.sources.values()))
        raise Refused(f"The project has no source {source!r}.", hint=f"It has {known}.")
    form: Literal["csv", "jsonl"] = "csv" if file.suffix.lower() == ".csv" else "jsonl"
    places = dict(_column(text) for text in columns)

    def lines() -> Iterator[Line]:
        now = datetime.now(UTC)
        return read_file(
            file, program=program, source=found, received_at=now, form=form, columns=places
        )

    report = summarise(lines())
    _tell_report(file.name, report)
    if dry_run:
        ctx.exit(1 if report.rejected_count else 0)
    location = store_path(folder, store)
    with writer_lock(location), closing(open_store(location)) as opened:
        lived = lines() if act else map(_as_history, lines())
        _import(build_ledger(opened, lambda: program), lived, report.accepted_count)


def _as_history(line: Line) -> Line:
    draft = line.outcome
    if not isinstance(draft, Draft) or not isinstance(draft.body, Event):
        return line
    body = msgspec.structs.replace(draft.body, is_history=True)
    return msgspec.structs.replace(line, outcome=msgspec.structs.replace(draft, body=body))


def _column(text: str) -> tuple[str, str]:
    header, equals, place = text.partition("=")
    if not equals:
        raise Refused(f"--column {text!r} names no place.", hint="Write HEADER=PLACE.")
    return header, place


def _tell_report(name: str, report: FileReport) -> None:
    tell_counts(
        name,
        {
            "events to import": report.accepted_count,
            "duplicates inside the file": report.duplicate_count,
            "lines with problems": report.rejected_count,
        },
    )
    for number, first in report.duplicates[:PROBLEMS_SHOWN]:
        click.echo(f"  {name}:{number}: duplicate of line {first}")
    for number, code, message in report.problems[:PROBLEMS_SHOWN]:
        click.echo(f"  {name}:{number}: {code}: {message}")


def _import(ledger: Ledger, lines: Iterator[Line], total: int) -> None:
    new_count = known_count = rejected_count = 0
    with click.progressbar(length=total, label="importing") as bar:
        for batch in _batches(lines):
            now = datetime.now(UTC)
            drafts = [line.outcome for line in batch if isinstance(line.outcome, Draft)]
            rejected = [line.outcome for line in batch if isinstance(line.outcome, Rejected)]
            results = ledger.append(drafts, now)
            ledger.reject(rejected, now)
            while ledger.advance():
                pass
            new_count += sum(not result.is_duplicate for result in results)
            known_count += sum(result.is_duplicate for result in results)
            rejected_count += len(rejected)
            bar.update(len(batch))
    tell_counts(
        "Imported",
        {
            "new events": new_count,
            "known before (dropped)": known_count,
            "rejected (kept for the source debugger)": rejected_count,
        },
    )


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == IMPORT_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@click.command(short_help="Write the journal as JSON lines.")
@click.argument("folder", type=FOLDER, default=".")
@STORE
@click.option("-o", "--output", type=click.File("wb"), default="-", help="Where to (default: -).")
@click.option("--events-only", is_flag=True, help="Only events, as `regard import` reads them.")
def export(folder: Path, store: str, output: click.File, events_only: bool) -> None:
    """Write the whole journal as JSON lines, oldest first."""
    write = output.write  # type: ignore[attr-defined]
    with _library(folder, store) as library:
        offset = 0
        while True:
            with library.reading() as reading:
                page = reading.tail.after(offset, EXPORT_PAGE)
            if not page:
                return
            offset = page[-1][0].offset
            for entry, person_id, _ in page:
                if isinstance(entry.body, Event) and events_only:
                    write(msgspec.json.encode(_plain_event(entry.body)) + b"\n")
                elif not events_only:
                    whole = {**to_plain(entry), "person_id": person_id}
                    write(msgspec.json.encode(whole) + b"\n")


def _plain_event(event: Event) -> dict[str, object]:
    """Return an event in the plain dialect of ``POST /v1/events``."""
    value = event.traits if event.type == "identify" else event.name
    verb = "event" if event.type == "track" else event.type
    item: dict[str, object] = {"id": event.message_id, "at": event.at.isoformat(), verb: value}
    item |= {"channel": event.channel, "properties": event.facts, "context": event.context}
    item["identifiers"] = {i.kind: i.value for i in event.identifiers}
    return item if event.type == "identify" else item | {"traits": event.traits}


@click.command("audit", short_help="Check the books: is everything accounted for?")
@click.argument("folder", type=FOLDER, default=".")
@STORE
@click.pass_context
def audit_command(ctx: click.Context, folder: Path, store: str) -> None:
    """Check the books: every event, message and promise accounted for, at any time."""
    with _library(folder, store) as library:
        books = audit(library, datetime.now(UTC))
    tell_counts("The books", books.counts)
    for finding in books.findings:
        click.secho(f"  {finding}", fg="red")
    if books.findings:
        ctx.exit(1)
    click.secho("The books balance.", fg="green", bold=True)


@click.command("rebuild", short_help="Make every view anew from the journal.")
@click.argument("folder", type=FOLDER, default=".")
@STORE
@click.pass_context
def rebuild_command(ctx: click.Context, folder: Path, store: str) -> None:
    """Make every view anew from the journal, and say whether a byte changed."""
    program = load(folder, os.environ)
    location = store_path(folder, store)
    with writer_lock(location), closing(open_store(location)) as opened:
        ledger = build_ledger(opened, lambda: program)
        while ledger.advance():
            pass
        with told_progress("rebuilding") as progress:
            changed = verify(opened, ledger.kernel, program.identity, progress)
    if changed:
        click.secho(f"Views that differed: {', '.join(changed)}", fg="red")
        ctx.exit(1)
    click.secho("Every view is the same to the byte.", fg="green")


@contextmanager
def _library(folder: Path, store: str) -> Iterator[Library]:
    yield open_library(store_path(folder, store))


def _find(reading: Reading, program: Program, name: str) -> str:
    if name.startswith("p_") and reading.people.read(name) is not None:
        return name
    kind, _, value = name.partition(":")
    given = (kind, value) if value else ("user_id", kind)
    identifier = Drafter(program).identifier(*given) or Identifier(*given)
    person_id = reading.people.find(identifier)
    if person_id is None:
        hits = reading.people.search(name, limit=5)
        told = ", ".join(f"{hit.label} ({hit.person_id})" for hit in hits)
        hint = f"Did you mean {told}?" if hits else "Name a user id, kind:value or p_…"
        raise Refused(f"Nobody is known as {name}.", hint=hint)
    return person_id


def _as_json(reading: Reading, person_id: str, limit: int) -> str:
    identifiers, evidence = reading.people.identifiers(person_id)
    entries = reading.people.timeline(person_id, limit=limit)
    lineage = Lineage(entries)
    traces = {entry.offset: trace_id(lineage.trace(entry.offset)) for entry in entries}
    whole = {
        "person": reading.people.read(person_id),
        "identifiers": identifiers,
        "evidence": evidence,
        "timeline": entries,
        "traces": {offset: trace for offset, trace in traces.items() if trace},
    }
    return msgspec.json.format(msgspec.json.encode(whole)).decode()


def _tell_person(reading: Reading, program: Program, person_id: str, limit: int) -> None:
    person = reading.people.read(person_id)
    identifiers, evidence = reading.people.identifiers(person_id)
    name = person.trait("name") if person else None
    click.secho(f"{name}  {person_id}" if name else person_id, bold=True)
    for row in identifiers:
        click.echo(f"  {row.identifier}  {_standing(row)}")
    click.secho("Why one person", bold=True)
    for proof in evidence:
        click.echo(f"  {_proof(proof)}")
    click.secho("What happened", bold=True)
    wording = Wording(program)
    entries = [*reading.people.timeline(person_id, limit=limit)]
    oldest = entries[-1].offset if len(entries) == limit else 0
    own = {entry.offset for entry in entries}
    heard = said(reading.identities.acts(person_id), oldest, 0, reading)
    entries += [entry for entry in heard if entry.offset not in own]
    lineage = Lineage(entries)
    for entry in sorted(filter(is_told, entries), key=lambda e: (told_at(e), e.stamp)):
        line = wording.line(entry, program.company.zone)
        detail = f"  ({line.detail})" if line.detail else ""
        trace = trace_id(lineage.trace(entry.offset))
        in_trace = f"  [trace {trace}]" if trace else ""
        click.echo(f"  {told_at(entry):%Y-%m-%d %H:%M:%S}  {line.text}{detail}{in_trace}")


def _standing(row: IdentifierRow) -> str:
    """Return since when an identifier is known, and what keeps it from counting in full."""
    seen = "never seen" if row.first_at.year == UNSEEN_YEAR else f"since {row.first_at:{MOMENT}}"
    if row.is_shared:
        return f"{seen}  (shared: links nobody)"
    return f"{seen}  (by probability alone)" if row.is_unconfirmed else seen


def _proof(proof: Evidence) -> str:
    """Return one piece of evidence: what it joins, or no more joins, how, and who showed it."""
    told = f"{proof.left} {'=' if proof.is_active else '≠'} {proof.right}: {proof.rule}"
    sure = "" if proof.confidence >= 1 else f" ({percent(proof.confidence)})"
    told += f"{sure}, entry {proof.offset} from {proof.source}, {proof.at:{MOMENT}}"
    return told if proof.is_active else f"{told} (links nobody)"
