"""Typed tree -> SQL text for DuckDB or PostgreSQL, with the meaning of the closures.

The SQL stands over a relation with one row per situation, the columns of a `Scope`: ``person``
(JSON, the bytes of `core.codec.encode_person`), ``facts`` (JSON), ``now``, ``event_name`` and
``channel`` (text). DuckDB: JSON and TIMESTAMP in UTC (no extension needed). PostgreSQL 16 or newer:
jsonb and timestamptz, the session's time zone UTC. Intervals are whole microseconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import singledispatchmethod
from typing import Any, ClassVar, Literal, Protocol

from regard.core.belief import log_odds
from regard.core.errors import Refused
from regard.core.sessions import HERE_FOR
from regard.project.expressions import tree
from regard.project.expressions.kinds import Kind

Dialect = Literal["duckdb", "postgres"]
_NOW = '"now"'
_MICROSECOND = timedelta(microseconds=1)
_MOMENT = r"^\d{4}-\d\d-\d\d"
"""Both databases also take words such as 'infinity' for a moment; the closures do not."""


def sql_of(node: tree.Node, dialect: Dialect) -> str:
    """Return the SQL of a typed node; a condition may be NULL (treat it as false)."""
    return _Writer(_DuckDB() if dialect == "duckdb" else _Postgres()).write(node)


class _Json(Protocol):
    """What differs between the databases."""

    def read(self, column: str, path: tuple[str | int, ...], kind: Kind) -> str: ...
    def moments_since(self, path: tuple[str | int, ...], window_us: int) -> str: ...
    def left_of(self, path: tuple[str | int, ...], half_life_us: int) -> str: ...
    def moment(self, moment: datetime) -> str: ...
    def micros(self, moment: str) -> str: ...
    def shifted(self, moment: str, micros: str) -> str: ...
    def text(self, text: str) -> str: ...


class _DuckDB:
    _NUMBERS: ClassVar[str] = "('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE')"

    def read(self, column: str, path: tuple[str | int, ...], kind: Kind) -> str:
        where = _quoted("$" + "".join(f"[{p}]" if isinstance(p, int) else f'."{p}"' for p in path))
        kind_of = f"json_type({column}, {where})"
        text = f"json_extract_string({column}, {where})"
        return {
            "number": f"CASE WHEN {kind_of} IN {self._NUMBERS} THEN CAST({text} AS DOUBLE) END",
            "text": f"CASE WHEN {kind_of} = 'VARCHAR' THEN {text} END",
            "boolean": f"CASE WHEN {kind_of} = 'BOOLEAN' THEN CAST({text} AS BOOLEAN) END",
            "timestamp": f"CASE WHEN {kind_of} = 'VARCHAR' AND regexp_matches({text}, "
            f"{_quoted(_MOMENT)}) THEN TRY_CAST({text} AS TIMESTAMP) END",
        }.get(kind, f"CASE WHEN {kind_of} NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN {text} END")

    def moments_since(self, path: tuple[str | int, ...], window_us: int) -> str:
        where = _quoted("$" + "".join(f"[{p}]" if isinstance(p, int) else f'."{p}"' for p in path))
        moments = f"CAST(json_extract(person, {where}) AS BIGINT[])"
        since = f"{self.micros(_NOW)} - {window_us}"
        return f"COALESCE(len(list_filter({moments}, lambda m: m >= {since})), 0)"

    def left_of(self, path: tuple[str | int, ...], half_life_us: int) -> str:
        where = _quoted("$" + "".join(f"[{p}]" if isinstance(p, int) else f'."{p}"' for p in path))
        pieces = f"CAST(json_extract(person, {where}) AS JSON[])"
        age = f"greatest(0, {self.micros(_NOW)} - CAST(json_extract_string(e, '$[0]') AS BIGINT))"
        weight = "CAST(json_extract_string(e, '$[1]') AS DOUBLE)"
        left = f"{weight} * pow(2, -({age}) / {half_life_us}.0)"
        return f"COALESCE(list_sum(list_transform({pieces}, lambda e: {left})), 0)"

    def moment(self, moment: datetime) -> str:
        return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(sep=' ')}'"

    def micros(self, moment: str) -> str:
        return f"epoch_us({moment})"

    def shifted(self, moment: str, micros: str) -> str:
        return f"TRY({moment} + to_microseconds(TRY_CAST({micros} AS BIGINT)))"

    def text(self, text: str) -> str:
        return text


class _Postgres:
    def read(self, column: str, path: tuple[str | int, ...], kind: Kind) -> str:
        value = f"({_arrows(column, path)})"
        text = f"({value} #>> '{{}}')"
        kind_of = f"jsonb_typeof({value})"
        return {
            "number": f"CASE WHEN {kind_of} = 'number' THEN {text}::double precision END",
            "text": f"CASE WHEN {kind_of} = 'string' THEN {text} END",
            "boolean": f"CASE WHEN {kind_of} = 'boolean' THEN {text}::boolean END",
            "timestamp": f"CASE WHEN {kind_of} = 'string' AND {text} ~ {_quoted(_MOMENT)} "
            f"AND pg_input_is_valid({text}, 'timestamptz') THEN {text}::timestamptz END",
        }.get(kind, f"CASE WHEN {kind_of} NOT IN ('object', 'array', 'null') THEN {text} END")

    def moments_since(self, path: tuple[str | int, ...], window_us: int) -> str:
        moments = f"COALESCE({_arrows('person', path)}, '[]'::jsonb)"
        since = f"{self.micros(_NOW)} - {window_us}"
        rows = f"jsonb_array_elements_text({moments}) AS m(us) WHERE m.us::bigint >= {since}"
        return f"(SELECT count(*)::double precision FROM {rows})"  # noqa: S608 - quoted above

    def left_of(self, path: tuple[str | int, ...], half_life_us: int) -> str:
        pieces = f"COALESCE({_arrows('person', path)}, '[]'::jsonb)"
        age = f"greatest(0, {self.micros(_NOW)} - (e.p ->> 0)::bigint)"
        halved = f"power(2, -({age})::double precision / {half_life_us})"
        left = f"(e.p ->> 1)::double precision * {halved}"
        rows = f"jsonb_array_elements({pieces}) AS e(p)"
        return f"(SELECT COALESCE(sum({left}), 0) FROM {rows})"  # noqa: S608 - quoted above

    def moment(self, moment: datetime) -> str:
        return f"TIMESTAMPTZ '{moment.isoformat()}'"

    def micros(self, moment: str) -> str:
        return f"CAST(EXTRACT(epoch FROM {moment}) * 1000000 AS bigint)"

    def shifted(self, moment: str, micros: str) -> str:
        shifted = f"{moment} + ({micros}) * INTERVAL '1 microsecond'"
        return f"CASE WHEN abs({micros}) < 1e17 THEN {shifted} END"  # beyond 3,000 years: NULL

    def text(self, text: str) -> str:
        return f'{text} COLLATE "C"'


class _Writer:
    """Writes nodes; everything that both databases share."""

    def __init__(self, json: _Json) -> None:
        self._json = json

    @singledispatchmethod
    def write(self, node: Any) -> str:
        raise TypeError(f"{type(node).__name__} is not a node of an expression")

    @write.register
    def _(self, node: tree.Constant) -> str:
        value = node.value
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, datetime):
            return self._json.moment(value)
        if isinstance(value, timedelta):
            return str(value // _MICROSECOND)
        return _quoted(value) if isinstance(value, str) else f"CAST({value} AS double precision)"

    @write.register
    def _(self, node: tree.Field) -> str:
        if node.root == "facts":
            return self._json.read("facts", node.keys, node.kind)
        return self._json.read("person", ("claims", node.keys[0], 0, *node.keys[1:]), node.kind)

    @write.register
    def _(self, node: tree.Context) -> str:
        if node.name.startswith("event."):
            return "NULLIF(event_name, '')" if node.name == "event.name" else "NULLIF(channel, '')"
        paths = tree.MOMENT_PATHS.get(node.name)
        if paths is not None:
            read = (self._json.read("person", ("moment", *path), "text") for path in paths)
            told = [f"NULLIF({text}, '')" for text in read]
            return f"COALESCE({', '.join(told)})"
        return self._json.read("person", (node.name.removeprefix("person."),), node.kind)

    @write.register
    def _(self, _node: tree.Now) -> str:
        return _NOW

    @write.register
    def _(self, node: tree.CountEvents) -> str:
        if node.window is None:
            count = self._json.read("person", ("seen", node.event, 0), "number")
            return f"COALESCE({count}, 0)"
        return self._json.moments_since(("seen", node.event, 3), node.window // _MICROSECOND)

    @write.register
    def _(self, node: tree.LastEventAt) -> str:
        return self._json.read("person", ("seen", node.event, 2), "timestamp")

    @write.register
    def _(self, node: tree.LastFact) -> str:
        return self._json.read("person", ("seen", node.event, 4, *node.keys), node.kind)

    @write.register
    def _(self, node: tree.HasConsent) -> str:
        def word(channel: str) -> tuple[str, str]:
            path = ("consents", f"{node.purpose}|{channel}")
            granted = self._json.read("person", (*path, 0), "boolean")
            return granted, self._json.read("person", (*path, 1), "timestamp")

        always, always_at = word("*")
        if not node.channel:
            return f"COALESCE({always}, FALSE)"
        here, here_at = word(node.channel)
        return (
            f"COALESCE(CASE WHEN ({always_at}) IS NULL OR {here_at} > {always_at} THEN {here} "
            f"WHEN ({here_at}) IS NULL OR {always_at} > {here_at} THEN {always} "
            f"ELSE {here} AND {always} END, FALSE)"
        )

    @write.register
    def _(self, node: tree.InAudience) -> str:
        path = ("audiences", node.audience, "change", "is_member")
        return f"COALESCE({self._json.read('person', path, 'boolean')}, FALSE)"

    @write.register
    def _(self, node: tree.NeedBelief) -> str:
        half_life_us = node.curve.half_life // _MICROSECOND
        left = self._json.left_of(("needs", node.need, "evidence"), half_life_us)
        return f"(1 / (1 + exp(-({log_odds(node.curve.prior)!r} + {left}))))"

    @write.register
    def _(self, node: tree.IsHere) -> str:
        channel = self._json.read("person", ("last_channel",), "text")
        seen = self._json.micros(self._json.read("person", ("last_seen_at",), "timestamp"))
        gone = f"{self._json.micros(_NOW)} - {seen} <= {HERE_FOR // _MICROSECOND}"
        return f"COALESCE(({channel}) = {_quoted(node.channel)} AND {gone}, FALSE)"

    @write.register
    def _(self, _node: tree.LocalHour) -> str:
        raise _no_sql("local_hour()", "zones are the house's own, and DuckDB knows none by itself")

    @write.register
    def _(self, _node: tree.SessionMinutes) -> str:
        raise _no_sql("session_minutes()", "a session is read from half hours that hang together")

    @write.register
    def _(self, node: tree.Compare) -> str:
        left, right = f"({self.write(node.left)})", f"({self.write(node.right)})"
        if "text" in (node.left.kind, node.right.kind):
            left = self._json.text(left)
        return f"({left} {node.op} {right})"

    @write.register
    def _(self, node: tree.Logic) -> str:
        return "(" + f" {node.op.upper()} ".join(self.write(p) for p in node.parts) + ")"

    @write.register
    def _(self, node: tree.Not) -> str:
        return f"(NOT {self.write(node.part)})"

    @write.register
    def _(self, node: tree.In) -> str:
        return f"(({self.write(node.value)}) IN ({', '.join(self.write(i) for i in node.items)}))"

    @write.register
    def _(self, node: tree.Like) -> str:
        pattern = node.pattern.replace("\\", "\\\\")
        return f"(({self.write(node.value)}) LIKE {_quoted(pattern)} ESCAPE '\\')"

    @write.register
    def _(self, node: tree.Is) -> str:
        expected = {None: "NULL", True: "TRUE", False: "FALSE"}[node.expected]
        return f"(({self.write(node.value)}) IS {expected})"

    @write.register
    def _(self, node: tree.Calculation) -> str:
        left, right = f"({self.write(node.left)})", f"({self.write(node.right)})"
        if node.kind == "timestamp":
            moment, micros = (left, right) if node.left.kind == "timestamp" else (right, left)
            return self._json.shifted(moment, f"-{micros}" if node.op == "-" else micros)
        if node.left.kind == "timestamp":
            return f"({self._json.micros(left)} - {self._json.micros(right)})"
        if node.op == "/":
            return f"({left} / NULLIF({right}, 0))"
        return f"({left} {node.op} {right})"

    @write.register
    def _(self, node: tree.Coalesce) -> str:
        return f"COALESCE({', '.join(self.write(item) for item in node.items)})"

    @write.register
    def _(self, node: tree.Letters) -> str:
        return f"{node.case}({self.write(node.value)})"


def _no_sql(name: str, why: str) -> Refused:
    return Refused(
        f"{name} cannot be written as SQL: {why}.",
        code="no_sql",
        hint="Ask for it where the loop decides, not in what a database is to answer.",
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _arrows(column: str, path: tuple[str | int, ...]) -> str:
    steps = (str(p) if isinstance(p, int) else _quoted(p) for p in path)
    return column + "".join(f" -> {step}" for step in steps)
