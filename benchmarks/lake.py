"""The lake: questions over ten million events, and how fast the journal becomes Parquet files.

Ten million events are made as files of a lake, by the writer's own statement and manifest, and
asked through `Lake`, persons as known now. Beside it the same questions to a SQLite journal of
300,000 events, which `fill` then turns into a lake: seconds are compared for each million events.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, Scale, median
from regard.core.event import Event, Identifier
from regard.core.facts import Entry
from regard.core.graph import Cluster, GraphChange, Node
from regard.core.ids import STAMP_BITS, identity_of, message_key, person_id_of
from regard.core.person import Person
from regard.core.storage import Store
from regard.lake import Lake, fill
from regard.lake.manifest import Manifest, Part, Snapshot, write_manifest
from regard.lake.parquet import write_file, writer
from regard.store import SqliteStore

DAYS = 20
PEOPLE_SHARE = 20
"""Events of one person, on average."""
FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = ("Product Viewed", "Page Viewed", "Product Added", "Search", "Order Completed")
CHANNELS = ("web.desktop", "app.phone", "email", "store.pos")
AT_ONCE = 20_000

QUESTIONS: Mapping[str, tuple[str, str]] = {
    "counts by day and event": (
        "SELECT day, name, count(*) FROM events GROUP BY ALL",
        "SELECT received_us / 86400000000, body ->> 'name', count(*) FROM journal"
        " WHERE body ->> 'kind' = 'event' GROUP BY 1, 2",
    ),
    "distinct persons by channel": (
        "SELECT channel, count(DISTINCT person_key) FROM events GROUP BY ALL",
        "SELECT body ->> 'channel', count(DISTINCT i.person_id) FROM journal AS j"
        " JOIN identifier AS i USING (identity) WHERE body ->> 'kind' = 'event' GROUP BY 1",
    ),
    "orders and their sum by day": (
        "SELECT day, count(*), sum((facts ->> 'total')::DOUBLE) FROM events"
        " WHERE name = 'Order Completed' GROUP BY ALL",
        "SELECT received_us / 86400000000, count(*), sum(body ->> '$.facts.total') FROM journal"
        " WHERE body ->> 'kind' = 'event' AND body ->> 'name' = 'Order Completed' GROUP BY 1",
    ),
    "funnel: viewed, added and ordered within 7 days": (
        "WITH viewed AS (SELECT person_key, min(happened_at) AS at_first FROM events"
        "   WHERE name = 'Product Viewed' GROUP BY ALL),"
        " added AS (SELECT person_key, at_first, min(happened_at) AS at_added FROM viewed"
        "   JOIN events USING (person_key) WHERE name = 'Product Added'"
        "   AND happened_at BETWEEN at_first AND at_first + INTERVAL 7 DAYS GROUP BY ALL)"
        " SELECT (SELECT count(*) FROM viewed), (SELECT count(*) FROM added),"
        " (SELECT count(DISTINCT person_key) FROM added JOIN events USING (person_key)"
        "   WHERE name = 'Order Completed'"
        "   AND happened_at BETWEEN at_added AND at_first + INTERVAL 7 DAYS)",
        "WITH event AS MATERIALIZED (SELECT i.person_id AS person, body ->> 'name' AS name, at_us"
        "   FROM journal JOIN identifier AS i USING (identity) WHERE body ->> 'kind' = 'event'),"
        " viewed AS (SELECT person, min(at_us) AS first FROM event"
        "   WHERE name = 'Product Viewed' GROUP BY 1),"
        " added AS (SELECT person, first, min(at_us) AS added FROM viewed JOIN event USING (person)"
        "   WHERE name = 'Product Added' AND at_us BETWEEN first AND first + 604800000000"
        "   GROUP BY 1, 2)"
        " SELECT (SELECT count(*) FROM viewed), (SELECT count(*) FROM added),"
        " (SELECT count(DISTINCT person) FROM added JOIN event USING (person)"
        "   WHERE name = 'Order Completed' AND at_us BETWEEN added AND first + 604800000000)",
    ),
    "all of one person, by their id": (
        "SELECT happened_at, name FROM events WHERE person_id ="
        " (SELECT person_id FROM identifiers WHERE kind = 'user_id' AND value = 'u77')",
        "SELECT at_us, body ->> 'name' FROM journal JOIN identifier AS i USING (identity)"
        " WHERE i.person_id = (SELECT person_id FROM identifier"
        "   WHERE kind = 'user_id' AND value = 'u77') AND body ->> 'kind' = 'event'",
    ),
    "all of one person, by their identities": (
        "SELECT happened_at, name FROM events WHERE identity IN (SELECT identity FROM identifiers"
        " JOIN (SELECT person_id FROM identifiers WHERE kind = 'user_id' AND value = 'u77')"
        " USING (person_id))",
        "SELECT at_us, body ->> 'name' FROM journal JOIN identifier AS i USING (identity)"
        " WHERE i.person_id = (SELECT person_id FROM identifier"
        "   WHERE kind = 'user_id' AND value = 'u77') AND body ->> 'kind' = 'event'",
    ),
}
"""Each question as the lake is asked, and as SQLite is, which has the bodies as JSON."""


def run(scale: Scale) -> Sequence[Figure]:
    """Return seconds of each question over the large lake, and what SQLite takes an event."""
    large, small = scale.of(10_000_000, 1_000_000), scale.of(300_000, 60_000)
    with TemporaryDirectory(prefix="regard-lake-") as name:
        folder = Path(name)
        journal = _journal(folder / "regard.db", small)
        began = time.process_time()
        fill(journal, folder / "small", is_open=True)
        filling_s = time.process_time() - began
        journal.close()
        beside = _sqlite_s(folder / "regard.db", scale.rounds)
        _make(folder / "large", large)
        return [
            *_asked(folder / "large", beside, (large, small), scale),
            _filled("journal into Parquet", small / filling_s, "events a CPU second"),
            _filled("size on disk of the large one", _size(folder / "large") / large, "bytes"),
        ]


def _filled(name: str, value: float, unit: str) -> Figure:
    return Figure(name=name, value=value, unit=unit)


def _asked(
    folder: Path, beside: Mapping[str, float], sizes: tuple[int, int], scale: Scale
) -> list[Figure]:
    large, small = sizes
    figures = []
    with closing(Lake(folder)) as lake:
        for name, (question, _) in QUESTIONS.items():
            taken, cpu = _median_s(scale.rounds, lambda asked=question: [*lake.ask(asked).rows()])
            sqlite_s = beside[name] * large / small
            figures.append(
                Figure(
                    name=f"{name}, {large / 1e6:g} M",
                    value=taken,
                    unit="s",
                    goal="about 1",
                    beside=f"{cpu:.1f} CPU s; SQLite over {small:,}: {beside[name]:.2f} s",
                    ratio=sqlite_s / taken,
                )
            )
    return figures


def _median_s(rounds: int, act: Callable[[], object]) -> tuple[float, float]:
    """Return seconds, and CPU seconds of all threads: half of them is what two idle cores take."""
    seconds, cpu = [], []
    for _ in range(rounds):
        began, began_cpu = time.monotonic(), time.process_time()
        act()
        seconds.append(time.monotonic() - began)
        cpu.append(time.process_time() - began_cpu)
    return median(seconds), median(cpu)


def _sqlite_s(path: Path, rounds: int) -> dict[str, float]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: _median_s(rounds, lambda asked=sql: connection.execute(asked).fetchall())[0]
            for name, (_, sql) in QUESTIONS.items()
        }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def _make(folder: Path, count: int) -> None:
    """Make a lake of events: each day one file, a twentieth as many persons, some of them moved."""
    each, people = count // DAYS, count // PEOPLE_SHARE
    parts = []
    folder.mkdir()
    draft = folder / "draft"
    with closing(writer(folder)) as connection:
        connection.execute(f"SET threads = {os.cpu_count() or 1}")
        for number in range(DAYS):
            day = (FIRST_DAY + timedelta(days=number)).date()
            first = number * each + 1
            path = (
                folder
                / "events"
                / f"day={day}"
                / f"part-{first:012}-{first + each - 1:012}.parquet"
            )
            write_file(connection, _events(first, each, day, people), path, draft)
            parts.append(_part(folder, path, day, first, each))
        for name, query in _snapshot(people).items():
            write_file(connection, query, folder / "snapshots" / "1" / f"{name}.parquet", draft)
    snapshot = Snapshot(path="snapshots/1", last=count, compared_to=count)
    manifest = Manifest(journal="made", closed_to=count, parts=tuple(parts), snapshot=snapshot)
    write_manifest(folder, manifest)


def _part(folder: Path, path: Path, day: date, first: int, count: int) -> Part:
    return Part(
        table="events",
        day=day,
        first=first,
        last=first + count - 1,
        row_count=count,
        byte_count=path.stat().st_size,
        path=path.relative_to(folder).as_posix(),
    )


def _events(first: int, count: int, day: date, people: int) -> str:
    step_us = 86_400_000_000 // count
    return f"""
        SELECT n AS journal_offset, moment AS happened_at, moment AS received_at,
          0::BIGINT AS cause, 0::INTEGER AS part, {_key("who")} AS identity,
          {_id("who")} AS person_id, {_key("who")} AS person_key,
          uuid()::VARCHAR AS message_id, 'website' AS source, 'track' AS type,
          {list(NAMES)}[1 + least(4, (luck * luck * 5 / 10000)::INTEGER)] AS name,
          {list(CHANNELS)}[1 + (hash(n * 7) % 4)::INTEGER] AS channel,
          2::INTEGER AS trust, false AS is_history,
          [{{kind: 'user_id', value: 'u' || who}}] AS identifiers,
          ('{{"total":' || n % 1000 || ',"sku":"S' || n % 5000 || '"}}')::JSON AS facts,
          '{{}}'::JSON AS traits, ('{{"page":{{"path":"/p/' || n % 300 || '"}}}}')::JSON AS context,
          []::VARCHAR[] AS violations, NULL::JSON AS rest
        FROM (SELECT n, (hash(n * 31) % {people})::BIGINT AS who,
                (hash(n * 13) % 100)::INTEGER AS luck,
                TIMESTAMP '{day}' + to_microseconds((n - {first}) * {step_us}) AS moment
              FROM range({first}, {first + count}) AS t (n))"""


def _snapshot(people: int) -> dict[str, str]:
    who = f"(SELECT range AS who FROM range({people}))"
    known = f"{_id('who')} AS person_id, {_key('who')} AS person_key"
    return {
        "identifiers": f"SELECT {known}, 'user_id' AS kind, 'u' || who AS value, {_key('who')}"
        f" AS identity, TIMESTAMP '2026-03-02' AS first_at, '' AS shared FROM {who}",
        "moved": f"SELECT {_key('who')} AS identity, {_id('who // 2')} AS person_id,"
        f" {_key('who // 2')} AS person_key FROM {who} WHERE who % 25 = 0",
    }


def _id(number: str) -> str:
    return f"'p_' || substr(md5(({number})::VARCHAR), 1, 13)"


def _key(number: str) -> str:
    return f"(hash({number}) >> 1)::BIGINT"


def _journal(path: Path, count: int) -> Store:
    """Return a store whose journal holds as many events of people who are known."""
    store = SqliteStore(str(path))
    people = count // PEOPLE_SHARE
    for start in range(0, people, AT_ONCE):
        _know(store, range(start, min(start + AT_ONCE, people)))
    for start in range(0, count, AT_ONCE):
        events = [_event(number, count, people) for number in range(start, start + AT_ONCE)]
        entries = [
            Entry(
                offset=number,
                identity=identity_of("user_id", event.identifiers[0].value),
                at=event.at,
                received_at=event.at,
                body=event,
            )
            for number, event in enumerate(events[: count - start], start + 1)
        ]
        keys = [message_key("website", f"m{entry.offset}") for entry in entries]
        with store.writing(is_durable=False) as writing:
            writing.journal.append(entries, keys)
    return store


def _know(store: Store, numbers: range) -> None:
    nodes, persons, clusters = [], [], []
    for number in numbers:
        identity = identity_of("user_id", f"u{number}")
        person_id = person_id_of(identity)
        known = Identifier("user_id", f"u{number}")
        nodes.append(
            Node(
                identity=identity,
                identifier=known,
                person_id=person_id,
                first_at=FIRST_DAY,
                offset=number + 1,
            )
        )
        clusters.append(Cluster(person_id=person_id, anchor=(1, number + 1, known.value)))
        persons.append(Person(id=person_id, stamp=(number + 1) << STAMP_BITS))
    with store.writing(is_durable=False) as writing:
        writing.graph.save(GraphChange(nodes=tuple(nodes), clusters=tuple(clusters)))
        writing.states.save(persons, ())


def _event(number: int, count: int, people: int) -> Event:
    luck = number * 13 % 101
    at = FIRST_DAY + timedelta(days=DAYS) * (number / count)
    return Event(
        message_id=f"m{number}",
        source="website",
        type="track",
        name=NAMES[min(4, luck * luck * 5 // 10_000)],
        channel=CHANNELS[number * 7 % 4],
        at=at,
        received_at=at,
        identifiers=(Identifier("user_id", f"u{number * 7_919 % people}"),),
        facts={"total": number % 1_000, "sku": f"S{number % 5_000}"},
        context={"page": {"path": f"/p/{number % 300}"}},
    )
