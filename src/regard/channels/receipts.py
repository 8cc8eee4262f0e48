"""Makes the drafts of receipts: events in which a provider tells what became of a message.

In: what a provider said, already understood by an adapter's own `receipts.py`. Out: drafts whose
names and facts the promises, the gate and the profiles know (`docs/channels.md` lists them). A
receipt that is delivered twice has the same key and is a duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regard.channels.noticed import noticed
from regard.core.event import Identifier
from regard.core.ports import Draft


def receipt(
    *,
    name: str,
    channel: str,
    identifier: Identifier,
    at: datetime,
    received_at: datetime,
    facts: Mapping[str, Any],
    notice_id: str,
) -> Draft:
    """Return the draft of receipt `name` about the message in ``facts["message_id"]``.

    `at` is the provider's moment, taken as never later than `received_at`. `notice_id` names the
    provider's notice: the same notice delivered twice is one receipt.
    """
    return noticed(
        source=f"receipts.{channel}",
        name=name,
        channel=channel,
        identifier=identifier,
        at=min(at, received_at),
        received_at=received_at,
        facts=facts,
        notice=(notice_id, str(identifier)),
        trust=1,
    )
