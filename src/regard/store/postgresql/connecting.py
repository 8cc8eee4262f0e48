"""Connections to one PostgreSQL database, tuned for statements that all carry a key.

Plans are made once and kept, so nothing may hang on what statistics say about a table that was
empty then: the planner is told to use the indexes.
"""

from __future__ import annotations

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from psycopg.types.string import StrBinaryDumper, StrDumperUnknown

from regard.core.errors import Refused
from regard.store.postgresql.columns import ARRAYS

CONNECT_S = 5
LOCK_S = 5
"""How long another writer may hold the database before we say that it is locked."""

IDLE_S = 60
"""A transaction whose process was cut off is ended by the server after so long."""

SILENT_MS = 15_000
"""When the server's machine confirms nothing for so long, the network is cut. The system alone
would try for a quarter of an hour, and the writer would wait for it."""

PREPARED_MAX = 512
"""Prepared statements kept per connection: more than there are."""

VERSION_MIN = 15_00_00

_USUAL: dict[str, str | int] = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENT_MS,
    "application_name": "regard",
    "client_encoding": "utf8",
}

_SETTINGS = f"""
SET TimeZone = 'UTC';
SET jit = off;
SET enable_seqscan = off;
SET lock_timeout = '{LOCK_S}s';
SET idle_in_transaction_session_timeout = '{IDLE_S}s';
"""

Connection = psycopg.Connection[tuple[object, ...]]


class _Text(StrDumperUnknown):
    """Texts without the one letter that PostgreSQL does not keep."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class _BinaryText(StrBinaryDumper):
    """The same in lists."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class _Packed(Dumper):
    """A list that is packed already."""

    format = Format.BINARY

    def dump(self, obj: bytes) -> Buffer | None:
        return obj


_PACKED = [(kind, type("_Packed", (_Packed,), {"oid": oid})) for kind, oid in ARRAYS.items()]


def shown(location: str) -> str:
    """Return a location as it may be told: without user, password and options."""
    parts = conninfo_to_dict(location)
    host, port = parts.get("host") or "localhost", parts.get("port")
    place = f"{host}:{port}" if port else str(host)
    return f"postgresql://{place}/{parts.get('dbname') or ''}"


def _said(location: str) -> dict[str, str | int]:
    return {k: v for k, v in conninfo_to_dict(location).items() if isinstance(v, (str, int))}


def connect(location: str) -> Connection:
    """Return a connection in which every transaction is begun by its statement.

    What the location says goes before what is usual here. Raises what psycopg raises, and `Refused`
    for a server that is too old or does not keep Unicode.
    """
    wanted = make_conninfo("", **{**_USUAL, **_said(location)})
    connection: Connection = psycopg.connect(wanted, autocommit=True, prepare_threshold=0)
    try:
        _check_server(connection, location)
        connection.prepared_max = PREPARED_MAX
        # Numbers always go as eight bytes: each statement is then prepared once.
        connection.adapters.register_dumper(str, _BinaryText)
        connection.adapters.register_dumper(str, _Text)
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.adapters.register_dumper(int, Int8BinaryDumper)
        for kind, dumper in _PACKED:
            connection.adapters.register_dumper(kind, dumper)
        connection.execute(_SETTINGS, prepare=False)
    except BaseException:
        connection.close()
        raise
    return connection


def number_in(row: tuple[object, ...] | None) -> int:
    """Return the number that a row begins with, kept as one or as a text; 0 without a row."""
    return int(str(row[0])) if row else 0


def _check_server(connection: Connection, location: str) -> None:
    version = connection.info.server_version
    if version < VERSION_MIN:
        raise Refused(
            f"{shown(location)} runs PostgreSQL {version // 10_000}; Regard needs 15 or newer.",
            code="store_too_old",
            hint="Upgrade the server.",
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Refused(
            f"{shown(location)} keeps texts in {encoding}.",
            code="not_a_store",
            hint="Create the database with ENCODING 'UTF8' TEMPLATE template0.",
        )
