"""Compares pairs of records field by field; each comparison ends in one of a few *levels*.

A level is a small number with a meaning (`SAME`, `TYPO`, `DIFFERENT` …). Texts are compared once
per pair of distinct values. Some fields are read together: swapped given name and surname, swapped
address lines, and the *home*, which is how much of an address agrees however it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from regard.linking import names
from regard.linking.levels import (
    CLOSE,
    DIFFERENT,
    GENERATION,
    MISSING_LEVEL,
    PART,
    RELATED,
    SAME,
    SWAPPED,
    TYPO,
    VAGUE,
    Comparison,
    Levels,
    Rows,
    among,
    pieces,
)
from regard.linking.reading import Codes, Field, Table

WORD_BITS = 63
Numbers = NDArray[np.int64]
How = Callable[[Field, Codes, Codes], Levels]
"""How unequal values of a field, told by their codes, come to levels."""

HOME_STEPS = (0.985, 0.93, 0.85, 0.72, 0.55, 0.35, 0.12)
"""Shares of an agreeing address that begin a level of ``home``: `SAME` above the first."""


def compare(
    table: Table, left: Rows, right: Rows, progress: Callable[[int, int], None]
) -> dict[str, Comparison]:
    """Return every comparison that the table's fields allow, by name, for pairs of records."""
    steps: list[tuple[str, How]] = []
    nicknames = names.Nicknames()
    for name in table.fields:
        kind = name.rstrip("_0123456789")
        if kind == "given_name":
            steps.append((name, lambda f, a, b: _names(f, a, b, nicknames)))
        elif kind == "line":
            continue
        else:
            steps.append((name, _HOW.get(kind, _line_levels if kind == "company" else _words)))
    left, right = left.astype(np.intp), right.astype(np.intp)  # as numpy looks up, once for all
    found: dict[str, Comparison] = {}
    for number, (name, how) in enumerate(steps):
        found[name] = _one(name, table.fields[name], left, right, how)
        progress(number + 1, len(steps) + 2)
    for kind in ("phone", "email"):
        _meet_across(table, table.named(kind), left, right, found)
    for made in (*_lines(table, left, right), _home(found)):
        if made is not None:
            found[made.name] = made
    place = _place(found)
    if place is not None:
        found["place"] = place
    _swap_names(table, left, right, found)
    if "suffix" in found:
        found["suffix"].levels[_one_known(table.fields["suffix"], left, right)] = PART
    progress(1, 1)
    return found


def _one(
    name: str,
    field: Field,
    left: Rows,
    right: Rows,
    how: How,
) -> Comparison:
    a, b = field.codes[left], field.codes[right]
    same, known = a == b, (a | b) >= 0  # of two numbers one is negative, or none
    levels = np.where(same, np.int8(SAME), np.int8(DIFFERENT))
    levels *= known  # to MISSING_LEVEL, which is 0
    sharers = np.zeros(len(a), dtype=np.float32)
    alike = np.flatnonzero(same & known)
    sharers[alike] = np.log(np.maximum(1, field.counts)).astype(np.float32)[a[alike]]
    if how is not _exact:
        open_pairs = np.flatnonzero(known & ~same)
        levels[open_pairs] = _distinct(field, a[open_pairs], b[open_pairs], how)
    return Comparison(name=name, levels=levels, sharers=sharers)


def _distinct(field: Field, a: Codes, b: Codes, how: How) -> Levels:
    """Return levels of unequal values, each pair of values compared once."""
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    pairs, back = _each_once(low * len(field.texts) + high, len(field.texts) ** 2)
    one, two = np.divmod(pairs, max(1, len(field.texts)))
    return how(field, one.astype(np.int32), two.astype(np.int32))[back]


def _each_once(numbers: Numbers, below: int) -> tuple[Numbers, Numbers]:
    """Return the numbers (0 up to `below`) in order, each once, and where each of them went.

    Like `numpy.unique`, three times faster: numbers are sorted together with their places in one
    word each, where they fit into it, and sorting words takes a sixth of sorting places.
    """
    place_bits = len(numbers).bit_length()
    if not len(numbers) or below.bit_length() + place_bits > WORD_BITS:
        distinct, back = np.unique(numbers, return_inverse=True)
        return distinct, back
    words = numbers << place_bits
    words |= np.arange(len(numbers))
    words.sort()
    places = words & ((1 << place_bits) - 1)
    words >>= place_bits
    is_first = np.concatenate([[True], words[1:] != words[:-1]])
    back = np.empty(len(numbers), dtype=np.int64)
    back[places] = np.cumsum(is_first) - 1
    return words[is_first], back


