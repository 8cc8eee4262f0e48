"""Typed reading of documents: every value is asked for by key, every slip becomes a finding.

A `Table` is one mapping of a file. Asking for a key makes it known; `close` reports the keys that
nobody asked for. A wrong value is reported and replaced by the default, so reading goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

from regard.core.errors import Problem
from regard.project.documents import Document, Path
from regard.project.findings import Findings, did_you_mean, one_of
from regard.project.words import duration_of

T = TypeVar("T")

NEAR = 0.75
"""How like a key must be to one that is missing, to be taken for a slip of it."""

EXAMPLES = {
    "about": "about: facts.booking_number",
    "at_most": "at_most: 3",
    "audience": "audience: frequent_flyers",
    "class": "class: service, or marketing",
    "cron": 'cron: "0 9 * * 1"',
    "department": "department: front_desk",
    "due_at": "due_at: facts.departure_at - interval '24 hours'",
    "engagement": "engagement: stay_reminder, a folder below engagements",
    "event": "event: Booking Confirmed",
    "from": 'from: "21:00"',
    "goto": "goto: the id of a step",
    "id": "id: a short name of small letters, digits and _, the same for ever",
    "made_by": "made_by: {event: Booking Confirmed}",
    "name": "name: what people call it",
    "purpose": "purpose: one that consent.yaml declares",
    "share": "share: 20 %",
    "start": "start: {event: Signed Up}",
    "title": "title: Call the guest before arrival",
    "to": 'to: "08:00"',
    "when": "when: facts.total > 100",
    "within": "within: 7 days",
}
"""What one would write for a key that has to be there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a document where something may be wrong."""

    document: Document
    path: Path
    findings: Findings

    def problem(self, message: str, hint: str = "") -> None:
        """Report that something is wrong here."""
        self._report(message, hint, warns=False)

    def warn(self, message: str, hint: str = "") -> None:
        """Report something that is probably not meant."""
        self._report(message, hint, warns=True)

    def under(self, *keys: str | int) -> Place:
        """Return the place of something below this one."""
        return Place(self.document, (*self.path, *keys), self.findings)

    def _report(self, message: str, hint: str, *, warns: bool) -> None:
        self.findings.add(
            Problem(
                file=self.document.file,
                line=self.document.line(self.path),
                path=".".join(map(str, self.path)),
                message=message,
                hint=hint,
                is_warning=warns,
            )
        )


class Table:
    """One mapping of a document, read key by key."""

    def __init__(self, place: Place, data: dict[str, Any]) -> None:
        self.place = place
        self.data = data
        self._known: dict[str, None] = {}

    def __contains__(self, key: str) -> bool:
        self._known[key] = None
        return self.data.get(key) is not None

    def at(self, key: str) -> Place:
        """Return the place of a key."""
        return self.place.under(key)

    def any(self, key: str) -> Any:
        """Return a value as it stands, or None."""
        self._known[key] = None
        return self.data.get(key)

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """Return a text of one line or more; reports numbers and booleans (quote them)."""
        value = self._value(key, required=required)
        if value is None:
            return default
        if not isinstance(value, str):
            self.at(key).problem(f"{_shown(value)} is not a text", "put it in quotes")
            return default
        if required and not value.strip():
            self.at(key).problem("is empty", "say something")
        return value

    def word(self, key: str, parse: Callable[[str], T], default: T, *, required: bool = False) -> T:
        """Return a text parsed by one of `words`; reports what `parse` says."""
        text = self.text(key, required=required)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.at(key).problem(str(error))
            return default

    def duration(self, key: str, default: timedelta | None = None) -> timedelta | None:
        """Return a duration, or `default` when it is absent."""
        if isinstance(self.data.get(key), int | float):
            self.at(key).problem(f"{self.any(key)} has no unit", "say '15 minutes' or '3 days'")
            return default
        return self.word(key, duration_of, default)

    def number(
        self, key: str, default: float, *, low: float = float("-inf"), high: float = float("inf")
    ) -> float:
        """Return a number from `low` to `high`."""
        value = self._value(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.at(key).problem(f"{_shown(value)} is not a number")
            return default
        if not low <= value <= high:
            self.at(key).problem(f"{value} is not from {low:g} to {high:g}")
            return default
        return value

    def whole(self, key: str, default: int, *, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.number(key, default, low=low, high=high)
        if isinstance(value, int):
            return value
        self.at(key).problem(f"{value} is not a whole number")
        return default

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._value(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.at(key).problem(f"{_shown(value)} is not true or false")
            return default
        return value

    def choice(
        self, key: str, options: Iterable[str], default: str, *, required: bool = False
    ) -> str:
        """Return one of `options`."""
        names = tuple(options)
        value = self.text(key, default, required=required)
        if value not in names:
            self.at(key).problem(
                f"{value!r} is not known here", did_you_mean(value, names, one_of(names))
            )
            return default
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a repeated one is reported."""
        found: list[str] = []
        for index, value in enumerate(self._list(key)):
            place = self.place.under(key, index)
            if not isinstance(value, str) or not value:
                place.problem(f"{_shown(value)} is not a text", "put it in quotes")
            elif value in found:
                place.problem(f"{value!r} is listed twice")
            else:
                found.append(value)
        return tuple(found)

    def words(self, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Return a list of texts, each parsed by one of `words`."""
        found: list[T] = []
        for index, text in enumerate(self.texts(key)):
            try:
                found.append(parse(text))
            except ValueError as error:
                self.place.under(key, index).problem(str(error))
        return tuple(found)

    def references(self, key: str, known: Iterable[str], thing: str) -> tuple[str, ...]:
        """Return a list of names that must all be `known`."""
        names = tuple(known)
        found = []
        for index, name in enumerate(self.texts(key)):
            if check_reference(self.place.under(key, index), name, names, thing):
                found.append(name)
        return tuple(found)

    def table(self, key: str) -> Table | None:
        """Return the mapping under `key`, or None when it is absent or not one."""
        value = self._value(key)
        return None if value is None else table_of(self.at(key), value)

    def tables(self, key: str) -> Iterator[Table]:
        """Yield the mappings of a list."""
        for index, value in enumerate(self._list(key)):
            table = table_of(self.place.under(key, index), value)
            if table is not None:
                yield table

    def named_tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """Yield name and mapping of every entry under `key`; an empty entry is an empty mapping."""
        parent = self.table(key)
        if parent is None:
            return
        for name, value in parent.data.items():
            table = table_of(parent.at(name), {} if value is None else value)
            if table is not None:
                yield name, table

    def missing(self, key: str, example: str = "") -> None:
        """Report a key that has to be here, with what to write: the slip it may be, or an example.

        The line is that of the mapping which misses it, or of the key when it says nothing.
        """
        if key in self.data:
            self.at(key).problem("says nothing", example or EXAMPLES.get(key, ""))
            return
        unread = [name for name in self.data if name not in self._known]
        near = get_close_matches(key, unread, n=1, cutoff=NEAR)
        hint = f"write {key!r} for {near[0]!r}" if near else example or EXAMPLES.get(key, "")
        self.place.problem(f"{key!r} is missing", hint)

    def close(self) -> None:
        """Report every key that nobody asked for."""
        for key in self.data:
            if key not in self._known:
                hint = did_you_mean(key, self._known, one_of(self._known))
                self.at(key).problem(f"unknown key {key!r}", hint)

    def _value(self, key: str, *, required: bool = False) -> Any:
        self._known[key] = None
        value = self.data.get(key)
        if value is None and required:
            self.missing(key)
        return value

    def _list(self, key: str) -> list[Any]:
        value = self._value(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.at(key).problem(f"{_shown(value)} is not a list", "write [a, b] or lines with -")
            return []
        return value


def table_of(place: Place, value: Any) -> Table | None:
    """Return the table of a value, or report that it is none."""
    if not isinstance(value, dict):
        place.problem(
            f"{_shown(value)} stands where keys and values are expected",
            "write {key: value}, or lines of key: value",
        )
        return None
    return Table(place, value)


def check_reference(place: Place, name: str, known: Iterable[str], thing: str) -> bool:
    """Tell whether `name` is known; report it with the closest name when it is not."""
    names = tuple(known)
    if name in names:
        return True
    nothing = f"no {thing} is declared yet"
    hint = did_you_mean(name, names, one_of(names) or nothing)
    place.problem(f"there is no {thing} {name!r}", hint)
    return False


def check_word(place: Place, text: str, parse: Callable[[str], object]) -> bool:
    """Tell whether `parse` takes a text that stands as a key; report it when not."""
    try:
        parse(text)
    except ValueError as error:
        place.problem(str(error))
        return False
    return True


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, str) else str(value)[:60]
