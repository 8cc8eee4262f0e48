"""The same traffic through the same ledger over each store: what a database of one's own costs.

`append` and `advance` of batches of 100, some fifty visitors at a time among many known people,
in turn over SQLite and over PostgreSQL (of a wheel, on a socket, durable commits in both). CPU is
that of this process, and what the server's processes took beside it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.store.postgres import PostgresServer

from benchmarks.figures import Figure, Scale
from benchmarks.filled import fill
from benchmarks.flatness import visits
from benchmarks.serving import AIRLINE, KEY
from benchmarks.traffic import BATCH, Traffic, batch_of
from regard.assembly import build_ledger
from regard.core.ports import Draft
from regard.intake import Arrival, Drafter, open_body, read_envelope
from regard.project import load
from regard.store import open_store

DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
}


class _Lane:
    """One store under measurement: how long it took, and what this process and others spent."""

    def __init__(self, location: str, others_s: Callable[[], float]) -> None:
        self.store = open_store(location)
        self.ledger = build_ledger(self.store, lambda: _PROGRAM)
        self.others_s = others_s
        self.wall_s = self.own_s = self.server_s = 0.0

    def turn(self, drafts: Sequence[Draft]) -> None:
        """Take a batch in and decide about it."""
        wall, own, others = time.perf_counter(), time.thread_time(), self.others_s()
        self.ledger.append(drafts, datetime.now(UTC))
        while self.ledger.advance():
            pass
        self.wall_s += time.perf_counter() - wall
        self.own_s += time.thread_time() - own
        self.server_s += self.others_s() - others


_PROGRAM = load(AIRLINE, os.environ)


def run(scale: Scale) -> Sequence[Figure]:
    """Measure both stores in turn, batch by batch, so that a busy machine meets both."""
    people, batch_count = scale.of(100_000, 10_000), scale.of(300, 60)
    with _lanes() as lanes:
        for lane in lanes.values():
            fill(lane.store, 0, people)
        for drafts in batches(visits(people), batch_count):
            for lane in lanes.values():
                lane.turn(drafts)
        return [f for name, lane in lanes.items() for f in _figures(name, lane, batch_count)]


def _figures(name: str, lane: _Lane, batch_count: int) -> list[Figure]:
    count = batch_count * BATCH
    return [
        Figure(name=f"{name}, decided", value=count / lane.wall_s, unit="events/s"),
        Figure(name=f"{name}, this process", value=lane.own_s / count * 1e6, unit="CPU-µs/event"),
        Figure(name=f"{name}, server", value=lane.server_s / count * 1e6, unit="CPU-µs/event"),
    ]


@contextmanager
def _lanes() -> Iterator[dict[str, _Lane]]:
    server = PostgresServer(**DURABLE)
    try:
        with TemporaryDirectory(prefix="regard-bench-") as place:
            lanes = {
                "SQLite": _Lane(str(Path(place) / "bench.db"), lambda: 0.0),
                "PostgreSQL": _Lane(server.database(), lambda: cpu_s(server)),
            }
            with closing(lanes["SQLite"].store), closing(lanes["PostgreSQL"].store):
                yield lanes
    finally:
        server.end()


def batches(somebody: Callable[[], int], count: int, seed: int = 7) -> Iterator[list[Draft]]:
    """Yield the drafts of pages that people look at, whoever is chosen next."""
    drafter, traffic = Drafter(_PROGRAM), Traffic(1, seed=seed)
    source = drafter.source(KEY)
    if source is None:
        raise RuntimeError(f"the airline has no source with the key {KEY}")
    for _ in range(count):
        body = batch_of([traffic.page(somebody()) for _ in range(BATCH)])
        arrival = Arrival(source=source, received_at=datetime.now(UTC))
        found = drafter.read(read_envelope(open_body(body)), arrival)
        yield [draft for draft in found if isinstance(draft, Draft)]


def cpu_s(server: PostgresServer) -> float:
    """Return the CPU seconds of the server and of all processes that it started, as of now."""
    postmaster = (server.folder / "data" / "postmaster.pid").read_text().split()[0]
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            if postmaster in (path.parent.name, fields[1]):
                total += int(path.with_name("schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue  # it has just ended
    return total
