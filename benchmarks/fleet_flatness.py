"""Does an event cost the same over PostgreSQL however many people it holds? CPU, turn by turn.

One that takes in and one that steps, as two processes of a fleet do it, here in turns in one
process, so that each batch can be measured by CPU: ours and that of the server. The people are
drawn from all who are known: in *visits* of ten events, or *every event another person*, of whom
nothing is remembered. The least busy half of the batches counts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain

import psycopg
from tests.store.postgres import PostgresServer

from benchmarks.figures import Figure, Scale, median
from benchmarks.filled import fill
from benchmarks.flatness import anybody, beside, visits
from benchmarks.fleet import TOGETHER, until_shared_out
from benchmarks.serving import AIRLINE, memory_as_served
from benchmarks.stores import DURABLE, batches, cpu_s
from regard.assembly import build_ledger
from regard.core.ports import Draft
from regard.project import load
from regard.runtime.ledger import Ledger
from regard.store import open_store
from regard.store.postgresql import PostgresqlStore

WAYS = (("visits", visits), ("every event another person", anybody))
COLD = 5
"""Turns that are not counted: what is remembered of other people is in the way."""


def run(scale: Scale) -> Sequence[Figure]:
    """Measure growing numbers of people in one database."""
    sizes = (2_000, 20_000) if scale.is_quick else (10_000, 100_000, 1_000_000)
    with memory_as_served():
        return _people(sizes, scale.of(40, 12))


def _people(sizes: Sequence[int], turn_count: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    server = PostgresServer(**DURABLE)
    try:
        location, known = server.database(), 0
        for size in sizes:
            began_s = time.monotonic()
            with closing(open_store(location)) as store:
                fill(store, known, size)
            filled_s, known = time.monotonic() - began_s, size
            _tidied(location)
            figures.append(Figure(name=f"{size:,} people, to fill", value=filled_s, unit="s"))
            for way, choose in WAYS:
                cost_us = _cost_us(server, location, choose(size), turn_count)
                first, name = f"{sizes[0]:,} people, {way}", f"{size:,} people, {way}"
                figures.append(beside(figures, first, name, cost_us))
    finally:
        server.end()
    return figures


def _tidied(location: str) -> None:
    """Let the server do now what so many new rows call for, so that no event pays for it."""
    with psycopg.connect(location, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def _cost_us(
    server: PostgresServer, location: str, somebody: Callable[[], int], turn_count: int
) -> float:
    """Return the CPU of all processes per event, over the least busy half of the turns."""
    program = load(AIRLINE, os.environ)
    with (
        closing(PostgresqlStore(location, shares=True, works=False)) as taking_in,
        closing(PostgresqlStore(location, shares=True)) as working,
    ):
        until_shared_out(taking_in, 1)
        intake = build_ledger(taking_in, lambda: program)
        worker = build_ledger(working, lambda: program)
        found = batches(somebody, (turn_count + COLD) * TOGETHER, seed=time.monotonic_ns())
        turns = list(zip(*[found] * TOGETHER, strict=True))
        costs = [_turn_us(server, intake, worker, list(chain(*turn))) for turn in turns]
    return median(sorted(costs[COLD:])[: turn_count // 2])


def _turn_us(
    server: PostgresServer, intake: Ledger, worker: Ledger, drafts: Sequence[Draft]
) -> float:
    began_s = time.thread_time() + cpu_s(server)
    intake.append(drafts, datetime.now(UTC))
    while worker.advance():
        pass
    return (time.thread_time() + cpu_s(server) - began_s) / len(drafts) * 1e6
