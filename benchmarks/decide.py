"""What to offer now, asked over HTTP while 100,000 people are known: p50 and p99 of the answer.

Eight engagements compete for a place on a page; each answer is weighed by the gate, rendered,
journaled and durable before it goes out. Beside it stands the server's own ``/health`` at the same
pace, and the same requests while events come in at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import msgspec

from benchmarks.figures import Figure, Scale, percentile
from benchmarks.filled import fill
from benchmarks.posting import Sent, basic, get, post
from benchmarks.serving import KEY, Serving, project, serving
from regard.store import open_store

CONNECTIONS = 4
PER_S = 100.0
"""Page views a second that ask: some eight million a day."""

EVENTS_PER_S = 300.0
ENGAGEMENTS = 8


def run(scale: Scale) -> Sequence[Figure]:
    """Measure answers over one filled store."""
    people, count = scale.of(100_000, 10_000), scale.of(3_000, 500)
    with project() as folder:
        _add_offers(folder)
        location = folder / "filled.db"
        with closing(open_store(str(location))) as store:
            fill(store, 0, people)
        with serving(folder, location) as server:
            _ask(server, _requests("warm", people, 200), per_s=0)
            health = get(server.port, ["/health"] * count, connections=CONNECTIONS)
            alone = _ask(server, _requests("alone", people, count), per_s=PER_S)
            with _events_meanwhile(server, count):
                busy = _ask(server, _requests("busy", people, count), per_s=PER_S)
            full = _ask(server, _requests("full", people, count), per_s=0)
    beside = percentile(_ms(health), 0.99)
    return [
        Figure(name="/health, p99", value=beside, unit="ms"),
        Figure(name=f"{PER_S:.0f} answers/s, p50", value=percentile(_ms(alone), 0.5), unit="ms"),
        _p99(f"{PER_S:.0f} answers/s, p99", alone, beside),
        _p99(f"the same, {EVENTS_PER_S:.0f} events/s beside it, p99", busy, beside),
        Figure(name="as fast as they go", value=count / full.seconds, unit="answers/s"),
    ]


def _p99(name: str, sent: Sent, beside: float) -> Figure:
    value = percentile(_ms(sent), 0.99)
    return Figure(
        name=name, value=value, unit="ms", goal="< 20", beside="times /health", ratio=value / beside
    )


def _ask(server: Serving, bodies: Sequence[bytes], per_s: float) -> Sent:
    return post(
        server.port,
        "/v1/decide",
        bodies,
        connections=CONNECTIONS,
        credentials=f"Bearer {server.api_token}",
        per_s=per_s,
    )


def _requests(name: str, people: int, count: int) -> list[bytes]:
    random = Random(name)
    return [
        msgspec.json.encode(
            {
                "request_id": f"{name}{number}",
                "identifiers": {"email": f"person{random.randrange(people)}@people.example"},
                "channel": "web.desktop",
                "placement": "hero",
                "context": {"page": "/miles"},
            }
        )
        for number in range(count)
    ]


@contextmanager
def _events_meanwhile(server: Serving, count: int) -> Iterator[None]:
    """Let events come in while the block runs, from a process of their own."""
    bodies = [
        msgspec.json.encode({"event": "Page Seen", "id": f"e{n}", "user_id": f"visitor{n % 997}"})
        for n in range(int(count * EVENTS_PER_S / PER_S))
    ]
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(
            lambda: post(
                server.port,
                "/v1/events",
                bodies,
                connections=CONNECTIONS,
                credentials=basic(KEY),
                per_s=EVENTS_PER_S,
            )
        )
        yield
        sending.result()


def _add_offers(folder: Path) -> None:
    toml = folder / "regard.toml"
    channel = '[channels."web.desktop"]'
    if channel not in toml.read_text():
        toml.write_text(f"{toml.read_text()}\n{channel}\n")
    for number in range(ENGAGEMENTS):
        place = folder / "engagements" / f"banner{number}"
        place.mkdir()
        (place / "engagement.yaml").write_text(
            f"purpose: travel\nclass: service\nvalue: {{customer: {number}, company: 3}}\n"
            "channels: [web.desktop]\noffer_when: asked\nplacements: [hero]\n"
            "eligibility: \"facts.page <> '/checkout'\"\n"
        )
        text = f'{{"headline": "Banner {number} for {{{{ person.first_name }}}}"}}\n'
        (place / "core.txt").write_text(text)


def _ms(sent: Sent) -> list[float]:
    pairs = zip(sent.asked_at, sent.answered_at, strict=True)
    return [(answered - asked) * 1e3 for asked, answered in pairs]
