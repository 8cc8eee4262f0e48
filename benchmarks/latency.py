"""How long an event takes to become a message: from its 200 to the mail server, p50 and p99.

At a steady 1,000 events a second (50 requests of 20, one event of each sends an e-mail) and at
five a second (each sends one). Both ends are read on the clock that all processes share. The
limit is what the rivals' best does on a machine like this (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.figures import Figure, Scale, percentile
from benchmarks.posting import basic, post
from benchmarks.serving import GO, KEY, Serving, project, serving
from benchmarks.sink import Sink, sink
from benchmarks.traffic import Traffic, batch_of

PEOPLE = 1_000
IN_BATCH = 20
CONNECTIONS = 8


def run(scale: Scale) -> Sequence[Figure]:
    """Measure both rates over one house."""
    traffic = Traffic(PEOPLE)
    with sink() as mail, project(mail.port) as folder, serving(folder) as server:
        known = list(traffic.introductions())
        post(server.port, "/v1/batch", known, connections=4, credentials=basic(KEY))
        server.until_decided()
        _measured(mail, server, traffic, "warm", 20, 1, 20.0)
        calm = _measured(mail, server, traffic, "calm", scale.of(150, 25), 1, 5.0)
        busy = _measured(mail, server, traffic, "busy", scale.of(1_000, 200), IN_BATCH, 50.0)
    return [*_figures("at 5 events/s", calm), *_figures("at 1,000 events/s", busy)]


def _measured(
    mail: Sink,
    server: Serving,
    traffic: Traffic,
    name: str,
    count: int,
    in_batch: int,
    requests_per_s: float,
) -> list[float]:
    """Return milliseconds from each request's 200 to its mail's arrival (0: it came first)."""
    bodies = []
    for number in range(count):
        go = traffic.track(number % PEOPLE, GO, {"token": f"{name}-{number}"})
        others = [traffic.page((number * 7 + n) % PEOPLE) for n in range(in_batch - 1)]
        bodies.append(batch_of([*others, go]))
    mail.arrivals()
    sent = post(
        server.port,
        "/v1/batch",
        bodies,
        connections=CONNECTIONS,
        credentials=basic(KEY),
        per_s=requests_per_s,
    )
    mail.until(count)
    arrivals = mail.arrivals()
    return [
        max(0.0, arrivals[f"{name}-{number}"][0] - sent.answered_at[number]) * 1e3
        for number in range(count)
    ]


def _figures(name: str, delays_ms: Sequence[float]) -> list[Figure]:
    return [
        Figure(name=f"{name}, p50", value=percentile(delays_ms, 0.5), unit="ms", goal="< 100"),
        Figure(name=f"{name}, p99", value=percentile(delays_ms, 0.99), unit="ms", goal="< 500"),
    ]
