"""Every place answers as a page and as JSON, says what it should, and teaches when empty."""

from __future__ import annotations

import pytest

from regard.core.event import Identifier
from regard.testing.clock import VirtualClock
from tests.console.cast import NOW, Cast
from tests.console.conftest import sign_in, token
from tests.console.serve import SECRET, app
from tests.console.shelf import Shelf
from tests.console.visitor import Visitor

PLACES = (
    *("/", "/now", "/people", "/reviews", "/promises", "/journeys", "/audiences"),
    *("/engagements", "/decisions", "/decisions/silence", "/decisions/why"),
    *("/broadcasts", "/post-room", "/sources", "/cases", "/versions", "/preview"),
)


def id_of(shelf: Shelf, user: str) -> str:
    found = shelf.find(Identifier("user_id", user))
    assert found
    return found


@pytest.mark.parametrize("path", PLACES)
def test_every_place_is_a_page_and_json_at_the_same_address(client: Visitor, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1>" in page.text
    asked = client.get(path, headers={"accept": "application/json"})
    assert asked.headers["content-type"] == "application/json"
    assert asked.json() == client.get(f"{path}?format=json").json()


def test_every_place_works_before_the_first_event(newcomer: Visitor) -> None:
    sign_in(newcomer, SECRET)
    for path in PLACES:
        page = newcomer.get(path)
        assert page.status_code == 200
        assert newcomer.get(f"{path}?format=json").status_code == 200
        if path not in ("/sources", "/cases"):
            assert "<code" in page.text, "an empty place teaches the first command"


def test_today_says_which_promises_are_below_their_objectives(
    client: Visitor, shelf: Shelf
) -> None:
    view = client.get("/?format=json").json()
    assert view["headline"] == "2 of 4 promises are below their objectives"
    assert view["is_whole"] is False
    assert [item["word"] for item in view["troubles"]] == ["broken", "late"]
    assert [item["label"] for item in view["mended"]] == ["Ada Lovelace"]
    assert view["silences"][0]["key"] == "no_consent"
    assert view["persons_count"] == len(shelf.persons)
    assert view["overdue_count"] == 1


def test_person_page_tells_the_repaired_reminder(client: Visitor, shelf: Shelf) -> None:
    path = f"/people/{id_of(shelf, 'ada')}"
    page = client.get(path).text
    assert "Check-in reminder missed: not sent: refused" in page
    assert "Check in now handed over by SMS" in page
    assert "Two records became one person" in page
    assert "next allowed" in page
    view = client.get(f"{path}?format=json").json()
    assert [bar["status"] for bar in view["drawing"]["bars"]] == ["repaired", "open"]
    assert [lane["name"] for lane in view["drawing"]["lanes"]] == [
        "web (desktop)",
        "app (phone)",
        "e-mail",
        "SMS",
    ]
    assert {c["channel"]: c["is_granted"] for c in view["consents"]} == {
        "email": True,
        "sms": False,
    }
    assert len(view["identifiers"][0]["evidence"]) == 3


def test_person_page_uses_the_persons_own_time(client: Visitor, shelf: Shelf) -> None:
    page = client.get(f"/people/{id_of(shelf, 'chen')}").text
    assert "Gate change notice promised for Thu 5 Mar 11:35" in page
    assert "2026-03-05 03:38:02 UTC (Asia/Shanghai)" in page


def test_long_history_is_read_page_by_page(clock: VirtualClock) -> None:
    cast = Cast()
    who = cast.person("Ada", Identifier("user_id", "ada"))
    for number in range(210):
        cast.event(who, NOW, f"Event {number}", "web.desktop")
    with Visitor(app(cast.shelf, clock)) as client:
        sign_in(client, SECRET)
        first = client.get(f"/people/{who}?format=json").json()
        assert first["before_next"] == 11
        rest = client.get(f"/people/{who}?format=json&before=11").json()
    assert [len(first["rows"]), len(rest["rows"]), rest["before_next"]] == [200, 10, 0]


def test_unknown_person_is_not_found_in_words(client: Visitor) -> None:
    page = client.get("/people/p_nobody")
    assert page.status_code == 404
    assert "Nobody is known by this id." in page.text
    assert client.get("/people/p_nobody?format=json").json()["code"] == "not_found"


def test_search_finds_by_address(client: Visitor) -> None:
    view = client.get("/people?q=dario@&format=json").json()
    assert [row["label"] for row in view["people"]] == ["Dario Marchetti"]
    assert "Nobody matches" in client.get("/people?q=zzz").text


def test_register_filters_by_status_and_definition(client: Visitor) -> None:
    def labels(query: str) -> list[str]:
        rows = client.get(f"/promises?format=json&{query}").json()["rows"]
        return [row["label"] for row in rows]

    assert labels("") == ["Dario Marchetti", "Bruno Haas", "Ada Lovelace"]
    assert labels("definition=check_in_reminder") == ["Bruno Haas"]
    assert labels("status=repaired") == ["Ada Lovelace"]
    assert labels("status=nonsense") == labels("")
    assert "overdue by 9 min" in client.get("/promises").text


def test_post_room_opens_a_letter_with_its_why(client: Visitor, shelf: Shelf) -> None:
    mail = next(row for row, content in shelf.letters if content and content.html)
    page = client.get(f"/post-room/{mail.message_id}").text
    assert "Skylark Air &lt;hello@skylark.example&gt;" in page
    assert f'<iframe sandbox src="/post-room/{mail.message_id}/mail"' in page
    assert "How it was weighed" in client.get(f"/post-room/{mail.message_id}?part=why").text
    assert "List-Unsubscribe" in client.get(f"/post-room/{mail.message_id}?part=headers").text
    assert client.get("/post-room/none").status_code == 404
    assert client.get("/post-room?state=unknown&format=json").json()["messages"][0]["label"]


def test_source_key_is_masked_until_it_is_asked_for(client: Visitor) -> None:
    page = client.get("/sources").text
    assert "skylark-website-7f3a" not in page
    assert "skylark-website-7f3a" not in client.get("/sources?format=json").text
    answer = client.post("/sources/website/key", data={"csrf": token(page)})
    assert "skylark-website-7f3a" in answer.text
    unknown = client.post("/sources/nothing/key", data={"csrf": token(page)})
    assert unknown.status_code == 404


def test_refused_items_are_shown_as_they_came(client: Visitor) -> None:
    view = client.get("/sources/website?format=json").json()
    assert view["rejected"][0]["code"] == "no_identifier"
    assert '"userId": null' in view["rejected"][0]["items"][0]["item"]
    assert view["rejected"][1]["items"][0]["item"] == '{"type":"track","event":"L'
    assert client.get("/sources/app?format=json").json()["rejected"] == []


def test_freezing_a_person_is_an_event_in_the_journal(client: Visitor, shelf: Shelf) -> None:
    path = f"/people/{id_of(shelf, 'bruno')}"
    csrf = token(client.get(path).text)
    assert client.post(f"{path}/freeze", data={"csrf": csrf}).headers["location"] == path
    event = shelf.drafts[-1].body
    assert (event.name, event.source) == ("Person Frozen", "console")  # type: ignore[union-attr]
    assert str(event.identifiers[0]) == "user_id:bruno"  # type: ignore[union-attr]
    assert client.post("/people/p_nobody/freeze", data={"csrf": csrf}).status_code == 404
