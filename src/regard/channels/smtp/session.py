"""One SMTP connection and one transaction on it, with an answer for everything that can happen.

In: an `Envelope`. Out: an `Answer` that names the stage it belongs to. Stage ``content`` is the
border: before it nothing of the message has left us, so any failure may be tried again; from there
on a missing reply means that nobody can tell. `aiosmtplib` connects, encrypts and logs in; the
transaction itself is pipelined where the server offers it (RFC 2920).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal, cast

import aiosmtplib

from regard.channels.smtp.mime import Envelope
from regard.channels.smtp.settings import SmtpSettings
from regard.channels.smtp.wire import Reply, Wire

Stage = Literal["connect", "login", "envelope", "sender", "recipient", "data", "content"]

NO_REPLY = 0
CLOSING = 421


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said at `stage`; `code` 0 means that it said nothing and `text` tells why."""

    stage: Stage
    code: int
    text: str

    @property
    def may_be_stale(self) -> bool:
        """Whether a kept connection may simply have been closed meanwhile, nothing handed over."""
        return self.stage != "content" and self.code in (NO_REPLY, CLOSING)


class Session:
    """One connection, used by one sender at a time."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._wire: Wire | None = None
        self._client: aiosmtplib.SMTP | None = None
        self._extensions: dict[str, str] = {}
        self._is_busy = False

    @property
    def is_open(self) -> bool:
        """Whether the connection stands and no transaction was left half done on it."""
        wire = self._wire
        return wire is not None and wire.is_open and wire.is_quiet and not self._is_busy

    async def open(self) -> Answer | None:
        """Connect, encrypt and log in; return what went wrong, None when nothing did."""
        self.close()
        client = self._new_client()
        try:
            await client.connect()
            await self._say_hello(client)
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            return Answer(stage="login", code=error.code, text=error.message)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            return Answer(stage="connect", code=error.code, text=error.message)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            return Answer(stage="connect", code=NO_REPLY, text=str(error))
        return self._adopt(client)

    async def hand_over(self, envelope: Envelope) -> Answer:
        """Send one message; return the first answer that decides about it."""
        refusal = self._foreseen_refusal(envelope)
        if refusal is not None:
            return refusal
        self._is_busy = True
        answer = await self._announce(envelope)
        if answer is None:
            answer = await self._send_content(envelope.content)
        if answer.code in (NO_REPLY, CLOSING):
            self.close()
        self._is_busy = False
        return answer

    def close(self) -> None:
        """Close without a word; the server forgets an unfinished transaction (RFC 5321 3.8)."""
        if self._wire is not None:
            self._wire.close()
        if self._client is not None:
            self._client.close()
        self._wire = self._client = None
        self._is_busy = False

    async def quit(self) -> None:
        """Say goodbye and close."""
        if self.is_open and self._wire is not None:
            try:
                self._wire.write(b"QUIT\r\n")
                await self._wire.read(self._until())
            except (ConnectionError, TimeoutError):
                pass  # it is being closed anyway
        self.close()

    def _new_client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=settings.password or None,
            local_hostname=settings.hello_name,
            timeout=settings.timeout_s,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            tls_context=settings.tls_context,
        )

    async def _say_hello(self, client: aiosmtplib.SMTP) -> None:
        """Learn the extensions, unless logging in already did."""
        if not client.is_ehlo_or_helo_needed:
            return
        try:
            await client.ehlo()
        except aiosmtplib.SMTPHeloError:
            await client.helo()

    def _adopt(self, client: aiosmtplib.SMTP) -> Answer | None:
        """Take the connection over from `aiosmtplib`, which stays the owner of its TLS."""
        if client.transport is None:
            return Answer(stage="connect", code=NO_REPLY, text="closed after the greeting")
        transport = cast(asyncio.Transport, client.transport)
        self._client, self._extensions = client, client.esmtp_extensions
        self._wire = Wire()
        self._wire.connection_made(transport)
        transport.set_protocol(self._wire)
        return None

    def _foreseen_refusal(self, envelope: Envelope) -> Answer | None:
        """Refuse here what the server has said that it cannot take."""
        if envelope.needs_smtputf8 and "smtputf8" not in self._extensions:
            return Answer(stage="recipient", code=553, text="5.6.7 server has no SMTPUTF8")
        limit = self._extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(envelope.content):
            return Answer(stage="data", code=552, text=f"5.3.4 server takes {limit} bytes")
        return None

    async def _announce(self, envelope: Envelope) -> Answer | None:
        """Say MAIL, RCPT and DATA; return None when the server awaits the content."""
        commands = self._commands(envelope)
        try:
            if "pipelining" in self._extensions:
                replies = await self._ask_together(commands)
            else:
                replies = await self._ask_in_turn(commands)
            return await self._judge(replies)
        except (ConnectionError, TimeoutError) as error:
            return self._no_reply("envelope", error)

    def _commands(self, envelope: Envelope) -> tuple[bytes, ...]:
        options = b""
        if "size" in self._extensions:
            options += b" SIZE=%d" % len(envelope.content)
        if envelope.needs_smtputf8:
            options += b" BODY=8BITMIME SMTPUTF8"
        return (
            b"MAIL FROM:<" + envelope.sender + b">" + options + b"\r\n",
            b"RCPT TO:<" + envelope.recipient + b">\r\n",
            b"DATA\r\n",
        )

    async def _ask_together(self, commands: tuple[bytes, ...]) -> list[Reply]:
        wire, until = self._standing_wire(), self._until()
        wire.write(b"".join(commands))
        replies: list[Reply] = []
        for _ in commands:
            replies.append(await wire.read(until))
            if replies[-1].code == CLOSING:  # it will not answer the others
                break
        return replies

    async def _ask_in_turn(self, commands: tuple[bytes, ...]) -> list[Reply]:
        wire, until = self._standing_wire(), self._until()
        replies: list[Reply] = []
        for command in commands:
            wire.write(command)
            replies.append(await wire.read(until))
            if replies[-1].code >= 400:
                break
        return replies

    async def _judge(self, replies: list[Reply]) -> Answer | None:
        """Return the first refusal, after leaving the connection ready for the next message."""
        stages: tuple[Stage, ...] = ("sender", "recipient", "data")
        for stage, reply in zip(stages, replies, strict=False):
            if reply.code >= 400 or (stage == "data" and reply.code != 354):
                await self._reset(is_content_awaited=replies[-1].code == 354)
                return Answer(stage=stage, code=reply.code, text=reply.text)
        return None

    async def _reset(self, *, is_content_awaited: bool) -> None:
        """End the transaction that was refused; a connection that fails now changes no answer.

        A server may answer a pipelined DATA with 354 although it refused the recipient; then the
        lone dot ends it (RFC 2920 3.1), and no recipient can get anything.
        """
        wire, until = self._standing_wire(), self._until()
        try:
            if is_content_awaited:
                wire.write(b".\r\n")
                await wire.read(until)
            wire.write(b"RSET\r\n")
            await wire.read(until)
        except (ConnectionError, TimeoutError):
            wire.close()

    async def _send_content(self, content: bytes) -> Answer:
        wire = self._standing_wire()
        if not wire.is_open:  # gone before a byte of the message left
            return self._no_reply("envelope", ConnectionError("closed by the server"))
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            wire.write(stuffed + end)
            reply = await wire.read(self._until(self._settings.answer_timeout_s))
        except (ConnectionError, TimeoutError) as error:
            return self._no_reply("content", error)
        return Answer(stage="content", code=reply.code, text=reply.text)

    def _no_reply(self, stage: Stage, error: Exception) -> Answer:
        what = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        return Answer(stage=stage, code=NO_REPLY, text=what)

    def _until(self, within_s: float = 0.0) -> float:
        """Return the moment of the loop's clock until which an answer may take."""
        return asyncio.get_running_loop().time() + (within_s or self._settings.timeout_s)

    def _standing_wire(self) -> Wire:
        if self._wire is None:
            raise ConnectionError("not connected")
        return self._wire
