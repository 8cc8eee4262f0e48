"""Takes mail from the company's mail system by LMTP (RFC 2033), on loopback unless told otherwise.

In: mails. Out: 250 when what one says is durable, or it is kept for a human; 451 when that cannot
be now, so that the mail system keeps it and comes again; 552 above the size limit. One recipient a
transaction: all of them are us, and each would need an answer of its own. `aiosmtpd` speaks the
protocol. Nothing here is for the open Internet: no TLS, no login.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope

from regard.channels.smtp.doors.taker import Taker
from regard.core.errors import Refused, Unavailable
from regard.core.settings import InboundMail

CONNECTIONS_MAX = 32
"""Mail systems open some ten to twenty; each may hold one mail of the largest size."""

LINE_BYTES_MAX = 65_536
"""Longer than RFC 5321 4.5.3.1.6 allows: real programs break that rule, and mail is not lost."""

LATER = "451 4.3.0 not now, come again"

_log = logging.getLogger("regard.mail")


class LmtpDoor:
    """One listening socket; `port` is known once it is open."""

    def __init__(self, settings: InboundMail, taker: Taker) -> None:
        self._settings = settings
        self._handler = _Handler(taker)
        self._server: asyncio.Server | None = None
        self._open: set[_Talk] = set()
        self.port = settings.lmtp_port

    async def open(self) -> None:
        """Listen; raise `Refused` when the address is taken."""
        settings, loop = self._settings, asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                self._talk, settings.lmtp_host, settings.lmtp_port
            )
        except OSError as error:
            place = f"{settings.lmtp_host}:{settings.lmtp_port}"
            raise Refused(
                f"Cannot take mail on {place}: {error.strerror}.",
                hint="Choose another `lmtp` in [inbound.mail] of regard.toml.",
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more and end what is being said; a mail without an answer comes again."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for talk in list(self._open):
            talk.end()
        await server.wait_closed()

    def _talk(self) -> _Talk:
        return _Talk(self._handler, self._open, self._settings.bytes_max)


class _Talk(LMTP):
    """One connection of the mail system."""

    line_length_limit = LINE_BYTES_MAX

    def __init__(self, handler: _Handler, open_talks: set[_Talk], bytes_max: int) -> None:
        super().__init__(
            handler,
            data_size_limit=bytes_max,
            enable_SMTPUTF8=True,
            hostname="regard",
            ident="Regard LMTP",
            loop=asyncio.get_running_loop(),
        )
        self._talks = open_talks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._talks) >= CONNECTIONS_MAX:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"421 4.3.2 too many connections\r\n")
            transport.close()
            return
        self._talks.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._talks:
            self._talks.discard(self)
            super().connection_lost(error)

    def end(self) -> None:
        """Close the connection; the mail system comes again."""
        if self.transport is not None:
            self.transport.close()


class _Handler:
    """Answers as `aiosmtpd` asks."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take one recipient a transaction; others are offered again in the next."""
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Answer 250 when nothing can be lost any more."""
        content = envelope.original_content or b""
        try:
            is_read = await self._taker.take(content, envelope.mail_from)
        except Unavailable as error:
            _log.warning("mail_postponed", extra={"code": error.code})
            return LATER
        except Exception:
            _log.exception("mail_broken")
            return LATER
        return "250 2.0.0 taken" if is_read else "250 2.0.0 kept for a human"
