"""Which pairs of records are worth comparing: those that share a key that few others share.

A *rule* is a few attributes that must agree (sound of the surname and date of birth, a word of the
street and the house number …). Rules whose columns are missing are left out. A key that too many
records share is narrowed by one attribute more, and given up where nothing narrows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.linking import names
from regard.linking.reading import MISSING, Codes, Field, Table, derive

Keys = NDArray[np.uint64]
Pairs = NDArray[np.int64]

BLOCK_MAX = 40
BLOCK_MIN = 8
"""Records that may share a key: above it the key says little (`john`, a big house) and costs
the square. Of many records fewer may, because chance meets more often: pairs grow by the record."""

FEW_RECORDS = 20_000

RULES: Sequence[tuple[str, ...]] = (
    ("phone",),
    ("email",),
    ("id",),
    ("local", "surname_start"),
    ("local", "given_start"),
    ("name_low", "name_high"),
    ("given_name", "date_of_birth"),
    ("surname_sound", "date_of_birth"),
    ("date_of_birth", "initial"),
    ("date_of_birth", "postcode"),
    ("date_of_birth", "word"),
    ("date_of_birth", "house_number"),
    ("birth_month", "surname_sound"),
    ("birth_day", "surname_start"),
    ("given_name", "postcode"),
    ("surname_sound", "postcode"),
    ("given_start", "house_number", "postcode"),
    ("surname_start", "house_number"),
    ("given_start", "house_number", "city_start"),
    ("given_sound", "word"),
    ("surname_sound", "word"),
    ("surname_start", "city_start"),
    ("given_start", "city_start", "surname_initial"),
    ("word", "house_number"),
    ("word", "postcode"),
    ("word", "word_2"),
    ("word", "city_start"),
    ("word_start", "house_number", "initial"),
    ("surname",),
    ("other", "initial"),
    ("firm_word", "firm_word_2"),
    ("firm_word", "house_number"),
    ("firm_word", "postcode"),
    ("firm_word", "city_start"),
    ("firm_word",),
)
"""What must agree, beginning with what tells most. `surname` alone helps where it is rare."""

NAMELESS = (("given_name",), ("other",), ("local",))
"""Rules besides, where there is no surname: a nick, a title."""

NARROWERS = ("date_of_birth", "postcode", "given_start", "word", "house_number", "city_start")
"""What a key that is too common is narrowed by, each in turn."""

_MIX = np.uint64(0x9E3779B97F4A7C15)


def candidates(
    table: Table, progress: Callable[[int, int], None]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the pairs (left < right, in order) that share a key."""
    block_max = max(BLOCK_MIN, min(BLOCK_MAX, int(BLOCK_MAX * (FEW_RECORDS / table.count) ** 0.4)))
    attributes = _attributes(table)
    rules = [rule for rule in RULES if all(name in attributes for name in rule)]
    if "surname" not in attributes:
        rules += [rule for rule in NAMELESS if rule[0] in attributes]
    blocks = _Blocks(
        count=table.count,
        size_max=block_max,
        attributes=attributes,
        owner=np.uint64((1 << table.count.bit_length()) - 1),
    )
    found: Pairs = np.empty(0, dtype=np.int64)
    waiting: list[Pairs] = []
    for number, rule in enumerate(rules):
        narrowers = [n for n in NARROWERS if n in attributes and n not in rule]
        waiting += list(_pairs(blocks, _keys(blocks, rule), narrowers))
        if sum(map(len, waiting)) > 4_000_000 or number == len(rules) - 1:
            found = _distinct(np.concatenate([found, *waiting]))
            waiting = []
        progress(number + 1, len(rules))
    left, right = np.divmod(found, table.count)
    return left.astype(np.int32), right.astype(np.int32)


def _distinct(pairs: Pairs) -> Pairs:
    """Return pairs in order, each once (by sorting: several times faster than a hash table)."""
    pairs.sort()
    return pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])] if len(pairs) else pairs


Attributes = Mapping[str, Sequence[Codes]]
"""Codes by attribute; several arrays where a record has several values (words of its street)."""


def _attributes(table: Table) -> Attributes:
    fields = table.fields
    found: dict[str, Sequence[Codes]] = {}
    for name in ("surname", "given_name", "date_of_birth", "house_number", "postcode"):
        if name in fields:
            found[name] = (fields[name].codes,)
    for name in ("phone", "email", "id", "other"):
        if group := table.named(name):
            found[name] = tuple(_one_space([fields[n] for n in group]))
    if "email" in found:
        mails = [derive(fields[n], lambda t: t.partition("@")[0]) for n in table.named("email")]
        found["local"] = tuple(_one_space(mails))
    _add_names(fields, found)
    _add_places(table, found)
    _add_birth(fields, found)
    if "company" in fields:
        found["firm_word"] = _rarest_words([fields["company"]])
        found["firm_word_2"] = tuple(np.roll(np.array(found["firm_word"]), -1, axis=0))
    return found


def _add_names(fields: Mapping[str, Field], found: dict[str, Sequence[Codes]]) -> None:
    sounds = {}
    for name, short in (("given_name", "given"), ("surname", "surname")):
        if name in fields:
            sounds[short] = derive(fields[name], names.sound)
            found[f"{short}_sound"] = (sounds[short].codes,)
            found[f"{short}_start"] = (derive(fields[name], lambda t: t[:3]).codes,)
            found[f"{short}_initial"] = (derive(fields[name], lambda t: t[:1]).codes,)
    if "given_name" in fields:
        found["initial"] = found["given_initial"]
    if len(sounds) == 2:
        one, two = _one_space(list(sounds.values()))
        both = (one >= 0) & (two >= 0)
        found["name_low"] = (np.where(both, np.minimum(one, two), MISSING),)
        found["name_high"] = (np.where(both, np.maximum(one, two), MISSING),)


