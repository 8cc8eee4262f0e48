"""Reading one person by address through HTTP while 100,000 are known: p50, p99 and reads a second.

Four connections, as of a busy call centre, ask for random people as fast as they are answered.
Beside it stands the server's own ``/health`` at the same concurrency: what HTTP alone costs here.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from random import Random

from benchmarks.figures import Figure, Scale, percentile
from benchmarks.filled import fill
from benchmarks.posting import Sent, get
from benchmarks.serving import project, serving
from regard.store import open_store

CONNECTIONS = 4


def run(scale: Scale) -> Sequence[Figure]:
    """Measure reads over one filled store."""
    people, count = scale.of(100_000, 10_000), scale.of(5_000, 1_000)
    random = Random(7)
    paths = [
        f"/v1/people/email/person{random.randrange(people)}@people.example" for _ in range(count)
    ]
    with project() as folder:
        location = folder / "filled.db"
        with closing(open_store(str(location))) as store:
            fill(store, 0, people)
        with serving(folder, location) as server:
            bearer = f"Bearer {server.api_token}"
            get(server.port, paths[:200], connections=CONNECTIONS, credentials=bearer)
            bare = get(server.port, ["/health"] * count, connections=CONNECTIONS)
            reads = get(server.port, paths, connections=CONNECTIONS, credentials=bearer)
    return [
        Figure(name="/health, p99", value=percentile(_ms(bare), 0.99), unit="ms"),
        Figure(name=f"one of {people:,} people, p50", value=percentile(_ms(reads), 0.5), unit="ms"),
        Figure(
            name=f"one of {people:,} people, p99",
            value=percentile(_ms(reads), 0.99),
            unit="ms",
            goal="< 20",
            beside="times /health",
            ratio=percentile(_ms(reads), 0.99) / percentile(_ms(bare), 0.99),
        ),
        Figure(name="reads", value=count / reads.seconds, unit="reads/s"),
    ]


def _ms(sent: Sent) -> list[float]:
    pairs = zip(sent.asked_at, sent.answered_at, strict=True)
    return [(answered - asked) * 1e3 for asked, answered in pairs]
