"""Questions to a lake, in SQL: one statement that reads, its answer, or where it is wrong.

A text in, an `Answer` out. Refused are statements that do more than read, and every error of the
database, with line and column of the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from duckdb import StatementType
from msgspec import Struct

from regard.core.errors import Refused
from regard.lake.manifest import Manifest
from regard.lake.opening import manifest_of, opened

READING = (StatementType.SELECT, StatementType.MULTI)
"""What may be asked. MULTI is PIVOT: a SELECT that first looks which columns there will be."""

EXPLAINED = re.compile(r"\s*explain(\s+analyze\b)?(\s*\([^)]*\))?", re.IGNORECASE)

ROWS_AT_ONCE = 2_000


class Answer:
    """Rows of one question: `names` and `types` of the columns, and the rows as they come."""

    def __init__(self, result: duckdb.DuckDBPyConnection, question: str) -> None:
        self.names = [str(column[0]) for column in result.description or ()]
        self.types = [str(column[1]) for column in result.description or ()]
        self._result = result
        self._question = question

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows, once."""
        with _refusing(self._question):
            while page := self._result.fetchmany(ROWS_AT_ONCE):
                yield from page


class Lake:
    """A lake that is asked. It follows the files on disk: each question sees the latest state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._manifest: Manifest = manifest_of(self._folder)
        self._connection = _opened(self._folder, self._manifest)

    @property
    def manifest(self) -> Manifest:
        """Return what the last question saw."""
        return self._manifest

    def ask(self, question: str) -> Answer:
        """Return the answer to one SQL statement; raise `Refused` where it is wrong."""
        self._look_again()
        _check(question, self._connection)
        with _refusing(question):
            return Answer(self._connection.execute(question), question)

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def _look_again(self) -> None:
        manifest = manifest_of(self._folder)
        if manifest != self._manifest:
            self._connection.close()
            self._manifest = manifest
            self._connection = _opened(self._folder, manifest)


def _opened(folder: Path, manifest: Manifest) -> duckdb.DuckDBPyConnection:
    try:
        return opened(folder, manifest)
    except duckdb.Error as error:
        raise Refused(
            f"The lake {folder} is not whole: {_told(str(error)).exception_message}",
            code="lake_unreadable",
            hint="Ask again; if it stays so, delete the folder, and `regard lake` makes it anew.",
        ) from error


def _check(question: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Raise `Refused` unless a question is one statement that only reads."""
    with _refusing(question):
        statements = connection.extract_statements(question)
    if len(statements) != 1:
        raise Refused(
            f"{len(statements)} statements were given.",
            code="bad_question",
            hint="Ask one at a time.",
        )
    kind = statements[0].type
    if kind == StatementType.EXPLAIN:
        # EXPLAIN ANALYZE runs what it explains, so that must be a reading statement, too.
        inner = EXPLAINED.sub("", question, count=1)
        if inner != question:
            _check(inner, connection)
            return
    if kind not in READING:
        raise Refused(
            f"{kind.name} is not allowed here: the lake is only read.",
            code="only_reading",
            hint="Ask with SELECT, FROM, DESCRIBE, SUMMARIZE, SHOW or PIVOT.",
        )


class _Told(Struct):
    """What DuckDB says about an error; `position` counts bytes from 0."""

    exception_message: str = ""
    position: str = ""


@contextmanager
def _refusing(question: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        told = _told(str(error))
        place = _place(question, told.position)
        raise Refused(f"{place}{told.exception_message}", code="bad_question") from error


def _told(message: str) -> _Told:
    try:
        return msgspec.json.decode(message[message.index("{") :], type=_Told)
    except (ValueError, msgspec.DecodeError):
        return _Told(exception_message=message)


def _place(question: str, position: str) -> str:
    if not position.isdigit():
        return ""
    before = question.encode()[: int(position)].decode(errors="ignore")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return f"Line {line}, column {column}: "
