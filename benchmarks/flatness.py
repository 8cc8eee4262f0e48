"""Does an event cost the same however many people and definitions there are? CPU, in process.

`append` and `advance` of batches of 100 by a ledger over SQLite, without HTTP, in CPU-µs of the
thread. People: visits of ten events by people drawn from all who are known (*visits*), and every
event by another person: of 1,000 the writer remembers all, of a million hardly any. *Over HTTP* is
the CPU of a whole server, intake included, for the mixture of `intake_to_decided`, every event by
any of all. Everybody has been there before: their records have grown by a visit, as grown pages
have room; the first event of people who were just packed into a file costs a third more.
Definitions: promises and journeys of other events, half each. The least busy half of the batches
counts, since a neighbour's load on this machine shows in CPU time as well.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from benchmarks.figures import Figure, Scale, median
from benchmarks.filled import AT_ONCE, fill
from benchmarks.intake_to_decided import send
from benchmarks.serving import AIRLINE, KEY, memory_as_served, project, serving
from benchmarks.traffic import BATCH, Traffic, batch_of
from regard.assembly import build_ledger
from regard.core.ids import identity_of, person_id_of
from regard.core.person import Person
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.storage import Store
from regard.intake import Arrival, Drafter, open_body, read_envelope
from regard.project import load, load_text
from regard.runtime.ledger import Ledger
from regard.store import open_store

VISIT = 10
VISITORS = 50


def run(scale: Scale) -> Sequence[Figure]:
    """Measure growing numbers of people, then of definitions."""
    with memory_as_served():
        return [*_people(scale), *_definitions(scale.of(200, 60))]


def _people(scale: Scale) -> Sequence[Figure]:
    sizes = (1_000, 10_000, 100_000) if scale.is_quick else (1_000, 10_000, 100_000, 1_000_000)
    batch_count = scale.of(200, 60)
    figures: list[Figure] = []
    with project() as folder:
        program, location, known = load(AIRLINE, os.environ), folder / "flat.db", 0
        for size in sizes:
            costs = {}
            with closing(open_store(str(location))) as store:
                fill(store, known, size)
                _been_there(store, program, known, size)
            os.sync()  # of what was filled nothing is on its way to the disk any more
            with closing(open_store(str(location))) as store:
                costs["visits"] = _cost_us(store, program, visits(size), batch_count)
                costs["every event another person"] = _cost_us(
                    store, program, anybody(size), batch_count
                )
            costs["over HTTP"] = _served_us(folder, location, size, scale)
            known = size
            for way, cost_us in costs.items():
                name = f"{size:,} people, {way}"
                figures.append(beside(figures, f"1,000 people, {way}", name, cost_us))
    return figures


def _been_there(store: Store, program: Program, first: int, end: int) -> None:
    """Let the people from `first` up to before `end` have been on the website once.

    Ten of them live that visit; what it left in the first one's record all others are given, too.
    """
    rest, first_id = first + BATCH // VISIT, _person_id(first)
    _cost_us(store, program, cycle(range(first, rest)).__next__, 1)
    with store.writing(is_durable=False) as writing:
        lived = writing.states.load([first_id])[first_id]
    for start in range(rest, end, AT_ONCE):
        ids = [_person_id(number) for number in range(start, min(start + AT_ONCE, end))]
        with store.writing(is_durable=False) as writing:
            found = writing.states.load(ids).values()
            writing.states.save([_with_visit(person, lived) for person in found], ())


def _with_visit(person: Person, lived: Person) -> Person:
    return replace(
        person,
        claims=lived.claims | person.claims,
        seen=lived.seen | person.seen,
        moment=lived.moment,
        known_by=lived.known_by,
        last_seen_at=lived.last_seen_at,
    )


def _person_id(number: int) -> str:
    return person_id_of(identity_of("user_id", f"u{number}"))


def _definitions(batch_count: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    for count in (10, 100, 1_000):
        with _store() as store:
            fill(store, 0, 1_000)
            cost_us = _cost_us(store, _with_definitions(count), visits(1_000), batch_count)
            name = f"{count:,} definitions more"
            figures.append(beside(figures, "10 definitions more", name, cost_us))
    return figures


def beside(figures: Sequence[Figure], first: str, name: str, cost_us: float) -> Figure:
    """Return the cost of an event beside that of the figure named `first`, if it is there."""
    bases = [figure.value for figure in figures if figure.name == first]
    ratio = cost_us / bases[0] if bases else None
    goal, base = ("<= 1.5", f"times {first}") if bases else ("", "")
    return Figure(
        name=name, value=cost_us, unit="CPU-µs/event", goal=goal, beside=base, ratio=ratio
    )


@contextmanager
def _store() -> Iterator[Store]:
    with (
        TemporaryDirectory(prefix="regard-bench-") as place,
        closing(open_store(str(Path(place) / "flat.db"))) as store,
    ):
        yield store


def _cost_us(
    store: Store, program: Program, somebody: Callable[[], int], batch_count: int
) -> float:
    """Return the CPU of append and advance per event over the least busy half of the batches."""
    ledger = build_ledger(store, lambda: program)
    drafter = Drafter(program)
    source = drafter.source(KEY)
    if source is None:
        raise RuntimeError(f"the airline has no source with the key {KEY}")
    traffic = Traffic(1, seed=time.monotonic_ns())
    costs = []
    for _ in range(batch_count):
        body = batch_of([traffic.page(somebody()) for _ in range(BATCH)])
        arrival = Arrival(source=source, received_at=datetime.now(UTC))
        found = drafter.read(read_envelope(open_body(body)), arrival)
        drafts = [draft for draft in found if isinstance(draft, Draft)]
        costs.append(_turn_us(ledger, drafts))
    costs.sort()
    return median(costs[: (batch_count + 1) // 2]) / BATCH


def _served_us(folder: Path, location: Path, people: int, scale: Scale) -> float:
    """Return the CPU of a server an event, all its threads together: a usual hour of all people."""
    traffic, costs = Traffic(people, seed=people, first=10 * people), []
    with serving(folder, location) as server:
        send(server, traffic.batches(10))
        for _ in range(scale.rounds):
            bodies = traffic.batches(scale.of(100, 30))
            before_s = server.cpu_s()
            send(server, bodies)
            costs.append((server.cpu_s() - before_s) / (len(bodies) * BATCH) * 1e6)
    return median(costs)


def _turn_us(ledger: Ledger, drafts: Sequence[Draft]) -> float:
    began = time.thread_time()
    ledger.append(drafts, datetime.now(UTC))
    while ledger.advance():
        pass
    return (time.thread_time() - began) * 1e6


def visits(people: int) -> Callable[[], int]:
    """Return a chooser: some visitors at a time, each for about ten events."""
    random = Random(7)
    here = [random.randrange(people) for _ in range(VISITORS)]

    def choose() -> int:
        place = random.randrange(VISITORS)
        visitor = here[place]
        if random.randrange(VISIT) == 0:
            here[place] = random.randrange(people)
        return visitor

    return choose


def anybody(people: int) -> Callable[[], int]:
    """Return a chooser: every event by another person."""
    random = Random(8)
    return lambda: random.randrange(people)


def _with_definitions(count: int) -> Program:
    """Return the airline with `count` more promises and journeys, all about other events."""
    files = {
        str(path.relative_to(AIRLINE)): path.read_text()
        for path in sorted(AIRLINE.rglob("*"))
        if path.is_file() and ".regard" not in path.parts and "stories" not in path.parts
    }
    for number in range(count // 2):
        files[f"events/other_{number}.yaml"] = f"name: Other {number}\n"
        files[f"events/done_{number}.yaml"] = f"name: Other {number} Done\n"
        files[f"promises/other_{number}.yaml"] = (
            f"id: other_{number}\nmade_by: {{event: Other {number}}}\nabout: facts.number\n"
            "due_at: facts.due_at\nkept_by:\n  events:\n"
            f"    - {{event: Other {number} Done, about: facts.number}}\n"
        )
        files[f"journeys/other_{number}.yaml"] = (
            f"id: other_{number}\nstart: {{event: Other {number}}}\n"
            "steps:\n  - {id: pause, wait: 1 day}\n  - {id: done, exit: true}\n"
        )
    return load_text(files, os.environ)
