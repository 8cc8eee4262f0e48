"""Bytes of records as the stores keep and compare them: JSON with sorted keys."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="deterministic")

_INSTEAD_OF_NUL = "\N{REPLACEMENT CHARACTER}".encode()


def encode(record: Any) -> bytes:
    """Return the bytes of a record, keys sorted: equal records are equal bytes."""
    return _encoder.encode(record)


def digest_of(rows: Iterable[Any]) -> str:
    """Return a hash (32 hex digits) of the bytes of rows, in their order.

    NUL counts as U+FFFD, by which PostgreSQL keeps it in texts: digests of all stores compare.
    """
    digest = blake2b(digest_size=16)
    for row in rows:
        digest.update(_encoder.encode(row).replace(b"\\u0000", _INSTEAD_OF_NUL))
    return digest.hexdigest()
