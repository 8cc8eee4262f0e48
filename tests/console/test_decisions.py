"""Decisions: the stream, one of them, silence at large, and why somebody does not get something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette

from regard.assembly import build_kernel
from regard.assembly.house import judge
from regard.console import routes
from regard.console.decision_reports import Reports
from regard.core.event import Identifier
from regard.core.facts import Refusal
from regard.core.person import Consent
from regard.core.program import Program
from regard.core.rules import Learning
from regard.testing.clock import VirtualClock
from tests.console.airline import airline
from tests.console.cast import NOW, Cast, ago
from tests.console.conftest import sign_in
from tests.console.serve import SECRET
from tests.console.visitor import Visitor

OFFER_PURPOSE = "offers"
FACTORS = {
    "propensity": 0.5,
    "context": 0.8,
    "value_customer": 5.0,
    "value_company": 2.0,
    "fatigue": 0.4,
    "silence": 0.5,
    "context.there": 0.8,
}


WEIGHED: dict[str, Any] = {"factors": FACTORS, "score": 2.4, "reason": "best_value"}
KNOWN = airline().engagements.values()
MARKETING = next(e.id for e in KNOWN if e.message_class == "marketing")
SERVICE = next(e.id for e in KNOWN if e.message_class == "service")


@pytest.fixture
def known() -> Program:
    return airline()


@pytest.fixture
def cast(known: Program) -> Cast:
    """Ada, who got one offer and none of another, and objected to marketing three days ago."""
    cast = Cast()
    ada = cast.person("Ada Lovelace", Identifier("user_id", "ada"), email="ada@example.com")
    word = Consent(False, ago(days=3), "website", {}, 1)
    cast.set(ada, consents={f"{OFFER_PURPOSE}|*": word})
    cast.decided(ada, ago(hours=2), MARKETING, verdict="send", channel="email", **WEIGHED)
    refused = (Refusal("email", "no_consent"), Refusal("sms", "quiet_hours", NOW))
    cast.decided(
        ada,
        ago(hours=1),
        SERVICE,
        verdict="silence",
        reason="no_consent",
        factors={},
        refusals=refused,
    )
    return cast


@pytest.fixture
def visitor(cast: Cast, known: Program) -> Iterator[Visitor]:
    site = routes(
        *(cast.shelf, lambda: known, VirtualClock(NOW), cast.shelf, SECRET, lambda: (True, {})),
        kernel=build_kernel(),
        judge=judge,
    )
    with Visitor(Starlette(routes=site)) as visitor:
        sign_in(visitor, SECRET)
        yield visitor


def items(visitor: Visitor, query: str = "") -> list[tuple[str, str]]:
    found = visitor.get(f"/decisions?format=json{query}").json()["items"]
    return [(item["engagement"], item["verdict"]) for item in found]


def test_the_stream_is_narrowed_by_every_part_of_a_decision(visitor: Visitor, cast: Cast) -> None:
    ada = next(iter(cast.shelf.persons))
    assert items(visitor) == [(SERVICE, "silence"), (MARKETING, "send")]
    assert items(visitor, "&verdict=send") == [(MARKETING, "send")]
    assert items(visitor, f"&engagement={SERVICE}&reason=no_consent") == [(SERVICE, "silence")]
    assert items(visitor, "&channel=sms") == []
    assert items(visitor, f"&person={ada}&verdict=silence") == [(SERVICE, "silence")]
    assert "No such decision" in visitor.get("/decisions?channel=sms").text


def test_one_decision_shows_steps_that_add_up_to_its_score(visitor: Visitor) -> None:
    number = visitor.get("/decisions?verdict=send&format=json").json()["items"][0]["number"]
    view = visitor.get(f"/decisions/{number}?format=json").json()
    assert sum(step["value"] for step in view["steps"]) == pytest.approx(WEIGHED["score"])
    assert (view["silence"], view["parts"]) == (0.5, [["there", 0.8]])
    assert "worth to the customer" in visitor.get(f"/decisions/{number}").text.lower()


def test_a_refusal_names_channels_and_when_they_are_free_again(visitor: Visitor) -> None:
    number = visitor.get("/decisions?verdict=silence&format=json").json()["items"][0]["number"]
    view = visitor.get(f"/decisions/{number}?format=json").json()
    assert [r["reason"] for r in view["refusals"]] == ["no_consent", "quiet_hours"]
    assert "It was not weighed" in visitor.get(f"/decisions/{number}").text
    assert visitor.get("/decisions/99999").status_code == 404


def test_why_names_every_rule_since_when_and_the_last_decision(
    visitor: Visitor, cast: Cast
) -> None:
    ada = next(iter(cast.shelf.persons))
    drafts = len(cast.shelf.drafts)
    view = visitor.get(f"/decisions/why?person={ada}&engagement={MARKETING}&format=json").json()
    assert view["last"]["verdict"] == "send"
    assert view["would"]["verdict"] == "silence"
    objected = [o for o in view["obstacles"] if o["reason"] == "objected"]
    assert objected
    assert all(o["since"] == ago(days=3).isoformat().replace("+00:00", "Z") for o in objected)
    assert len(cast.shelf.drafts) == drafts, "nothing is written"
    assert (
        "What stands in the way now"
        in visitor.get(f"/decisions/why?person={ada}&engagement={MARKETING}").text
    )


def test_why_says_once_what_holds_on_several_channels(visitor: Visitor, cast: Cast) -> None:
    bruno = cast.person("Bruno", Identifier("user_id", "bruno"))
    place = f"/decisions/why?person={bruno}&engagement={SERVICE}"
    missing = [
        o["channel"]
        for o in visitor.get(f"{place}&format=json").json()["obstacles"]
        if o["reason"] == "unreachable"
    ]
    page = visitor.get(place).text
    assert len(missing) > 1
    assert page.count("No address is known") == 1
    assert ", ".join(missing) in page


def test_why_of_what_was_never_offered_says_so(
    visitor: Visitor, cast: Cast, known: Program
) -> None:
    ada = next(iter(cast.shelf.persons))
    other = next(e for e in known.engagements if e not in (SERVICE, MARKETING))
    page = visitor.get(f"/decisions/why?person={ada}&engagement={other}").text
    assert "It was never offered to them" in page
    assert "What did Ada Lovelace not get?" in visitor.get(f"/decisions/why?person={ada}").text
    assert visitor.get("/decisions/why?engagement=none").status_code == 404


def test_silence_is_told_by_reason_and_by_value_forgone(visitor: Visitor, known: Program) -> None:
    view = visitor.get("/decisions/silence?format=json").json()
    offer = known.engagements[SERVICE]
    worth = (offer.value_customer + offer.value_company) * offer.propensity
    assert [(f["reason"], f["count"], f["value"]) for f in view["forgone"]] == [
        ("no_consent", 1, worth)
    ]
    assert [(x["engagement"], x["share"]) for x in view["mix"]] == [(MARKETING, 1.0)]
    assert "This project does not learn" in visitor.get("/decisions/silence").text


def test_a_learning_project_is_told_why_nothing_can_be_estimated(
    cast: Cast, known: Program
) -> None:
    learning = replace(known, learning=Learning())
    reports = Reports(cast.shelf, lambda: learning, VirtualClock(NOW), judge)
    reports.ask(is_judging=True)
    reports.join()
    found = reports.ask()
    assert (found.read_to, found.problem) == (cast.shelf.last(), "")
    assert [one.refusal for one in found.judged] == ["no occasion is logged whose time is over"] * 2
