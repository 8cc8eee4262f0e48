"""Questions: asked when the answer is not known, answered by a click and a button, or an event."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import httpx
import pytest
from starlette.applications import Starlette

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.core.clock import SystemClock
from regard.core.errors import Unavailable
from regard.core.event import Event
from regard.core.facts import AnswerTaken, Decided
from regard.core.ports import Draft
from regard.core.rows import Accepted, Rejected
from regard.delivery import Links, routes
from regard.store import MemoryStore
from regard.testing import RecordingChannel
from tests.delivery.cast import claimed
from tests.needs.house import Airline, program_of, said

SEAT = """
title: Where do you like to sit?
purpose: travel
class: service
value: {customer: 2, company: 1}
channels: [email]
subject: Window or aisle?
asks: {trait: seat_preference, choices: [window, aisle, the_middle]}
"""
SEAT_TEXT = "Window: {{ links.answer['window'] }} Middle: {{ links.answer.the_middle }} end"
LATER = """
title: Do you want to fly later?
need: rebook
purpose: travel
class: marketing
value: {customer: 4, company: 2}
channels: [email]
subject: Fly later?
asks: {need: rebook}
"""
JOURNEY = """
id: ask_{name}
start: {{event: {event}}}
reentry: always
steps: [{{id: ask, offer: {name}}}]
"""


class Answering(Airline):
    """The airline with questions, and the pages that their links lead to."""

    def __init__(self) -> None:
        files = {
            "engagements__ask_seat__engagement": SEAT,
            "engagements__ask_later__engagement": LATER,
            "journeys__ask_seat": JOURNEY.format(name="ask_seat", event="Signed Up"),
            "journeys__ask_later": JOURNEY.format(name="ask_later", event="Asked Around"),
        }
        program = program_of(
            **files,
            **{
                "engagements__ask_seat__core.email.txt": SEAT_TEXT,
                "engagements__ask_later__core.email.txt": "{{ links.answer['yes'] }} or not",
            },
        )
        super().__init__(program)
        links = Links("https://regard.example", ["a secret for virtual time"])
        self.is_full = False
        self.app = Starlette(
            routes=routes(intake=self, links=links, clock=self.clock, program=lambda: self.current)
        )

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        if self.is_full:
            raise Unavailable("The queue is full.", retry_after_s=7)
        return self.ledger.append(drafts, self.clock.now())

    async def reject(self, items: Sequence[Rejected]) -> None:
        raise AssertionError("nothing is rejected here")

    def ask(self, method: str, url: str, language: str = "") -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport) as client:
                headers = {"accept-language": language} if language else {}
                return await client.request(method, url, headers=headers)

        response = asyncio.run(exchange())
        self.settle()
        return response

    def link(self, number: int = 0) -> str:
        text = self.channels["email"].messages[-1].text
        return re.findall(r"https://\S+", text)[number]

    def answers(self) -> list[str]:
        return [body.answer for body in self.bodies() if isinstance(body, AnswerTaken)]

    def reasons(self) -> list[str]:
        return [body.reason for body in self.bodies() if isinstance(body, Decided)]


@pytest.fixture
def house() -> Answering:
    return Answering()


def test_a_click_shows_a_page_and_the_button_records_the_answer(house: Answering) -> None:
    house.does("Signed Up")
    shown = house.ask("GET", house.link())
    assert shown.status_code == 200
    assert "Is “window” your answer?" in shown.text
    assert '<form method="post">' in shown.text
    assert house.answers() == []
    done = house.ask("POST", house.link())
    assert done.status_code == 200
    assert "Thank you" in done.text
    assert house.answers() == ["window"]
    claim = house.person().claims["seat_preference"]
    assert (claim.value, claim.trust, claim.source) == ("window", 0, "regard")
    assert house.changed_views() == []


def test_the_page_speaks_the_readers_language(house: Answering) -> None:
    house.does("Preference Set", properties={"language": "de-AT"})
    house.does("Signed Up")
    assert "Ist „the middle“ Ihre Antwort?" in house.ask("GET", house.link(1), "en").text


def test_what_is_known_is_not_asked_again(house: Answering) -> None:
    house.does("Signed Up")
    house.ask("POST", house.link())
    house.after(minutes=1)
    house.does("Signed Up")
    assert house.reasons() == ["owed", "already_known"]


def test_a_guess_does_not_count_as_known(house: Answering) -> None:
    house.does("Seat Chosen", traits={"seat_preference": "aisle"})
    house.does("Signed Up")
    assert house.reasons() == ["owed"]


def test_a_changed_mind_is_heard_and_a_sync_is_not(house: Answering) -> None:
    house.does("Signed Up")
    house.ask("POST", house.link(0))
    house.ask("POST", house.link(0))
    house.after(minutes=1)
    house.ask("POST", house.link(1))
    assert house.answers() == ["window", "the_middle"]
    house.does("Synced", traits={"seat_preference": "aisle"})
    assert house.person().trait("seat_preference") == "the_middle"


def test_a_changed_link_is_refused(house: Answering) -> None:
    house.does("Signed Up")
    url = house.link()
    assert house.ask("GET", url[:-3] + "abc").status_code == 404
    assert house.ask("POST", url.replace("/answer/", "/answer/x")).status_code == 404
    assert house.answers() == []


def test_the_assembled_house_serves_the_page_and_takes_the_answer() -> None:
    keys = Keys(console_secret="s" * 20, api_token="t" * 20, signing_key="a key of sixteen bytes")
    program, store = Answering().current, MemoryStore()
    plan = Plan(
        program=program,
        store=store,
        clock=SystemClock(),
        keys=keys,
        public_url="https://regard.example",
        make_adapter=lambda _channel, _program: RecordingChannel(clock=SystemClock()),
    )
    house = House(plan)
    row = claimed(engagement="ask_seat").row
    path = house.links.answer(row, "email", "aisle").removeprefix("https://regard.example")

    async def play() -> None:
        transport = httpx.ASGITransport(house.app)
        async with (
            house.running(),
            httpx.AsyncClient(transport=transport, base_url="https://regard.example") as client,
        ):
            assert (await client.get("/answer/nothing")).status_code == 404
            assert "Is “aisle” your answer?" in (await client.get(path)).text
            assert (await client.post(path)).status_code == 200

    asyncio.run(play())
    with store.reading() as reading:
        names = [e.body.name for e, _, _ in reading.tail.after(0, 100) if isinstance(e.body, Event)]
    assert names == ["Question Answered"]


def test_a_full_house_asks_to_try_again(house: Answering) -> None:
    house.does("Signed Up")
    house.is_full = True
    told = house.ask("POST", house.link())
    assert (told.status_code, told.headers["retry-after"]) == (503, "7")


def test_an_answer_comes_through_the_api_by_the_message_that_asked(house: Answering) -> None:
    house.does("Signed Up")
    message_id = house.channels["email"].messages[0].message_id
    house.does("Question Answered", properties={"message_id": message_id, "answer": "purple"})
    house.does("Question Answered", properties={"message_id": "another", "answer": "aisle"})
    stranger = {"message_id": message_id, "answer": "aisle"}
    house.does("Question Answered", user_id="bruno", properties=stranger)
    house.does("Question Answered", properties={"engagement": "ask_seat", "answer": "aisle"})
    assert house.answers() == []
    house.does("Question Answered", properties={"message_id": message_id, "answer": "aisle"})
    assert house.answers() == ["aisle"]
    assert house.person().claims["seat_preference"].trust == 0


def test_a_question_about_a_need_is_asked_while_it_is_open(house: Answering) -> None:
    house.does("Asked Around")
    assert house.reasons() == ["already_known"]
    house.does("Flight Disrupted")
    house.does("Asked Around")
    found = [body for body in house.bodies() if isinstance(body, Decided)][-1]
    belief = house.belief()
    assert 0.2 < belief < 0.6
    assert found.verdict == "send"
    assert found.factors["context.uncertainty"] == pytest.approx(4 * belief * (1 - belief))
    house.does("Message Received", **said("rebook, rebook!"))
    assert house.belief() < 0.95
    house.does("Booking Viewed", properties={"section": "change"})
    house.does("Asked Around")
    assert house.reasons()[-1] == "already_known"


def test_yes_makes_it_felt_and_no_ends_it(house: Answering) -> None:
    house.does("Flight Disrupted")
    house.does("Asked Around")
    yes = house.link()
    house.ask("POST", yes)
    assert house.belief() > 0.95
    assert "Need Felt|rebook" in house.noted()
    message_id = house.channels["email"].messages[-1].message_id
    house.after(minutes=1)
    house.does("Question Answered", properties={"message_id": message_id, "answer": False})
    assert house.belief() < 0.02
    assert house.noted()[-1] == "Need Faded|rebook"
    need = house.need()
    assert need is not None
    assert [reason.told for reason in need.reasons] == ["answered “no”", "Flight Disrupted"]


def test_a_question_that_waits_is_dropped_when_the_answer_comes(house: Answering) -> None:
    house.answer("email", "try_again")
    house.does("Signed Up")
    message_id = house.channels["email"].messages[-1].message_id
    house.does("Question Answered", properties={"message_id": message_id, "answer": "aisle"})
    house.answer("email", "sent")
    house.after(hours=2)
    assert house.reasons() == ["owed"]
    assert {m.message_id for m in house.channels["email"].messages} == {message_id}