def _meet_across(
    table: Table, columns: Sequence[str], left: Rows, right: Rows, found: dict[str, Comparison]
) -> None:
    """Mark as the same, in place, what one record has in one column and the other in another."""
    for one, two in combinations(columns, 2):
        joined, size = _joined(table.fields[one], table.fields[two]), table.count
        first, second = joined.codes[:size], joined.codes[size:]
        for a, b in ((first[left], second[right]), (second[left], first[right])):
            met = np.flatnonzero((a == b) & (a >= 0) & (found[one].levels != SAME))
            found[one].levels[met] = SAME
            found[one].sharers[met] = np.log(joined.counts[a[met]])


def _texts(field: Field, codes: Codes) -> list[str]:
    return list(map(field.texts.__getitem__, codes.tolist()))


def _typos(one: Sequence[str], two: Sequence[str], limit: int) -> NDArray[np.int32]:
    """Return edits (a transposition counts one) between texts; above `limit`, limit + 1."""
    if not one:
        return np.empty(0, dtype=np.int32)
    return cpdist(one, two, scorer=OSA.distance, score_cutoff=limit, dtype=np.int32)


def _longest(field: Field, a: Codes, b: Codes) -> NDArray[np.int32]:
    lengths = np.fromiter(map(len, field.texts), dtype=np.int32, count=len(field.texts))
    return np.maximum(lengths[a], lengths[b])


def _words(field: Field, a: Codes, b: Codes) -> Levels:
    """Levels of a text that names something: typo, close, a part of it, vaguely alike."""
    one, two = _texts(field, a), _texts(field, b)
    levels = np.full(len(one), DIFFERENT, dtype=np.int8)
    if not one:
        return levels
    alike = cpdist(one, two, scorer=JaroWinkler.similarity, dtype=np.float32)
    edits = _typos(one, two, 3)
    lengths = _longest(field, a, b)
    levels[alike >= 0.8] = VAGUE
    blank = np.array([" " in text for text in field.texts])
    first = np.array([ord(text[0]) for text in field.texts])
    may_be_part = (edits > 1) & (blank[a] | blank[b] | (first[a] == first[b]))
    for place in np.flatnonzero(may_be_part).tolist():
        if _is_part(one[place], two[place]):
            levels[place] = PART
    levels[((edits <= 2) & (lengths >= 5)) | ((alike >= 0.92) & (lengths >= 5))] = CLOSE
    levels[(edits <= 1) & (lengths >= 3)] = TYPO
    return levels


def _is_part(one: str, two: str) -> bool:
    """Return whether a text begins the other, or all words of one are among the other's."""
    if one.startswith(two) or two.startswith(one):
        return True
    if " " not in one and " " not in two:
        return False
    mine, theirs = set(one.split()), set(two.split())
    return mine <= theirs or theirs <= mine or one.replace(" ", "") == two.replace(" ", "")


def _names(field: Field, a: Codes, b: Codes, nicknames: names.Nicknames) -> Levels:
    levels, texts = _words(field, a, b), field.texts
    has_nickname = np.array([nicknames.has_another(text) for text in texts], dtype=bool)
    near = among(levels, (TYPO, CLOSE))
    for place in np.flatnonzero(near | has_nickname[a] | has_nickname[b]).tolist():
        one, two = texts[a[place]], texts[b[place]]
        if near[place] and _is_other_sex(one, two):
            levels[place] = VAGUE
        elif levels[place] != TYPO and nicknames.are_one(one, two):
            levels[place] = RELATED
    return levels


def _is_other_sex(one: str, two: str) -> bool:
    """Return whether two names differ in their ending only, and only one ends as a woman's does."""
    return (
        one.endswith("a") != two.endswith("a")
        and one.rstrip("aeiou")[:-1] == (two.rstrip("aeiou")[:-1])
    )


def _numbers(field: Field, a: Codes, b: Codes) -> Levels:
    """Levels of a number: one typo, two, the same beginning."""
    one, two = _texts(field, a), _texts(field, b)
    levels = np.full(len(one), DIFFERENT, dtype=np.int8)
    edits = _typos(one, two, 2)
    lengths = _longest(field, a, b)
    levels[(edits == 2) & (lengths >= 6)] = CLOSE
    levels[(edits == 1) & (lengths >= 2)] = TYPO
    return levels


