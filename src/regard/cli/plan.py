"""`regard plan`: what a change of the project would do, before anybody lives it.

Takes two versions (folders, or git revisions of this folder), replays the last days of the
journal through both on a virtual clock, and tells the difference: who would get what, when, on
which channel; which promises end otherwise; what would be silenced and why.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec

from regard.assembly import build_kernel
from regard.cli.place import store_path
from regard.cli.project import FOLDER
from regard.cli.telling import told_progress
from regard.core.errors import Refused
from regard.core.program import Program
from regard.project import load
from regard.runtime.replay import Course, Said, read_lives, replay
from regard.store import open_library

SHOWN = 20

DAYS = click.FloatRange(0, 3_650)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between two courses of the same days."""

    since: datetime
    until: datetime
    person_days: float
    messages: dict[str, tuple[int, int]]
    silences: dict[str, tuple[int, int]]
    promises: dict[str, tuple[int, int]]
    gained: tuple[Said, ...]
    lost: tuple[Said, ...]


@click.command(short_help="Tell what a change would do, before anybody lives it.")
@click.argument("old")
@click.argument("new")
@click.option("--folder", type=FOLDER, default=".", show_default=True, help="Whose journal.")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
@click.option("--days", type=DAYS, default=7.0, show_default=True, help="How far back to replay.")
@click.option(
    "--ahead", type=DAYS, default=0.0, show_default=True, help="Days to run on what is parked."
)
@click.option("--json", "as_json", is_flag=True, help="The whole difference as JSON.")
def plan(
    old: str, new: str, folder: Path, store: str, days: float, ahead: float, as_json: bool
) -> None:
    """Replay the last days through versions OLD and NEW and tell what would change.

    A version is a folder or a git revision of the project: `regard plan HEAD .` tells what the
    edits in this folder would do. Nothing is written and nothing is sent.
    """
    now = datetime.now(UTC)
    since, until = now - timedelta(days=days), now + timedelta(days=ahead)
    library = open_library(store_path(folder, store))
    kernel = build_kernel()
    with version(old, folder) as before, version(new, folder) as after:
        with told_progress("reading the journal") as progress:
            lives = read_lives(library, kernel, since, progress).values()
        with click.progressbar(lives, label="living old", file=sys.stderr) as people:
            was = replay(people, kernel, before, since, until)
        with click.progressbar(lives, label="living new", file=sys.stderr) as people:
            becomes = replay(people, kernel, after, since, until)
    found = compare(was, becomes, since, until)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        _tell(found)


def compare(old: Course, new: Course, since: datetime, until: datetime) -> Plan:
    """Return the difference of two courses; counts are (old, new) by ``engagement on channel``."""
    told = [Counter(f"{s.engagement} on {s.channel}" for s in c.said) for c in (old, new)]
    silences = [{f"{e}: {reason}": n for (e, reason), n in c.silences.items()} for c in (old, new)]
    promises = [{f"{d} {status}": n for (d, status), n in c.promises.items()} for c in (old, new)]
    had, has = _by_key(old), _by_key(new)
    return Plan(
        since=since,
        until=until,
        person_days=new.person_days,
        messages=_pairs(told[0], told[1]),
        silences=_pairs(silences[0], silences[1]),
        promises=_pairs(promises[0], promises[1]),
        gained=tuple(s for key, s in has.items() if key not in had),
        lost=tuple(s for key, s in had.items() if key not in has),
    )


@contextmanager
def version(name: str, folder: Path) -> Iterator[Program]:
    """Load a version: a folder, or a git revision of `folder`."""
    if Path(name).is_dir():
        yield load(Path(name), os.environ)
        return
    with TemporaryDirectory(prefix="regard-plan-") as place:
        _unpack(name, folder, Path(place))
        yield load(Path(place), os.environ)


def _unpack(revision: str, folder: Path, place: Path) -> None:
    if revision.startswith("-"):
        raise Refused(f"{revision!r} is not a version.", hint="Name a folder or a git revision.")
    command = ["git", "archive", "--format=tar", revision, "."]
    found = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603 (no shell; git refuses what is no revision)
    if found.returncode:
        raise Refused(
            f"{revision!r} is neither a folder nor a git revision of {folder}.",
            hint=found.stderr.decode(errors="replace").strip(),
        )
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(place, filter="data")


def _by_key(course: Course) -> dict[tuple[str, str, str, datetime], Said]:
    return {(s.person_id, s.engagement, s.channel, s.at): s for s in course.said}


def _pairs(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    return {name: (old.get(name, 0), new.get(name, 0)) for name in sorted({*old, *new})}


def _tell(found: Plan) -> None:
    click.secho(
        f"{found.person_days:,.0f} person-days from {found.since:%Y-%m-%d %H:%M} "
        f"to {found.until:%Y-%m-%d %H:%M}",
        bold=True,
    )
    for title, pairs in (
        ("Messages", found.messages),
        ("Promises", found.promises),
        ("Silences", found.silences),
    ):
        click.secho(title, bold=True)
        for name, (old, new) in pairs.items():
            color = None if old == new else "green" if new > old else "yellow"
            click.secho(f"  {old:>7,} → {new:<7,} {new - old:+6,}  {name}", fg=color)
    for title, said in (("Would get", found.gained), ("Would no longer get", found.lost)):
        if said:
            click.secho(f"{title} ({len(said):,})", bold=True)
        for one in said[:SHOWN]:
            click.echo(f"  {one.at:%Y-%m-%d %H:%M}  {one.label}  {one.engagement} on {one.channel}")
        if len(said) > SHOWN:
            click.echo(f"  … and {len(said) - SHOWN:,} more; --json has them all")
    if not found.gained and not found.lost:
        click.echo("Nobody would get anything else.")
