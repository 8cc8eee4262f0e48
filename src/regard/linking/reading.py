"""Records become a table of codes: every value normalised once, every column numbered.

In: records with any subset of columns. Out: a `Table` whose fields are arrays of small numbers
(`MISSING` where nothing is known) with the distinct texts behind them. A million records cost
what their distinct values cost.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.linking import names
from regard.linking.births import date_reader, put_together

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
    """Number distinct values in the order in which they come; `missing` ones are none.

    The dictionary counts by itself, so each value is looked up once.
    """
    numbers: defaultdict[object, int] = defaultdict(itertools.count().__next__)
    numbers.update(dict.fromkeys(missing, MISSING))
    codes = np.fromiter(map(numbers.__getitem__, values), dtype=np.int32, count=len(values))
    distinct = itertools.islice(numbers, len(set(missing)), None)
    texts = [v if type(v) is str else _text(v) for v in distinct]
    counts = np.bincount(codes + 1, minlength=len(texts) + 1)[1:].astype(np.int64)
    return Field(codes=codes, texts=texts, counts=counts)


def derive(field: Field, how: Callable[[str], str]) -> Field:
    """Return a field whose values are made of another's, each distinct one once."""
    return _put(field, [how(text) for text in field.texts])


def _put(field: Field, texts: Sequence[str]) -> Field:
    """Return a field whose values stand in the places of another's, a text for each of its own."""
    made = field_of(texts)
    codes = np.append(made.codes, np.int32(MISSING))[field.codes]  # -1 is the last place
    counts = np.bincount(made.codes + 1, weights=field.counts, minlength=len(made.texts) + 1)[1:]
    return Field(codes=codes, texts=made.texts, counts=counts.astype(np.int64))


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
        told = [derive(field, how) for field in raw.get(role, ())]
        for number, field in enumerate(told if role in _EACH_ITS_OWN else _merged(count, told), 1):
            fields[role if number == 1 else f"{role}_{number}"] = field
    if births := [*_births(count, raw)]:
        fields["date_of_birth"] = _first_known(count, births)
    return Table(count=count, fields={n: f for n, f in fields.items() if len(f.texts)})


_EACH_ITS_OWN = ("id", "other")
"""Two columns of numbers are numbers of two kinds: a card is not another passport."""

EXCLUSIVE = 0.02
"""Share of the records of the poorer of two columns that know both, below which they are one: each
source has its own word for the same thing (`tel` in the shop, `phone` on the web)."""


def _merged(size: int, fields: Sequence[Field]) -> list[Field]:
    """Return fields of one role, those put together of which a record hardly ever knows two."""
    merged: list[Field] = []
    for field in fields:
        known = field.codes >= 0
        for place, one in enumerate(merged):
            both = int((known & (one.codes >= 0)).sum())
            if both <= EXCLUSIVE * min(int(known.sum()), int((one.codes >= 0).sum())):
                merged[place] = _first_known(size, [one, field])
                break
        else:
            merged.append(field)
    return merged


def _births(size: int, raw: Mapping[str, list[Field]]) -> Iterator[Field]:
    """Yield dates of birth by column, and by columns of year, month and day."""
    for field in raw.get("date_of_birth", ()):
        yield derive(field, date_reader(field.texts))
    if "birth_year" not in raw:
        return
    parts = [
        _first_known(size, raw[role]) if role in raw else None
        for role in ("birth_year", "birth_month", "birth_day")
    ]
    told = [["", *part.texts] if part else [""] for part in parts]
    codes = [part.codes + 1 if part else np.zeros(size, dtype=np.int64) for part in parts]
    numbers = np.ravel_multi_index(codes, [len(texts) for texts in told])
    distinct, back = np.unique(numbers, return_inverse=True)
    places = zip(*np.unravel_index(distinct, [len(texts) for texts in told]), strict=True)
    made = [
        put_together(*(t[int(p)] for t, p in zip(told, place, strict=True))) for place in places
    ]
    counts = np.bincount(back, minlength=len(made)).astype(np.int64)
    yield _put(Field(codes=back.astype(np.int32), texts=made, counts=counts), made)


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


_NO_IDENTIFIER = re.compile(r"[^0-9a-z]+")
_NO_DIGIT = re.compile(r"\D+")


def _identifier(text: str) -> str:
    found = _NO_IDENTIFIER.sub("", text.casefold())
    return "" if found in EMPTY_WORDS or len(set(found)) == 1 else found


def _phone(text: str) -> str:
    """Return the last nine digits: whatever country code and trunk zero are written or not."""
    digits = _NO_DIGIT.sub("", text.partition("x")[0]).lstrip("0")
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
    told: dict[str, list[Field]] = {role: [] for role in _OF_NAMES}
    for role, tells, how in _TELLS:
        for field in raw.get(role, ()):
            made = [how(text) for text in field.texts]
            for place, what in enumerate(tells):
                told[what].append(_put(field, [parts[place] for parts in made]))
    for role, sources in told.items():
        if known := [field for field in sources if field.texts]:
            fields[role] = _first_known(size, known)


def _name_parts(text: str) -> tuple[str, str, str]:
    words, sex, generation = names.parts_of_name(_word(text).split())
    return " ".join(words), sex, generation


def _split(text: str) -> tuple[str, str, str, str, str]:
    return names.split_name(text) if _word(text) else ("", "", "", "", "")


_OF_NAMES = ("given_name", "middle_name", "surname", "sex", "suffix")

_TELLS: Sequence[tuple[str, Sequence[str], Callable[[str], Sequence[str]]]] = (
    ("sex", ("sex",), lambda text: (_sex(text),)),
    ("title", ("sex",), lambda text: (names.SEX_OF_TITLE.get(names.plain(text), ""),)),
    ("suffix", ("suffix",), lambda text: (names.GENERATIONS.get(names.plain(text), ""),)),
    ("given_name", ("given_name", "sex", "suffix"), _name_parts),
    ("surname", ("surname", "sex", "suffix"), _name_parts),
    ("middle_name", ("middle_name",), lambda text: (_word(text),)),
    ("name", _OF_NAMES, _split),
)
"""What each column of a name tells, the surest first: a column of its own before a whole name."""


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
_FLAT_FIRST = re.compile(r"\W*\d+[a-z]?\s*/\s*\d+[a-z]?\b", re.ASCII | re.IGNORECASE)


def _read_address(raw: Mapping[str, list[Field]], fields: dict[str, Field]) -> None:
    """Fill ``line`` (and ``line_2`` …) without its house number, and ``house_number``."""
    size = len(next(iter(raw.values()))[0].codes)
    numbers = [derive(field, lambda t: _line(t)[1]) for field in raw.get("house_number", ())]
    for place, field in enumerate(_merged(size, raw.get("address", ())), 1):
        made = [_line(text) for text in field.texts]
        fields["line" if place == 1 else f"line_{place}"] = _put(field, [line for line, _ in made])
        if place == 1:
            numbers.append(_put(field, [number for _, number in made]))
    if numbers:
        fields["house_number"] = _first_known(size, numbers)


def _line(text: str) -> tuple[str, str]:
    """Return an address line without its house number, and the number.

    Of ``3/15 Smith Street`` it is the second, of ``Lindengasse 4/12`` the first: flats come
    before the house or behind it.
    """
    plain = _word(text)
    words = names.street_words(plain)
    found = _NUMBER.findall(plain)
    number = found[1 if _FLAT_FIRST.match(text) else 0].lstrip("0") if found else ""
    street = " ".join(w for w in words if not _NUMBER.fullmatch(w)) if found else ""
    return street or " ".join(words), number