def _mails(field: Field, a: Codes, b: Codes) -> Levels:
    """Levels of addresses: a typo, the same mailbox name elsewhere."""
    one, two = _texts(field, a), _texts(field, b)
    levels = np.full(len(one), DIFFERENT, dtype=np.int8)
    edits = _typos(one, two, 2)
    mailboxes: dict[str, int] = {}
    locals_ = [text.partition("@")[0] for text in field.texts]
    mailbox = np.array([mailboxes.setdefault(t, len(mailboxes)) for t in locals_], dtype=np.int32)
    levels[mailbox[a] == mailbox[b]] = PART
    levels[edits == 2] = CLOSE
    levels[edits == 1] = TYPO
    return levels


GENERATION_YEARS = 14


def _dates(field: Field, a: Codes, b: Codes) -> Levels:
    """Levels of dates of birth: typo, day and month swapped, same year, a generation apart."""
    levels = _numbers(field, a, b)
    texts = np.array([(t + "00000000")[:8] for t in field.texts]).astype("U8")
    years = np.array([int(t[:4]) for t in texts], dtype=np.int32)
    days = np.array([t[4:] for t in texts])
    turned = np.array([t[6:] + t[4:6] for t in texts])
    yearly = np.array([len(t) == 4 for t in field.texts])
    same_year = years[a] == years[b]
    levels[(levels != TYPO) & same_year] = VAGUE
    levels[(levels != TYPO) & (days[a] == days[b])] = CLOSE
    levels[same_year & (turned[a] == days[b])] = SWAPPED
    levels[same_year & (yearly[a] | yearly[b])] = PART
    apart = np.abs(years[a] - years[b]) >= GENERATION_YEARS
    levels[apart & (levels == DIFFERENT)] = GENERATION
    return levels


def _exact(_field: Field, a: Codes, _b: Codes) -> Levels:
    return np.full(len(a), DIFFERENT, dtype=np.int8)


_HOW: dict[str, How] = {
    "phone": _numbers,
    "id": _numbers,
    "postcode": _numbers,
    "house_number": _numbers,
    "email": _mails,
    "date_of_birth": _dates,
    "sex": _exact,
    "suffix": _exact,
    "country": _exact,
}


def _line_levels(field: Field, a: Codes, b: Codes) -> Levels:
    """Levels of an address line: written together or apart, words in any order, some missing."""
    one, two = _texts(field, a), _texts(field, b)
    levels = np.full(len(one), DIFFERENT, dtype=np.int8)
    if not one:
        return levels
    tight = [t.replace(" ", "") for t in one], [t.replace(" ", "") for t in two]
    alike = cpdist(*tight, scorer=fuzz.ratio, dtype=np.float32)
    loose = cpdist(one, two, scorer=fuzz.token_set_ratio, score_cutoff=80, dtype=np.float32)
    levels[alike >= 55] = VAGUE
    levels[loose >= 95] = PART
    levels[alike >= 72] = CLOSE
    levels[alike >= 88] = TYPO
    return levels


def _lines(table: Table, left: Rows, right: Rows) -> list[Comparison]:
    """Compare address lines one by one, or crosswise where that agrees and straight does not."""
    lines = table.named("line")
    straight = [_one(n, table.fields[n], left, right, _line_levels) for n in lines]
    if len(lines) < 2:
        return straight
    joined = _joined(table.fields[lines[0]], table.fields[lines[1]])
    size = table.count
    crossed = [
        _one(n, joined, left + shift * size, right + (1 - shift) * size, _line_levels)
        for shift, n in enumerate(lines[:2])
    ]
    good = [among(c.levels, (SAME, TYPO)) for c in crossed]
    poor = [among(c.levels, (SAME, TYPO, CLOSE)) for c in straight[:2]]
    is_crossed = (good[0] | good[1]) & ~(poor[0] | poor[1])
    made = []
    for c, s in zip(crossed, straight, strict=False):
        levels = np.where(
            is_crossed, np.where(among(c.levels, (SAME, TYPO)), SWAPPED, c.levels), s.levels
        )
        made.append(Comparison(name=s.name, levels=levels.astype(np.int8), sharers=s.sharers))
    return [*made, *straight[2:]]


