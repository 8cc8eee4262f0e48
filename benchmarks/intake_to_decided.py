"""From HTTP to decided: events a second through a real server, beside raw inserts and a yardstick.

Batches of 100 realistic Segment events over 8 keep-alive connections. Durable: every batch was
answered 200, so its events are synced to disk. Decided: the loop's cursor has come to the end.
The peer inserts the same events' bytes in batches of 100 a transaction, synced, with a unique
index over message ids, and does nothing else. The yardstick (`benchmarks.yardstick`) takes the same
batches over HTTP and keeps them, durably and each id once: what a bare intake in Python costs here.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.bare import bare_intake
from benchmarks.figures import Figure, Scale, median
from benchmarks.posting import Sent, basic, post
from benchmarks.serving import KEY, Serving, cpu_s_of, project, serving
from benchmarks.traffic import BATCH, Traffic

CONNECTIONS = 8
PEOPLE = 5_000


class Rates:
    """What the rounds gave, in their order."""

    def __init__(self) -> None:
        self.raw: list[float] = []
        self.bare: list[float] = []
        self.bare_cpu_us: list[float] = []
        self.durable: list[float] = []
        self.decided: list[float] = []
        self.cpu_us: list[float] = []


def run(scale: Scale) -> Sequence[Figure]:
    """Measure raw inserts, the yardstick and the house in turns, and return medians."""
    traffic, rates = Traffic(PEOPLE), Rates()
    with project() as folder, serving(folder) as server, bare_intake() as (port, pid):
        send(server, list(traffic.introductions()))
        send(server, traffic.batches(scale.of(50, 20)))
        for _ in range(scale.rounds):
            bodies = traffic.batches(scale.of(400, 100))
            rates.raw.append(_raw_per_s(bodies))
            _bare_round(port, pid, bodies, rates)
            _house_round(server, bodies, rates)
    return _figures(rates)


def _figures(rates: Rates) -> Sequence[Figure]:
    return [
        Figure(name="raw SQLite inserts", value=median(rates.raw), unit="events/s"),
        Figure(name="yardstick: acknowledged", value=median(rates.bare), unit="events/s"),
        Figure(name="yardstick: CPU", value=median(rates.bare_cpu_us), unit="µs/event"),
        Figure(name="durably acknowledged", value=median(rates.durable), unit="events/s"),
        Figure(
            name="decided",
            value=median(rates.decided),
            unit="events/s",
            goal=">= 5,000; >= 0.25",
            beside="of raw inserts",
            ratio=_ratio(rates.decided, rates.raw),
        ),
        Figure(
            name="decided",
            value=median(rates.decided),
            unit="events/s",
            beside="of what the yardstick acknowledges",
            ratio=_ratio(rates.decided, rates.bare),
        ),
        Figure(
            name="CPU of the server",
            value=median(rates.cpu_us),
            unit="µs/event",
            beside="times the yardstick's",
            ratio=_ratio(rates.cpu_us, rates.bare_cpu_us),
        ),
    ]


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return median([one / other for one, other in zip(ours, theirs, strict=True)])


def _house_round(server: Serving, bodies: Sequence[bytes], rates: Rates) -> None:
    count, cpu_before = len(bodies) * BATCH, server.cpu_s()
    sent = send(server, bodies)
    rates.decided.append(count / (time.monotonic() - sent.began_at))
    rates.durable.append(count / sent.seconds)
    rates.cpu_us.append((server.cpu_s() - cpu_before) / count * 1e6)


def _bare_round(port: int, pid: int, bodies: Sequence[bytes], rates: Rates) -> None:
    count, cpu_before = len(bodies) * BATCH, cpu_s_of(pid)
    sent = post(port, "/v1/batch", bodies, connections=CONNECTIONS, credentials="")
    rates.bare.append(count / sent.seconds)
    rates.bare_cpu_us.append((cpu_s_of(pid) - cpu_before) / count * 1e6)


def send(server: Serving, bodies: Sequence[bytes]) -> Sent:
    """Send batches over all connections; return when everything is decided."""
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
