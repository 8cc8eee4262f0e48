"""Makes receipts of what mail systems report about our messages: bounced, delivered, complained.

In: the bytes of one mail that arrived at the return path. Out: drafts of ``Email Bounced``,
``Email Delivered`` or ``Email Marked as Spam``, one a recipient. A mail that is no report gives
none: an out-of-office reply says nothing about delivery, or about consent. Called for the door of
bounces and, before anything else is looked for, for every mail that comes in.
"""

from __future__ import annotations

from datetime import datetime
from email.message import Message

from regard.channels.receipts import receipt
from regard.channels.smtp.letters.letter import header, parsed
from regard.channels.smtp.letters.reports import Report, reports_in
from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.ports import Draft

BOUNCE_BYTES_MAX = 1_000_000
"""A notification quotes headers, seldom more; what is larger is not read."""

NAMES = {
    "failed": "Email Bounced",
    "delivered": "Email Delivered",
    "complained": "Email Marked as Spam",
}


def read_bounce(raw: bytes, *, channel: str, received_at: datetime) -> tuple[Draft, ...]:
    """Return the receipts in one mail, none when it is not a report.

    Raise `Refused` when it is larger than `BOUNCE_BYTES_MAX` or too broken to be read.
    """
    if len(raw) > BOUNCE_BYTES_MAX:
        raise Refused("The bounce mail is too large to read.", code="too_large")
    return receipts_of(parsed(raw), raw, channel=channel, received_at=received_at)


def receipts_of(
    mail: Message, raw: bytes, *, channel: str, received_at: datetime
) -> tuple[Draft, ...]:
    """Return the receipts in a parsed mail; raise `Refused` when it is too broken."""
    try:
        found = reports_in(mail, raw)
        notice_id = header(mail, "Message-ID")
    except Exception as error:
        # Anybody can mail to the return path, and the email package raises IndexError,
        # AttributeError or RecursionError on mails that are broken on purpose.
        raise Refused(f"The report cannot be read: {error!r}."[:500], code="receipt") from error
    return tuple(
        receipt(
            name=NAMES[report.kind],
            channel=channel,
            identifier=Identifier("email", report.address.lower()),
            at=received_at,
            received_at=received_at,
            facts=_facts(report),
            notice_id=notice_id or report.mail_id,
        )
        for report in found
        if report.kind in NAMES
    )


def _facts(report: Report) -> dict[str, object]:
    """Return the facts that docs/channels.md lists; our message id stands before the @."""
    facts: dict[str, object] = {"message_id": report.mail_id.rpartition("@")[0]}
    if report.address:
        facts["address"] = report.address
    if report.kind == "failed":
        facts |= {"permanent": report.is_permanent}
    return facts | {"status": report.status, "detail": report.detail}
