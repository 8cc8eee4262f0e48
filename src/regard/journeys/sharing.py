"""Which way a person takes at a split: by chance once, the same for ever.

Journey, step, person and shares in; the step to go to out. A stable hash of the three names is
taken as a point between 0 and 1; the shares are laid side by side in the order of the file, so
that a share that grows keeps those who were in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b


def share_of(
    journey_id: str, step_id: str, person_id: str, shares: Sequence[tuple[float, str]]
) -> str:
    """Return the target of the share that the person falls into; `shares` add up to 1."""
    digest = blake2b(f"{journey_id}\x00{step_id}\x00{person_id}".encode(), digest_size=8).digest()
    left = int.from_bytes(digest, "big") / 2**64
    for share, target in shares:
        left -= share
        if left < 0:
            return target
    return shares[-1][1]  # what rounding left over
