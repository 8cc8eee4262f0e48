"""Records become a table of codes: every value normalised once, every column numbered.

In: records with any subset of columns. Out: a `Table` whose fields are arrays of small numbers
(`MISSING` where nothing is known) with the distinct texts behind them. A million records cost
what their distinct values cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.linking import names

Codes = NDArray[np.int32]

MISSING = -1
EMPTY_WORDS = frozenset(
    {"", "null", "none", "nan", "na", "n a", "unknown", "missing", "nil", "anonymous", "xxx"}
)
"""What systems write when they know nothing. Never evidence."""


class Field(Struct, frozen=True, kw_only=True):
    """One column: a code per record, the text of each code and how many records share it."""

    codes: Codes
    texts: list[str]
    counts: NDArray[np.int64]


class Table(Struct, frozen=True, kw_only=True):
    """`count` records as fields by name (``phone``, ``phone_2`` where there are two columns)."""

    count: int
    fields: dict[str, Field]

    def named(self, prefix: str) -> list[str]:
        """Return the names of fields of a kind (``phone``, ``phone_2`` …) in order."""
        return [n for n in self.fields if n == prefix or n.startswith(f"{prefix}_")]


Columns = Mapping[str, Sequence[object]]


def field_of(texts: Sequence[str]) -> Field:
    """Return a field of normalised texts; an empty one is missing."""
    return _numbered(texts, [""])


def _numbered(values: Sequence[object], missing: Sequence[object]) -> Field:
    """Number distinct values in the order in which they come; `missing` ones are none."""
    distinct = dict.fromkeys(values)
    for value in missing:
        distinct.pop(value, None)
    numbers: dict[object, int] = dict(zip(distinct, range(len(distinct)), strict=True))
    numbers.update(dict.fromkeys(missing, MISSING))
    codes = np.fromiter(map(numbers.__getitem__, values), dtype=np.int32, count=len(values))
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct)).astype(np.int64)
    texts = [v if type(v) is str else _text(v) for v in distinct]
    return Field(codes=codes, texts=texts, counts=counts)


def derive(field: Field, how: Callable[[str], str]) -> Field:
    """Return a field whose values are made of another's, each distinct one once."""
    made = field_of([how(text) for text in field.texts])
    codes = np.full(len(field.codes), MISSING, dtype=np.int32)
    known = field.codes >= 0
    codes[known] = made.codes[field.codes[known]]
    counts = np.bincount(codes[codes >= 0], minlength=len(made.texts)).astype(np.int64)
    return Field(codes=codes, texts=made.texts, counts=counts)


def read_table(columns: Columns, roles: Mapping[str, str]) -> Table:
    """Return the table of raw columns of equal length under their roles."""
    raw: dict[str, list[Field]] = {}
    count = len(next(iter(columns.values())))
    for header, role in roles.items():
        raw.setdefault(role, []).append(_raw(columns[header]))
    if "name" in raw and _are_firms(raw["name"][0]):
        raw.setdefault("company", []).extend(raw.pop("name"))
    fields: dict[str, Field] = {}
    _read_names(raw, fields)
    _read_address(raw, fields)
    for role, how in _SINGLE.items():
        for number, field in enumerate(raw.get(role, ()), 1):
            name = role if number == 1 else f"{role}_{number}"
            fields[name] = derive(field, how)
    if "date_of_birth" in raw:
        fields["date_of_birth"] = derive(
            raw["date_of_birth"][0], _date_reader(raw["date_of_birth"][0])
        )
    return Table(count=count, fields={n: f for n, f in fields.items() if len(f.texts)})


def _raw(values: Sequence[object]) -> Field:
    return _numbered(values, ["", None])


def _text(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 - not-a-number is what differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime) else str(value).strip()


def _known(text: str) -> str:
    return "" if text in EMPTY_WORDS else text


def _word(text: str) -> str:
    return _known(names.plain(text))


def _identifier(text: str) -> str:
    found = re.sub(r"[^0-9a-z]", "", text.casefold())
    return "" if found in EMPTY_WORDS or len(set(found)) == 1 else found


def _phone(text: str) -> str:
    """Return the last nine digits: whatever country code and trunk zero are written or not."""
    digits = re.sub(r"\D", "", text.partition("x")[0]).lstrip("0")
    return digits[-9:] if len(digits) >= 5 and len(set(digits)) > 1 else ""


def _mail(text: str) -> str:
    local, at, domain = text.casefold().strip().rpartition("@")
    local = local.split("+")[0]
    if not at or not local or local in EMPTY_WORDS:
        return ""
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def _sex(text: str) -> str:
    return {"m": "m", "f": "f", "w": "f", "h": "m"}.get(text.casefold()[:1], "")


_SINGLE: Mapping[str, Callable[[str], str]] = {
    "phone": _phone,
    "email": _mail,
    "id": _identifier,
    "postcode": _identifier,
    "city": lambda text: " ".join(names.street_words(_word(text))),
    "state": _word,
    "country": _word,
    "other": _word,
    "company": lambda text: " ".join(names.firm_words(_word(text) and text)),
}

