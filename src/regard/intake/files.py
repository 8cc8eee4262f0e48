"""Files of events or customers, CSV or JSON lines, to drafts: what `regard import` reads.

A CSV column is a place in an event (`COLUMNS` or a dotted place such as ``traits.tier``); other
headers must be mapped. A JSON line is a plain item or a Segment call. `summarise` tells what an
import would do, so that a dry run and the real one read the same code.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, Literal, TextIO

import msgspec

from regard.core.errors import Problem, Refused
from regard.core.event import Event
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.settings import Source
from regard.intake.drafts import Drafter
from regard.intake.shapes import DEFAULT_LIMITS, Arrival, FileReport, Limits, Line

COLUMNS: Mapping[str, str] = {
    "event": "event",
    "name": "traits.name",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
    "previous_id": "alias",
    "user_id": "user_id",
    "userid": "user_id",
    "anonymous_id": "anonymous_id",
    "anonymousid": "anonymous_id",
    "email": "traits.email",
    "phone": "traits.phone",
    "first_name": "traits.first_name",
    "last_name": "traits.last_name",
    "language": "traits.language",
    "id": "id",
    "message_id": "id",
    "messageid": "id",
    "at": "at",
    "timestamp": "at",
    "channel": "channel",
}
"""Header names (compared in lower case) and the place in a plain item that they fill."""

_PLACES = ("traits", "properties", "context", "identifiers")
_VERBS = ("event", "page", "screen", "group", "alias", "identify")
LISTED_MAX = 1_000
"""A report lists that many duplicates and problems; its counts go on."""


def read_file(
    content: Path | str,
    *,
    program: Program,
    source: Source,
    received_at: datetime,
    form: Literal["csv", "jsonl"],
    columns: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[Line]:
    """Yield one `Line` per row of a file (a `Path`) or a text, reading as it goes.

    `columns` maps further CSV headers to places (``{"E-Mail": "traits.email", "Notes": ""}``; an
    empty place leaves the column out; ``properties.total:number`` converts, as do ``:boolean``
    and ``:json``). Rows without an event are identify calls. Raises `Refused` when the file is
    not UTF-8 or a header is unknown.
    """
    drafter = Drafter(program, limits)
    plain = Arrival(source=source, received_at=received_at, dialect="plain")
    segment = Arrival(source=source, received_at=received_at, dialect="segment")
    try:
        with _opened(content) as lines:
            rows = _csv_rows(lines, columns or {}) if form == "csv" else _json_rows(lines)
            for number, raw in rows:
                arrival = segment if form == "jsonl" and _is_segment(raw) else plain
                yield Line(number=number, outcome=drafter.draft(raw, arrival, number=number))
    except UnicodeDecodeError as error:
        raise Refused(
            f"The file {content} is not UTF-8 near byte {error.start}.",
            code="bad_utf8",
            hint="Save it as UTF-8.",
        ) from error


def summarise(lines: Iterable[Line]) -> FileReport:
    """Return what an import of `lines` would do. Duplicates are those inside of the file."""
    tally = _Tally()
    for line in lines:
        tally.add(line)
    return tally.report()


class _Tally:
    """Counts lines as they pass; the keys seen are what it must remember."""

    def __init__(self) -> None:
        self._events: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._first_lines: dict[bytes, int] = {}
        self._identities: set[int] = set()
        self._duplicates: list[tuple[int, int]] = []
        self._problems: list[tuple[int, str, str]] = []
        self._first_at: datetime | None = None
        self._last_at: datetime | None = None

    def add(self, line: Line) -> None:
        outcome = line.outcome
        if not isinstance(outcome, Draft):
            self._counts["rejected"] += 1
            self._list_problem(line.number, outcome.code, outcome.message)
        elif outcome.key in self._first_lines:
            self._counts["duplicate"] += 1
            if len(self._duplicates) < LISTED_MAX:
                self._duplicates.append((line.number, self._first_lines[outcome.key]))
        elif isinstance(outcome.body, Event):
            self._first_lines[outcome.key] = line.number
            self._add_event(line.number, outcome.identity, outcome.body)

    def _add_event(self, number: int, identity: int, event: Event) -> None:
        self._identities.add(identity)
        self._events[event.name] += 1
        self._counts["flagged"] += bool(event.violations)
        for text in event.violations:
            self._list_problem(number, "flagged", text)
        self._first_at = min(self._first_at or event.at, event.at)
        self._last_at = max(self._last_at or event.at, event.at)

    def _list_problem(self, number: int, code: str, message: str) -> None:
        if len(self._problems) < LISTED_MAX:
            self._problems.append((number, code, message))

    def report(self) -> FileReport:
        return FileReport(
            accepted_count=len(self._first_lines),
            rejected_count=self._counts["rejected"],
            duplicate_count=self._counts["duplicate"],
            identity_count=len(self._identities),
            flagged_count=self._counts["flagged"],
            first_at=self._first_at,
            last_at=self._last_at,
            events=dict(self._events),
            duplicates=tuple(self._duplicates),
            problems=tuple(self._problems),
        )


def _opened(content: Path | str) -> TextIO:
    if isinstance(content, Path):
        return content.open(encoding="utf-8-sig", newline="")
    return StringIO(content.removeprefix("\ufeff"), newline="")


def _json_rows(lines: TextIO) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, line.strip().encode()


def _is_segment(raw: bytes) -> bool:
    """Return True for an object with a ``type``, which plain items never have."""
    try:
        item = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(item, dict) and "type" in item


def _csv_rows(lines: TextIO, columns: Mapping[str, str]) -> Iterator[tuple[int, bytes]]:
    """Yield (line number, plain item as JSON) for every row below the header."""
    reader = csv.reader(lines, strict=True)
    try:
        places = _places(next(reader, []), columns)
        number = reader.line_num + 1
        for row in reader:
            if any(row):
                yield number, msgspec.json.encode(_item_of(row, places))
            number = reader.line_num + 1
    except csv.Error as error:
        raise Refused(
            f"The CSV cannot be read near line {reader.line_num}: {error}.",
            code="bad_csv",
            hint="Quote fields that hold commas, quotes or line breaks.",
        ) from error


def _places(header: list[str], columns: Mapping[str, str]) -> list[str]:
    """Return the place of every column; raise `Refused` naming each header without one."""
    own = {name.strip().lower(): place for name, place in columns.items()}
    known = {**COLUMNS, **own}
    # Without an event a row says who somebody is.
    is_about_events = any(known.get(name.strip().lower()) == "event" for name in header)
    likely = "properties" if is_about_events else "traits"
    places, problems = [], []
    for number, name in enumerate(header, start=1):
        place = known.get(name.strip().lower())
        if place is None and name.strip().partition(".")[0] in _PLACES:
            place = name.strip()
        if place is None:
            problems.append(
                Problem(
                    line=1,
                    path=f"column {number}",
                    message=f"unknown header {name!r}",
                    hint=f"--column '{name}={likely}.{name}'" if name else "",
                )
            )
        places.append(place or "")
    if problems or not header:
        raise Refused(
            "The CSV has no header." if not header else "The CSV has unknown headers.",
            code="unknown_columns",
            hint="Map each to a place such as traits.tier, or to nothing to leave it out.",
            problems=problems,
        )
    return places


def _item_of(row: list[str], places: list[str]) -> dict[str, Any]:
    item: dict[str, Any] = {}
    for place, text in zip(places, row, strict=False):
        if place and text.strip():
            way, _, conversion = place.partition(":")
            _put(item, way.split("."), _converted(text.strip(), conversion))
    if len(row) > len(places):
        item["more fields than headers"] = row[len(places) :]
    if not any(verb in item for verb in _VERBS):
        item["identify"] = item.pop("traits", {})
    return item


def _put(item: dict[str, Any], way: list[str], value: Any) -> None:
    *parents, name = way
    for parent in parents:
        item = item.setdefault(parent, {})
    item[name] = value


def _converted(text: str, conversion: str) -> Any:
    """Return a field as the place asks; a text that does not convert stays a text.

    The tracking plan then says so with its line, which is better than a guess here.
    """
    if conversion == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if conversion not in ("number", "json"):
        return text
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if conversion == "json" or is_number else text
