"""Providers over HTTP on loopback that understand what they are told, well-behaved or not.

`Service` reads requests with h11 and answers by a function; what it answers None to gets no answer,
its connection is closed. `TextService` speaks Twilio's dialect, `PushService` is a push service
that decrypts what browsers would.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from urllib.parse import parse_qs, parse_qsl, urlsplit

import h11
import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from regard.channels.push.vapid import to_base64url
from regard.core.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Reply = tuple[int, dict[str, str], bytes]
Handler = Callable[[Asked], Reply | None]


@asynccontextmanager
async def serve(handle: Handler) -> AsyncIterator[str]:
    """Serve a handler on loopback and yield its address."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _converse(handle, reader, writer)
        except (h11.ProtocolError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _converse(
    handle: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    talk = h11.Connection(h11.SERVER)
    request, body = None, b""
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            talk.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            request, body = event, b""
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            headers = {k.decode(): v.decode() for k, v in request.headers}
            asked = Asked(
                method=request.method.decode(),
                target=request.target.decode(),
                headers=headers,
                body=body,
            )
            reply = handle(asked)
            if reply is None:
                return
            status, about, content = reply
            lines = [*about.items(), ("content-length", str(len(content)))]
            for part in (
                h11.Response(status_code=status, headers=lines),
                h11.Data(data=content),
                h11.EndOfMessage(),
            ):
                writer.write(talk.send(part) or b"")
            await writer.drain()
            talk.start_next_cycle()
        else:
            return


ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "the-auth-token"


@dataclass
class TextService:
    """Takes text messages; `script` says what happens to each POST, then all are taken.

    ``taken``, ``lost`` (taken, and no answer), ``dropped`` (not taken, no answer), ``garbage``
    (taken, and an unreadable answer), or a number: an HTTP status, or a code of an error 400.
    """

    clock: Clock
    script: list[str | int] = field(default_factory=list)
    list_status: int = 200
    messages: list[dict[str, str]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply | None:
        self.asked.append(asked)
        given = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {given}":
            return _json(401, {"code": 20003, "message": "Authenticate", "status": 401})
        assert urlsplit(asked.target).path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        return self._list(asked) if asked.method == "GET" else self._take(asked)

    def posts(self) -> list[dict[str, str]]:
        return [dict(parse_qsl(one.body.decode())) for one in self.asked if one.method == "POST"]

    def _list(self, asked: Asked) -> Reply | None:
        if self.list_status != 200:
            return _json(self.list_status, {"code": 20500, "message": "no", "status": 500})
        to = parse_qs(urlsplit(asked.target).query)["To"][0]
        found = [one for one in reversed(self.messages) if one["to"] == to]
        return _json(200, {"messages": found, "page": 0, "page_size": 50})

    def _take(self, asked: Asked) -> Reply | None:
        act = self.script.pop(0) if self.script else "taken"
        if isinstance(act, int) and act < 1000:
            return _json(act, {"message": "not now", "status": act}, {"retry-after": "7"})
        if isinstance(act, int):
            return _json(400, {"code": act, "message": "no", "status": 400})
        if act == "dropped":
            return None
        form = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
        sid = f"SM{len(self.messages):032d}"
        now = self.clock.now().replace(microsecond=0)
        self.messages.append(
            {
                "sid": sid,
                "to": form["To"],
                "body": form["Body"],
                "status": "queued",
                "direction": "outbound-api",
                "date_created": format_datetime(now),
            }
        )
        if act == "lost":
            return None
        if act == "garbage":
            return 201, {}, b"<html>\xff it worked, somehow"
        return _json(201, {"sid": sid, "status": "queued", "error_code": None})


class Browser:
    """A browser's half of a subscription: it alone can read what it is sent."""

    def __init__(self, name: str = "one") -> None:
        self.name = name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"

    def subscription(self, address: str) -> dict[str, object]:
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        keys = {"p256dh": to_base64url(point), "auth": to_base64url(self.auth)}
        return {"endpoint": f"{address}/push/{self.name}", "keys": keys}

    def read(self, body: bytes) -> dict[str, object]:
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        return json.loads(plain)


class PushService:
    """Takes pushes for browsers; `statuses` by browser says what it answers, 201 else."""

    def __init__(self, browsers: Sequence[Browser], **statuses: int | None) -> None:
        self.browsers = {one.name: one for one in browsers}
        self.statuses = statuses
        self.asked: list[Asked] = []
        self.shown: list[tuple[str, dict[str, object]]] = []

    def __call__(self, asked: Asked) -> Reply | None:
        self.asked.append(asked)
        name = asked.target.rpartition("/")[2]
        status = self.statuses.get(name, 201)
        if status is None:
            return None
        if status == 201:
            self.shown.append((name, self.browsers[name].read(asked.body)))
        return status, {"retry-after": "120"} if status == 429 else {}, b""


def _json(status: int, value: object, headers: dict[str, str] | None = None) -> Reply:
    return (
        status,
        {"content-type": "application/json", **(headers or {})},
        json.dumps(value).encode(),
    )
