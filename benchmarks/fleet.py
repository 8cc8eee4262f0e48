"""Events decided by 1, 2 and 4 workers over one PostgreSQL, beside one process over SQLite.

One process takes in (batches of 500, as SDKs send them under load), the others step, each a process
of its own; all share the machine's cores with the database server. Rate is from the first append
until nothing waits; CPU is that of all processes, the server's among them. The driver prepares its
drafts before the clock starts. Once more with one worker and every process on one core tells what
the second core is good for.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from itertools import chain
from multiprocessing.synchronize import Event
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.store.postgres import PostgresServer

from benchmarks.figures import Figure, Scale
from benchmarks.filled import fill
from benchmarks.flatness import visits
from benchmarks.serving import AIRLINE, memory_as_served
from benchmarks.stores import DURABLE, batches, cpu_s
from regard.assembly import build_ledger
from regard.cli.process import tune_memory
from regard.core.clock import SystemClock
from regard.core.ports import Draft
from regard.core.program import Program
from regard.project import load
from regard.runtime.engine import Engine
from regard.store import open_store
from regard.store.postgresql import PostgresqlStore

WORKERS = (1, 2, 4)
TOGETHER = 5
"""Batches of a hundred that are appended in one transaction."""

IDLE_S = 0.005
SPAWN = multiprocessing.get_context("spawn")


def run(scale: Scale) -> Sequence[Figure]:
    """Measure SQLite, then fleets of growing size, over the same traffic."""
    people, batch_count = scale.of(10_000, 2_000), scale.of(200, 50)
    program = load(AIRLINE, os.environ)
    found = list(batches(visits(people), batch_count))
    drafts = [list(chain(*found[i : i + TOGETHER])) for i in range(0, batch_count, TOGETHER)]
    with memory_as_served():
        return _measured(program, people, drafts)


def _measured(program: Program, people: int, drafts: Sequence[Sequence[Draft]]) -> Sequence[Figure]:
    alone = _over_sqlite(program, people, drafts)
    figures = [Figure(name="SQLite, one process", value=alone[0], unit="events/s")]
    figures.append(Figure(name="SQLite, one process", value=alone[1], unit="CPU-µs/event"))
    with _on_one_core():
        pinned = _over_postgresql(program, people, drafts, 1)
    name = "PostgreSQL, 1 worker, all on one core"
    figures += _figures(name, pinned, ("SQLite", alone[0]))
    for count in WORKERS:
        measured = _over_postgresql(program, people, drafts, count)
        name = f"PostgreSQL, {count} worker{'s' if count > 1 else ''}"
        figures += _figures(name, measured, ("SQLite", alone[0]))
        if count == 1:
            figures.append(_second_core(measured[0], pinned[0]))
    return figures


def _figures(
    name: str, measured: tuple[float, float], beside: tuple[str, float]
) -> tuple[Figure, Figure]:
    (rate, cost_us), (peer, peer_rate) = measured, beside
    ratio = rate / peer_rate
    return (
        Figure(name=name, value=rate, unit="events/s", beside=peer, ratio=ratio),
        Figure(name=name, value=cost_us, unit="CPU-µs/event"),
    )


def _second_core(rate: float, pinned_rate: float) -> Figure:
    return Figure(
        name="PostgreSQL, 1 worker, by the second core",
        value=rate - pinned_rate,
        unit="events/s",
        goal="> 1",
        beside="one core",
        ratio=rate / pinned_rate,
    )


@contextmanager
def _on_one_core() -> Iterator[None]:
    """Let this thread, and whatever it starts, run on one core while the block runs."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _over_sqlite(
    program: Program, people: int, drafts: Sequence[Sequence[Draft]]
) -> tuple[float, float]:
    count = sum(len(batch) for batch in drafts)
    with ExitStack() as stack:
        place = stack.enter_context(TemporaryDirectory(prefix="regard-bench-"))
        store = stack.enter_context(closing(open_store(str(Path(place) / "bench.db"))))
        fill(store, 0, people)
        ledger = build_ledger(store, lambda: program)
        began_s, cpu_began_s = time.perf_counter(), time.process_time()
        for batch in drafts:
            ledger.append(batch, datetime.now(UTC))
            while ledger.advance():
                pass
        wall_s, own_s = time.perf_counter() - began_s, time.process_time() - cpu_began_s
    return count / wall_s, own_s / count * 1e6


def _over_postgresql(
    program: Program, people: int, drafts: Sequence[Sequence[Draft]], worker_count: int
) -> tuple[float, float]:
    count = sum(len(batch) for batch in drafts)
    server = PostgresServer(**DURABLE)
    ending = SPAWN.Event()
    try:
        location = server.database()
        with closing(open_store(location)) as store:
            fill(store, 0, people)
        workers = [
            SPAWN.Process(target=_work, args=(location, ending)) for _ in range(worker_count)
        ]
        for worker in workers:
            worker.start()
        with closing(PostgresqlStore(location, shares=True, works=False)) as store:
            ledger = build_ledger(store, lambda: program)
            until_shared_out(store, worker_count)
            pids = [worker.pid for worker in workers if worker.pid]
            spent_s = time.process_time() + sum(map(_process_s, pids)) + cpu_s(server)
            began_s = time.perf_counter()
            for batch in drafts:
                ledger.append(batch, datetime.now(UTC))
            while _is_waiting(store):
                time.sleep(IDLE_S)
            wall_s = time.perf_counter() - began_s
            spent_s = time.process_time() + sum(map(_process_s, pids)) + cpu_s(server) - spent_s
        ending.set()
        for worker in workers:
            worker.join()
    finally:
        ending.set()
        server.end()
    return count / wall_s, spent_s / count * 1e6


def _work(location: str, ending: Event) -> None:
    """Step until told to end: what `regard work` does, without delivery."""
    program = load(AIRLINE, os.environ)
    tune_memory()
    with closing(PostgresqlStore(location, shares=True)) as store:
        engine = Engine(build_ledger(store, lambda: program), SystemClock())
        engine.start()
        ending.wait()
        engine.stop()


def until_shared_out(store: PostgresqlStore, worker_count: int) -> None:
    """Return when every worker has its part of the people."""
    while True:
        held = [m.shares for m in store.members() if m.works]
        if len(held) == worker_count and sum(held) == 64 and min(held) >= 64 // worker_count:
            return
        time.sleep(IDLE_S)


def _is_waiting(store: PostgresqlStore) -> bool:
    with store.reading() as reading:
        return reading.tail.waiting(1) > 0


def _process_s(pid: int) -> float:
    """Return the CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
