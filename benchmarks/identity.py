"""Who is it? Look-ups, resolving and splitting among two million identifiers in a SQLite file.

Look-ups and resolving stand beside plain SQLite in the same run, with nothing of ours: one query
a batch of look-ups, one row an event. CPU time of this process, so that others on the machine
matter less; a split is told in CPU time of the thread that writes (the WAL is folded beside it) and
by the clock, as it is durable before it is answered. Memory is tuned as `regard serve` tunes it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import msgspec

from benchmarks.figures import Figure, Scale, median, percentile
from benchmarks.filled import START, fill
from benchmarks.serving import memory_as_served, project
from regard.assembly import build_ledger
from regard.core.event import Event, Identifier, IdentityAct, IdentityVerb
from regard.core.facts import Entry
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.storage import Store
from regard.identity import draft_of, resolve
from regard.project import load_text
from regard.store import open_library, open_store

BATCH = 500
IDENTIFIERS_EACH = 3
SPLIT_OF = 100
"""Identifiers of the person who is split: an account, an address, a phone, and what was ordered."""

_FILES = {
    "regard.toml": 'id = "b"\nname = "B"\n[channels.email]\n[sources.website]\nkey = "b-key-1"\n'
}


def run(scale: Scale) -> Sequence[Figure]:
    """Measure over one filled store."""
    people = scale.of(2_000_000, 60_000) // IDENTIFIERS_EACH
    program = load_text(_FILES, {})
    with project() as folder:
        path = folder / "filled.db"
        with closing(open_store(str(path))) as store:
            fill(store, 0, people)
            with memory_as_served():
                figures = [
                    *_look_ups(path, people, scale),
                    *_resolving(store, path, program, people, scale),
                    *_splitting(store, program, scale),
                ]
    return figures


def _look_ups(path: Path, people: int, scale: Scale) -> list[Figure]:
    count, random = scale.of(200_000, 40_000), Random(7)
    names = [Identifier("email", f"person{random.randrange(people)}@people.example")
             for _ in range(count)]  # fmt: skip
    batches = [names[first : first + BATCH] for first in range(0, count, BATCH)]

    def ours() -> None:
        with open_library(str(path)).reading() as reading:
            graph = reading.identities.graph
            for batch in batches:
                found = graph.nodes([identity_of(i.kind, i.value) for i in batch])
                assert len({n.person_id for n in found.values()}) <= BATCH

    def plain() -> None:
        with closing(sqlite3.connect(path)) as connection:
            sql = (
                "SELECT identity, body FROM identifier "
                "WHERE identity IN (SELECT value FROM json_each(?))"
            )
            for batch in batches:
                keys = [identity_of(i.kind, i.value) for i in batch]
                connection.execute(sql, (msgspec.json.encode(keys).decode(),)).fetchall()

    rates = [(count / _cpu_s(ours), count / _cpu_s(plain)) for _ in range(scale.rounds)]
    rate, beside = median([a for a, _ in rates]), median([b for _, b in rates])
    return [
        Figure(
            name=f"look-ups among {people * IDENTIFIERS_EACH:,} identifiers, {BATCH} at a time",
            value=rate,
            unit="/CPU s",
            goal="80,000",
            beside=f"of plain SQLite ({beside:,.0f})",
            ratio=rate / beside,
        )
    ]


def _resolving(
    store: Store, path: Path, program: Program, people: int, scale: Scale
) -> list[Figure]:
    """Resolve events of known people, of known people on new devices, and of strangers."""
    count, rates = scale.of(40_000, 10_000), []
    for turn in range(scale.rounds):
        events = [_event(turn * count + n, people, Random(turn * count + n)) for n in range(count)]

        def ours(events: Sequence[Event] = events) -> None:
            for first in range(0, count, BATCH):
                _resolve(store, program, events[first : first + BATCH])

        def plain(events: Sequence[Event] = events) -> None:
            _insert(path.with_name(f"plain{len(rates)}.db"), events)

        rates.append((count / _cpu_s(ours), count / _cpu_s(plain)))
    rate, beside = median([a for a, _ in rates]), median([b for _, b in rates])
    return [
        Figure(
            name="events resolved: 6 % on a new device, 6 % strangers",
            value=rate,
            unit="/CPU s",
            goal="20,000",
            beside=f"of plain inserts ({beside:,.0f})",
            ratio=rate / beside,
        )
    ]


def _event(number: int, people: int, random: Random) -> Event:
    person, chance = random.randrange(people), random.random()
    named = {"user_id": f"u{person}", "anonymous_id": f"browser-{person}"}
    if chance < 0.06:
        named["anonymous_id"] = f"new-{number}"
    elif chance < 0.12:
        named = {"anonymous_id": f"stranger-{number}"}
    elif chance < 0.3:
        named |= {"email": f"person{person}@people.example"}
    elif chance < 0.6:
        del named["user_id"]
    order = ("user_id", "email", "anonymous_id")
    at = START + timedelta(hours=1, milliseconds=number)
    return Event(
        message_id=f"e{number}",
        source="website",
        type="track",
        name="Seen",
        channel="web.desktop",
        at=at,
        received_at=at,
        identifiers=tuple(Identifier(kind, named[kind]) for kind in order if kind in named),
    )


def _resolve(store: Store, program: Program, events: Sequence[Event]) -> None:
    with store.writing(is_durable=False) as writing:
        last = 10**12
        entries = [
            Entry(
                offset=last + number,
                identity=identity_of(e.identifiers[0].kind, e.identifiers[0].value),
                at=e.at,
                received_at=e.received_at,
                body=e,
            )
            for number, e in enumerate(events, 1)
        ]
        resolve(entries, writing.graph, program.identity, lambda _ids: ())


def _insert(path: Path, events: Sequence[Event]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("CREATE TABLE event (id TEXT PRIMARY KEY, who TEXT) WITHOUT ROWID")
        for first in range(0, len(events), BATCH):
            rows = [(e.message_id, str(e.identifiers[0])) for e in events[first : first + BATCH]]
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO event VALUES (?, ?)", rows)
            connection.execute("COMMIT")


def _splitting(store: Store, program: Program, scale: Scale) -> list[Figure]:
    """Split people of a hundred identifiers and take it back: durable, and everybody folded."""
    ledger = build_ledger(store, lambda: program)
    times: list[tuple[float, float]] = []
    for number in range(scale.of(150, 30)):
        leaves, stays, drafts = _person(number)
        ledger.append(drafts, START)
        while ledger.advance():
            pass
        split = f"split {number}"
        for verb, act_id in (("split", split), ("undo", f"undo {number}")):
            act = _act(verb, act_id, leaves, stays, undoes=split if verb == "undo" else "")
            began, spent = time.perf_counter(), time.thread_time()
            ledger.append([draft_of(act, START)], START)
            while ledger.advance():
                pass
            times.append((time.thread_time() - spent, time.perf_counter() - began))
    name = f"splitting a person of {SPLIT_OF} identifiers, or back"
    return [
        Figure(
            name=f"{name}: {label}",
            value=percentile([one[place] for one in times], share) * 1e3,
            unit=unit,
            goal=goal,
        )
        for label, place, share, unit, goal in (
            ("p50", 0, 0.5, "CPU ms", ""),
            ("p99", 0, 0.99, "CPU ms", "< 20"),
            ("p99, by the clock", 1, 0.99, "ms", ""),
        )
    ]


Names = tuple[Identifier, ...]


def _person(number: int) -> tuple[Names, Names, list[Draft]]:
    """Return who leaves, who stays, and the events of somebody whose wife's phone slipped in."""
    ada, phone = Identifier("user_id", f"s{number}"), Identifier("phone", f"+43{number:010}")
    mail = Identifier("email", f"s{number}@example.com")
    keys = [Identifier("order_number", f"O{number}-{n}") for n in range(SPLIT_OF - 3)]
    drafts = [
        _named((ada, mail), f"{number} mail"),
        _named((mail, phone), f"{number} phone"),
        *(_named((ada if n % 2 else phone, key), key.value) for n, key in enumerate(keys)),
    ]
    return (phone, *keys[0::2]), (ada, mail, *keys[1::2]), drafts


def _act(
    verb: str, act_id: str, left: tuple[Identifier, ...], right: tuple[Identifier, ...], undoes: str
) -> IdentityAct:
    said: IdentityVerb = "split" if verb == "split" else "undo"
    return IdentityAct(act_id=act_id, act=said, left=left, right=right, undoes=undoes)


def _named(identifiers: tuple[Identifier, ...], name: str) -> Draft:
    event = Event(
        message_id=f"split-{name}",
        source="website",
        type="track",
        name="Order Completed",
        channel="web.desktop",
        at=START,
        received_at=START,
        identifiers=identifiers,
        facts={"total": 12.5, "items": ["lamp", "bulb"], "number": name},
    )
    first = identifiers[0]
    return Draft(
        key=message_key("website", event.message_id),
        identity=identity_of(first.kind, first.value),
        at=START,
        received_at=START,
        body=event,
    )


def _cpu_s(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
