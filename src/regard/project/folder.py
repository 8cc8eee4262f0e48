"""The files of a project folder: which are read, and reading them from disk.

Only known places are read (`is_read`); stories belong to `testing`. Hidden files, other kinds of
files and anything outside the folder are left alone; a definition in a place that nobody reads is
a warning.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

from regard.core.errors import Problem, Refused
from regard.project.documents import TEXT_MAX

FILES_MAX = 5_000
"""Files of one folder; a larger one is the wrong folder."""

_READ = re.compile(
    r"regard\.toml|(?:identity|consent|policies)\.yaml"
    r"|(?:events|promises|journeys|audiences|rhythms|needs|broadcasts)/[^/]+\.yaml"
    r"|engagements/[^/]+/(?:engagement\.yaml|variants\.yaml|[^/]+\.(?:mjml|txt))"
    r"|engagements/[^/]+/variants/(?:[^/]+/)?[^/]+\.(?:mjml|txt)"
    r"|snippets/[^/]+\.(?:liquid|mjml|txt)"
)
_MODEL = re.compile(r"model/(?:as_is|future)\.yaml")
_DEFINES = (".toml", ".yaml", ".yml", ".mjml", ".liquid", ".html")


def is_read(path: str) -> bool:
    """Tell whether a relative path (with ``/``) is part of the Program."""
    return _READ.fullmatch(path) is not None


def is_kept(path: str) -> bool:
    """Tell whether a relative path belongs into an archive: the Program's files and the model's."""
    return is_read(path) or _MODEL.fullmatch(path) is not None


def hash_of(files: Mapping[str, str]) -> str:
    """Return the BLAKE2b hash (32 hex digits) of the sorted (path, bytes) of all files read."""
    digest = blake2b(digest_size=16)
    for path in sorted(files):
        data = files[path].encode()
        digest.update(f"{path}\x00{len(data)}\x00".encode() + data)
    return digest.hexdigest()


def read_folder(folder: Path) -> tuple[dict[str, str], list[Problem]]:
    """Return the texts of all files that are read, by relative path, and what is wrong with them.

    Raise `Refused` when there is no folder.
    """
    if not folder.is_dir():
        raise Refused(
            f"There is no folder {folder}.", code="no_folder", hint="`regard init` makes one."
        )
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for path in _paths(folder):
        if is_read(path):
            text, problem = _text(folder, path)
            files[path] = text
            problems += [problem] if problem else []
    return files, problems


def read_model_texts(folder: Path) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Return the texts of the engagement model, which is no part of the Program, and problems."""
    if not folder.is_dir():
        raise Refused(
            f"There is no folder {folder}.", code="no_folder", hint="`regard init` makes one."
        )
    found = {path: _text(folder, path) for path in _paths(folder) if _MODEL.fullmatch(path)}
    problems = tuple(problem for _, problem in found.values() if problem)
    return {path: text for path, (text, _) in found.items()}, problems


def list_definitions(folder: Path) -> list[str]:
    """Return the relative paths of all files that look like definitions, read or not."""
    return [path for path in _paths(folder) if is_read(path) or path.endswith(_DEFINES)]


def unread(paths: Iterable[str]) -> list[Problem]:
    """Return a warning for each definition that stands where nobody reads it."""
    return [
        Problem(
            file=path,
            message="nobody reads this file",
            hint=_where_instead(path),
            is_warning=True,
        )
        for path in paths
        if path.endswith(_DEFINES)
        and not is_read(path)
        and not path.startswith("stories/")
        and not _MODEL.fullmatch(path)
    ]


def _where_instead(path: str) -> str:
    if path.endswith(".yml"):
        return f"name it {path[:-4]}.yaml"
    return "see the places in docs/project-folder.md"


def _paths(folder: Path) -> list[str]:
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = Path(parent).relative_to(folder)
        found += [(inside / name).as_posix() for name in names if not name.startswith(".")]
        if len(found) > FILES_MAX:
            raise Refused(
                f"The folder {folder} holds more than {FILES_MAX:,} files.",
                code="folder_too_large",
                hint="Point to the folder with regard.toml.",
            )
    return sorted(found)


def _text(folder: Path, path: str) -> tuple[str, Problem | None]:
    place = folder / path
    if not place.resolve().is_relative_to(folder.resolve()):
        return "", Problem(file=path, message="is a link out of the folder", hint="copy the file")
    try:
        if place.stat().st_size > 4 * TEXT_MAX:
            return "", Problem(file=path, message=f"is larger than {TEXT_MAX:,} characters")
        return place.read_text(encoding="utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        hint = "save it as UTF-8"
        return "", Problem(
            file=path, line=line, message="has a letter that is not UTF-8", hint=hint
        )
    except OSError as error:
        return "", Problem(file=path, message=f"cannot be read: {error.strerror}")
