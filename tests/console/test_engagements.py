"""Engagements: what is offered and what became of it; experiments, take-up, what was learned."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.applications import Starlette

from regard.assembly import build_kernel
from regard.console import routes
from regard.console.decision_reports import Reports
from regard.core.event import Identifier
from regard.core.offers import Experiment, Success
from regard.core.program import Program
from regard.testing.clock import VirtualClock
from tests.console.airline import airline
from tests.console.cast import NOW, Cast, ago
from tests.console.conftest import sign_in
from tests.console.serve import SECRET
from tests.console.visitor import Visitor

OFFER = next(e.id for e in airline().engagements.values() if e.message_class == "marketing")


@pytest.fixture
def program() -> Program:
    """The airline, where an offer is compared in two arms and may be taken up within a day."""
    known = airline()
    offer = replace(
        known.engagements[OFFER],
        success=Success(event="Miles Bought", within=timedelta(days=1)),
        experiment=Experiment(id="tone", shares=((0.5, "core"), (0.5, "short"))),
    )
    return replace(known, engagements={**known.engagements, OFFER: offer})


@pytest.fixture
def cast() -> Cast:
    """Three who got the offer in one arm or the other, of whom one took it up; one in silence."""
    cast = Cast()
    for name, arm, takes in (
        ("ada", "core", True),
        ("bruno", "core", False),
        ("chen", "short", False),
    ):
        person = cast.person(name.title(), Identifier("user_id", name))
        about = {"verdict": "send", "channel": "email", "reason": "best_value"}
        cast.decided(person, ago(days=3), OFFER, experiment="tone@1", arm=arm, **about)
        if takes:
            cast.event(person, ago(days=2, hours=20), "Miles Bought", "web.desktop")
    dalia = cast.person("Dalia", Identifier("user_id", "dalia"))
    cast.decided(dalia, ago(days=2), OFFER, verdict="silence", reason="no_consent")
    return cast


def test_list_and_page_tell_what_became_of_an_offer(cast: Cast, program: Program) -> None:
    site = routes(
        *(cast.shelf, lambda: program, VirtualClock(NOW), cast.shelf, SECRET, lambda: (True, {})),
        kernel=build_kernel(),
    )
    with Visitor(Starlette(routes=site)) as visitor:
        sign_in(visitor, SECRET)
        listed = visitor.get("/engagements?format=json").json()["items"]
        item = next(one for one in listed if one["engagement"] == OFFER)
        counts = ("offered_count", "sent_count", "silent_count", "held_count")
        assert [item[name] for name in counts] == [4, 3, 1, 0]
        assert [(s["key"], s["count"]) for s in item["silences"]] == [("no_consent", 1)]
        assert [count for _, count in item["days"]][-4:] == [3, 0, 0, 0]
        view = visitor.get(f"/engagements/{OFFER}?format=json").json()
        assert view["success"] == "Miles Bought within 1 d"
        assert len(view["latest"]) == 4
        assert visitor.get(f"/engagements/{OFFER}").status_code == 200
        assert visitor.get("/engagements/nothing").status_code == 404


def test_take_up_and_arms_are_counted_once_the_time_is_over(cast: Cast, program: Program) -> None:
    clock = VirtualClock(NOW)
    reports = Reports(cast.shelf, lambda: program, clock)
    assert reports.ask().is_counting
    reports.join()
    found = reports.ask()
    assert [(one.over, one.taken) for one in found.taken[OFFER]] == [(3, 1)]
    (tone,) = found.comparisons
    assert [(a.name, a.people, a.rate.successes) for a in tone.arms] == [
        ("core", 2, 1),
        ("short", 1, 0),
    ]


def test_counting_goes_on_where_it_stopped(cast: Cast, program: Program) -> None:
    reports = Reports(cast.shelf, lambda: program, VirtualClock(NOW))
    reports.ask()
    reports.join()
    before = reports.ask()
    assert not before.is_counting
    person = next(iter(cast.shelf.persons))
    cast.event(person, NOW, "Boarded", "app.phone")
    assert reports.ask().is_counting
    reports.join()
    assert reports.ask().read_to == before.read_to + 1
