"""Makes the draft of an event that a channel heard of: from a provider, a page or a mailbox.

What happened, already understood by an adapter, in; a draft out. Its id is made of the source, the
event and what the provider calls it, so that the same notice delivered twice is a duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regard.core.event import Event, Identifier
from regard.core.ids import derived_id, identity_of, message_key
from regard.core.ports import Draft


def noticed(
    *,
    source: str,
    name: str,
    channel: str,
    identifier: Identifier,
    at: datetime,
    received_at: datetime,
    facts: Mapping[str, Any],
    notice: tuple[str, ...],
    trust: int,
    traits: Mapping[str, Any] | None = None,
) -> Draft:
    """Return the draft of event `name`; `notice` is what tells it from every other of its kind."""
    event_id = derived_id(name, *notice)
    event = Event(
        message_id=event_id,
        source=source,
        type="track",
        name=name,
        channel=channel,
        at=at,
        received_at=received_at,
        identifiers=(identifier,),
        facts=dict(facts),
        traits=dict(traits or {}),
        trust=trust,
    )
    return Draft(
        key=message_key(source, event_id),
        identity=identity_of(identifier.kind, identifier.value),
        at=at,
        received_at=received_at,
        body=event,
    )
