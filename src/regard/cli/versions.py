"""Versions of a project by name: a folder, what is published, or a git revision of the folder.

In: the name as typed. Out: the program, with the problems of a version told under that name.
Refused: names that are none of the three, and versions with problems (all of them).
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from regard.core.errors import Refused
from regard.core.ports import Reading
from regard.core.program import Program
from regard.project import edition_in, load

PUBLISHED = "published"


def version(name: str, folder: Path, reading: Reading) -> Program:
    """Return the program of a version; `reading` is the store that knows what is published."""
    if name == PUBLISHED and not Path(name).exists():
        return _named(name, lambda: _published(reading))
    if Path(name).is_dir():
        return _named(name, lambda: load(Path(name), os.environ))
    with TemporaryDirectory(prefix="regard-plan-") as place:
        _unpack(name, folder, Path(place))
        return _named(name, lambda: load(Path(place), os.environ))


def _named(name: str, read: Callable[[], Program]) -> Program:
    """Read a version; its problems are told under the name by which it was asked for."""
    try:
        return read()
    except Refused as error:
        if not error.problems:
            raise
        count = len(error.problems)
        raise Refused(
            f"The version {name} has {count} problem{'s' if count != 1 else ''}:",
            code=error.code,
            problems=error.problems,
        ) from error


def _published(reading: Reading) -> Program:
    versions = reading.rollouts.versions(1)
    kept = reading.rollouts.program(versions[0].published.hash) if versions else None
    if kept is None:
        raise Refused(
            "Nothing is published in this store, or its folder was not kept.",
            code="nothing_published",
            hint="Name a folder or a git revision, or publish one with `regard publish`.",
        )
    return edition_in(kept, os.environ).program


def _unpack(revision: str, folder: Path, place: Path) -> None:
    if revision.startswith("-"):
        raise Refused(f"{revision!r} is not a version.", hint="Name a folder or a git revision.")
    command = ["git", "archive", "--format=tar", revision, "."]
    try:
        found = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603 (no shell; git refuses what is no revision)
    except OSError as error:
        raise Refused(
            f"{revision!r} is no folder, and git cannot be asked for it: {error}.",
            hint="Name a folder, or install git.",
        ) from error
    if found.returncode:
        raise Refused(
            f"{revision!r} is neither a folder nor a git revision of {folder}.",
            code="no_version",
            hint=f"git says: {found.stderr.decode(errors='replace').strip()}",
        )
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(place, filter="data")
