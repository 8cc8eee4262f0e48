"""The manifest: which files make up the lake, and up to which entry of the journal it goes.

One small JSON file, replaced in one step: what it does not name is not part of the lake. Files are
never changed once it names them. Beside it lies the lock of the one process that fills the lake.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from regard.core.errors import Refused, Unavailable
from regard.lake.tables import SCHEMA

NAME = "manifest.json"
LOCK = "lake.lock"


class Part(Struct, frozen=True, kw_only=True):
    """One Parquet file: the rows of `table` among the entries `first` to `last` of the journal.

    `path` is relative to the lake, `schema` the version of the tables that wrote it.
    """

    table: str
    day: date
    first: int
    last: int
    row_count: int
    byte_count: int
    path: str
    schema: int = SCHEMA


class Snapshot(Struct, frozen=True, kw_only=True):
    """Who is who as of entry `last`: a folder of files. Parts up to `compared_to` were compared."""

    path: str
    last: int
    compared_to: int


class Manifest(Struct, frozen=True, kw_only=True):
    """The lake as it is: closed days up to entry `closed_to`, the open day up to `open_to`.

    `journal` tells which journal it is of, `day` is that of entry `closed_to`. `stale` are files
    that the manifest before this one named; they go with the next change, so that whoever reads
    by it is not disturbed.
    """

    journal: str
    schema: int = SCHEMA
    closed_to: int = 0
    open_to: int = 0
    day: date | None = None
    parts: tuple[Part, ...] = ()
    open_parts: tuple[Part, ...] = ()
    snapshot: Snapshot | None = None
    stale: tuple[str, ...] = ()

    @property
    def last(self) -> int:
        """Return the last entry of the journal that is in the lake."""
        return max(self.closed_to, self.open_to)


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a lake, None where there is none; raise `Refused` for a torn one."""
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise Refused(
            f"{path} is not readable: {error}.",
            code="lake_unreadable",
            hint="Delete the folder of the lake; `regard lake` makes it anew from the journal.",
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step; what it names must be on disk already."""
    path, draft = folder / NAME, folder / f".{NAME}"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=0))
    publish(draft, path)


def publish(draft: Path, path: Path) -> None:
    """Give a written file its name, so that it is there as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _sync(draft)
    draft.replace(path)
    _sync(path.parent)


@contextmanager
def filling(folder: Path) -> Iterator[None]:
    """Hold the lock of the one process that fills a lake, made when it is new.

    Only its owner may look into it. Raises `Unavailable` while another process fills it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unavailable(
                f"Another process is filling the lake {folder}.",
                code="lake_in_use",
                retry_after_s=60,
                hint="Wait until it is done; a server with [lake] in regard.toml fills it too.",
            ) from error
        yield


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
