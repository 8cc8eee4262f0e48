"""The tables of a store in PostgreSQL: checked to be ours, migrated in two halves.

A migration has an expanding half, with which the release before goes on working, and may have a
contracting half, which takes away what only that release needed. Opening for writing applies
every expanding half, and the contracting ones of all migrations but the newest: so two releases
may run side by side, and a deploy needs no stop. A process that is older than that finds the mark
of the contracting half at its next transaction, and stops.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.resources import files
from typing import Literal, NamedTuple, TypeVar

from psycopg import errors

from regard.core.errors import Fenced, Refused
from regard.store.postgresql.connecting import Connection, shown
from regard.store.postgresql.link import WRITER_LOCK

FOLDER = "migrations_postgresql"

Half = Literal["expand", "contract"]

TRIES = 10
PAUSE_S = 2.0
LOCK_S = 1
"""A migration waits for a table no longer than this, since all others wait behind it; then it lets
them go, pauses and tries again: a report may read the table for minutes, and who steps holds tables
when asking for the lock that a migration has."""

_MARK = "INSERT INTO meta (name, value) VALUES ('contracted', %s)"
_MARK += " ON CONFLICT (name) DO UPDATE SET value = excluded.value"

_TooNew = TypeVar("_TooNew", Refused, Fenced)


class Migration(NamedTuple):
    """One half of a migration."""

    number: int
    half: Half
    script: str


def migrations() -> list[Migration]:
    """Return every half that this program knows, in the order in which they are applied."""
    found = []
    for path in (files("regard.store") / FOLDER).iterdir():
        name, half, ending = path.name.rsplit(".", maxsplit=2)
        if ending == "sql" and half in ("expand", "contract"):
            script = path.read_text(encoding="utf-8")
            found.append(Migration(int(name.split("_")[0]), half, script))  # type: ignore[arg-type]
    return in_order(found)


def in_order(known: Sequence[Migration]) -> list[Migration]:
    """Return migrations as they are applied: by number, expanding before contracting."""
    return sorted(known, key=lambda m: (m.number, m.half == "contract"))


def newest_known() -> int:
    """Return the number of the newest migration that this program knows."""
    return migrations()[-1].number


def migrate(connection: Connection, location: str, known: Sequence[Migration]) -> None:
    """Bring the tables up to date in one transaction that excludes other writers.

    When others do not let go of a table for half a minute, what PostgreSQL says is raised.
    """
    for _ in range(TRIES - 1):
        try:
            return _migrate(connection, location, known)
        except (errors.DeadlockDetected, errors.LockNotAvailable):
            time.sleep(PAUSE_S)
    return _migrate(connection, location, known)


def too_new(place: str, kind: type[_TooNew]) -> _TooNew:
    """Return the error of a kind that says that this program is too old for the tables."""
    return kind(
        f"The store {place} was contracted by a Regard newer than this one.",
        code="store_too_new",
        hint="Upgrade Regard, or restore the backup made before the upgrade.",
    )


def _migrate(connection: Connection, location: str, known: Sequence[Migration]) -> None:
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_S}s'")
        connection.execute(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
        _check_ours(connection, location)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (number integer NOT NULL, half text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (number, half))"
        )
        applied = _applied(connection)
        _check_not_newer(applied, location, known)
        newest = known[-1].number
        for number, half, script in known:
            if (number, half) in applied or (half == "contract" and number == newest):
                continue
            connection.execute(script.encode(), prepare=False)
            connection.execute(
                "INSERT INTO migration (number, half) VALUES (%s, %s)", (number, half)
            )
            if half == "contract":
                connection.execute(_MARK, (str(number),))


def check_readable(connection: Connection, location: str, known: Sequence[Migration]) -> None:
    """Raise `Refused` unless the tables are there, and of this release or the next one."""
    _check_ours(connection, location)
    here = connection.execute("SELECT to_regclass('migration') IS NOT NULL").fetchone()
    applied = _applied(connection) if here and here[0] else set()
    _check_not_newer(applied, location, known)
    if any(m.half == "expand" and (m.number, m.half) not in applied for m in known):
        raise Refused(
            f"The store {shown(location)} lacks tables that this Regard reads.",
            code="store_too_old",
            hint="Start `regard serve` once: it brings the store up to date.",
        )


def _check_ours(connection: Connection, location: str) -> None:
    row = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE relname = 'migration') FROM pg_class"
        " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')"
    ).fetchone()
    if row and row[0] and not row[1]:
        raise Refused(
            f"{shown(location)} holds tables of another program, not a store of Regard.",
            code="not_a_store",
            hint="Name another database, or another schema by ?options=-csearch_path%3Dregard.",
        )


def _applied(connection: Connection) -> set[tuple[object, object]]:
    rows = connection.execute("SELECT number, half FROM migration")
    return {(number, half) for number, half in rows}


def _check_not_newer(
    applied: set[tuple[object, object]], location: str, known: Sequence[Migration]
) -> None:
    newest = known[-1].number
    if any(isinstance(n, int) and n > newest and half == "contract" for n, half in applied):
        raise too_new(shown(location), Refused)
