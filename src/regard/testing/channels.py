"""Channels for tests: one that records, one that misbehaves the same way on every run.

Both implement `core.ports.ChannelAdapter`. What a misbehaving channel does to a message follows
from seed, message id and attempt alone, so neither order nor concurrency changes a run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from regard.core.backoff import retry_at
from regard.core.clock import Clock
from regard.core.event import MessageOutcome, Outcome
from regard.core.ports import Message
from regard.testing.clock import VirtualClock

Rule = Callable[[Message], Outcome | MessageOutcome]


def always_sent(_message: Message) -> Outcome:
    """Answer that every message was sent."""
    return "sent"


class RecordingChannel:
    """Keeps every message in `messages`, in order, and answers by `rule`.

    The rule returns a kind of outcome, or the whole record. ``try_again`` comes back after the
    house's backoff.
    """

    def __init__(self, rule: Rule = always_sent, clock: Clock | None = None) -> None:
        self.rule = rule
        self.messages: list[Message] = []
        self.is_open = False
        self._clock = clock or VirtualClock()

    async def open(self) -> None:
        self.is_open = True

    async def send(self, message: Message) -> MessageOutcome:
        """Keep the message and return what the rule says."""
        self.messages.append(message)
        answer = self.rule(message)
        if isinstance(answer, MessageOutcome):
            return answer
        return make_outcome(message, answer, self._clock)

    async def close(self) -> None:
        self.is_open = False


class Misbehaviour(Struct, frozen=True, kw_only=True):
    """How often (0 to 1 each, together at most 1) a channel does what.

    `lost_after_accepting`: it takes the message and the answer is lost. `lost_before_accepting`:
    the outcome is just as unknown, but nothing was taken. `raising`: it fails with an exception.
    """

    refusing: float = 0.0
    try_again: float = 0.0
    lost_after_accepting: float = 0.0
    lost_before_accepting: float = 0.0
    raising: float = 0.0
    slow_s: float = 0.0


class MisbehavingChannel:
    """Does to each attempt what `seed` says; `accepted` is what truly reached the customer.

    Every attempt first takes `slow_s` by `pause` (a `VirtualClock.sleep` costs no real time).
    """

    def __init__(
        self,
        seed: int,
        misbehaviour: Misbehaviour,
        *,
        clock: Clock | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.accepted: list[Message] = []
        self.attempts: list[tuple[str, int, str]] = []
        self._seed = seed
        self._misbehaviour = misbehaviour
        self._clock = clock or VirtualClock()
        self._pause = pause

    async def open(self) -> None:
        """Do nothing."""

    async def send(self, message: Message) -> MessageOutcome:
        """Do what the seed says; raise `ConnectionResetError` when it says so."""
        if self._misbehaviour.slow_s:
            await self._pause(self._misbehaviour.slow_s)
        deed = self.deed(message)
        self.attempts.append((message.message_id, message.attempt, deed))
        if deed in ACCEPTING:
            self.accepted.append(message)
        return answer_to(message, deed, self._clock)

    async def close(self) -> None:
        """Do nothing."""

    def deed(self, message: Message) -> str:
        """Return what this attempt meets: ``sent`` or the name of a misbehaviour."""
        text = f"{self._seed}\x00{message.message_id}\x00{message.attempt}"
        digest = blake2b(text.encode(), digest_size=8).digest()
        return deed_of(self._misbehaviour, int.from_bytes(digest, "big") / 2**64)


def deed_of(misbehaviour: Misbehaviour, drawn: float) -> str:
    """Return what a number from 0 to 1 means: the name of a misbehaviour, or ``sent``."""
    for name in _DEEDS:
        drawn -= getattr(misbehaviour, name)
        if drawn < 0:
            return name
    return "sent"


_DEEDS = ("refusing", "try_again", "lost_after_accepting", "lost_before_accepting", "raising")

ACCEPTING = frozenset({"sent", "lost_after_accepting"})
"""What a channel may do to a message that truly reached the customer."""


def answer_to(message: Message, deed: str, clock: Clock) -> MessageOutcome:
    """Return what a channel that did this answers; raise `ConnectionResetError` for ``raising``."""
    if deed == "raising":
        raise ConnectionResetError("the misbehaving channel raised")
    kinds: dict[str, Outcome] = {"sent": "sent", "refusing": "refused", "try_again": "try_again"}
    return make_outcome(message, kinds.get(deed, "unknown"), clock)


def answering(answer: Mapping[str, Any]) -> Rule:
    """Return the rule of a channel that answers every call with a JSON object."""

    def rule(message: Message) -> Outcome | MessageOutcome:
        if not message.is_call:
            return "sent"
        return MessageOutcome(
            message_id=message.message_id,
            channel=message.channel,
            outcome="sent",
            attempt=message.attempt,
            answer=dict(answer),
        )

    return rule


def make_outcome(message: Message, kind: Outcome, clock: Clock) -> MessageOutcome:
    """Return an outcome of one attempt, as a real channel would word it.

    A call that was handed over stays without an answer, as in the post room; see `answering`.
    """
    now = clock.now()
    reasons: dict[Outcome, str] = {
        "refused": "content_refused",
        "try_again": "provider_busy",
        "unknown": "no_reply_after_content",
    }
    next_at = retry_at(message.message_id, message.attempt, now) if kind == "try_again" else None
    return MessageOutcome(
        message_id=message.message_id,
        channel=message.channel,
        outcome=kind,
        attempt=message.attempt,
        reason="unanswered" if message.is_call and kind == "sent" else reasons.get(kind, ""),
        provider_id="recorded" if kind == "sent" else "",
        retry_at=next_at,
    )
