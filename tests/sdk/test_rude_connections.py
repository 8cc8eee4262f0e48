"""Connections that are endless, slow or broken: the server lets go of them, others are served."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from regard.cli.guard import BARREN_BYTES_MAX, GuardedHttp
from tests.sdk.serving import served

pytestmark = pytest.mark.slow

HEAD = b"POST /take HTTP/1.1\r\nhost: x\r\n"
PATIENCE_S = 10


class Hasty(GuardedHttp):
    """Waits a tenth of a second for a request."""

    arrival_s = 0.1


async def take(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


TAKING = Starlette(routes=[Route("/take", take, methods=["POST"])])


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with served(TAKING, Hasty) as url:
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


def said(address: tuple[str, int], *parts: bytes) -> bytes:
    """Send `parts` and return everything that is answered until the server hangs up."""
    answer = b""
    with socket.create_connection(address, PATIENCE_S) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            while read := connection.recv(65_536):
                answer += read
        except (BrokenPipeError, ConnectionResetError):
            pass
    return answer


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"POST /ta",),
        (HEAD,),
        (HEAD + b"content-length: 100\r\n\r\n", b"a part"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"5\r\nhello\r\n"),
    ],
)
def test_who_never_ends_a_request_is_hung_up_on(address, parts):
    assert b"200 OK" not in said(address, *parts)


@pytest.mark.parametrize(
    "parts",
    [
        [HEAD + b"x-long: ", *[b"x" * 10_000] * 60],
        [HEAD, *[b"x-many: xxxxxxxxxxxxxxxxxxxx\r\n" * 300] * 60],
        [b"POST /", *[b"a" * 10_000] * 60],
        [HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n", *[b"x-late: x\r\n" * 900] * 60],
    ],
)
def test_a_head_or_trailer_without_end_is_refused(address, parts):
    answer = said(address, *parts)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ") or b"400 Bad" in answer
    assert b"200 OK" not in answer


def test_whole_requests_pass_one_after_the_other_on_one_connection():
    with (
        served(TAKING, GuardedHttp) as url,
        httpx.Client(trust_env=False, base_url=url) as client,
    ):
        for size in (0, 3, 5 * BARREN_BYTES_MAX, 1):
            assert client.post("/take", content=b"x" * size).text == str(size)
        chunked = client.post("/take", content=iter([b"x" * 1_000] * 500))
        assert chunked.text == "500000"
        assert client.post("/take", headers={"x-cookie": "x" * 60_000}).text == "0"


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nhost: x\r\nx\x00y: z\r\n\r\n",
        b"POST /take HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /take HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_400_and_the_end(address, data):
    assert said(address, data).startswith(b"HTTP/1.1 400 ")
