"""What strangers write never becomes part of a page: names, facts, mails, refused items."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from regard.core.event import Identifier
from regard.core.rows import CaseRow, Rejected
from regard.testing.clock import VirtualClock
from tests.console.cast import MAIL, NOW, Cast, ago
from tests.console.conftest import sign_in
from tests.console.serve import SECRET, app
from tests.console.test_pages import PLACES
from tests.console.visitor import Visitor

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def cast() -> Cast:
    """One person whose every word is an attack."""
    cast = Cast()
    who = cast.person(EVIL, Identifier("user_id", EVIL), Identifier("email", EVIL), motto=EVIL)
    cast.event(who, ago(hours=3), EVIL, EVIL, note=EVIL)
    cast.event(who, ago(hours=3), "page", "web.desktop", name=EVIL)
    cast.promise(
        who,
        ago(hours=2),
        ago(hours=2),
        status="missed",
        definition=EVIL,
        about=EVIL,
        due_at=ago(hours=1),
        reason=EVIL,
    )
    sms = cast.decided(
        who, NOW, EVIL, verdict="send", channel=EVIL, address=EVIL, factors={EVIL: 1}
    )
    cast.letter(who, NOW, sms, "sent", EVIL, subject=EVIL, headers={EVIL: EVIL})
    cast.shelf.rejected.append(Rejected(source=EVIL, at=NOW, code=EVIL, message=EVIL, item=EVIL))
    cast.shelf.case_rows.append(
        CaseRow(
            case_id="1",
            person_id=who,
            label=EVIL,
            department=EVIL,
            title=EVIL,
            reason=EVIL,
            ref=EVIL,
            opened_at=NOW,
            due_at=NOW,
        )
    )
    return cast


@pytest.fixture
def client(cast: Cast) -> Iterator[Visitor]:
    with Visitor(app(cast.shelf, VirtualClock(NOW))) as client:
        sign_in(client, SECRET)
        yield client


def test_hostile_words_are_escaped_on_every_page(client: Visitor, cast: Cast) -> None:
    who = next(iter(cast.shelf.persons))
    letter = cast.shelf.letters[0][0].message_id
    deep = [
        f"/people/{who}",
        *(f"/post-room/{letter}?part={p}" for p in ("text", "headers", "why")),
    ]
    for path in (*PLACES, f"/people?q={EVIL}", *deep):
        page = client.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text, path
        assert "<img" not in page.text, path


def test_hostile_name_stays_text_inside_the_drawing(client: Visitor, cast: Cast) -> None:
    page = client.get(f"/people/{next(iter(cast.shelf.persons))}").text
    drawing = page[page.index('<svg class="plot"') : page.index("</figure>")]
    assert "&lt;script&gt;alert(1)" in drawing
    assert "<script" not in drawing


def test_mail_is_alone_in_its_frame(client: Visitor, cast: Cast) -> None:
    who = next(iter(cast.shelf.persons))
    decided = cast.decided(who, NOW, "x", verdict="send", channel="email", address="a@b.c")
    cast.letter(who, NOW, decided, "sent", "text", subject="Hello", html=MAIL)
    page = client.get(f"/post-room/{decided.decision_id}").text
    assert "<iframe sandbox src=" in page
    assert "parent.hurt" not in page
    answer = client.get(f"/post-room/{decided.decision_id}/mail")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; ")
    assert "script" not in policy
    assert "http" not in policy
    assert answer.text == MAIL
