"""Who is one person, in the console: why, taken apart, made one, taken back, asked and answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as Tree

import pytest

from regard.console.identity_words import IdentityBody, identity_line
from regard.console.pages.identity_chain import chain
from regard.core.event import Identifier, IdentityAct
from regard.core.facts import EvidenceRefused, PersonSplit
from regard.core.rows import Evidence
from tests.console.conftest import sign_in, token
from tests.console.kiosk import START, Kiosk, with_questions, wrong_merge
from tests.console.serve import SECRET
from tests.console.visitor import Visitor


@pytest.fixture
def kiosk() -> Kiosk:
    return wrong_merge()


@pytest.fixture
def visitor(kiosk: Kiosk) -> Iterator[Visitor]:
    with Visitor(kiosk.site) as visitor:
        assert sign_in(visitor, SECRET) == 303
        yield visitor


def read(visitor: Visitor, path: str) -> Any:
    answer = visitor.get(path + ("&" if "?" in path else "?") + "format=json")
    assert answer.status_code == 200, answer.text
    return answer.json()


def place_of(kiosk: Kiosk, email: str = "dalia@example.com") -> str:
    return f"/people/{kiosk.id('email', email)}/identity"


def chosen(visitor: Visitor, place: str, leaves: tuple[str, ...], both: tuple[str, ...]) -> str:
    """Return the address of the preview with some identifiers leaving and some of both."""
    sides = {}
    for key in read(visitor, place)["keys"]:
        value = key["identifier"][1]
        side = "leaves" if value in leaves else "both" if value in both else "stays"
        sides[f"i.{key['identity']}"] = side
    return f"{place}/split?{urlencode(sides)}"


def fill(visitor: Visitor, path: str, **fields: str) -> Any:
    """Send the confirming form of a page as a browser would."""
    page = visitor.get(path).text
    form = page[page.rindex('class="reasoned"') - 400 :]
    action = form.split('action="')[1].split('"')[0]
    hidden = {
        part.split('"')[0]: part.split('value="')[1].split('"')[0]
        for part in form.split('type="hidden" name="')[1:]
    }
    return visitor.post(action, data=hidden | fields)


DARIO = ("dario@example.com", "SK7002")


def test_page_tells_why_two_identifiers_are_one(kiosk: Kiosk, visitor: Visitor) -> None:
    ends = urlencode({"from": "email:dalia@example.com", "to": "email:dario@example.com"})
    view = read(visitor, f"{place_of(kiosk)}?{ends}")
    chain = [(b["left"][1], b["right"][1]) for b in view["chain"]]
    assert len(chain) == 4, "both addresses by their bookings, which share the kiosk"
    assert all("kiosk-1" in pair for pair in chain[1:3])
    assert view["chain"][0]["words"] == "Seen in the same event, “Booking Confirmed”"
    assert view["chain"][2]["words"] == "Seen in the same event, “Check-in Completed”"
    assert {b["by"] for b in view["chain"]} == {"Website and web shop"}
    page = visitor.get(place_of(kiosk)).text
    drawn = page[page.index('<svg class="evidence-drawing"') :].partition("</svg>")
    svg = Tree.fromstring(drawn[0] + drawn[1])
    assert {p.get("class") for p in svg.findall("path")} == {"arc links"}
    merged = next(item for item in view["past"] if item["loser"])
    assert "Two records became one person" in merged["text"]
    apart = read(visitor, f"{place_of(kiosk)}?apart={merged['loser']}")
    assert {k["identifier"][1] for k in apart["keys"] if k["side"] == "leaves"} == set(DARIO)


def test_split_shows_what_moves_and_then_moves_exactly_that(kiosk: Kiosk, visitor: Visitor) -> None:
    place = place_of(kiosk)
    preview = chosen(visitor, place, DARIO, ("kiosk-1",))
    view = read(visitor, preview)
    assert len(view["before"]) == 1
    people = {p["label"]: p for p in view["after"]}
    assert set(people) == {"Dalia Horn", "Dario Horn", "kiosk-1"}
    assert people["kiosk-1"]["is_place"]
    assert [people["Dalia Horn"]["keeps_id"], people["Dario Horn"]["keeps_id"]] == [True, False]
    assert people["Dalia Horn"]["event_count"] == 2
    assert people["Dario Horn"]["event_count"] == 2
    assert any("SK7002" in told for told in people["Dario Horn"]["promises"])
    assert not any("SK7002" in told for told in people["Dalia Horn"]["promises"])
    assert people["Dalia Horn"]["consents"]
    assert not people["Dario Horn"]["consents"]
    assert people["Dalia Horn"]["reached_at"] == ["dalia@example.com"]
    assert people["Dario Horn"]["reached_at"] == ["dario@example.com"]
    assert kiosk.acts() == [], "looking changes nothing"
    assert kiosk.id("email", "dario@example.com") == kiosk.id("email", "dalia@example.com")

    answer = fill(visitor, preview, why="two guests at one kiosk", by="Ines")
    assert answer.headers["location"] == f"{place}#past"
    (act,) = kiosk.acts()
    assert (act.act, act.by, act.why) == ("split", "Ines", "two guests at one kiosk")
    for part in view["after"]:
        for kind, value in part["identifiers"]:
            assert kiosk.id(kind, value) == part["person_id"]
    assert kiosk.events(kiosk.id("email", "dario@example.com"))[1] == "Check-in Completed"
    page = read(visitor, place)
    assert [p["identifier"][1] for p in page["places"]] == ["kiosk-1"]
    assert page["places"][0]["word"] == "place"
    assert page["places"][0]["persons"][0][1] == "Dario Horn"
    assert "arc cut" in visitor.get(place).text
    assert page["past"][0]["by"] == "Ines"
    assert any("stopped linking" in told for told in page["past"][0]["follows"])


def test_timelines_of_both_tell_the_split_and_its_way_back(kiosk: Kiosk, visitor: Visitor) -> None:
    merged = visitor.get(place_of(kiosk).removesuffix("/identity")).text
    assert "Take apart what came together here" in merged
    fill(visitor, chosen(visitor, place_of(kiosk), DARIO, ("kiosk-1",)), why="two guests")
    (act,) = kiosk.acts()
    for email in ("dalia@example.com", "dario@example.com"):
        told = read(visitor, f"/people/{kiosk.id('email', email)}")
        (line,) = [row for row in told["rows"] if row["line"]["text"].startswith("Taken apart")]
        assert line["why"]["links"] == [["This act, and its way back", f"/identity/{act.act_id}"]]
        texts = [row["line"]["text"] for row in told["rows"]]
        assert sum("One record became two people" in text for text in texts) == 1
        assert sum("kiosk-1 is shared" in text for text in texts) == 1


def test_a_place_is_called_what_it_is_and_nobody_is_made_one_with_it(
    kiosk: Kiosk, visitor: Visitor
) -> None:
    fill(visitor, chosen(visitor, place_of(kiosk), DARIO, ("kiosk-1",)), why="two guests")
    place = kiosk.id("anonymous_id", "kiosk-1")
    told = read(visitor, f"/people/{place}")
    assert (told["label"], told["place"]) == ("kiosk-1", "place")
    assert "Several people share it" in visitor.get(f"/people/{place}").text
    page = visitor.get(f"/people/{place}/identity").text
    assert "Who stands here?" in page
    assert "Merge with" not in page
    assert read(visitor, place_of(kiosk))["place"] == ""


def test_a_drawing_tells_how_many_identifiers_it_leaves_out(kiosk: Kiosk, visitor: Visitor) -> None:
    for number in range(20):
        address = {"email": "ada@example.com"}
        kiosk.take({"anonymous_id": f"browser-{number}", "identify": address})
    page = visitor.get(place_of(kiosk, "ada@example.com")).text
    shown = page[page.index('<svg class="evidence-drawing"') :].partition("</svg>")[0]
    keys = read(visitor, place_of(kiosk, "ada@example.com"))["keys"]
    told = int(shown.partition(" more, in the list below")[0].rpartition(">")[2])
    assert shown.count("<circle") + told == len(keys)


def test_who_chose_nothing_is_led_back(kiosk: Kiosk, visitor: Visitor) -> None:
    place = place_of(kiosk)
    came = {"referer": f"http://regard.example{place}"}
    page = visitor.get(f"{place}/split", headers=came).text
    assert "A split needs an identifier that leaves" in page
    assert "Skylark Air" in page
    assert f'href="{place}">Back</a>' in page
    away = visitor.get(f"{place}/split", headers={"referer": "https://elsewhere.example/x"}).text
    assert "Back</a>" not in away


def test_split_is_taken_back_with_a_reason(kiosk: Kiosk, visitor: Visitor) -> None:
    place = place_of(kiosk)
    before = read(visitor, place)
    fill(visitor, chosen(visitor, place, DARIO, ("kiosk-1",)), why="wrong")
    act_id = kiosk.acts()[0].act_id
    told = read(visitor, f"/identity/{act_id}")
    assert told["past"]["stands"]
    assert len(told["undo"]["after"]) == 1
    assert fill(visitor, f"/identity/{act_id}", why="").status_code == 400
    assert fill(visitor, f"/identity/{act_id}", why="it was him", by="Ines").status_code == 303
    after = read(visitor, place)
    assert {k["identifier"][1] for k in after["keys"]} == {
        k["identifier"][1] for k in before["keys"]
    }
    assert kiosk.id("email", "dario@example.com") == before["person_id"]
    assert [(p["stands"], p["by"]) for p in after["past"][:2]] == [
        (True, "Ines"),
        (False, "console"),
    ]
    assert not read(visitor, f"/identity/{act_id}")["past"]["stands"]
    happened = visitor.get(f"/people/{before['person_id']}").text
    assert "An earlier word taken back" in happened
    assert f"/identity/{kiosk.acts()[1].act_id}" in happened, "the timeline leads to the way back"


def test_merge_shows_what_moves_and_then_moves_exactly_that(kiosk: Kiosk, visitor: Visitor) -> None:
    place, ada = place_of(kiosk), kiosk.id("email", "ada@example.com")
    found = read(visitor, f"{place}/merge?q=lovel")
    assert [p["person_id"] for p in found["people"]] == [ada]
    preview = f"{place}/merge?with={ada}"
    view = read(visitor, preview)
    assert (len(view["before"]), len(view["after"])) == (2, 1)
    assert view["after"][0]["event_count"] == 5
    assert fill(visitor, preview, why=" ").status_code == 400
    assert fill(visitor, preview, why="same passport").status_code == 303
    assert kiosk.id("email", "ada@example.com") == view["after"][0]["person_id"]
    same = visitor.get(f"{place}/merge?with={ada}&format=json")
    assert same.json()["code"] == "same_person"


def test_previews_tell_what_becomes_of_consent(kiosk: Kiosk, visitor: Visitor) -> None:
    place, ada = place_of(kiosk), kiosk.id("email", "ada@example.com")
    split = read(visitor, chosen(visitor, place, DARIO, ("kiosk-1",)))["consents"]
    assert [(c["label"], c["now"][0][1], c["then"]) for c in split] == [
        ("Dario Horn", "granted", "not said")
    ]
    (gain,) = read(visitor, f"{place}/merge?with={ada}")["consents"]
    assert sorted(state for _, state in gain["now"]) == ["granted", "not said"]
    assert gain["then"] == "granted"
    no = {"purpose": "offers", "channel": "email"}
    mail = {"email": "ada@example.com"}
    kiosk.take({"event": "Consent Withdrawn", "traits": mail, "properties": no})
    kiosk.clock.advance(timedelta(hours=1))
    (weighed,) = read(visitor, f"{place}/merge?with={ada}")["consents"]
    assert sorted(state for _, state in weighed["now"]) == ["granted", "withdrawn"]
    assert weighed["then"] == "withdrawn"
    assert weighed["why"].startswith("The stricter of two who became one later")
    page = visitor.get(f"{place}/merge?with={ada}").text
    assert "What becomes of consent" in page
    assert "The stricter of two" in page


def test_evidence_of_a_page_view_tells_what_was_viewed(kiosk: Kiosk, visitor: Visitor) -> None:
    kiosk.take({"user_id": "ada", "anonymous_id": "laptop-1", "page": "Fares"})
    kiosk.take({"user_id": "ada", "identify": {"email": "ada@example.com"}})
    told = [b["words"] for b in read(visitor, place_of(kiosk, "ada@example.com"))["bonds"]]
    assert "Seen in the same event, viewed Fares" in told
    assert any("said who they are" in words for words in told)


def test_form_sent_twice_is_one_act(kiosk: Kiosk, visitor: Visitor) -> None:
    place = place_of(kiosk)
    page = visitor.get(f"{place}/merge?with={kiosk.id('email', 'ada@example.com')}").text
    form = {"csrf": token(page), "why": "same", "with": kiosk.id("email", "ada@example.com")}
    form["shown"] = page.split('name="shown" value="')[1].split('"')[0]
    assert visitor.post(f"{place}/merge", data=form).status_code == 303
    assert visitor.post(f"{place}/merge", data=form).status_code == 400
    assert len(kiosk.acts()) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"leaves": "1", "stays": "2"}, "moved_on"),
        ({"leaves": "", "stays": ""}, "nothing_to_split"),
        ({"why": ""}, "why_missing"),
        ({"csrf": "forged"}, "bad_token"),
    ],
)
def test_split_that_makes_no_sense_is_refused(
    kiosk: Kiosk, visitor: Visitor, fields: dict[str, str], code: str
) -> None:
    place = place_of(kiosk)
    form = {"csrf": token(visitor.get(place).text), "why": "because"} | fields
    answer = visitor.post(f"{place}/split?format=json", data=form)
    assert answer.json()["code"] == code
    assert kiosk.acts() == []


class TestQueue:
    """The review queue over a house with a question of each kind."""

    @pytest.fixture
    def kiosk(self) -> Kiosk:
        return with_questions()

    def queue(self, visitor: Visitor, kind: str = "") -> Any:
        return read(visitor, f"/reviews?kind={kind}")

    def answer(self, visitor: Visitor, review_id: str, answer: str, **fields: str) -> Any:
        path = f"/reviews?open={review_id}"
        page = visitor.get(path).text
        form = page[page.index('class="answer"') :]
        hidden = {
            part.split('"')[0]: part.split('value="')[1].split('"')[0]
            for part in form.split('type="hidden" name="')[1:]
        }
        return visitor.post(f"/reviews/{review_id}", data=hidden | {"answer": answer} | fields)

    def test_proposal_is_shown_side_by_side_with_its_reasons(self, visitor: Visitor) -> None:
        view = self.queue(visitor, "proposed")
        detail = view["open"]
        assert [name for _, name in detail["people"]] == ["Ada Lovelace", "Ada Lovelase"]
        states = {f["name"]: f["state"] for f in detail["facets"]}
        assert (states["name"], states["city"]) == ("differs", "one")
        assert detail["weights"][0]["words"] == "before anything is compared"
        assert detail["weights"][-1]["end"] == pytest.approx(2.0)
        page = visitor.get("/reviews?kind=proposed").text
        assert "88.1% probable" in page
        assert page.count("share step") == 5

    def test_accepting_makes_one_person_and_shrinks_the_queue(
        self, kiosk: Kiosk, visitor: Visitor
    ) -> None:
        before = self.queue(visitor)
        asked = next(i for i in before["items"] if i["kind"] == "proposed")
        answer = self.answer(visitor, asked["review_id"], "one", by="Ines")
        assert kiosk.id("email", "ada.l@example.org") == kiosk.id("email", "ada@example.com")
        act = kiosk.acts()[-1]
        assert (act.act, act.by, act.answers) == ("link", "Ines", asked["review_id"])
        assert act.why == "answered in the review queue"
        then = read(visitor, answer.headers["location"])
        assert len(then["items"]) == len(before["items"]) - 1
        assert then["done_act"] == act.act_id
        settled = read(visitor, f"/reviews?open={asked['review_id']}")["open"]
        assert settled["is_settled"]
        assert settled["answered"]

    def test_undo_of_an_answer_asks_again(self, kiosk: Kiosk, visitor: Visitor) -> None:
        asked = self.queue(visitor, "proposed")["items"][0]["review_id"]
        self.answer(visitor, asked, "never")
        assert self.queue(visitor, "proposed")["items"] == []
        fill(visitor, f"/identity/{kiosk.acts()[-1].act_id}", why="too fast")
        assert [i["review_id"] for i in self.queue(visitor, "proposed")["items"]] == [asked]

    def test_shared_phone_is_a_question_about_those_who_have_it(
        self, kiosk: Kiosk, visitor: Visitor
    ) -> None:
        detail = self.queue(visitor, "shared")["open"]
        assert {name for _, name in detail["people"]} == {"Ngozi Okafor", "Emeka Okafor"}
        assert [value for _, value, _ in detail["answers"]] == ["one", "never", "leave"]
        self.answer(visitor, detail["item"]["review_id"], "leave")
        assert kiosk.acts()[-1].act == "dismiss"
        assert self.queue(visitor, "shared")["items"] == []
        ngozi = read(visitor, f"/people/{kiosk.id('user_id', 'ngozi')}/identity")
        assert ngozi["places"][0]["word"] == "household"
        assert [name for _, name, _ in ngozi["places"][0]["persons"]] == ["Emeka Okafor"]

    def test_what_a_never_forbids_cannot_be_accepted_over_it(
        self, kiosk: Kiosk, visitor: Visitor
    ) -> None:
        asked = self.queue(visitor, "proposed")["items"][0]["review_id"]
        self.answer(visitor, asked, "never")
        never = kiosk.acts()[-1].act_id
        kiosk.take(
            {
                "event": "Booking Changed",
                "traits": {"email": "ada.l@example.org"},
                "properties": {"booking_number": "SK7003"},
            }
        )
        detail = self.queue(visitor, "refused")["open"]
        assert detail["forbidden_by"] == never
        assert [value for _, value, _ in detail["answers"]] == ["leave"]

    def test_answers_that_make_no_sense_are_refused(self, kiosk: Kiosk, visitor: Visitor) -> None:
        csrf = token(visitor.get("/reviews").text)
        asked = self.queue(visitor, "shared")["items"][0]["review_id"]
        for path, given, code in (
            ("nothing", "one", "not_found"),
            (asked, "perhaps", "no_answer"),
            (asked, "one", "no_sides"),
        ):
            answer = visitor.post(
                f"/reviews/{path}?format=json", data={"csrf": csrf, "answer": given}
            )
            assert answer.json()["code"] == code
        assert kiosk.acts()[-1].act == "propose"


def test_empty_queue_says_how_to_fill_it(visitor: Visitor) -> None:
    page = visitor.get("/reviews").text
    assert "regard link" in page


def test_unknown_people_and_acts_are_not_found(visitor: Visitor) -> None:
    for path in (
        "/people/p_nobody/identity",
        "/identity/nothing",
        "/people/p_nobody/identity/merge",
    ):
        assert visitor.get(path).status_code == 404


ADA, CHEN = Identifier("email", "ada@example.com"), Identifier("email", "chen@example.com")


@pytest.mark.parametrize(
    ("body", "text", "detail"),
    [
        (
            IdentityAct(
                act_id="1", act="link", left=(ADA,), right=(CHEN,), by="Ines", why="passport"
            ),
            "Said to be one person: ada@example.com and chen@example.com",
            "by Ines, passport",
        ),
        (
            IdentityAct(act_id="1", act="split", left=(ADA,) * 5, right=(CHEN,)),
            "Taken apart: ada@example.com, ada@example.com, ada@example.com and 2 more"
            " from chen@example.com",
            "said by a human",
        ),
        (
            IdentityAct(act_id="1", act="link", left=(ADA,), rule="linked:3f", confidence=0.9),
            "Said to be one person: ada@example.com",
            "found probable by the linker, probability 90.0%",
        ),
        (
            PersonSplit(person_id="p", other="q", identifiers=(ADA,), rule="human"),
            "One record became two people: ada@example.com left",
            "said by a human",
        ),
        (
            EvidenceRefused(left=ADA, right=CHEN, rule="never", act_id="1"),
            "Not joined, though something says so: ada@example.com and chen@example.com",
            "somebody said that they are never one",
        ),
    ],
)
def test_what_is_said_has_a_sentence(body: IdentityBody, text: str, detail: str) -> None:
    line = identity_line(body)
    assert (line.text, line.detail, line.sort) == (text, detail, "identity")


def test_certain_chain_is_preferred_to_a_shorter_probable_one() -> None:
    names = [Identifier("email", name) for name in "abc"]

    def piece(
        left: int, right: int, confidence: float = 1.0, *, is_active: bool = True
    ) -> Evidence:
        return Evidence(
            left=names[left],
            right=names[right],
            offset=1,
            at=START,
            source="website",
            rule="same_event",
            confidence=confidence,
            is_active=is_active,
        )

    probable, one, two = piece(0, 2, 0.9), piece(1, 0), piece(2, 1)
    assert chain([probable, one, two], names[0], names[2]) == [one, two]
    assert chain([probable, one], names[0], names[2]) == [probable]
    assert chain([piece(0, 2, is_active=False)], names[0], names[2]) == []
    assert chain([one], names[0], names[0]) == []
