"""The adapter `push`: sends each message to the browsers of its person by their push services.

In: a `Message` with its devices. Out: one `MessageOutcome`: sent when one browser's service took
it, with those that are gone for good (404, 410). Topic and tag are the same on every attempt, so a
push whose answer was lost is sent again and shown once: no outcome here is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import httpx
from msgspec.structs import replace

from regard.channels.exchange import Answer, AnswerLost, Exchange, NothingLeft, retry_after
from regard.channels.outcomes import outcome, try_again
from regard.channels.push.payload import encrypted, payload_of
from regard.channels.push.settings import PushSettings
from regard.channels.push.vapid import authorization
from regard.channels.webhook.addresses import public_address
from regard.core.clock import Clock
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.ids import derived_id
from regard.core.ports import Message
from regard.core.reaching import Device

TTL_MAX_S = 2_419_200

Fate = Literal["taken", "gone", "busy", "refused"]

REASON_BY_STATUS = {
    400: "provider_refused",
    401: "login_refused",
    403: "login_refused",
    413: "content_too_large",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What became of one browser's copy."""

    address: str
    fate: Fate
    reason: str = ""
    detail: str = ""
    again_at: datetime | None = None


class PushAdapter:
    """Sends to all browsers of a person at once; used by many senders at once."""

    def __init__(self, settings: PushSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._exchange = Exchange(timeout_s=settings.timeout_s, connections=settings.connections)

    async def open(self) -> None:
        """Do nothing yet: connections are opened by the first message that needs them."""

    async def send(self, message: Message) -> MessageOutcome:
        """Hand over one message and return what became of it; never raises for the services."""
        devices = message.devices if self._settings.to == "all" else message.devices[:1]
        if not devices:
            return outcome(message, "refused", reason="no_device")
        try:
            payload = payload_of(message, self._settings.click_url)
        except Refused as error:
            return outcome(message, "refused", reason=error.code, detail=error.message)
        now = self._clock.now()
        results = await asyncio.gather(*(self._one(message, payload, d, now) for d in devices))
        return self._together(message, results, now)

    async def close(self) -> None:
        """Close all connections."""
        await self._exchange.close()

    async def _one(
        self, message: Message, payload: bytes, device: Device, now: datetime
    ) -> _Result:
        address = device["address"]
        try:
            answer = await self._post(message, payload, device, now)
        except (Refused, ValueError) as error:
            # What the browser gave us is no address or no key: nothing will ever arrive there.
            return _Result(address=address, fate="gone", reason="address_gone", detail=str(error))
        except NothingLeft as error:
            return _Result(
                address=address, fate="busy", reason="connection_failed", detail=str(error)
            )
        except (AnswerLost, OSError) as error:
            return _Result(address=address, fate="busy", reason="no_answer", detail=str(error))
        return _result(address, answer, now)

    async def _post(
        self, message: Message, payload: bytes, device: Device, now: datetime
    ) -> Answer:
        url, host, extensions = await self._destination(device["endpoint"])
        headers = {
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(self._ttl_s(message, now)),
            "topic": self._topic(message),
            "urgency": "high" if message.message_class == "service" else "normal",
            "authorization": authorization(
                self._settings.key, device["endpoint"], self._settings.contact, now
            ),
        }
        return await self._exchange.ask(
            "POST",
            str(url),
            content=encrypted(payload, device),
            headers=headers | host,
            extensions=extensions,
        )

    async def _destination(self, endpoint: str) -> tuple[httpx.URL, dict[str, str], dict[str, Any]]:
        """Return where to connect. A page told us the address, so it must be a public one."""
        try:
            url = httpx.URL(endpoint)
        except httpx.InvalidURL as error:
            raise ValueError(f"the endpoint is no address: {error}") from error
        if self._settings.allow_internal:
            return url, {}, {}
        address = await public_address(url.host, url.port or 443)
        name = url.netloc.decode("ascii")
        return url.copy_with(host=address), {"host": name}, {"sni_hostname": url.raw_host.decode()}

    def _ttl_s(self, message: Message, now: datetime) -> int:
        if message.useful_until is None:
            return self._settings.ttl_s
        left_s = int((message.useful_until - now).total_seconds())
        return min(max(left_s, 0), TTL_MAX_S)

    def _topic(self, message: Message) -> str:
        """Return the name under which a waiting push is replaced (RFC 8030 section 5.4)."""
        is_own = self._settings.replace == "message"
        return derived_id(message.message_id if is_own else message.engagement)

    def _together(
        self, message: Message, results: Sequence[_Result], now: datetime
    ) -> MessageOutcome:
        """Return one outcome: the best of all, with what is gone."""
        gone = tuple(one.address for one in results if one.fate == "gone")
        by_fate = {one.fate: one for one in reversed(results)}
        taken = sum(one.fate == "taken" for one in results)
        if taken:
            detail = f"taken for {taken} of {len(results)} browsers"
            return replace(outcome(message, "sent", detail=detail), gone=gone)
        if busy := by_fate.get("busy"):
            said = try_again(
                message,
                now,
                reason=busy.reason,
                detail=busy.detail,
                first_s=self._settings.retry_first_s,
            )
            again = [one.again_at for one in results if one.again_at is not None]
            return replace(said, gone=gone, retry_at=min(again, default=said.retry_at))
        last = by_fate.get("refused") or by_fate["gone"]
        said = outcome(message, "refused", reason=last.reason, detail=last.detail)
        return replace(said, gone=gone)


def _result(address: str, answer: Answer, now: datetime) -> _Result:
    status = answer.status
    if 200 <= status < 300:
        return _Result(address=address, fate="taken")
    if status in (404, 410):
        return _Result(address=address, fate="gone", reason="address_gone", detail=answer.detail)
    if status in (401, 403):
        return _Result(
            address=address, fate="busy", reason=REASON_BY_STATUS[status], detail=answer.detail
        )
    if status == 429 or status >= 500:
        return _Result(
            address=address,
            fate="busy",
            reason="provider_busy",
            detail=answer.detail,
            again_at=retry_after(answer.headers.get("retry-after", ""), now),
        )
    reason = REASON_BY_STATUS.get(status, "provider_refused")
    return _Result(address=address, fate="refused", reason=reason, detail=answer.detail)
