"""The door: who gets in, what a form must carry, and what leaves with every answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.applications import Starlette

from regard.console.session import ATTEMPTS_MAX
from regard.testing.clock import VirtualClock
from tests.console.conftest import sign_in, token
from tests.console.serve import SECRET
from tests.console.test_pages import PLACES
from tests.console.visitor import Visitor

POSTS = (
    *("/sign-out", "/theme", "/people/p_x/freeze", "/people/p_x/thaw", "/sources/website/key"),
    *("/broadcasts/x/start", "/versions/undo", "/cases/x/done"),
)


@pytest.mark.parametrize("path", [*PLACES, "/people/p_x", "/post-room/x/mail", "/sources/website"])
def test_every_page_asks_a_stranger_to_sign_in(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=/")
    asked = stranger.get(path, headers={"accept": "application/json"})
    assert (asked.status_code, asked.json()["code"]) == (401, "not_signed_in")


def test_stream_refuses_a_stranger(stranger: Visitor) -> None:
    assert stranger.get("/now/stream", headers={"accept": "text/event-stream"}).status_code == 401


@pytest.mark.parametrize("path", POSTS)
def test_every_post_needs_its_token(client: Visitor, path: str) -> None:
    for data in ({}, {"csrf": "forged"}):
        assert client.post(path, data=data).status_code == 403


def test_sign_in_form_needs_its_token_too(stranger: Visitor) -> None:
    assert stranger.post("/sign-in", data={"secret": SECRET}).status_code == 403


def test_oversized_form_is_refused(client: Visitor) -> None:
    assert client.post("/theme", data={"csrf": "x" * 20_000}).status_code == 400


def test_right_secret_opens_and_signing_out_closes(stranger: Visitor) -> None:
    assert sign_in(stranger, SECRET) == 303
    page = stranger.get("/")
    assert page.status_code == 200
    assert stranger.post("/sign-out", data={"csrf": token(page.text)}).status_code == 303
    assert stranger.get("/").status_code == 303


def test_cookie_is_httponly_and_lax(stranger: Visitor) -> None:
    csrf = token(stranger.get("/sign-in").text)
    answer = stranger.post("/sign-in", data={"secret": SECRET, "csrf": csrf})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_forged_cookie_is_a_stranger(stranger: Visitor) -> None:
    for value in ("W1siYSIsMV1d.x", '["a",1]', "", "é" * 3):
        header = f"regard_session={value}".encode("latin-1")
        assert stranger.get("/", headers={"cookie": header}).status_code == 303


def test_wrong_secrets_are_limited_and_forgiven_later(
    newcomer: Visitor, clock: VirtualClock
) -> None:
    for _ in range(ATTEMPTS_MAX):
        assert sign_in(newcomer, "guess") == 403
    csrf = token(newcomer.get("/sign-in").text)
    answer = newcomer.post("/sign-in", data={"secret": SECRET, "csrf": csrf})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    clock.advance(timedelta(minutes=5, seconds=1))
    assert sign_in(newcomer, SECRET) == 303


def test_session_ends_after_a_working_day(newcomer: Visitor, clock: VirtualClock) -> None:
    sign_in(newcomer, SECRET)
    assert newcomer.get("/cases").status_code == 200
    clock.advance(timedelta(hours=12, seconds=1))
    assert newcomer.get("/cases").status_code == 303


@pytest.mark.parametrize(
    ("aim", "expected"),
    [("/people?q=ada", "/people?q=ada"), ("//evil.example", "/"), ("https://evil", "/"), ("", "/")],
)
def test_nobody_is_sent_to_another_site(stranger: Visitor, aim: str, expected: str) -> None:
    csrf = token(stranger.get("/sign-in").text)
    data = {"secret": SECRET, "csrf": csrf, "next": aim}
    assert stranger.post("/sign-in", data=data).headers["location"] == expected


def test_theme_is_remembered(stranger: Visitor) -> None:
    sign_in(stranger, SECRET)
    csrf = token(stranger.get("/now").text)
    answer = stranger.post("/theme", data={"theme": "dark", "next": "/now", "csrf": csrf})
    assert answer.headers["location"] == "/now"
    assert 'data-theme="dark"' in stranger.get("/now").text
    stranger.post("/theme", data={"theme": "<b>", "csrf": csrf})
    assert 'data-theme="dark"' in stranger.get("/now").text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/people/p_x", "/?format=json"])
def test_every_answer_carries_the_security_headers(client: Visitor, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_script_is_one_file_with_htmx_and_ours(stranger: Visitor) -> None:
    script = stranger.get("/static/console.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "var htmx=" in script.text
    assert "EventSource" in script.text
    assert "immutable" in script.headers["cache-control"]
    assert stranger.get("/static/secrets.txt").status_code == 404
    assert stranger.get("/static/..%2fsite.py").status_code == 404


def test_pages_have_no_inline_script_or_style(client: Visitor, site: Starlette) -> None:
    for path in PLACES:
        page = client.get(path).text
        assert page.count("<script") == page.count("<script src=")
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
