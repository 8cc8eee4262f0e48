"""Mail servers that misbehave as real ones do, and what must become of a message there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from regard.channels import make_adapter
from regard.core.ports import ChannelAdapter
from regard.testing import VirtualClock
from tests.channels.cast import NOW, channel
from tests.channels.servers import DROP, SILENCE, ScriptedMail

World = Callable[[], AbstractAsyncContextManager[ChannelAdapter]]

QUICK = {"timeout_s": 0.1, "answer_timeout_s": 0.1}
"""For servers that stay silent; only they are given little time."""


def twin(extensions: str = "PIPELINING", *, own: Mapping[str, Any] | None = None, **script: Any):
    """Return the world of one scripted server and an adapter with settings of its `own`."""

    @asynccontextmanager
    async def world() -> AsyncIterator[ChannelAdapter]:
        async with ScriptedMail(extensions, **script).serve() as port:
            given = {"host": "127.0.0.1", "port": port, "tls": "none", "connections": 3}
            yield make_adapter(
                channel("smtp", **given | dict(own or {})), None, {}, VirtualClock(NOW)
            )

    return world


TLS = {"tls": "starttls", "timeout_s": 0.15}

MAIL_TWINS: dict[str, tuple[World, str, str]] = {
    "greylists": (
        twin(rcpt="451 4.7.1 Greylisting in action, come back"),
        "try_again",
        "provider_busy",
    ),
    "asks for less": (twin(rcpt="421 4.7.0 too many from you"), "try_again", "slow_down"),
    "closes in the middle": (twin(mail="421 4.3.2 shutting down"), "try_again", "provider_busy"),
    "closes after the content": (twin(content="421 4.4.2 bye"), "try_again", "slow_down"),
    "is a tarpit": (twin(rcpt=SILENCE, own=QUICK), "try_again", "connection_failed"),
    "is a tarpit at the greeting": (
        twin(greeting=SILENCE, own=QUICK),
        "try_again",
        "connection_failed",
    ),
    "says nothing to the content": (
        twin(content=SILENCE, own=QUICK),
        "unknown",
        "no_reply_after_content",
    ),
    "drops after the content": (twin(content=DROP), "unknown", "no_reply_after_content"),
    "drops when it is asked for the content": (twin(data=DROP), "try_again", "connection_failed"),
    "has no encryption": (twin(own=TLS), "try_again", "connection_failed"),
    "refuses encryption": (
        twin("STARTTLS", own=TLS, star="454 4.7.0 TLS not available"),
        "try_again",
        "connect_refused",
    ),
    "talks on in clear": (twin("STARTTLS", own=TLS, star="220 go ahead"), "try_again", ""),
    "has no 8BITMIME": (twin("SIZE=1000000"), "sent", ""),
    "takes no large mail": (twin("SIZE=10"), "refused", "content_too_large"),
    "is a phone book": (twin(rcpt="550 5.1.1 no such user"), "refused", "address_unknown"),
    "dislikes us": (twin(content="554 5.7.1 blocked"), "refused", "policy_refused"),
}
"""By what the server does: its world, the outcome, and its reason (empty: not looked at)."""
