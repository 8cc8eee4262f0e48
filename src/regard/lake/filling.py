"""Filling the lake: what the journal holds beyond it becomes Parquet files, then who is who.

A read port and a folder in, files and a new manifest out. Each step ends with a manifest, so a run
may be killed at any moment and the next one goes on where it was; what the killed one left behind
is removed or written again, the same. The lake can be deleted: it is made anew from the journal.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import duckdb
from msgspec import Struct
from msgspec.structs import replace

from regard.core.errors import Refused, Unavailable
from regard.core.ids import derived_id
from regard.core.ports import Library
from regard.lake.days import STRETCH_MAX, Stretch, stretches
from regard.lake.manifest import Manifest, Part, filling, read_manifest, write_manifest
from regard.lake.parquet import (
    Connection,
    listed,
    rows_query,
    statement,
    write_file,
    writer,
)
from regard.lake.snapshot import take_snapshot
from regard.lake.tables import BY_NAME, SCHEMA

OPEN = "open"
"""The folder of the open day: its files are replaced, those of closed days never."""

DRAFTS = ".drafts"

NOTHING: Mapping[str, Part] = MappingProxyType({})

Tell = Callable[[int, int], None]
"""Told after every step: entries in the lake, entries in the journal."""


class Filled(Struct, frozen=True, kw_only=True):
    """What a run came to: entries that are new in the lake, and the manifest after it."""

    entry_count: int
    manifest: Manifest


def fill(
    library: Library,
    folder: Path,
    *,
    is_open: bool = False,
    length: int = STRETCH_MAX,
    tell: Tell = lambda done, total: None,  # noqa: ARG005 - nobody listens
) -> Filled:
    """Bring a lake up to the journal: closed days, with `is_open` what is there of the last one.

    A stretch has `length` entries at most. Raises `Refused` when the lake is of another journal or
    a newer version, `Unavailable` while another process fills it or it cannot be written.
    """
    with _writable(folder), filling(folder):
        manifest = _begun(library, folder)
        _sweep(folder, manifest)
        drafts = folder / DRAFTS
        drafts.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=drafts) as name, closing(writer(Path(name))) as connection:
            run = _Run(
                library,
                folder,
                manifest,
                scratch=Path(name),
                connection=connection,
                tell=tell,
            )
            run.close_days(length)
            if is_open:
                run.add_open(length)
            run.look_who_is_who()
            run.tidy()
        shutil.rmtree(drafts, ignore_errors=True)
        return Filled(entry_count=run.manifest.last - manifest.last, manifest=run.manifest)


class _Run:
    """One run over a lake; `manifest` is always the one on disk.

    Files that this run replaced stay until the next one: somebody may be reading them.
    """

    def __init__(
        self,
        library: Library,
        folder: Path,
        manifest: Manifest,
        *,
        scratch: Path,
        connection: Connection,
        tell: Tell,
    ) -> None:
        self.manifest = manifest
        self._library = library
        self._folder = folder
        self._scratch = scratch
        self._tell = tell
        self._connection = connection
        self._gone = manifest.stale
        self._stale: tuple[str, ...] = ()

    def close_days(self, length: int) -> None:
        """Write every day that is closed; what was written of it while it was open goes."""
        now = self.manifest
        for stretch in stretches(
            self._library, now.closed_to, now.day, self._scratch, length=length
        ):
            parts = [*self._write(stretch, self._folder)]
            now = self.manifest
            later = tuple(part for part in now.open_parts if part.day > stretch.day)
            closed = replace(
                now,
                closed_to=stretch.last,
                open_to=now.open_to if later else 0,
                day=stretch.day,
                parts=(*now.parts, *parts),
                open_parts=later,
            )
            self._save(closed, *(part.path for part in now.open_parts))

    def add_open(self, length: int) -> None:
        """Write what is there of the open day, joined with what was written of it before.

        What is long already stays as it is, so that a long day is not written again and again.
        """
        now = self.manifest
        day = max((part.day for part in now.open_parts), default=now.day)
        found = stretches(self._library, now.last, day, self._scratch, is_open=True, length=length)
        for stretch in found:
            now = self.manifest
            before = {
                part.table: part
                for part in now.open_parts
                if part.day == stretch.day and part.last - part.first < length
            }
            parts = [*self._write(stretch, self._folder / OPEN, before)]
            replaced = {before[part.table].path for part in parts if part.table in before}
            kept = tuple(part for part in now.open_parts if part.path not in replaced)
            self._save(
                replace(now, open_to=stretch.last, open_parts=(*kept, *parts)), *sorted(replaced)
            )

    def look_who_is_who(self) -> None:
        """Take a new snapshot of persons and identifiers, unless nothing happened since."""
        now = self.manifest
        with self._library.reading() as reading:
            if now.snapshot is not None and now.snapshot.last == reading.tail.last():
                return
            snapshot = take_snapshot(reading, self._folder, now, self._connection, self._scratch)
        self._save(replace(now, snapshot=snapshot), *([now.snapshot.path] if now.snapshot else []))

    def _write(
        self, stretch: Stretch, top: Path, before: Mapping[str, Part] = NOTHING
    ) -> Iterator[Part]:
        for name, lines in stretch.lines.items():
            query, known = rows_query(BY_NAME[name].schema), before.get(name)
            if known is not None:
                files = listed([self._folder / known.path])
                query = statement("joined", files=files, query=query)
            first = known.first if known else stretch.first
            path = (
                top / name / f"day={stretch.day}" / f"part-{first:012}-{stretch.last:012}.parquet"
            )
            draft = self._scratch / "draft.parquet"
            count = write_file(self._connection, query, path, draft, lines=str(lines))
            yield Part(
                table=name,
                day=stretch.day,
                first=first,
                last=stretch.last,
                row_count=count,
                byte_count=path.stat().st_size,
                path=path.relative_to(self._folder).as_posix(),
            )

    def tidy(self) -> None:
        """Remove the files that runs before this one replaced."""
        if self._gone:
            gone, self._gone = self._gone, ()
            self._save(self.manifest)
            for path in set(gone) - _named(self.manifest):
                _remove(self._folder / path)

    def _save(self, manifest: Manifest, *replaced: str) -> None:
        self._stale += replaced
        named = _named(manifest)
        stale = tuple(path for path in (*self._gone, *self._stale) if path not in named)
        self.manifest = replace(manifest, stale=stale)
        write_manifest(self._folder, self.manifest)
        with self._library.reading() as reading:
            self._tell(self.manifest.last, reading.tail.last())


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise Unavailable(
            f"The lake {folder} cannot be written: {error}.",
            code="lake_unwritable",
            retry_after_s=60,
            hint="Make room; the next run goes on where this one was. Deleted, it is made anew.",
        ) from error


def _begun(library: Library, folder: Path) -> Manifest:
    """Return the manifest to go on from; raise `Refused` when it is of something else."""
    with library.reading() as reading:
        first, last = reading.tail.after(0, 1), reading.tail.last()
    if not first:
        raise Refused(
            "The journal is empty: there is nothing to put into a lake.",
            code="journal_empty",
            hint="Start with `regard serve` or `regard import`.",
        )
    entry = first[0][0]
    # Not its body: a policy of retention may take that away, and it is the same journal still.
    journal = derived_id(str(entry.identity), entry.at.isoformat(), entry.received_at.isoformat())
    manifest = read_manifest(folder)
    if manifest is None:
        return Manifest(journal=journal)
    if manifest.schema > SCHEMA:
        raise Refused(
            f"The lake {folder} was written by a newer Regard (tables of version "
            f"{manifest.schema}; this one writes {SCHEMA}).",
            code="lake_newer",
            hint="Fill it with that version, or another folder with this one.",
        )
    if manifest.journal != journal or manifest.last > last:
        raise Refused(
            f"The lake {folder} is of another journal, or of a later state of this one.",
            code="lake_of_another",
            hint="Name another folder with --to, or delete this one: it is made anew.",
        )
    return replace(manifest, schema=SCHEMA)


def _sweep(folder: Path, manifest: Manifest) -> None:
    """Remove what a killed run left: drafts, and files that no manifest named."""
    shutil.rmtree(folder / DRAFTS, ignore_errors=True)
    named = _named(manifest) | {*manifest.stale}
    for pattern in ("*/day=*/part-*.parquet", f"{OPEN}/*/day=*/part-*.parquet", "snapshots/*"):
        for path in folder.glob(pattern):
            if path.relative_to(folder).as_posix() not in named:
                _remove(path)


def _named(manifest: Manifest) -> set[str]:
    """Return the files, and the folder of the snapshot, that belong to a lake."""
    snapshot = {manifest.snapshot.path} if manifest.snapshot else set()
    return {part.path for part in (*manifest.parts, *manifest.open_parts)} | snapshot


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    path.unlink(missing_ok=True)
    for parent in (path.parent, path.parent.parent):
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
