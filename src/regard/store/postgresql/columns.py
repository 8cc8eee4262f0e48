"""Columns of a batch as PostgreSQL takes lists: binary arrays, packed a column at a time.

The driver packs a list value by value, which costs more than inserting it. The layout is that of
``array_recv``: dimensions, whether there are nulls, the type of the values, how many there are,
the first index; then each value behind its length.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from struct import Struct
from types import MappingProxyType
from typing import Any

Packer = Callable[[Sequence[Any]], bytes]

_HEADER = Struct(">iiIii")
_length = Struct(">i").pack
_NULL = _length(-1)
_IS_LITTLE = sys.byteorder == "little"


def _array(oid: int, count: int, values: bytes | bytearray, *, has_null: bool = False) -> bytes:
    return _HEADER.pack(1, has_null, oid, count, 1) + values


def _numbers(oid: int, letter: str) -> Packer:
    """Return a packer of numbers; `letter` is the code of module `array` for their size."""
    size = array(letter).itemsize
    blank, step = _length(size) + bytes(size), 4 + size
    one = Struct(f">i{letter}").pack

    def pack(values: Sequence[Any]) -> bytes:
        if None in values:
            parts = [_NULL if value is None else one(size, value) for value in values]
            return _array(oid, len(values), b"".join(parts), has_null=True)
        numbers: array[Any] = array(letter, values)
        if _IS_LITTLE:
            numbers.byteswap()
        raw, packed = numbers.tobytes(), bytearray(blank * len(values))
        for place in range(size):  # as many copies as a value has bytes, however many values
            packed[4 + place :: step] = raw[place::size]
        return _array(oid, len(values), packed)

    return pack


def _texts(values: Sequence[str]) -> bytes:
    """Pack texts, without the one letter that PostgreSQL does not keep."""
    plain = [value if "\0" not in value else value.replace("\0", "\ufffd") for value in values]
    return _pieces(_TEXT, [value.encode() for value in plain])


def _blobs(values: Sequence[bytes]) -> bytes:
    return _pieces(_BYTEA, values)


def _pieces(oid: int, values: Sequence[bytes]) -> bytes:
    lengths = map(_length, map(len, values))
    return _array(
        oid, len(values), b"".join(chain.from_iterable(zip(lengths, values, strict=True)))
    )


def _truths(values: Sequence[bool]) -> bytes:
    return _pieces(_BOOL, [b"\1" if value else b"\0" for value in values])


_BOOL, _BYTEA, _INT8, _INT2, _INT4, _TEXT = 16, 17, 20, 21, 23, 25
PACKERS: Mapping[str, Packer] = MappingProxyType(
    {
        "bigint": _numbers(_INT8, "q"),
        "integer": _numbers(_INT4, "i"),
        "smallint": _numbers(_INT2, "h"),
        "text": _texts,
        "bytea": _blobs,
        "boolean": _truths,
    }
)
"""How the values of a column are packed, by the name of their type."""


class Numbers(bytes):
    """A list of whole numbers as one packed value of a statement."""


class Texts(bytes):
    """A list of texts as one packed value of a statement."""


class Blobs(bytes):
    """A list of blobs as one packed value of a statement."""


ARRAYS: Mapping[type[bytes], int] = MappingProxyType({Numbers: 1016, Texts: 1009, Blobs: 1001})
"""The types of packed lists, by the numbers that PostgreSQL has for lists of them."""


def packed(values: Sequence[Any]) -> bytes:
    """Return numbers, texts or blobs, at least one and all alike, as one value of a statement."""
    first = values[0]
    if isinstance(first, int):
        return Numbers(PACKERS["bigint"](values))
    if isinstance(first, bytes):
        return Blobs(PACKERS["bytea"](values))
    return Texts(PACKERS["text"](values))
