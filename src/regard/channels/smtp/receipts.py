"""Reads a bounce mail (a delivery status notification, RFC 3464) into receipts.

In: the bytes of one mail that arrived at the return path. Out: drafts of ``Email Bounced`` or
``Email Delivered``, one a recipient. A mail that is no notification gives none: an out-of-office
reply says nothing about delivery, or about consent. Called by whatever reads the bounce mailbox.
"""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import cast

from regard.channels.receipts import receipt
from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.ports import Draft

BOUNCE_BYTES_MAX = 1_000_000
"""A notification quotes headers, seldom more; what is larger is not read."""

BOUNDARIES_MAX = 20
"""A report names one, its quoted mail a few more. Five hundred inside one another keep the email
package busy for four seconds."""

RECIPIENTS_MAX = 10
"""We write to one address at a time; a report about thousands is not about a mail of ours."""

NAME_BY_ACTION = {"failed": "Email Bounced", "delivered": "Email Delivered"}
"""Actions that say what became of the message; ``delayed`` and ``relayed`` do not (RFC 3464)."""


def read_bounce(raw: bytes, *, channel: str, received_at: datetime) -> tuple[Draft, ...]:
    """Return the receipts in one mail, none when it is not a notification.

    Raise `Refused` when it is larger than `BOUNCE_BYTES_MAX` or too broken to be read.
    """
    if len(raw) > BOUNCE_BYTES_MAX:
        raise Refused("The bounce mail is too large to read.", code="too_large")
    if raw.lower().count(b"boundary") > BOUNDARIES_MAX:
        raise Refused("The bounce mail has too many parts to read.", code="receipt")
    try:
        return _receipts(raw, channel, received_at)
    except Exception as error:
        # Anybody can mail to the return path, and the email package raises IndexError,
        # AttributeError or RecursionError on mails that are broken on purpose.
        raise Refused(f"The bounce mail cannot be read: {error!r}.", code="receipt") from error


def _receipts(raw: bytes, channel: str, received_at: datetime) -> tuple[Draft, ...]:
    mail = message_from_bytes(raw, policy=policy.default)
    if mail.get_content_type() != "multipart/report":
        return ()
    message_id = _original_message_id(mail)
    notice_id = str(mail.get("Message-ID", "")) or message_id
    drafts = []
    for block in _recipients(mail):
        name = NAME_BY_ACTION.get(str(block.get("Action", "")).strip().lower(), "")
        address = _address(block)
        if not name or not address:
            continue
        drafts.append(
            receipt(
                name=name,
                channel=channel,
                identifier=Identifier("email", address.lower()),
                at=received_at,
                received_at=received_at,
                facts=_facts(block, message_id, address),
                notice_id=notice_id,
            )
        )
    return tuple(drafts)


def _recipients(mail: EmailMessage) -> list[Message]:
    """Return the per-recipient blocks of the machine-readable part."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = cast(list[Message], part.get_payload())
            return [b for b in blocks if b.get("Final-Recipient")][:RECIPIENTS_MAX]
    return []


def _original_message_id(mail: EmailMessage) -> str:
    """Return the message id of ours that the quoted headers name, ``""`` when they do not."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            text = part.get_payload(decode=True) or b""
            quoted = message_from_bytes(cast(bytes, text))
        elif kind == "message/rfc822":
            quoted = cast(list[Message], part.get_payload())[0]
        else:
            continue
        return str(quoted.get("Message-ID", "")).strip("<> \r\n").rpartition("@")[0]
    return ""


def _facts(block: Message, message_id: str, address: str) -> dict[str, object]:
    status = str(block.get("Status", "")).strip()
    return {
        "message_id": message_id,
        "address": address,
        "permanent": status.startswith("5"),
        "status": status,
        "detail": str(block.get("Diagnostic-Code", ""))[:500],
    }


def _address(block: Message) -> str:
    """Return the address we wrote to, which the server may have forwarded elsewhere."""
    value = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    return value.partition(";")[2].strip().strip("<>")