def _add_places(table: Table, found: dict[str, Sequence[Codes]]) -> None:
    if "city" in table.fields:
        city = derive(table.fields["city"], lambda t: t.replace(" ", "")[:4])
        found["city_start"] = (city.codes,)
    if lines := table.named("line"):
        words = _rarest_words([table.fields[n] for n in lines])
        found["word"] = words
        found["word_start"] = (derive(table.fields[lines[0]], lambda t: t[:4]).codes,)
        found["word_2"] = tuple(np.roll(np.array(words), -1, axis=0))


def _add_birth(fields: Mapping[str, Field], found: dict[str, Sequence[Codes]]) -> None:
    if "date_of_birth" in fields:
        born = fields["date_of_birth"]
        found["birth_month"] = (derive(born, lambda t: t[:6] if len(t) == 8 else "").codes,)
        found["birth_day"] = (derive(born, lambda t: t[4:]).codes,)


def _one_space(fields: Sequence[Field]) -> list[Codes]:
    """Return codes of several fields in one numbering, so that values meet across columns."""
    if len(fields) == 1:
        return [fields[0].codes]
    numbers: dict[str, int] = {}
    for field in fields:
        for text in field.texts:
            numbers.setdefault(text, len(numbers))
    moved = []
    for field in fields:
        new = np.array([*(numbers[t] for t in field.texts), MISSING], dtype=np.int32)
        moved.append(new[field.codes])
    return moved


WORDS_MAX = 3
"""Words of an address that make keys: the rarest ones; `street` and `north` say nothing."""


def _rarest_words(lines: Sequence[Field]) -> tuple[Codes, ...]:
    """Return the numbers of the rarest words of each record's address lines, rarest first."""
    numbers: dict[str, int] = {}
    counts: list[int] = []
    split: list[list[list[int]]] = []
    for field in lines:
        made = []
        for text, count in zip(field.texts, field.counts.tolist(), strict=True):
            words = [numbers.setdefault(w[:6], len(numbers)) for w in text.split() if len(w) > 2]
            counts.extend([0] * (len(numbers) - len(counts)))
            for word in words:
                counts[word] += count
            made.append(words)
        split.append(made)
    best = [_rarest_of(field, made, counts) for field, made in zip(lines, split, strict=True)]
    return tuple(column for one in best for column in one)


def _rarest_of(field: Field, words: Sequence[list[int]], counts: Sequence[int]) -> list[Codes]:
    kept = np.full((len(words) + 1, WORDS_MAX), MISSING, dtype=np.int32)
    for place, found in enumerate(words):
        chosen = sorted(set(found), key=lambda w: (counts[w], w))[:WORDS_MAX]
        kept[place, : len(chosen)] = chosen
    return [kept[field.codes, column] for column in range(WORDS_MAX)]


class _Blocks(Struct, frozen=True, kw_only=True):
    """`owner` are the low bits of a key, which say whose it is."""

    count: int
    size_max: int
    attributes: Attributes
    owner: np.uint64


def _keys(blocks: _Blocks, rule: Sequence[str]) -> Keys:
    """Return the keys of a rule; a record has several where a value has.

    A key and its owner are one word, because sorting words takes a sixth of sorting places; some
    40 bits tell keys apart, and two that fall together cost a pair more.
    """
    attributes = blocks.attributes
    many = max(len(attributes[name]) for name in rule)
    keys = []
    for slot in range(many):
        parts = [attributes[name][slot if len(attributes[name]) == many else 0] for name in rule]
        known = np.flatnonzero(np.logical_and.reduce([part >= 0 for part in parts]))
        mixed = _mixed([part[known] for part in parts])
        keys.append((mixed & ~blocks.owner) | known.astype(np.uint64))
    return np.concatenate(keys)


def _mixed(parts: Sequence[Codes]) -> Keys:
    mixed = np.zeros(len(parts[0]), dtype=np.uint64)
    for part in parts:
        mixed = (mixed ^ (part.astype(np.uint64) + np.uint64(1))) * _MIX
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _pairs(blocks: _Blocks, keys: Keys, narrowers: Sequence[str]) -> Iterator[Pairs]:
    """Yield the pairs of records that share a key; those of common keys after narrowing them."""
    if not len(keys):
        return
    keys.sort()
    starts = np.flatnonzero(np.concatenate([[True], (keys[1:] ^ keys[:-1]) > blocks.owner]))
    sizes = np.diff(np.concatenate([starts, [len(keys)]]))
    is_large = sizes > blocks.size_max
    yield _pairs_within(blocks, keys[np.repeat((sizes > 1) & ~is_large, sizes)])
    if not is_large.any():
        return
    large = keys[np.repeat(is_large, sizes)]
    owners = (large & blocks.owner).astype(np.int64)
    for name in narrowers:
        codes = blocks.attributes[name][0][owners]
        known = codes >= 0
        narrowed = (_mixed([codes[known]]) & ~blocks.owner) ^ large[known]
        yield from _pairs(blocks, narrowed, ())


def _pairs_within(blocks: _Blocks, keys: Keys) -> Pairs:
    """Return the pairs that share a key, of keys in order, as ``left * count + right``."""
    owners = (keys & blocks.owner).astype(np.int64)
    found = []
    places = np.arange(len(keys))
    for distance in range(1, len(keys)):
        places = places[: np.searchsorted(places, len(keys) - distance)]
        places = places[(keys[places] ^ keys[places + distance]) <= blocks.owner]
        if not len(places):
            break
        low, high = owners[places], owners[places + distance]
        found.append((low * blocks.count + high)[low != high])
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)
