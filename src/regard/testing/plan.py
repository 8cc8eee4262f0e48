"""The records of a simulation: what happens in the world, what is simulated, what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from regard.core.facts import Entry
from regard.core.program import Program
from regard.core.storage import Store
from regard.runtime.ledger import Ledger
from regard.testing.oracle import HandOver
from regard.testing.weather import BAD, Fault, Weather

_canonical = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that happens in the world: at `at`, `source` sends `data` (plain dialect).

    `who` names the customer whose doing it is, so that a story can be told without them.
    """

    at: datetime
    source: str
    data: Mapping[str, Any]
    who: str = ""


Answers = Callable[[HandOver, int], Sequence[Item]]
"""What the world sends back after an attempt to hand a message over: receipts of the provider,
second thoughts of the customer. Gets the attempt and the seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One simulation. `reopen` opens the data of a store again, as a new process does.

    With `only`, no fault but the named ones may hit (`Fault.name`).
    """

    seed: int
    program: Program
    items: Sequence[Item]
    make_ledger: Callable[[Store, Callable[[], Program]], Ledger]
    open_store: Callable[[], Store]
    reopen: Callable[[Store], Store]
    answers: Answers = lambda _hand_over, _seed: ()
    weather: Weather = BAD
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a simulation; no findings means that every invariant held.

    `faults` are those that hit, `taken` the items as they were first sent, `hand_overs` all
    attempts, each in its order. `broken` are the hand-overs that a finding is about, `concerned`
    the message ids of all events of people whom one is about.
    """

    seed: int
    findings: tuple[str, ...]
    counts: Mapping[str, int]
    entries: Sequence[Entry] = field(repr=False)
    faults: Sequence[Fault] = field(repr=False)
    taken: Sequence[tuple[datetime, Item]] = field(repr=False)
    hand_overs: Sequence[HandOver] = field(repr=False)
    broken: Sequence[HandOver] = ()
    concerned: frozenset[str] = frozenset()

    @property
    def journal(self) -> str:
        """Return a hash over all entries, keys sorted, to compare two runs and two stores."""
        digest = blake2b(digest_size=16)
        for entry in self.entries:
            digest.update(_canonical.encode(entry))
        return digest.hexdigest()
