"""What goes wrong in a simulation: how often, and which of it, as a function of the seed alone.

A `Weather` says how often (0 to 1 each); `Fortune` draws from the seed and from *what is done to
which thing at which virtual moment*, never from how much was drawn before. So leaving out a
customer, or one fault, leaves all others where they were: that is what lets a failing run be
shrunk to a short story. Every fault that hits has a name; a fortune may be told which may.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from struct import Struct

from regard.testing.channels import Misbehaviour

BAD_CHANNELS = Misbehaviour(
    refusing=0.03,
    try_again=0.15,
    lost_after_accepting=0.05,
    lost_before_accepting=0.03,
    raising=0.02,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How often (0 to 1) what goes wrong.

    The house: `crash` before a step and after it, `killed`, `full` and `broken` in the middle of a
    transaction (the process, the disk, our own code), `outage` of hours after a crash, `zombie`:
    the dead process was only slow and goes on beside the new one. The network: `lost` requests,
    `unanswered` ones that were taken, both sent again by the client; `lagging`: the loop turns only
    after the next item has come, `busy`: when that comes within a minute. The clients:
    `wrong_clock`. The providers: `down` is part of all time in which one answers nothing but "try
    again"; `channels` otherwise. `answers` of the world are receipts and second thoughts.
    """

    crash: float = 0.012
    killed: float = 0.006
    full: float = 0.004
    broken: float = 0.004
    outage: float = 0.1
    zombie: float = 0.3
    lost: float = 0.02
    unanswered: float = 0.02
    lagging: float = 0.1
    busy: float = 0.7
    wrong_clock: float = 0.05
    down: float = 0.08
    channels: Misbehaviour = BAD_CHANNELS
    answers: float = 1.0


BAD = Weather()
"""Everything goes wrong now and then."""

CALM = Weather(
    crash=0,
    killed=0,
    full=0,
    broken=0,
    lost=0,
    unanswered=0,
    lagging=0,
    busy=0,
    wrong_clock=0,
    down=0,
    channels=Misbehaviour(),
)
"""Nothing goes wrong; the world answers."""

DRAWS = 8
"""Numbers in one throw."""

_throw = Struct(f"<{DRAWS}I").unpack

Throw = tuple[int, ...]
"""`DRAWS` whole numbers below 2**32, for all that may go wrong with one thing."""

ALL = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that went wrong (or that the world did on its own), under a stable name.

    `kind` is a few words (``crash before``), `where` names the thing and, where it can happen to
    it several times, the moment.
    """

    at: datetime
    kind: str
    where: str

    @property
    def name(self) -> str:
        """Return what tells this fault from all others of the seed."""
        return f"{self.kind} {self.where}"


class Fortune:
    """Draws, decides and remembers what hit. With `only`, nothing else may hit."""

    def __init__(
        self, seed: int, now: Callable[[], datetime], only: frozenset[str] | None = None
    ) -> None:
        self.faults: list[Fault] = []
        self._seed = f"{seed} "
        self._now = now
        self._only = only

    def throw(self, what: str) -> Throw:
        """Return the numbers of a thing; `what` names it, and the moment if it has several."""
        return _throw(blake2b((self._seed + what).encode(), digest_size=4 * DRAWS).digest())

    def hits(self, drawn: int, chance: float, kind: str, where: str) -> bool:
        """Return whether something with this chance hits, and remember it if so."""
        return drawn < chance * ALL and self.may(kind, where)

    def may(self, kind: str, where: str) -> bool:
        """Return whether what was drawn may happen, and remember it if so."""
        fault = Fault(at=self._now(), kind=kind, where=where)
        if self._only is not None and fault.name not in self._only:
            return False
        self.faults.append(fault)
        return True
