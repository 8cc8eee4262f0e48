"""From HTTP to decided: events a second through a real server, beside raw SQLite inserts.

Batches of 100 realistic Segment events over 8 keep-alive connections. Durable: every batch was
answered 200, so its events are synced to disk. Decided: the loop's cursor has come to the end.
The peer inserts the same events' bytes in batches of 100 a transaction, synced, with a unique
index over message ids, and does nothing else.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.figures import Figure, Scale, median
from benchmarks.posting import Sent, basic, post
from benchmarks.serving import KEY, Serving, project, serving
from benchmarks.traffic import BATCH, Traffic

CONNECTIONS = 8
PEOPLE = 5_000


def run(scale: Scale) -> Sequence[Figure]:
    """Measure pairs of the raw inserts and the house, and return medians."""
    traffic = Traffic(PEOPLE)
    durable, decided, cpu_us, raw, ratios = [], [], [], [], []
    with project() as folder, serving(folder) as server:
        _send(server, list(traffic.introductions()))
        _send(server, traffic.batches(scale.of(50, 20)))
        for _ in range(scale.rounds):
            bodies = traffic.batches(scale.of(400, 100))
            raw.append(_raw_per_s(bodies))
            count, cpu_before = len(bodies) * BATCH, server.cpu_s()
            sent = _send(server, bodies)
            seconds = time.monotonic() - sent.began_at
            durable.append(count / sent.seconds)
            decided.append(count / seconds)
            cpu_us.append((server.cpu_s() - cpu_before) / count * 1e6)
            ratios.append(decided[-1] / raw[-1])
    return [
        Figure(name="raw SQLite inserts", value=median(raw), unit="events/s"),
        Figure(name="durably acknowledged", value=median(durable), unit="events/s"),
        Figure(
            name="decided",
            value=median(decided),
            unit="events/s",
            goal=">= 5,000; >= 0.25",
            beside="of raw inserts",
            ratio=median(ratios),
        ),
        Figure(name="CPU of the server", value=median(cpu_us), unit="µs/event"),
    ]


def _send(server: Serving, bodies: Sequence[bytes]) -> Sent:
    sent = post(server.port, "/v1/batch", bodies, connections=CONNECTIONS, credentials=basic(KEY))
    server.until_decided()
    return sent


def _raw_per_s(bodies: Sequence[bytes]) -> float:
    """Return events a second of nothing but inserting them."""
    batches = [_rows(body) for body in bodies]
    with (
        TemporaryDirectory(prefix="regard-bench-") as place,
        closing(sqlite3.connect(Path(place) / "raw.db", isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, key TEXT, body BLOB)")
        connection.execute("CREATE UNIQUE INDEX event_key ON event (key)")
        began = time.monotonic()
        for rows in batches:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO event (key, body) VALUES (?, ?)", rows)
            connection.execute("COMMIT")
        return len(bodies) * BATCH / (time.monotonic() - began)


def _rows(body: bytes) -> list[tuple[str, bytes]]:
    items = msgspec.json.decode(body)["batch"]
    return [(item["messageId"], msgspec.json.encode(item)) for item in items]
