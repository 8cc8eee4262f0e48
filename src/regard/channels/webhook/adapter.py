"""The adapter `webhook`: posts each message as signed JSON (Standard Webhooks 1.0) to one address.

In: a `Message`. Out: its `MessageOutcome`, with the JSON object that was answered to a call. The
header ``webhook-id`` is the message id on every attempt, and the receiver is bound to drop one that
it has seen: so, unlike a mail, a message whose answer was lost may be sent again, and no outcome
here is unknown. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from regard.channels.exchange import read_some, retry_after
from regard.channels.outcomes import outcome, try_again
from regard.channels.webhook.addresses import public_address
from regard.channels.webhook.settings import WebhookSettings
from regard.core.clock import Clock
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.ports import Message
from regard.core.trace import TRACEPARENT

ANSWER_BYTES_MAX = 16_384
"""Bytes of an answer that are read. Of a message only the beginning is kept, as detail; a call's
answer must be shorter, or it is not used."""

ANSWER_DEPTH_MAX = 8
"""Levels of an answer: nobody branches on what lies deeper."""

SAID = (
    *("message_id", "channel", "address", "recipient_name", "subject", "text", "html", "headers"),
    *("engagement", "message_class", "person_id", "facts", "attempt"),
)
"""What the other side is told of a message; docs/channels.md shows it."""


class WebhookAdapter:
    """Posts messages; used by many senders at once, `settings.connections` of them at a time."""

    carries_trace = True

    def __init__(self, settings: WebhookSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._client: httpx.AsyncClient | None = None

    async def open(self) -> None:
        """Make the connection pool; nothing is connected yet."""
        count = self._settings.connections
        # trust_env off: a proxy from the environment would void the check of the address.
        self._client = httpx.AsyncClient(
            verify=self._settings.url.scheme == "https",  # loading authorities takes 50 ms
            trust_env=False,
            follow_redirects=False,
            timeout=self._settings.timeout_s,
            limits=httpx.Limits(max_connections=count, max_keepalive_connections=count),
        )

    async def send(self, message: Message) -> MessageOutcome:
        """Post one message and return what became of it; never raises for the other side."""
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                status, headers, answer = await self._post(message)
        except Refused as error:
            return outcome(message, "refused", reason=error.code, detail=error.message)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return self._delayed(message, "connection_failed", str(error) or type(error).__name__)
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            return self._delayed(message, "no_answer", str(error) or type(error).__name__)
        now, first_s = self._clock.now(), self._settings.retry_first_s
        return outcome_of(status, headers, answer, message, now, first_s=first_s)

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _delayed(self, message: Message, reason: str, detail: str = "") -> MessageOutcome:
        now, first_s = self._clock.now(), self._settings.retry_first_s
        return try_again(message, now, reason=reason, detail=detail, first_s=first_s)

    async def _post(self, message: Message) -> tuple[int, httpx.Headers, str]:
        if self._client is None:
            await self.open()
        assert self._client is not None
        now = self._clock.now()
        body = encode(message, now)
        url, headers, extensions = await self._destination()
        headers |= sign(self._settings, message.message_id, now, body)
        if message.traceparent:
            headers[TRACEPARENT] = message.traceparent
        request = self._client.build_request(
            "POST", url, content=body, headers=headers, extensions=extensions
        )
        response = await self._client.send(request, stream=True)
        try:
            text = await read_some(response, ANSWER_BYTES_MAX)
            return response.status_code, response.headers, text
        finally:
            await response.aclose()

    async def _destination(self) -> tuple[httpx.URL, dict[str, str], dict[str, Any]]:
        """Return the address to connect to, checked, with the name that HTTP and TLS speak of."""
        url = self._settings.url
        if self._settings.allow_internal:
            return url, {}, {}
        address = await public_address(url.host, url.port or 443)
        name = url.netloc.decode("ascii")
        return url.copy_with(host=address), {"Host": name}, {"sni_hostname": url.raw_host.decode()}


def encode(message: Message, now: datetime) -> bytes:
    """Return the body: ``type``, ``timestamp`` and the message or the call as ``data``."""
    kind = "journey.call" if message.is_call else "message.send"
    data = _call_data(message) if message.is_call else _data(message)
    return msgspec.json.encode({"type": kind, "timestamp": now, "data": data})


def _data(message: Message) -> dict[str, Any]:
    """Return a message as it is documented; what only our own devices need is left out."""
    data = {name: getattr(message, name) for name in SAID}
    optional = {"devices": message.devices, "useful_until": message.useful_until}
    return data | {name: value for name, value in optional.items() if value}


def _call_data(message: Message) -> dict[str, Any]:
    journey, _, step = message.engagement.partition("/")
    return {
        "call_id": message.message_id,
        "journey": journey,
        "step": step,
        "person_id": message.person_id,
        "address": message.address,
        "facts": message.facts,
        "attempt": message.attempt,
    }


def sign(settings: WebhookSettings, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a signed request.

    The library takes any datetime for UTC and so signs another second than ours when it is aware
    and in another zone; hence the conversion.
    """
    moment = now.astimezone(UTC)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": settings.signer.sign(message_id, moment, body.decode()),
    }


def outcome_of(
    status: int,
    headers: httpx.Headers,
    answer: str,
    message: Message,
    now: datetime,
    *,
    first_s: float,
) -> MessageOutcome:
    """Return what an HTTP status means for this attempt; backoff begins with `first_s` seconds."""
    detail = f"HTTP {status} {answer}".rstrip()
    if 200 <= status < 300:
        return (
            _answered(message, answer)
            if message.is_call
            else outcome(message, "sent", detail=detail)
        )
    if status == 429 or status >= 500:
        asked_at = retry_after(headers.get("retry-after", ""), now)
        if asked_at is None:
            return try_again(message, now, reason="provider_busy", detail=detail, first_s=first_s)
        return outcome(
            message, "try_again", reason="provider_busy", detail=detail, next_at=asked_at
        )
    # Not an "address_…" reason: the endpoint is ours to configure, the person's address is fine.
    reason = "endpoint_gone" if status == 410 else "endpoint_refused"
    return outcome(message, "refused", reason=reason, detail=detail)


def _answered(message: Message, text: str) -> MessageOutcome:
    """Return what was answered to a call: a JSON object, or nothing at all (an empty body).

    The other side did take it when its answer cannot be read, so asking again would not help.
    """
    answer = read_answer(text) if text.strip() else {}
    if answer is None:
        return outcome(message, "sent", reason="answer_unreadable", detail=text)
    return outcome(message, "sent", answer=answer)


def read_answer(text: str) -> dict[str, Any] | None:
    """Return the JSON object of an answer; None for anything else, too large or too deep."""
    if len(text.encode()) >= ANSWER_BYTES_MAX:
        return None
    try:
        answer = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    is_object = isinstance(answer, dict) and _depth_left(answer, ANSWER_DEPTH_MAX)
    return answer if is_object else None


def _depth_left(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        return levels > 0 and all(_depth_left(inner, levels - 1) for inner in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_depth_left(inner, levels - 1) for inner in value)
    return True
