"""Reads the bytes of a mail that came in: who wrote, what it answers, what it says, what it brings.

In: bytes that anybody may have sent. Out: a `Letter` of bounded size. Attachments are told by name
and size and not kept. Refused: what is too large, nested to keep us busy, or cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import cast

from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml import etree, html

from regard.core.errors import Refused

MAIL_BYTES_MAX = 50_000_000
"""No mail provider takes more; what a house takes is its own setting below it."""

BOUNDARIES_MAX = 20
"""A report names one, its quoted mail a few more. Five hundred inside one another keep the email
package busy for four seconds."""

PARTS_MAX = 100
HEADER_BYTES_MAX = 100_000
HTML_CHARS_MAX = 300_000
TEXT_CHARS_MAX = 100_000
ATTACHMENTS_MAX = 20
THREAD_MAX = 20
"""Ids of mails that one refers to: the one it answers, then the newest before it."""

_ID = re.compile(r"<([^<>\s]{1,250})>")
_QUOTES = (
    "//blockquote | //*[contains(concat(' ', @class, ' '), ' gmail_quote ')] | "
    "//*[contains(concat(' ', @class, ' '), ' moz-cite-prefix ')] | "
    "//*[@id='divRplyFwdMsg' or @id='appendonsend']/following-sibling::* | "
    "//*[@id='divRplyFwdMsg' or @id='appendonsend']"
)
_CONFIG = ParserConfig(display_links=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What was attached: a name, a media type and about how many bytes."""

    name: str
    media_type: str
    byte_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail. `mail` is the whole of it, for those who look further.

    `sender` is empty when nobody is named. `answers` are the ids (without brackets) of the mails
    that it refers to, the answered one first. `text` is all of the readable text, quotes included.
    """

    mail: Message
    mail_id: str
    sender: str
    sender_name: str
    subject: str
    at: datetime | None
    answers: tuple[str, ...]
    text: str
    attachments: tuple[Attachment, ...]


def parsed(raw: bytes) -> Message:
    """Return a mail as the email package has it; raise `Refused` when it is made to hurt.

    Its older policy takes 0.5 ms for a letter where the newer one, which parses every header anew
    each time it is asked for, takes 9.
    """
    if len(raw) > MAIL_BYTES_MAX:
        raise Refused("The mail is too large to read.", code="too_large")
    head = re.search(rb"\r?\n\r?\n", raw[: HEADER_BYTES_MAX + 4])
    if head is None and len(raw) > HEADER_BYTES_MAX:
        raise Refused("The mail has too long a header to read.", code="receipt")
    if len(re.findall(rb"boundary\s*=", raw, re.IGNORECASE)) > BOUNDARIES_MAX:
        raise Refused("The mail has too many parts to read.", code="receipt")
    try:
        return message_from_bytes(raw, policy=policy.compat32)
    except Exception as error:
        raise _unreadable(error) from error


def read_letter(mail: Message) -> Letter:
    """Return what a mail says; raise `Refused` when it cannot be read."""
    try:
        # The address is taken before words are decoded, or a name could bring another address.
        name, address = parseaddr(header(mail, "From"))
        parts = list(_parts(mail))
        return Letter(
            mail=mail,
            mail_id="".join(_ids(mail, "Message-ID")[:1]),
            sender=address if "@" in address else "",
            sender_name=_decoded_words(name)[:200],
            subject=shown(mail, "Subject")[:500],
            at=_moment(header(mail, "Date")),
            answers=_answers(mail),
            text=_text(parts),
            attachments=tuple(_attached(p) for p in parts if _is_attached(p))[:ATTACHMENTS_MAX],
        )
    except Exception as error:
        # Anybody can mail us, and the email package raises IndexError, AttributeError or
        # RecursionError on mails that are broken on purpose.
        raise _unreadable(error) from error


def header(mail: Message, name: str) -> str:
    """Return a header on one line, as it is written, ``""`` when it is missing."""
    return " ".join(str(mail.get(name, "")).split())


def shown(mail: Message, name: str) -> str:
    """Return a header as a reader sees it, its encoded words (RFC 2047) decoded."""
    return _decoded_words(header(mail, name))


def _decoded_words(value: str) -> str:
    if "=?" not in value:
        return value
    try:
        return " ".join(str(make_header(decode_header(value))).split())
    except Exception:  # charsets that nobody knows, base64 that is none
        return value


def _unreadable(error: Exception) -> Refused:
    return Refused(f"The mail cannot be read: {error!r}."[:500], code="receipt")


def _answers(mail: Message) -> tuple[str, ...]:
    """Return the ids that it refers to, the nearest first, each once (RFC 5322 3.6.4)."""
    found = [*_ids(mail, "In-Reply-To"), *reversed(_ids(mail, "References"))]
    return tuple(dict.fromkeys(found))[:THREAD_MAX]


def _ids(mail: Message, name: str) -> list[str]:
    return _ID.findall(header(mail, name)[:20_000])


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _parts(mail: Message) -> Iterator[Message]:
    """Return the leaves, in order; a mail inside the mail is one."""
    stack: list[Message] = [mail]
    for _ in range(PARTS_MAX):
        if not stack:
            return
        part = stack.pop()
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            stack.extend(reversed(cast(list[Message], payload)))
        else:
            yield part


def _is_attached(part: Message) -> bool:
    is_text = part.get_content_type() in ("text/plain", "text/html")
    return not is_text or part.get_content_disposition() == "attachment"


def _attached(part: Message) -> Attachment:
    payload = part.get_payload()
    count = len(payload) if isinstance(payload, str) else 0
    if header(part, "Content-Transfer-Encoding").strip().lower() == "base64":
        count = count * 3 // 4
    return Attachment(
        name=" ".join(str(part.get_filename() or "").split())[:200],
        media_type=part.get_content_type(),
        byte_count=count,
    )


def _text(parts: list[Message]) -> str:
    """Return the plain text, or what a reader of the HTML would see, quotes left out."""
    shown = [part for part in parts if not _is_attached(part)]
    for kind in ("text/plain", "text/html"):
        found = [_decoded(part) for part in shown if part.get_content_type() == kind]
        if any(text.strip() for text in found):
            joined = "\n".join(found)
            return (_of_html(joined) if kind == "text/html" else joined)[:TEXT_CHARS_MAX]
    return ""


def _decoded(part: Message) -> str:
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    try:
        return raw.decode(str(part.get_content_charset() or "utf-8"), "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _of_html(source: str) -> str:
    cleaned = source[:HTML_CHARS_MAX].replace("\0", "")
    try:
        tree = html.document_fromstring(cleaned.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError):
        return ""
    for quoted in tree.xpath(_QUOTES):
        if quoted.getparent() is not None:
            quoted.drop_tree()
    text = Inscriptis(tree, _CONFIG).get_text()
    return "\n".join(line.strip() for line in text.splitlines()).strip()
