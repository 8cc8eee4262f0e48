"""Shares of the people: how 4,096 slots are handed out to the processes that work.

A person's slot is for ever; 64 slots make a share, and a table says which process has which. So
many shares let a few workers divide the load evenly, and so few are read in one go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from regard.core.ids import SLOT_COUNT, slot_of

SHARES = 64
SLOTS_EACH = SLOT_COUNT // SHARES
EVERY_SHARE = frozenset(range(SHARES))
OWNERS_MAX = 65_536

LOOPS = 2
"""Loops that one process turns at most: one computes while the other waits for the database."""


class Hands(NamedTuple):
    """What one process has in hand now.

    `is_only`: it has opened the store for itself. `is_current`: its lease holds. `change` counts
    how often its shares changed: what it let go and has again was somebody else's meanwhile.
    """

    token: int
    shares: frozenset[int]
    is_only: bool
    is_current: bool
    change: int = 0

    def half(self, number: int) -> Hands:
        """Return the half of it that the first (0) or the second (1) loop of a process steps."""
        return self._replace(shares=frozenset(n for n in self.shares if n % LOOPS == number))


@lru_cache(maxsize=OWNERS_MAX)
def share_of(person_id: str) -> int:
    """Return the share (0 to 63) that a person is in; what is about nobody is in the first."""
    return slot_of(person_id) // SLOTS_EACH if person_id else 0


def shared_out(token: int, workers: Sequence[int], held: Mapping[int, int]) -> set[int]:
    """Return the shares that a worker has from now on.

    `workers` are the tokens of all that are at work, `held` says whose each share is. Whoever has
    too many lets the last ones go; whoever has too few takes what nobody has. The first share,
    which keeps time, stays where it is as long as it can.
    """
    base, extra = divmod(SHARES, len(workers))
    entitled = base + (1 if workers.index(token) < extra else 0)
    mine = sorted(number for number, holder in held.items() if holder == token)
    alive = set(workers)
    free = sorted(number for number, holder in held.items() if holder not in alive)
    return {*mine[:entitled], *free[: max(entitled - len(mine), 0)]}