def _joined(one: Field, two: Field) -> Field:
    """Return a field of twice as many records: the first's values, then the second's."""
    numbers: dict[str, int] = {}
    parts = []
    for field in (one, two):
        new = np.array([*(numbers.setdefault(t, len(numbers)) for t in field.texts), -1], np.int32)
        parts.append(new[field.codes])
    codes = np.concatenate(parts)
    counts = np.bincount(codes[codes >= 0], minlength=len(numbers)).astype(np.int64)
    return Field(codes=codes, texts=list(numbers), counts=counts)


_SCORES = np.array([0, 1, 0.9, 0.93, 0.75, 0.85, 0.4, 0.97, 0, 0, 0], dtype=np.float32)
"""How much of a home agrees at a level of one of its parts."""

_HOME_WEIGHTS = {
    "line": 2.0,
    "house_number": 1.5,
    "postcode": 1.2,
    "city": 1.0,
    "line_2": 0.8,
    "state": 0.4,
}


def _home(found: dict[str, Comparison]) -> Comparison | None:
    """Return how much of the address agrees, in steps from all of it to nothing."""
    parts = [(found[name].levels, w) for name, w in _HOME_WEIGHTS.items() if name in found]
    if not parts:
        return None
    count = len(parts[0][0])
    made = np.empty(count, dtype=np.int8)
    for piece in pieces(count):
        made[piece] = _home_levels([(levels[piece], w) for levels, w in parts])
    return Comparison(name="home", levels=made, sharers=np.zeros(count, dtype=np.float32))


def _home_levels(parts: Sequence[tuple[Levels, float]]) -> Levels:
    total = np.zeros(len(parts[0][0]), dtype=np.float32)
    weight = np.zeros_like(total)
    for levels, w in parts:
        total += _SCORES[levels] * w
        weight += (levels != MISSING_LEVEL) * np.float32(w)
    share = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
    made = np.full(len(share), len(HOME_STEPS) + 1, dtype=np.int8)
    for step in HOME_STEPS:
        made -= share >= step
    made[weight < 1.0] = MISSING_LEVEL
    return made


def _place(found: dict[str, Comparison]) -> Comparison | None:
    """Return how postcode and city together agree: they tell the same twice among strangers."""
    parts = [found[name] for name in ("postcode", "city") if name in found]
    if not parts:
        return None
    if len(parts) == 1:
        return Comparison(name="place", levels=parts[0].levels.copy(), sharers=parts[0].sharers)
    one, two = parts[0].levels, parts[1].levels
    worse, better = np.maximum(one, two), np.minimum(one, two)
    levels = np.where((one == MISSING_LEVEL) | (two == MISSING_LEVEL), worse, DIFFERENT)
    known = (one != MISSING_LEVEL) & (two != MISSING_LEVEL)
    near = among(worse, (TYPO, CLOSE))
    levels[known & among(better, (SAME, TYPO, CLOSE))] = PART
    levels[known & near] = TYPO
    levels[known & (worse == SAME)] = SAME
    rarer = [np.where(c.sharers > 0, c.sharers, np.inf) for c in parts]
    sharers = np.where(levels == SAME, np.minimum(*rarer), 0).astype(np.float32)
    return Comparison(name="place", levels=levels.astype(np.int8), sharers=sharers)


def _swap_names(table: Table, left: Rows, right: Rows, found: dict[str, Comparison]) -> None:
    """Mark pairs whose given name is the other's surname and the reverse, in place."""
    if "given_name" not in found or "surname" not in found:
        return
    given, surname = found["given_name"], found["surname"]
    joined = _joined(table.fields["given_name"], table.fields["surname"])
    weak = (MISSING_LEVEL, VAGUE, DIFFERENT)
    open_pairs = np.flatnonzero(among(given.levels, weak) & among(surname.levels, weak))
    one, two, size = left[open_pairs], right[open_pairs], table.count
    ab = _one("", joined, one, two + size, _words).levels
    ba = _one("", joined, one + size, two, _words).levels
    worse, better = np.maximum(ab, ba), np.minimum(ab, ba)
    good = (SAME, TYPO, CLOSE)
    is_swapped = among(worse, good) & among(better, (MISSING_LEVEL, *good))
    given.levels[open_pairs[is_swapped]] = worse[is_swapped]
    surname.levels[open_pairs[is_swapped]] = SWAPPED


def _one_known(field: Field, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Return where one record has a value and the other none: only one is called junior."""
    return np.asarray((field.codes[left] >= 0) != (field.codes[right] >= 0))
