"""Reads what mail systems report: bounces (RFC 3464), complaints (RFC 5965), and bounces in prose.

In: a parsed mail. Out: one `Report` for each recipient that it tells of, none when it is no report.
Which of our messages it is about stands in the headers that it returns, so no return path of its
own (VERP) is needed. Bounces in prose are read by the detectors of GNU Mailman (`flufl.bounce`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string, policy
from email.message import Message
from email.utils import parseaddr
from typing import Literal, cast

from flufl.bounce import all_failures

from regard.channels.smtp.letters.letter import header

RECIPIENTS_MAX = 10
"""We write to one address at a time; a report about thousands is not about a mail of ours."""

PROSE_BYTES_MAX = 200_000
"""The detectors of prose try many patterns; a bounce in prose is a page."""

Kind = Literal["failed", "delayed", "delivered", "complained"]

_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"})
"""Feedback types that mean *no more* (RFC 5965 7.3); ``not-spam`` takes one back."""

_OF_THE_MOMENT = ("5.2.2", "5.2.3", "5.3.", "5.6.", "5.7.")
"""Failures that say nothing about the address: a full mailbox, size, content, policy."""

_ENHANCED = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_OWN_ID = re.compile(rb"^Message-ID:\s*<([^<>\s]{1,250})>", re.IGNORECASE | re.MULTILINE)

# The detectors tell each step to the log; nobody wants that of a mailbox open to the world.
_DETECTORS = logging.getLogger("flufl.bounce")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one message at one address.

    `mail_id` is the id of the returned mail, without brackets (empty: it is not returned).
    `is_permanent` belongs to ``failed``. `status` is the enhanced status code, if one is told.
    """

    kind: Kind
    mail_id: str
    address: str
    is_permanent: bool = False
    status: str = ""
    detail: str = ""


def reports_in(mail: Message, raw: bytes) -> tuple[Report, ...]:
    """Return what a mail reports, empty when it is no report; the package may raise anything."""
    if mail.get_content_type() == "multipart/report":
        for part in mail.walk():
            kind = part.get_content_type()
            if kind == "message/feedback-report":
                return tuple(_complaints(part, mail))
            if kind in ("message/delivery-status", "message/global-delivery-status"):
                return tuple(_deliveries(part, mail))
        return ()
    return tuple(_prose(raw)) if _is_from_machine(mail) else ()


def _deliveries(part: Message, mail: Message) -> Iterator[Report]:
    """Return the per-recipient blocks of a delivery status (RFC 3464 2.3) that tell of an end."""
    mail_id = _returned_id(mail)
    blocks = [b for b in _blocks(part) if "Final-Recipient" in b or "Original-Recipient" in b]
    for block in blocks[:RECIPIENTS_MAX]:
        action = header(block, "Action").partition("(")[0].strip().lower()
        address = _recipient(block)
        if action not in ("failed", "delivered") or not address:
            continue  # ``delayed``, ``relayed`` and ``expanded`` are no end
        detail = " ".join(header(block, "Diagnostic-Code").split())[:500]
        status = header(block, "Status").partition(" ")[0].strip()
        yield Report(
            kind=cast(Kind, action),
            mail_id=mail_id,
            address=address,
            is_permanent=_is_permanent(status, detail),
            status=status[:20],
            detail=detail,
        )


def _is_permanent(status: str, detail: str) -> bool:
    """Return whether a failure is for good: the mailbox is full or busy is not (RFC 3463)."""
    if status in ("", "5.0.0", "4.0.0"):
        found = _ENHANCED.search(detail)
        status = found.group(0) if found else status
    return status.startswith("5") and not status.startswith(_OF_THE_MOMENT)


def _complaints(part: Message, mail: Message) -> Iterator[Report]:
    """Return the complaint of a feedback report; the address may be blacked out."""
    blocks = list(_blocks(part))
    told = blocks[0] if blocks else part
    kind = header(told, "Feedback-Type").strip().lower()
    if kind not in _COMPLAINTS:
        return
    returned = _returned(mail)
    address = header(told, "Original-Rcpt-To") or header(told, "Removal-Recipient")
    if not address and returned is not None:
        address = header(returned, "To")
    address = parseaddr(address)[1]
    mail_id = _returned_id(mail)
    if mail_id or "@" in address:
        agent = " ".join(header(told, "User-Agent").split())[:200]
        detail = f"{kind} {agent}".strip()
        yield Report(kind="complained", mail_id=mail_id, address=address, detail=detail)


def _prose(raw: bytes) -> Iterator[Report]:
    """Return what the detectors of older and own forms of bounces find."""
    if len(raw) > PROSE_BYTES_MAX:
        return
    _DETECTORS.setLevel(logging.CRITICAL)
    temporary, permanent = all_failures(message_from_bytes(raw, policy=policy.compat32))
    ids = _OWN_ID.findall(raw)
    mail_id = ids[-1].decode("ascii", "replace") if len(ids) > 1 else ""
    addresses = [(a, False) for a in sorted(temporary)] + [(a, True) for a in sorted(permanent)]
    for address, is_permanent in addresses[:RECIPIENTS_MAX]:
        yield Report(
            kind="failed",
            mail_id=mail_id,
            address=address.decode("ascii", "replace"),
            is_permanent=is_permanent,
            detail="a bounce in prose",
        )


def _is_from_machine(mail: Message) -> bool:
    """Return whether a mail system speaks: prose of people is never read as a bounce."""
    if header(mail, "Return-Path").strip() == "<>" or "X-Failed-Recipients" in mail:
        return True
    local = parseaddr(header(mail, "From"))[1].partition("@")[0].lower()
    return local in ("mailer-daemon", "postmaster", "mail-daemon", "microsoftexchange")


def _blocks(part: Message) -> Iterator[Message]:
    """Return the groups of fields of a report; the package parses some types and some not."""
    payload = part.get_payload()
    if isinstance(payload, list):
        for block in cast(list[Message], payload):
            if len(block) == 0 and isinstance(block.get_payload(), str):
                yield message_from_string(str(block.get_payload()).lstrip())
            else:
                yield block
    else:
        data = part.get_payload(decode=True)
        text = data.decode("utf-8", "replace") if isinstance(data, bytes) else str(payload)
        for group in re.split(r"\r?\n\r?\n", text.strip()):
            yield message_from_string(group)


def _returned(mail: Message) -> Message | None:
    """Return the headers of the mail that the report sends back, if it does."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind in ("text/rfc822-headers", "message/global-headers"):
            data = part.get_payload(decode=True)
            payload = part.get_payload()
            if isinstance(data, bytes):
                return message_from_bytes(data.lstrip())
            return cast(list[Message], payload)[0] if isinstance(payload, list) else None
        if kind in ("message/rfc822", "message/global"):
            payload = part.get_payload()
            return cast(list[Message], payload)[0] if isinstance(payload, list) else None
    return None


def _returned_id(mail: Message) -> str:
    returned = _returned(mail)
    return "" if returned is None else header(returned, "Message-ID").strip().strip("<> \r\n")


def _recipient(block: Message) -> str:
    """Return the address we wrote to, which the server may have forwarded elsewhere."""
    value = header(block, "Original-Recipient") or header(block, "Final-Recipient")
    return value.partition(";")[2].strip().strip("<>")[:254]
