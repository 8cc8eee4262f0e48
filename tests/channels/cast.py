"""The cast of the channel tests: messages to Ada and channels with their settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from regard.core.ports import Message
from regard.core.settings import Channel

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

ADA = Message(
    message_id="5f2c9a01bb3d7e44",
    channel="email",
    address="ada@example.com",
    recipient_name="Ada Okafor",
    subject="Check-in is open for SK1",
    text="Hello Ada,\n\ncheck in now.\n",
    html="<p>Hello Ada,</p>\n<p>check in now.</p>\n",
    headers={
        "List-Unsubscribe": "<https://engage.example.com/unsubscribe/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
    engagement="check_in",
    message_class="service",
    person_id="p_ada",
    facts={"booking_number": "SK1"},
    attempt=1,
)


def message(**changes: Any) -> Message:
    """Return Ada's message with some fields changed."""
    return replace(ADA, **changes)


def channel(adapter: str, **settings: Any) -> Channel:
    """Return a channel; `from` is given unless changed (None leaves it out)."""
    sender = settings.pop("sender", "Skylark Air <hello@skylark.example>")
    given = {key.rstrip("_"): value for key, value in settings.items()}
    if sender is not None:
        given["from"] = sender
    return Channel(id="email", adapter=adapter, settings=given, reaches_by="email", disturbs=False)