FIRMS_FROM = 0.2
"""Share of names with a word of business from which a column of names is of firms or places."""


def _are_firms(field: Field) -> bool:
    found = sum(not names.BUSINESS_WORDS.isdisjoint(names.plain(t).split()) for t in field.texts)
    return found >= FIRMS_FROM * max(1, len(field.texts))


def _read_names(raw: Mapping[str, list[Field]], fields: dict[str, Field]) -> None:
    """Fill given, middle, surname, suffix and sex from whatever tells them."""
    size = len(next(iter(raw.values()))[0].codes)
    told: dict[str, list[tuple[Field, Callable[[str], str]]]] = {
        "given_name": [], "middle_name": [], "surname": [], "sex": [], "suffix": []
    }  # fmt: skip
    for field in raw.get("sex", ()):
        told["sex"].append((field, _sex))
    for field in raw.get("title", ()):
        told["sex"].append((field, lambda text: names.SEX_OF_TITLE.get(names.plain(text), "")))
    for field in raw.get("suffix", ()):
        told["suffix"].append((field, lambda text: names.GENERATIONS.get(names.plain(text), "")))
    for role in ("given_name", "surname"):
        for field in raw.get(role, ()):
            told[role].append((field, lambda text: " ".join(_name_parts(text)[0])))
            told["sex"].append((field, lambda text: _name_parts(text)[1]))
            told["suffix"].append((field, lambda text: _name_parts(text)[2]))
    for field in raw.get("middle_name", ()):
        told["middle_name"].append((field, _word))
    for field in raw.get("name", ()):
        for place, role in enumerate(("given_name", "middle_name", "surname", "sex", "suffix")):
            told[role].append((field, lambda text, place=place: _split(text)[place]))  # type: ignore[misc]
    for role, sources in told.items():
        if sources:
            fields[role] = _first_known(size, [derive(field, how) for field, how in sources])


def _name_parts(text: str) -> tuple[list[str], str, str]:
    return names.parts_of_name(_word(text).split())


def _split(text: str) -> tuple[str, str, str, str, str]:
    return names.split_name(text) if _word(text) else ("", "", "", "", "")


def _first_known(size: int, fields: Sequence[Field]) -> Field:
    """Return one field that takes each record's value from the first field that knows it."""
    if len(fields) == 1:
        return fields[0]
    numbers: dict[str, int] = {}
    codes = np.full(size, MISSING, dtype=np.int32)
    for field in fields:
        new = np.array([numbers.setdefault(t, len(numbers)) for t in field.texts], dtype=np.int32)
        open_places = (codes < 0) & (field.codes >= 0)
        codes[open_places] = new[field.codes[open_places]]
    counts = np.bincount(codes[codes >= 0], minlength=len(numbers)).astype(np.int64)
    return Field(codes=codes, texts=list(numbers), counts=counts)


_NUMBER = re.compile(r"\b\d+[a-z]?\b")


def _read_address(raw: Mapping[str, list[Field]], fields: dict[str, Field]) -> None:
    """Fill ``line`` (and ``line_2`` …) without its house number, and ``house_number``."""
    size = len(next(iter(raw.values()))[0].codes)
    numbers = [derive(field, _house_number) for field in raw.get("house_number", ())]
    for place, field in enumerate(raw.get("address", ()), 1):
        name = "line" if place == 1 else f"line_{place}"
        fields[name] = derive(field, _line)
        if place == 1:
            numbers.append(derive(field, _house_number))
    if numbers:
        fields["house_number"] = _first_known(size, numbers)


def _house_number(text: str) -> str:
    found = _NUMBER.findall(names.plain(text).partition(",")[0])
    return (
        found[min(len(found), 2) - 1].lstrip("0")
        if found and "/" in text
        else (found[0].lstrip("0") if found else "")
    )


def _line(text: str) -> str:
    words = names.street_words(_word(text))
    return " ".join(w for w in words if not _NUMBER.fullmatch(w)) or " ".join(words)


_DATE = re.compile(r"(\d{1,4})\D+(\d{1,2})\D+(\d{1,4})")


def _date_reader(field: Field) -> Callable[[str], str]:
    """Return a reader of dates as ``yyyymmdd`` (``yyyy`` when only the year is told).

    Whether ``03/04/1980`` begins with the day or the month is what most of the column's other
    dates allow; the day, when they do not say.
    """
    pairs = [m.groups() for t in field.texts if (m := _DATE.match(t)) and len(m.group(1)) < 3]
    month_first = sum(int(b) > 12 for _, b, _ in pairs) > sum(int(a) > 12 for a, _, _ in pairs)

    def read(text: str) -> str:
        digits = re.sub(r"\D", "", text)
        if len(digits) == 4 and len(text) == 4:
            return digits
        match = _DATE.match(text)
        if match is None:
            return digits if len(digits) == 8 and len(set(digits)) > 2 else ""
        first, second, third = match.groups()
        if len(first) == 4:
            year, month, day = first, second, third[:2]
        elif len(third) == 4:
            year, month, day = (third, first, second) if month_first else (third, second, first)
        else:
            return ""
        return f"{year}{int(month):02}{int(day):02}"

    return read
