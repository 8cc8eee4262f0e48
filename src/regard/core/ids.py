"""Stable names computed from content: identities, persons, slots, message keys.

All are hashes (BLAKE2b), so the same input gives the same id on every machine and in every
arrival order, and a rebuild from the journal gives the same bytes.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

SLOT_COUNT = 4_096
"""Frozen for ever: logs are partitioned by it (DESIGN section 12)."""

STAMP_BITS = 10
"""Facts derived from one entry are ordered behind it; so at most 1,023 of them."""

IDENTITIES_MAX = 65_536
"""Identities remembered, some 10 MB: those of the people who are here now, asked several times."""

_EMPTY = blake2b(digest_size=8)
"""What identities are hashed with; a copy of it is made in half the time of a new one."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple([high + low for high in _ALPHABET for low in _ALPHABET])
"""Letters of ten bits: in twos they are looked up in a fifth of the time."""


@lru_cache(maxsize=IDENTITIES_MAX)
def identity_of(kind: str, value: str) -> int:
    """Return the identity of an identifier: a signed 64-bit hash of ``kind`` and ``value``.

    A collision needs some 4 billion identifiers to become likely; the store compares kind and
    value and refuses one loudly.
    """
    named = _EMPTY.copy()
    named.update(f"{kind}\x00{value}".encode())
    return int.from_bytes(named.digest(), "big", signed=True)


def person_id_of(identity: int) -> str:
    """Return the id that a person gets who is born with this identity, ``p_`` and 13 letters."""
    high, low = identity >> 30 & 0x3FFFFFFFF, identity & 0x3FFFFFFF
    first = f"{_ALPHABET[high >> 30]}{_PAIRS[high >> 20 & 1023]}{_PAIRS[high >> 10 & 1023]}"
    last = f"{_PAIRS[high & 1023]}{_PAIRS[low >> 20]}{_PAIRS[low >> 10 & 1023]}{_PAIRS[low & 1023]}"
    return f"p_{first}{last}"


def birth_identity_of(person_id: str) -> int:
    """Return the identity with which a person was born: what `person_id_of` was made from.

    Ids order people as these numbers do from 1 up and then from the lowest up to -1.
    """
    number = 0
    for letter in person_id.removeprefix("p_"):
        number = (number << 5) | _ALPHABET.index(letter)
    return number - (1 << 64) if number >= 1 << 63 else number


def slot_of(person_id: str) -> int:
    """Return the slot (0 to 4,095) that owns this person."""
    return int.from_bytes(blake2b(person_id.encode(), digest_size=2).digest(), "big") % SLOT_COUNT


def message_key(source: str, message_id: str) -> bytes:
    """Return the 16-byte key under which a source's message id is remembered for ever."""
    return blake2b(f"{source}\x00{message_id}".encode(), digest_size=16).digest()


def derived_id(*parts: str) -> str:
    """Return a short stable id (16 hex digits) for a thing made from `parts`."""
    return blake2b("\x00".join(parts).encode(), digest_size=8).hexdigest()


def point_of(*parts: str) -> float:
    """Return a stable point from 0 up to 1 for a thing made from `parts`: its lot, drawn once."""
    digest = blake2b("\x00".join(parts).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53
