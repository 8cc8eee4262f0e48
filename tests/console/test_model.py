"""The engagement model in the console: seen, argued about, decided, measured; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as Tree

import pytest
from httpx import Response

from regard.assembly import build_kernel
from regard.project import edition_of
from regard.runtime.rebuild import verify
from tests.console.conftest import sign_in, token
from tests.console.lumen import LAMPS, LATE, Lumen
from tests.console.serve import SECRET
from tests.console.visitor import Visitor

MASTODON = "channel:social.mastodon"


@pytest.fixture
def lumen() -> Lumen:
    return Lumen()


@pytest.fixture
def visitor(lumen: Lumen) -> Iterator[Visitor]:
    with Visitor(lumen.site) as visitor:
        assert sign_in(visitor, SECRET) == 303
        yield visitor


@pytest.fixture(scope="module")
def lived() -> Lumen:
    """A house in which people ordered on the web and came to the till."""
    lumen = Lumen()
    lumen.orders(120)
    lumen.consents("u3", "ideas")
    return lumen


@pytest.fixture
def beside(lived: Lumen) -> Iterator[Visitor]:
    with Visitor(lived.site) as visitor:
        assert sign_in(visitor, SECRET) == 303
        yield visitor


def read(visitor: Visitor, path: str) -> Any:
    answer = visitor.get(path + ("&" if "?" in path else "?") + "format=json")
    assert answer.status_code == 200, answer.text
    return answer.json()


def say(visitor: Visitor, about: str, **fields: str) -> Response:
    place = f"/model/about/{quote(about, safe='')}"
    csrf = token(visitor.get("/model").text)
    return visitor.post(place, data={"csrf": csrf, "model": "as_is", "by": "Ines"} | fields)


def vote(visitor: Visitor, about: str, by: str, what: str) -> None:
    answer = say(visitor, about, act="vote", by=by, vote=what, why=f"{by} says {what}.")
    assert answer.status_code == 303, answer.text


def drawn(visitor: Visitor, which: str = "as_is") -> str:
    drawing: str = read(visitor, f"/model?which={which}")["drawing"]
    assert Tree.fromstring(drawing).tag == "svg"
    return drawing


def test_the_page_shows_disconnects_with_costs_and_what_to_change_first(beside: Visitor) -> None:
    view = read(beside, "/model")
    first, *_ = view["disconnects"]
    assert first["title"].startswith("order leaves Sales by receipt_number")
    assert [link["title"] for link in first["path"]] == ["Sales", "Sales to Returns", "Returns"]
    assert first["cost"] == "EUR 67k to 398k a year"
    assert first["is_removed"]
    assert view["moves"][0]["title"] == "Mastodon changes"
    assert view["moves"][0]["cost"] == "EUR 25k to 279k"
    page = beside.get("/model").text
    assert "What to change first" in page
    assert page.count('class="box ') >= 25
    assert 'href="/model/about/channel%3Asocial.mastodon"' in page


def test_versions_are_toggled_and_the_table_says_the_same(beside: Visitor) -> None:
    future = read(beside, "/model?which=future")
    assert future["title"] == "Lumen & Lamps tomorrow"
    assert {e["title"] for e in future["elements"]} >= {"Engagement ledger"}
    rows = read(beside, "/model?which=difference")["elements"]
    fates = {row["about"]: row["fate"] for row in rows}
    assert fates["store:engagement"] == "comes"
    assert fates["store:sales"] == "goes"
    assert fates["channel:email"] == "changes"
    assert "comes" in drawn(beside, "difference")


def test_an_element_tells_its_links_disconnects_and_fate(beside: Visitor) -> None:
    view = read(beside, f"/model/about/{quote(MASTODON)}")
    links = {words: [one["key"] for one in to] for words, to in view["links"]}
    assert links["served by"] == ["application:listening"]
    assert "nobody owns Mastodon" in {d["title"] for d in view["disconnects"]}
    assert (view["fate"], view["fate_words"]) == ("changes", "organisation and applications")
    assert beside.get("/model/about/store%3Anobody").status_code == 404
    assert beside.get("/model/about/nonsense").status_code == 404
    later = read(beside, "/model/about/store%3Aengagement")
    assert (later["which"], later["other"]) == ("future", "")


def test_a_disagreement_is_drawn_until_something_is_decided(visitor: Visitor) -> None:
    assert "≠" not in drawn(visitor)
    vote(visitor, MASTODON, "Mara", "disagree")
    vote(visitor, LATE, "Otto", "agree")
    assert "≠" in drawn(visitor)
    view = read(visitor, "/model")
    assert [(d["by"], d["about"]["key"]) for d in view["disputes"]] == [("Mara", MASTODON)]
    answer = say(visitor, MASTODON, act="decide", words="Service owns it.", why="They answer.")
    assert answer.status_code == 303
    assert "≠" not in drawn(visitor)
    view = read(visitor, "/model")
    assert view["disputes"] == []
    (decision,) = view["decisions"]
    assert (decision["by"], decision["words"], decision["why"]) == (
        *("Ines", "Service owns it.", "They answer."),
    )


def test_a_vote_replaces_the_earlier_one_of_the_same_name(visitor: Visitor) -> None:
    vote(visitor, LATE, "Otto", "disagree")
    vote(visitor, LATE, "otto", "agree")
    vote(visitor, LATE, "Mara", "unsure")
    opinion = read(visitor, f"/model/about/{quote(LATE)}")["opinion"]
    assert [opinion[name] for name in ("agree", "disagree", "unsure")] == [1, 0, 1]
    assert not opinion["is_disputed"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"act": "vote", "vote": "agree", "why": "so", "by": " "}, "by_missing"),
        ({"act": "vote", "vote": "agree"}, "why_missing"),
        ({"act": "vote", "vote": "maybe", "why": "so"}, "no_answer"),
        ({"act": "decide", "words": "Do it."}, "why_missing"),
        ({"act": "comment"}, "words_missing"),
        ({"act": "comment", "words": "Hm.", "csrf": "forged"}, "bad_token"),
    ],
)
def test_what_says_nothing_is_refused(
    lumen: Lumen, visitor: Visitor, fields: dict[str, str], code: str
) -> None:
    csrf = token(visitor.get("/model").text)
    data = {"csrf": csrf, "model": "as_is", "by": "Ines"} | fields
    answer = visitor.post(
        f"/model/about/{quote(LATE, safe='')}", data=data, headers={"accept": "application/json"}
    )
    assert answer.json()["code"] == code
    with lumen.store.reading() as reading:
        assert reading.remarks.latest() == []


def test_the_same_form_sent_twice_is_one_remark(lumen: Lumen, visitor: Visitor) -> None:
    for _ in range(2):
        say(visitor, LATE, act="comment", words="<b>Half a day</b>", shown="7")
    with lumen.store.reading() as reading:
        assert len(reading.remarks.latest(LATE)) == 1
    assert "<b>Half a day" not in visitor.get(f"/model/about/{quote(LATE)}").text


def test_what_was_said_is_rebuilt_to_the_same_bytes(lumen: Lumen, visitor: Visitor) -> None:
    vote(visitor, LATE, "Otto", "disagree")
    say(visitor, LATE, act="comment", words="Since May.")
    with lumen.store.reading() as reading:
        before = reading.remarks.latest()
    assert len(before) == 2
    rules = lumen.program.identity
    assert verify(lumen.store, build_kernel(), rules, lambda _done, _all: None) == []
    with lumen.store.reading() as reading:
        assert reading.remarks.latest() == before


def test_another_model_of_the_same_program_shows_at_once(
    lumen: Lumen, visitor: Visitor, tmp_path: Path
) -> None:
    drawn(visitor)
    folder = copytree(LAMPS, tmp_path / "lamps")
    place = folder / "model" / "as_is.yaml"
    place.write_text(place.read_text().replace("title: Mastodon", "title: Fediverse"))
    edition = edition_of(folder, {})
    assert edition.program.hash == lumen.program.hash, "the model decides nothing"
    lumen.keep(edition.archive)
    assert "Fediverse" in drawn(visitor)
    place.write_text(place.read_text().replace("uses: [till]", "uses: [tile]"))
    lumen.keep(edition_of(folder, {}).archive)
    view = read(visitor, "/model")
    assert view["drawing"] == ""
    assert "did you mean 'till'" in view["problems"][0]


def test_the_value_chain_is_drawn_with_its_warnings(beside: Visitor) -> None:
    view = read(beside, "/model/map")
    assert Tree.fromstring(view["drawing"]).tag == "svg"
    hosting = next(spot for spot in view["spots"] if spot["name"] == "Hosting")
    assert hosting["stage"] == "Commodity"
    assert beside.get("/model/map?which=future").status_code == 200


def test_what_was_lived_stands_over_what_is_declared(beside: Visitor) -> None:
    assert read(beside, "/model/lived")["measured_at"] is None
    csrf = token(beside.get("/model/lived").text)
    assert beside.post("/model/lived", data={"csrf": csrf, "days": "30"}).status_code == 303
    view = read(beside, "/model/lived")
    (late, *_) = view["late"]
    assert (late["activity"], late["target"]) == ("Return Refused", "store.pos")
    assert {s["key"] for s in view["unseen"]} >= {MASTODON, "channel:phone.call"}
    assert [s["key"] for s in view["undeclared"]] == ["need:reorder@channel:store.pos"]
    assert view["handovers"][0]["count"] == 120
    assert "120 seen" in view["drawing"]
    assert "never seen" in view["drawing"]
    page = beside.get("/model/lived").text
    assert f'href="/people/{late["persons"][0]}"' in page


def test_a_day_is_told_only_of_somebody_who_consented(beside: Visitor) -> None:
    view = read(beside, "/model/day?purpose=ideas")
    assert view["title"] == "A Monday with a customer"
    assert view["moments"][0]["words"] == "Order Completed (order A)"
    assert "u3" not in str(view["moments"])
    assert "consented to research" in read(beside, "/model/day")["problem"]


def test_a_folder_without_a_model_is_told_what_to_write(visitor: Visitor, lumen: Lumen) -> None:
    lumen.keep(b"")
    assert "model/as_is.yaml" in visitor.get("/model").text
    for path in ("/model/map", "/model/lived", "/model/day"):
        assert visitor.get(path).status_code == 200
