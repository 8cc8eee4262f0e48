"""A mail server that costs next to nothing: what a sender costs shows beside it, not under it.

One `asyncio.Protocol` a connection speaks SMTP as RFC 5321 wants it (EHLO with PIPELINING, 8BITMIME
and SIZE, HELO, MAIL, RCPT, DATA with dots taken off, RSET, NOOP, VRFY, QUIT; commands out of order
are refused), so a client notices no difference. It keeps no queue and believes every address:
whoever runs it is given each mail and answers for it. aiosmtpd does the same at ten times the CPU.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

LINE_MAX = 2_048
"""Bytes of one command; RFC 5321 4.5.3.1.4 asks for 512, and extensions for more."""

SIZE_MAX = 33_554_432
"""Bytes of one mail, as aiosmtpd's own limit."""

RECIPIENTS_MAX = 100
"""Recipients of one mail (RFC 5321 4.5.3.1.8 asks for as many at least)."""

_DONE = b"250 OK\r\n"
_ORDER = b"503 5.5.1 bad sequence of commands\r\n"
_SYNTAX = b"501 5.5.4 syntax error in parameters\r\n"


class Mail(NamedTuple):
    """One mail as it was taken; `content` has CRLF line ends and no dots of the wire."""

    sender: bytes
    recipients: Sequence[bytes]
    content: bytes


class MailServer(asyncio.Protocol):
    """One connection. `take` gets every mail and returns the answer, as ``250 2.0.0 taken``."""

    def __init__(self, take: Callable[[Mail], str]) -> None:
        self._take = take
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._is_content = False
        self._has_hello = False
        self._sender: bytes | None = None
        self._recipients: list[bytes] = []
        self._searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer all commands that have come, in one write (RFC 2920 3.2)."""
        self._buffer += data
        replies: list[bytes] = []
        while (reply := self._next()) is not None:
            replies.append(reply)
        transport = cast(asyncio.Transport, self._transport)
        if replies:
            transport.write(b"".join(replies))
            if replies[-1].startswith((b"221", b"421")):
                transport.close()

    def _next(self) -> bytes | None:
        """Return the answer to the next command, or mail; None when there is no whole one."""
        if self._is_content:
            return self._end_content()
        line, end, rest = self._buffer.partition(b"\r\n")
        if len(line) > LINE_MAX:
            return self._closing(b"421 4.7.0 the line is too long\r\n")
        if not end:
            return None
        self._buffer = rest
        word, _, said = line.partition(b" ")
        return self._answer(word.upper(), said.strip())

    def _answer(self, word: bytes, said: bytes) -> bytes:
        match word:
            case b"MAIL":
                return self._mail(said)
            case b"RCPT":
                return self._recipient(said)
            case b"DATA":
                return self._data(said)
            case b"EHLO" | b"HELO":
                return self._hello(word, said)
            case b"RSET":
                self._forget()
                return _DONE
            case b"NOOP":
                return _DONE
            case b"VRFY":
                return b"252 2.1.5 try to send it\r\n"
            case b"QUIT":
                return self._closing(b"221 2.0.0 bye\r\n")
        return b"500 5.5.1 command not recognised\r\n"

    def _hello(self, word: bytes, said: bytes) -> bytes:
        if not said:
            return _SYNTAX
        self._forget()
        self._has_hello = True
        if word == b"HELO":
            return b"250 sink\r\n"
        return b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE %d\r\n" % SIZE_MAX

    def _mail(self, said: bytes) -> bytes:
        if not self._has_hello or self._sender is not None:
            return _ORDER
        address, options = _path(b"FROM:", said)
        if address is None:
            return _SYNTAX
        for option in options.upper().split():
            name, _, value = option.partition(b"=")
            if name == b"SIZE" and value.isdigit():
                if int(value) > SIZE_MAX:
                    return b"552 5.3.4 the mail is too large\r\n"
            elif option not in (b"BODY=7BIT", b"BODY=8BITMIME"):
                return b"555 5.5.4 parameter not recognised\r\n"
        self._sender = address
        return _DONE

    def _recipient(self, said: bytes) -> bytes:
        if self._sender is None:
            return _ORDER
        address, options = _path(b"TO:", said)
        if not address or options:
            return _SYNTAX
        if len(self._recipients) >= RECIPIENTS_MAX:
            return b"452 4.5.3 too many recipients\r\n"
        self._recipients.append(address)
        return _DONE

    def _data(self, said: bytes) -> bytes:
        if said:
            return _SYNTAX
        if not self._recipients:
            return _ORDER
        self._is_content, self._searched = True, 0
        return b"354 go on\r\n"

    def _end_content(self) -> bytes | None:
        """Return the answer to the mail whose end has come; None while it has not."""
        if self._buffer.startswith(b".\r\n"):  # nothing before the end
            content, rest = b"", self._buffer[3:]
        else:
            end = self._buffer.find(b"\r\n.\r\n", max(self._searched - 4, 0))
            if end < 0:
                self._searched = len(self._buffer)
                return self._too_large() if self._searched > SIZE_MAX else None
            content, rest = self._buffer[: end + 2], self._buffer[end + 5 :]
        self._buffer, self._is_content = rest, False
        if content.startswith(b"."):
            content = content[1:]
        mail = Mail(self._sender or b"", self._recipients, content.replace(b"\r\n.", b"\r\n"))
        self._forget()
        return self._take(mail).encode() + b"\r\n"

    def _too_large(self) -> bytes:
        return self._closing(b"421 4.3.4 the mail is too large\r\n")

    def _closing(self, answer: bytes) -> bytes:
        """Return the last answer; what came after the command is dropped."""
        self._buffer, self._is_content = b"", False
        return answer

    def _forget(self) -> None:
        self._sender, self._recipients = None, []


def _path(word: bytes, said: bytes) -> tuple[bytes | None, bytes]:
    """Return the address in ``FROM:<…>`` or ``TO:<…>`` and what follows; None: it is none."""
    if said[: len(word)].upper() != word:
        return None, b""
    path, end, options = said[len(word) :].lstrip().partition(b">")
    if not end or not path.startswith(b"<"):
        return None, b""
    return path[1:], options.strip()
