"""A company's folder of plain files -> one checked, hashed `Program`.

`load` and `load_text` refuse with every problem at once; `check` and `check_text` return the same
findings and warnings without raising; `init` writes a folder to start from. The format is
`docs/project-folder.md`. `parse_yaml` reads stories the same way as everything else is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from regard.core.errors import Problem
from regard.core.program import Program
from regard.project.archive import Edition, edition_in, edition_of, pack, unpack
from regard.project.compiling import compile_texts
from regard.project.documents import Document, parse_toml, parse_yaml
from regard.project.examples import example
from regard.project.folder import is_read, list_definitions, read_folder, unread
from regard.project.refusing import accepted
from regard.project.starting import init
from regard.project.words import duration_of, moment_of

__all__ = [
    "Document",
    "Edition",
    "check",
    "check_text",
    "duration_of",
    "edition_in",
    "edition_of",
    "example",
    "init",
    "is_read",
    "load",
    "load_text",
    "moment_of",
    "pack",
    "parse_toml",
    "parse_yaml",
    "unpack",
]


def load(folder: Path, environ: Mapping[str, str]) -> Program:
    """Compile the project in `folder`; secrets are looked up in `environ`.

    Raise `Refused` with all problems (file relative to the folder, line, path, hint).
    """
    texts, problems = read_folder(folder)
    return accepted(*compile_texts(texts, environ, problems), str(folder))


def load_text(files: Mapping[str, str], environ: Mapping[str, str]) -> Program:
    """Compile a project from texts by relative path, as `load` does; other paths are ignored."""
    return accepted(*compile_texts(files, environ), "this text")


def check(folder: Path, environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return everything that is wrong with the project in `folder`, warnings included.

    Sorted by file and line; empty when there is nothing to say. Raise `Refused` without a folder.
    """
    texts, problems = read_folder(folder)
    problems += unread(list_definitions(folder))
    return compile_texts(texts, environ, problems)[1].sorted()


def check_text(files: Mapping[str, str], environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return everything that is wrong with a project from texts, warnings included."""
    return compile_texts(files, environ, unread(files))[1].sorted()
