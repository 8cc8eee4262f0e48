"""Makes the drafts of what customers say or do on a channel, all in one shape.

In: what a request of a provider or of a page said, already understood by an adapter's own
`inbound.py`. Out: drafts of events that the customer said themselves (trust 0). The same notice
delivered twice has the same key and is a duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regard.channels.noticed import noticed
from regard.core.event import Identifier
from regard.core.ports import Draft

TEXT_MAX = 4_000
"""Characters of what somebody wrote that are kept: twice the longest text of ten segments."""


def spoken(
    *,
    name: str,
    channel: str,
    identifier: Identifier,
    at: datetime,
    received_at: datetime,
    facts: Mapping[str, Any],
    notice_id: str,
) -> Draft:
    """Return the draft of event `name`; `notice_id` is the provider's name of what was said."""
    return noticed(
        source=f"inbound.{channel}",
        name=name,
        channel=channel,
        identifier=identifier,
        at=at,
        received_at=received_at,
        facts=facts,
        notice=(notice_id, str(identifier)),
        trust=0,
    )
