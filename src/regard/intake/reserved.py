"""Names of events that not everybody may send: receipts of our messages, people's rights, what
became of cases, starts of journeys; and those that nobody may, because Regard notes them itself.

A write key in a web page is public. Whoever holds it could else bounce another person's address,
keep a promise that nobody kept, or erase somebody. A source needs the permission in regard.toml;
without it the item is refused. Called for every item, in whatever dialect it came.
"""

from __future__ import annotations

from collections.abc import Mapping

from regard.core.errors import Refused
from regard.core.person import RESUBSCRIBED
from regard.core.settings import Permission, Source
from regard.core.signal import (
    CASE_DONE,
    CASE_REOPENED,
    CASE_TAKEN,
    JOURNEY_CALLED,
    OWN_NAMES,
)
from regard.intake.shapes import Call

RESERVED: Mapping[str, Permission] = {
    "Automatic Reply Received": "receipts",
    CASE_DONE: "cases",
    CASE_REOPENED: "cases",
    CASE_TAKEN: "cases",
    "Email Bounced": "receipts",
    "Email Delivered": "receipts",
    "Email Link Clicked": "receipts",
    "Email Marked as Spam": "receipts",
    "Email Opened": "receipts",
    JOURNEY_CALLED: "journeys",
    "Machine Clicked": "receipts",
    "Machine Opened": "receipts",
    "Message Bounced": "receipts",
    "Message Clicked": "receipts",
    "Message Delivered": "receipts",
    "Message Dismissed": "receipts",
    "Message Opened": "receipts",
    "Person Erased": "rights",
    "Person Frozen": "rights",
    "Person Unfrozen": "rights",
    "Push Subscribed": "receipts",
    "Push Unsubscribed": "receipts",
    RESUBSCRIBED: "rights",
}
"""Exactly the spellings that other rooms act upon; any other spelling means nothing to them.

``Unsubscribed`` is not here: whoever wants to hear less is believed."""


def refuse_reserved(call: Call, source: Source) -> None:
    """Raise `Refused` ``reserved_name`` when `source` lacks the permission that the name needs."""
    name = call.name.partition("|")[0].strip() if "|" in call.name else call.name
    if name in OWN_NAMES:
        raise Refused(
            f"{call.name!r} is noted by Regard itself and cannot be sent.",
            code="reserved_name",
            hint="Choose another name for the event.",
        )
    needed = RESERVED.get(name)
    if needed is None or needed in source.may:
        return
    raise Refused(
        f"The source {source.id!r} may not send {call.name!r}.",
        code="reserved_name",
        hint=f'If its key is kept secret, add may = ["{needed}"] to [sources.{source.id}].',
    )
