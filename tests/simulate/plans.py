"""Plans over the example airline: in memory, or over a SQLite file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from regard.assembly import build_ledger
from regard.core.program import Program
from regard.core.storage import Store
from regard.project import load
from regard.store import MemoryStore, SqliteStore
from regard.testing.lives import opened
from regard.testing.simulation import Plan
from tests.simulate.lives import PEOPLE, answers, lives

AIRLINE = Path(__file__).parents[2] / "examples" / "airline"

ON_DISK_EVERY = 40
"""Of many seeds one in so many runs over SQLite: the same steps, some ten times as slow."""


@lru_cache(maxsize=1)
def airline() -> Program:
    """Return the example airline, compiled once.

    Every source may report anything, and mails are their plain texts: a month renders a hundred.
    """
    program = load(AIRLINE, {})
    engagements = {
        key: replace(offer, variants=tuple(v for v in offer.variants if v.channel != "email"))
        for key, offer in program.engagements.items()
    }
    return opened(replace(program, engagements=engagements))


def in_memory(seed: int, *, people: int = PEOPLE, **changes: Any) -> Plan:
    """Return a month over the in-memory twin."""

    def reopen(store: Store) -> Store:
        assert isinstance(store, MemoryStore)
        return store.reopen()

    return _plan(seed, people, open_store=MemoryStore, reopen=reopen, **changes)


def on_disk(seed: int, file: Path, *, people: int = PEOPLE, **changes: Any) -> Plan:
    """Return a month over a SQLite file; a new process opens it before the old one is gone."""

    def reopen(store: Store) -> Store:
        successor = SqliteStore(str(file))
        store.close()
        return successor

    def open_store() -> Store:
        file.unlink(missing_ok=True)
        return SqliteStore(str(file))

    return _plan(seed, people, open_store=open_store, reopen=reopen, **changes)


def opened_by(
    seed: int,
    open_store: Callable[[], Store],
    reopen: Callable[[Store], Store],
    *,
    people: int = PEOPLE,
) -> Plan:
    """Return a month over a store that somebody else opens."""
    return _plan(seed, people, open_store=open_store, reopen=reopen)


def soaking(folder: str, people: int, seed: int) -> Plan:
    """Return the plan of a seed of `make soak`; `folder` is where the files of some are."""
    if seed % ON_DISK_EVERY == ON_DISK_EVERY - 1 and people <= PEOPLE:
        return on_disk(seed, Path(folder) / f"{os.getpid()}.db", people=people)
    return in_memory(seed, people=people)


def _plan(seed: int, people: int, **changes: Any) -> Plan:
    settings: dict[str, Any] = {
        "seed": seed,
        "program": airline(),
        "items": lives(seed, people),
        "make_ledger": build_ledger,
        "answers": answers,
    }
    return Plan(**{**settings, **changes})
