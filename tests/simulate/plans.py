"""Plans over the example airline: in memory, or over a SQLite file."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from regard.assembly import build_ledger
from regard.core.program import Program
from regard.core.storage import Store
from regard.project import load
from regard.store import MemoryStore, SqliteStore
from regard.testing.simulation import Plan
from tests.simulate.lives import PEOPLE, answers, lives

AIRLINE = Path(__file__).parents[2] / "examples" / "airline"


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
    rights = frozenset({"receipts", "rights"})
    sources = {key: replace(source, may=rights) for key, source in program.sources.items()}
    return replace(program, sources=sources, engagements=engagements)


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


def _plan(seed: int, people: int, **changes: Any) -> Plan:
    settings: dict[str, Any] = {
        "seed": seed,
        "program": airline(),
        "items": lives(seed, people),
        "make_ledger": build_ledger,
        "answers": answers,
    }
    return Plan(**{**settings, **changes})
