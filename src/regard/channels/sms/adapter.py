"""The adapter `sms`: posts each message to a Twilio-compatible service, and asks when in doubt.

In: a `Message`. Out: its `MessageOutcome`. The service knows no idempotency key, so after an answer
that was lost, and before every further attempt, it is asked for its messages to this number: one
with this text, made since we decided, is ours. Found, it counts as sent; not found after a lost
answer, the outcome is unknown, since a list may lag.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from regard.channels.exchange import Answer, AnswerLost, Exchange, NothingLeft
from regard.channels.outcomes import outcome, try_again
from regard.channels.sms.answers import outcome_of
from regard.channels.sms.settings import SmsSettings
from regard.core.clock import Clock
from regard.core.event import MessageOutcome
from regard.core.ports import Message
from regard.core.segments import segments_of

TEXT_MAX = 1_600
"""Characters that the service takes (its error 21617 says so): ten segments."""

CLOCKS_APART = timedelta(seconds=5)
"""How far the service's clock may be behind ours; it tells whole seconds."""

LISTED_WITHIN = timedelta(minutes=10)
"""How far the service's list may lag behind what it took; what is not there then, it never had."""

LISTED = 50
"""Messages to one number that are looked through, the newest first."""

VALIDITY_MAX_S = 36_000
"""Seconds for which the service may queue a message, by its documentation."""


class CannotAsk(Exception):
    """The service did not tell which messages it has."""


class _Listed(msgspec.Struct, frozen=True, kw_only=True):
    sid: str
    body: str = ""
    date_created: str = ""
    direction: str = ""


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    messages: list[_Listed] = []


class SmsAdapter:
    """Posts messages; used by many senders at once, `settings.connections` of them at a time."""

    def __init__(self, settings: SmsSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._exchange = Exchange(
            timeout_s=settings.timeout_s,
            connections=settings.connections,
            is_tls=settings.messages_url.startswith("https"),
        )

    async def open(self) -> None:
        """Do nothing yet: connections are opened by the first message that needs them."""

    async def send(self, message: Message) -> MessageOutcome:
        """Hand over one message and return what became of it; never raises for the service."""
        text = message.text.strip()
        if len(text) > TEXT_MAX:
            detail = f"{len(text)} characters, {TEXT_MAX} at most"
            return outcome(message, "refused", reason="content_too_large", detail=detail)
        try:
            if message.attempt > 1 and (sid := await self._taken(message, text)):
                return outcome(message, "sent", provider_id=sid, detail="found at the provider")
        except CannotAsk as error:
            return outcome(message, "unknown", reason="cannot_ask", detail=str(error))
        return await self._post(message, text)

    async def ask(self, message: Message, since: datetime) -> MessageOutcome | None:
        """Return ``sent`` when the service lists it, ``try_again`` when it surely has it not."""
        try:
            listed = await self._listed(message)
        except CannotAsk:
            return None
        sid = _found(listed, message.text.strip(), message.decided_at)
        if sid:
            return outcome(message, "sent", provider_id=sid, detail="found at the provider")
        now = self._clock.now()
        if now - since < LISTED_WITHIN or len(listed) >= LISTED:
            return None
        first_s = self._settings.retry_first_s
        return try_again(message, now, reason="not_taken", first_s=first_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._exchange.close()

    async def _post(self, message: Message, text: str) -> MessageOutcome:
        now, first_s = self._clock.now(), self._settings.retry_first_s
        try:
            answer = await self._ask("POST", data=self._form(message, text, now))
        except NothingLeft as error:
            return try_again(
                message, now, reason="connection_failed", detail=str(error), first_s=first_s
            )
        except AnswerLost as error:
            return await self._after_loss(message, text, str(error))
        said = outcome_of(answer, message, now, first_s, str(segments_of(text)))
        return said or await self._after_loss(message, text, answer.detail)

    async def _after_loss(self, message: Message, text: str, detail: str) -> MessageOutcome:
        """Ask at once: most often the service has it, and only the answer was lost."""
        try:
            sid = await self._taken(message, text)
        except CannotAsk as error:
            detail = f"{detail}; {error}"
        else:
            if sid:
                found = f"found at the provider after: {detail}"
                return outcome(message, "sent", provider_id=sid, detail=found)
        return outcome(message, "unknown", reason="answer_lost", detail=detail)

    async def _taken(self, message: Message, text: str) -> str:
        """Return the provider's id of this very message, ``""`` when it has none.

        Raise `CannotAsk` when it does not tell.
        """
        return _found(await self._listed(message), text, message.decided_at)

    async def _listed(self, message: Message) -> Sequence[_Listed]:
        """Return the newest messages to this number; raise `CannotAsk` when it does not tell."""
        query: dict[str, str | int] = {"To": message.address, "PageSize": LISTED}
        try:
            answer = await self._ask("GET", params=query)
            if answer.status != 200:
                raise CannotAsk(answer.detail)
            page = msgspec.json.decode(answer.text, type=_Page)
        except (NothingLeft, AnswerLost, msgspec.DecodeError, RecursionError) as error:
            raise CannotAsk(f"its messages cannot be listed: {error}") from error
        return page.messages

    async def _ask(self, method: str, **about: object) -> Answer:
        settings = self._settings
        auth = (settings.account_sid, settings.auth_token)
        return await self._exchange.ask(method, settings.messages_url, auth=auth, **about)

    def _form(self, message: Message, text: str, now: datetime) -> dict[str, str]:
        settings = self._settings
        form = {"To": message.address, "Body": text}
        if settings.service_sid:
            form["MessagingServiceSid"] = settings.service_sid
        else:
            form["From"] = settings.sender
        callback = settings.status_callback(message.channel, message.message_id)
        if callback:
            form["StatusCallback"] = callback
        if message.useful_until is not None:
            left_s = int((message.useful_until - now).total_seconds())
            form["ValidityPeriod"] = str(min(max(left_s, 1), VALIDITY_MAX_S))
        return form


def _found(listed: Sequence[_Listed], text: str, decided_at: datetime | None) -> str:
    for one in listed:
        if one.body.strip() != text or one.direction == "inbound":
            continue
        made_at = _moment(one.date_created)
        if decided_at is None or made_at is None or made_at >= decided_at - CLOCKS_APART:
            return one.sid
    return ""


def _moment(text: str) -> datetime | None:
    """Return a moment as the service writes it (RFC 2822, UTC); None when it cannot be read."""
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)
