"""The world against a small real HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from regard.core.errors import Refused
from regard.world import SOURCES, Letter, WorldSettings, WorldSummary, live
from regard.world.living import AGENDA
from regard.world.post import UNDER_WAY

from .conftest import LeapingTempo, Recorder

KEYS = {source: f"key-{source}" for source in SOURCES}


async def no_post() -> Sequence[Letter]:
    return ()


def run(recorder: Recorder, tempo: LeapingTempo, inbox=no_post, **more) -> WorldSummary:
    settings = WorldSettings(
        base_url=recorder.base_url,
        keys=KEYS,
        requests_per_s_max=1e6,
        **({"people": 3} | more),
    )
    lines: list[str] = []
    summary = asyncio.run(live(settings, lines.append, tempo=tempo, inbox=inbox))
    assert lines
    return summary


def test_a_day_is_lived_and_the_books_match_the_servers(
    recorder: Recorder, tempo: LeapingTempo
) -> None:
    summary = run(recorder, tempo, people=4)
    assert summary.requests == len(recorder.requests)
    assert sum(summary.accepted.values()) >= 4 * 3
    assert not summary.refused
    assert not summary.lost
    assert {"/v1/batch", "/v1/p", "/v1/i"} <= set(recorder.paths())


def test_a_busy_server_is_asked_again_with_the_same_bytes(
    recorder: Recorder, tempo: LeapingTempo
) -> None:
    recorder.odd_replies = [429]
    summary = run(recorder, tempo, people=1)
    bodies = [body for _, _, body in recorder.requests]
    assert summary.requests == len(bodies)
    assert not summary.refused
    first = bodies[0]
    assert bodies.count(first) == 2


def test_a_refusal_is_counted_and_not_repeated(recorder: Recorder, tempo: LeapingTempo) -> None:
    recorder.odd_replies = [401]
    summary = run(recorder, tempo, people=1)
    assert sum(summary.refused.values()) == 1
    assert summary.requests == len(recorder.requests)


def test_world_time_is_tied_to_what_has_not_been_sent_and_let_go_when_all_is(
    recorder: Recorder, tempo: LeapingTempo
) -> None:
    run(recorder, tempo, people=4)
    assert not tempo.tethers
    assert tempo.tied == {AGENDA, UNDER_WAY}


def test_letters_are_answered_once_and_doubles_are_noticed(
    recorder: Recorder, tempo: LeapingTempo
) -> None:
    letter = Letter(
        message_id="m-1",
        channel="email",
        address="ada@example.com",
        engagement="disruption_options",
        text="SK6770000",
    )

    async def inbox() -> Sequence[Letter]:
        return [letter]

    summary = run(recorder, tempo, inbox, people=1)
    assert summary.letters == {"email": 1}
    assert summary.doubled_letters > 1
    assert summary.answers >= 1
    assert summary.accepted["mail"] >= 1


def test_two_days_are_longer_than_one(recorder: Recorder, tempo: LeapingTempo) -> None:
    one = run(recorder, tempo, people=1)
    two = run(recorder, LeapingTempo(), people=1, days=2)
    assert sum(two.accepted.values()) > sum(one.accepted.values())


def test_a_world_without_keys_is_refused(recorder: Recorder, tempo: LeapingTempo) -> None:
    settings = WorldSettings(base_url=recorder.base_url, keys={"website": "k"})
    with pytest.raises(Refused, match="call_centre"):
        asyncio.run(live(settings, print, tempo=tempo, inbox=no_post))
