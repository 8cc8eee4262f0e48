"""Real counterparts on loopback: mail servers that behave or not, and an HTTP endpoint.

The well-behaved mail server is `aiosmtpd`. The scripted one speaks SMTP line by line and does at
each stage what its script says, so that a test can break a connection at an exact byte.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import h11
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

DROP = "drop"
SILENCE = "silence"


class Inbox:
    """An aiosmtpd handler: keeps envelopes, answers by optional rules."""

    def __init__(
        self,
        at_recipient: Callable[[str], str] = lambda _address: "250 OK",
        at_data: Callable[[Envelope], str] = lambda _envelope: "250 OK queued as 4bXq",
    ) -> None:
        self.envelopes: list[Envelope] = []
        self._at_recipient = at_recipient
        self._at_data = at_data

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self._at_recipient(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        answer = self._at_data(envelope)
        if answer.startswith("2"):
            self.envelopes.append(envelope)
        return answer


@asynccontextmanager
async def mail_server(
    inbox: Inbox, *, tls: ssl.SSLContext | None = None, mode: str = "none", login: str = ""
) -> AsyncIterator[int]:
    """Serve `inbox` on loopback and yield the port; `mode` none, starttls or tls."""
    options: dict[str, Any] = {"enable_SMTPUTF8": True, "hostname": "localhost"}
    if mode == "starttls":
        options |= {"tls_context": tls, "require_starttls": True}
    if login:
        options |= {
            "auth_required": True,
            "auth_require_tls": mode == "starttls",
            "authenticator": lambda *_: AuthResult(
                success=_[4].password == login.encode(), handled=False
            ),
        }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox, loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=tls if mode == "tls" else None,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class ScriptedMail:
    """A mail server that follows a script: stage to answer, or to a list of answers in turn.

    Stages: ``greeting``, ``mail``, ``rcpt``, ``data``, ``content``, ``rset``. An answer is a reply
    line, `DROP` (close) or `SILENCE` (say nothing). Without one it behaves.
    """

    GOOD = {"greeting": "220 ready", "data": "354 go on"}

    def __init__(self, extensions: str = "", **script: str | list[str]) -> None:
        self.extensions = [word.replace("=", " ") for word in extensions.split()]
        self.contents: list[bytes] = []
        self.connection_count = 0
        self.stages: list[str] = []
        self.batches: list[bytes] = []
        self._script = {k: [v] if isinstance(v, str) else list(v) for k, v in script.items()}
        self._is_repeated = {k for k, v in script.items() if isinstance(v, str)}

    def answer(self, stage: str) -> str:
        self.stages.append(stage)
        answers = self._script.get(stage, [])
        if not answers:
            return self.GOOD.get(stage, "250 OK")
        return answers[0] if stage in self._is_repeated else answers.pop(0)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        server = await asyncio.get_running_loop().create_server(
            lambda: _ScriptedSession(self), "127.0.0.1", 0
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()


class _ScriptedSession(asyncio.Protocol):
    def __init__(self, server: ScriptedMail) -> None:
        self._server = server
        self._buffer = b""
        self._content: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connection_count += 1
        self._reply("greeting")

    def data_received(self, data: bytes) -> None:
        self._server.batches.append(data)
        self._buffer += data
        while b"\r\n" in self._buffer and not self._transport.is_closing():
            line, self._buffer = self._buffer.split(b"\r\n", 1)
            if self._content is None:
                self._command(line)
            elif line == b".":
                self._server.contents.append(self._content)
                self._content = None
                self._reply("content")
            else:
                self._content += line.removeprefix(b".") + b"\r\n"

    def _command(self, line: bytes) -> None:
        word = line[:4].decode().strip().lower()
        if word == "ehlo":
            lines = ["localhost", *self._server.extensions]
            marks = ["-"] * (len(lines) - 1) + [" "]
            reply = "".join(f"250{m}{text}\r\n" for m, text in zip(marks, lines, strict=True))
            self._transport.write(reply.encode())
        elif word == "quit":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._reply(word)

    def _reply(self, stage: str) -> None:
        answer = self._server.answer(stage)
        if answer == DROP:
            self._transport.close()
        elif answer != SILENCE:
            self._transport.write(answer.encode() + b"\r\n")
            if answer.startswith("354"):
                self._content = b""
            if answer.startswith("421"):
                self._transport.close()


class Endpoint:
    """An HTTP endpoint: keeps requests, answers by rule with (status, headers, body).

    A rule that answers None accepts the request and then says nothing.
    """

    def __init__(self, rule: Callable[[int], tuple[int, dict[str, str], bytes] | None]) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self._rule = rule

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}/hook"
        finally:
            server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = h11.Connection(h11.SERVER)
        headers: dict[str, str] = {}
        body = b""
        try:
            while True:
                event = talk.next_event()
                if event is h11.NEED_DATA:
                    talk.receive_data(await reader.read(65_536))
                elif isinstance(event, h11.Request):
                    headers = {k.decode(): v.decode() for k, v in event.headers}
                    body = b""
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    self.requests.append((headers, body))
                    if not self._answer(talk, writer):
                        await reader.read()
                        return
                    talk.start_next_cycle()
                else:
                    return
        except (h11.ProtocolError, ConnectionError):
            return
        finally:
            writer.close()

    def _answer(self, talk: h11.Connection, writer: asyncio.StreamWriter) -> bool:
        answer = self._rule(len(self.requests))
        if answer is None:
            return False
        status, headers, body = answer
        lines = [*headers.items(), ("content-length", str(len(body)))]
        for part in (
            h11.Response(status_code=status, headers=lines),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            writer.write(talk.send(part) or b"")
        return True
