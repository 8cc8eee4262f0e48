"""The numbers of one learned policy, as they are journaled: records, their bytes, their version.

Deciding reads these and nothing else, so a replay that reads the same bytes draws the same chances.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec
from msgspec import Struct

from regard.core.errors import Refused
from regard.learning.scheme import Scheme

PRIOR = "prior"
"""Second half of the version of a policy that has seen nothing yet."""


class Belief(Struct, frozen=True, array_like=True):
    """A Gaussian over slopes: mean, and the upper triangle of its covariance, row by row."""

    mean: tuple[float, ...]
    covariance: tuple[float, ...]


class Taught(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was learned about one engagement.

    `core` holds for everybody. `types` and `persons` (shift of the chance, its standard deviation)
    are by key, and there only where tailoring was worth it. `silent` is the chance of the same
    success without the offer; None: too little is known, it counts as none.
    """

    engagement: str
    core: Belief
    count: int = 0
    silent: Belief | None = None
    types: dict[int, Belief] = {}
    persons: dict[int, tuple[float, float]] = {}


class Snapshot(Struct, frozen=True, kw_only=True):
    """All numbers of one version, engagements by id."""

    scheme: Scheme
    taught: tuple[Taught, ...] = ()


def encode_snapshot(snapshot: Snapshot) -> tuple[str, bytes]:
    """Return version (scheme, hash of the numbers) and bytes (MessagePack, as it is ordered)."""
    data = msgspec.msgpack.encode(snapshot)
    return f"{snapshot.scheme.id}-{blake2b(data, digest_size=6).hexdigest()}", data


def decode_snapshot(data: bytes) -> Snapshot:
    """Return the snapshot of `encode_snapshot` bytes; raise `Refused` when they are none."""
    try:
        return msgspec.msgpack.decode(data, type=Snapshot)
    except msgspec.DecodeError as error:
        raise Refused(
            f"The numbers of a policy are unreadable: {error}.", hint="Learn again."
        ) from error


def scheme_in(version: str) -> str:
    """Return the scheme that a version is about."""
    return version.partition("-")[0]
