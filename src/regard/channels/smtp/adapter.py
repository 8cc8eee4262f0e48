"""The adapter `smtp`: composes a mail and hands it to one SMTP server over a pool of connections.

In: a `Message`. Out: its `MessageOutcome`. A kept connection that turns out to be closed is opened
again once, and only while nothing of the message has left us. Connections are opened when first
needed, so a provider that is down at the start refuses nothing.
"""

from __future__ import annotations

from regard.channels.outcomes import outcome
from regard.channels.smtp.answers import outcome_of
from regard.channels.smtp.mime import Envelope, build
from regard.channels.smtp.pool import Pool
from regard.channels.smtp.readiness import Bulk
from regard.channels.smtp.session import Answer, Session
from regard.channels.smtp.settings import SmtpSettings
from regard.core.clock import Clock
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.ports import Message


class SmtpAdapter:
    """Hands mails over; used by many senders at once, `settings.connections` of them at a time."""

    def __init__(self, settings: SmtpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._pool = Pool(settings)
        self._bulk = Bulk(settings)

    async def open(self) -> None:
        """Do nothing yet: each connection is opened by the first message that needs it."""

    async def send(self, message: Message) -> MessageOutcome:
        """Hand over one message and return what became of it; never raises for the server."""
        try:
            envelope = build(message, self._settings, self._clock.now())
        except Refused as error:
            return outcome(message, "refused", reason=error.code, detail=error.message)
        domain = message.address.rpartition("@")[2].lower()
        unready = await self._bulk.refusal(message, domain, self._clock.now())
        if unready:
            return outcome(message, "refused", reason="sender_unready", detail=unready)
        session = await self._pool.take()
        try:
            answer = await _hand_over(session, envelope)
        finally:
            self._pool.give_back(session)
        now = self._clock.now()
        found = outcome_of(answer, message, now, self._settings.retry_first_s)
        if found.outcome in ("sent", "unknown"):
            self._bulk.note(domain, now)
        return found

    async def close(self) -> None:
        """Say goodbye on all idle connections."""
        await self._pool.close()


async def _hand_over(session: Session, envelope: Envelope) -> Answer:
    if session.is_open:
        answer = await session.hand_over(envelope)
        if not answer.may_be_stale:
            return answer
    return await session.open() or await session.hand_over(envelope)
