"""Every page of the console over a store with 100,000 decisions of 28 days: p50 and p99 of a look.

The decisions are written as the loop writes them (journal and projection in one transaction), about
5,000 people, of some 300 kinds; a third was sent and has its message. Each page is asked through
the console's own routes, in process and one after the other, so a look is all of it but the socket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Literal

import httpx
from starlette.applications import Starlette

from benchmarks.figures import Figure, Scale, percentile
from benchmarks.filled import fill
from benchmarks.serving import AIRLINE
from regard.assembly import build_kernel
from regard.console import routes
from regard.core.clock import SystemClock
from regard.core.event import Identifier
from regard.core.facts import Candidate, Decided, Entry
from regard.core.ids import derived_id, identity_of
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import Accepted, Rejected
from regard.core.storage import Store
from regard.project import load
from regard.runtime.projection import Projector
from regard.store import open_store

DAYS = 28
AT_ONCE = 5_000
Look = tuple[float, float]
"""Milliseconds of one look: on the clock, and of CPU (which a busy machine changes less)."""

SECRET = "a secret of the benchmark"
CHANNELS = ("email", "sms", "push.app")
Verdict = Literal["send", "silence", "hold"]
VERDICTS: tuple[Verdict, ...] = ("send", "silence", "hold")
Origin = Literal["promise", "journey", "broadcast", "need"]
ORIGINS: tuple[Origin, ...] = ("promise", "journey", "broadcast", "need")
SILENCES = ("no_consent", "silence_worth_more", "outvalued", "unreachable", "past_use")
HOLDS = ("quiet_hours", "cap_reached")


def run(scale: Scale) -> Sequence[Figure]:
    """Measure all pages over one filled store."""
    people, decisions = scale.of(5_000, 500), scale.of(100_000, 5_000)
    program = load(AIRLINE, {})
    with (
        TemporaryDirectory() as folder,
        closing(open_store(str(Path(folder) / "filled.db"))) as store,
    ):
        fill(store, 0, people)
        last = _decide(store, program, people, decisions)
        with store.reading() as reading:
            person_id = reading.people.find(Identifier("user_id", "u7")) or ""
        pages = _pages(person_id, last)
        found = asyncio.run(_visited(store, program, pages, scale.of(200, 20)))
    return [figure for page in pages for figure in _figures(page, found[page], decisions)]


def _pages(person_id: str, number: int) -> list[str]:
    return [
        *("/", "/now", "/people", "/people?q=person77", f"/people/{person_id}"),
        *("/promises", "/journeys", "/audiences", "/post-room", "/sources", "/cases"),
        *("/engagements", "/engagements/mileage_offer", "/decisions", "/decisions/silence"),
        *("/decisions?engagement=mileage_offer&verdict=silence", f"/decisions/{number}"),
        *(f"/decisions?person={person_id}", "/decisions?verdict=send&origin=journey"),
        f"/decisions/why?person={person_id}&engagement=mileage_offer",
    ]


def _figures(page: str, took: Sequence[Look], decisions: int) -> Iterator[Figure]:
    on_clock, of_cpu = ([look[n] for look in took] for n in (0, 1))
    yield Figure(name=f"{page[:60]}, p50 of CPU", value=percentile(of_cpu, 0.5), unit="CPU-ms")
    yield Figure(
        name=f"{page[:60]}, p99",
        value=percentile(on_clock, 0.99),
        unit="ms",
        goal="< 50",
        beside=f"{decisions:,} decisions",
    )


def _decide(store: Store, program: Program, people: int, count: int) -> int:
    """Write decisions as the loop does, evenly over the days; return the place of the last."""
    random, now = Random(7), datetime.now(UTC)
    names = sorted(program.engagements)
    offset = 0
    for start in range(0, count, AT_ONCE):
        projector = Projector()
        with store.writing(is_durable=False) as writing:
            offset = writing.journal.last()
            entries = []
            for number in range(start, min(start + AT_ONCE, count)):
                offset += 1
                at = now - timedelta(days=DAYS) * (1 - (number + 1) / (count + 1))
                person = random.randrange(people)
                entries.append(_entry(offset, at, person, names, program, random))
                projector.add(entries[-1])
            writing.journal.append(entries, [])
            writing.registers.project(projector.done())
    return offset


def _entry(
    offset: int, at: datetime, person: int, names: Sequence[str], program: Program, random: Random
) -> Entry:
    name = random.choice(names)
    engagement = program.engagements[name]
    verdict: Verdict = random.choice(VERDICTS)
    reason = {"send": ("best_value",), "silence": SILENCES, "hold": HOLDS}[verdict]
    origin = random.choice(ORIGINS[:2] if len(name) % 2 else ORIGINS[2:])
    ref = "spring" if origin == "broadcast" else f"r{offset}"
    candidate = Candidate(engagement=name, origin=origin, ref=ref, made_at=at)
    body = Decided(
        decision_id=derived_id("bench", str(offset)),
        candidate=candidate,
        verdict=verdict,
        reason=random.choice(reason),
        message_class=engagement.message_class,
        purpose=engagement.purpose,
        channel=random.choice(CHANNELS) if verdict == "send" else "",
        address=f"person{person}@people.example" if verdict == "send" else "",
        score=2.5,
        factors={"propensity": 0.3, "value_customer": 3.0, "silence": 0.5},
        wake_at=at + timedelta(hours=9) if verdict == "hold" else None,
    )
    identity = identity_of("user_id", f"u{person}")
    return Entry(offset=offset, identity=identity, at=at, received_at=at, cause=1, body=body)


class _NoIntake:
    """The console of the benchmark only looks."""

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        raise RuntimeError(f"nothing is written here ({len(drafts)} drafts)")

    async def reject(self, items: Sequence[Rejected]) -> None:
        raise RuntimeError(f"nothing is refused here ({len(items)} items)")


async def _visited(
    store: Store, program: Program, pages: Sequence[str], times: int
) -> dict[str, list[Look]]:
    """Return milliseconds of the looks at each page; the first three looks are not counted."""
    known = routes(
        *(store, lambda: program, SystemClock(), _NoIntake(), SECRET, lambda: (True, {})),
        kernel=build_kernel(),
    )
    transport = httpx.ASGITransport(app=Starlette(routes=known))
    took: dict[str, list[Look]] = {page: [] for page in pages}
    async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
        await _sign_in(client)
        for page in pages:
            for number in range(times + 3):
                began, spent = time.perf_counter(), time.process_time()
                reply = await client.get(page)
                if reply.status_code != 200:
                    raise RuntimeError(f"{page} answered {reply.status_code}")
                if number >= 3:
                    took[page].append(
                        ((time.perf_counter() - began) * 1e3, (time.process_time() - spent) * 1e3)
                    )
    return took


async def _sign_in(client: httpx.AsyncClient) -> None:
    page = (await client.get("/sign-in")).text
    token = page.split('name="csrf" value="')[1].split('"')[0]
    reply = await client.post("/sign-in", data={"secret": SECRET, "csrf": token})
    if reply.status_code != 303:
        raise RuntimeError(f"signing in answered {reply.status_code}")
