"""Composes a message into the bytes that go over the wire, fast.

In: a rendered `Message`. Out: an `Envelope`. The standard library's `EmailMessage` takes some
5.9 ms for an HTML mail of 19 kB, ten times what a message may cost; here the same mail is written
from byte strings in 0.2 ms, and the tests parse it back with the standard library.
"""

from __future__ import annotations

from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b

from regard.channels.smtp.dkim import signatures
from regard.channels.smtp.headers import (
    LINE_MAX,
    deliverable,
    extra_header,
    mailbox_header,
    text_header,
)
from regard.channels.smtp.settings import SmtpSettings
from regard.core.errors import Refused
from regard.core.ports import Message

OWN_HEADERS = frozenset(
    (
        *("from", "sender", "to", "cc", "bcc", "subject", "date", "message-id"),
        *("mime-version", "return-path", "received", "dkim-signature"),
    )
)
"""Written here and nowhere else; a message that brings one of them is refused."""

QUOTED_MAX = 4_096
"""Bytes up to which text is written quoted-printable, readable in a mail's source; beyond it
base64, which costs a third of the time."""

_LINE = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What an SMTP transaction needs. `content` has CRLF line ends and no dot-stuffing yet."""

    sender: bytes
    recipient: bytes
    content: bytes
    needs_smtputf8: bool


def message_id_header(message_id: str, sender_address: str) -> str:
    """Return the Message-ID, the same for every attempt, so that receivers can drop a double."""
    domain = sender_address.rpartition("@")[2]
    safe = message_id.replace("_", "")
    is_atom = safe.isascii() and safe.isalnum()
    local = message_id if is_atom else blake2b(message_id.encode(), digest_size=16).hexdigest()
    return f"<{local}@{domain}>"


def build(message: Message, settings: SmtpSettings, now: datetime) -> Envelope:
    """Return the envelope of `message`; raise `Refused` with the reason code of what is wrong."""
    recipient = deliverable(message.address)
    sender = settings.sender_address
    head = [
        _from(settings.sender_name, sender),
        mailbox_header(b"To", message.recipient_name, recipient),
        text_header(b"Subject", message.subject),
        b"Date: " + _date(now.replace(microsecond=0)) + b"\r\n",
        b"Message-ID: " + message_id_header(message.message_id, sender).encode() + b"\r\n",
        *_extra_headers(message),
        b"MIME-Version: 1.0\r\n",
    ]
    content = b"".join(head) + _body(message)
    if settings.dkim_keys:
        header, _, body = content.partition(b"\r\n\r\n")
        content = signatures(header, body, settings.dkim_keys, now) + content
    return Envelope(
        sender=settings.return_path.encode(),
        recipient=recipient.encode(),
        content=content,
        needs_smtputf8=not (recipient + sender + settings.return_path).isascii(),
    )


@lru_cache(maxsize=8)
def _from(name: str, address: str) -> bytes:
    """Return the header that all mails of a channel share."""
    return mailbox_header(b"From", name, address)


@lru_cache(maxsize=8)
def _date(second: datetime) -> bytes:
    """Return a moment as mails write it (RFC 5322 3.3); many mails leave in one second."""
    return format_datetime(second).encode()


def _extra_headers(message: Message) -> list[bytes]:
    lines = []
    for name, value in message.headers.items():
        lowered = name.lower()
        if lowered in OWN_HEADERS or lowered.startswith("content-"):
            raise Refused(f"Header {name} belongs to the channel.", code="content_header")
        lines.append(extra_header(name, value))
    return lines


def _body(message: Message) -> bytes:
    """Return one part, or both as alternatives with the text first (RFC 2046 5.1.4)."""
    if not message.html:
        return _part(b"plain", message.text)
    if not message.text:
        return _part(b"html", message.html)
    text, html = _part(b"plain", message.text), _part(b"html", message.html)
    # Named after what is inside, so no content can be written that holds its own boundary.
    boundary = b"=_" + blake2b(text + html, digest_size=16).hexdigest().encode()
    return b"".join(
        (
            b'Content-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n',
            b"--" + boundary + b"\r\n" + text,
            b"\r\n--" + boundary + b"\r\n" + html,
            b"\r\n--" + boundary + b"--\r\n",
        )
    )


def _part(subtype: bytes, text: str) -> bytes:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    encoding, body = _encoded(text)
    return (
        b"Content-Type: text/" + subtype + b'; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body
    )


def _encoded(text: str) -> tuple[bytes, bytes]:
    """Return the transfer encoding and the body, every line within limits, line ends CRLF."""
    data = text.encode("utf-8", "replace")
    if text.isascii() and "\0" not in text and max(map(len, text.split("\n"))) <= LINE_MAX:
        return b"7bit", data.replace(b"\n", b"\r\n")
    is_mostly_ascii = (len(data) - len(text)) * 6 <= len(text)
    if is_mostly_ascii and len(data) <= QUOTED_MAX:
        return b"quoted-printable", b2a_qp(data).replace(b"\n", b"\r\n")
    packed = b2a_base64(data.replace(b"\n", b"\r\n"), newline=False)  # RFC 2045 6.8
    lines = [packed[start : start + _LINE] for start in range(0, len(packed), _LINE)]
    return b"base64", b"\r\n".join(lines)
