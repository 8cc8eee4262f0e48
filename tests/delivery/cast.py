"""The cast of the delivery tests: a small airline, its people, its claimed messages, its outbox."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace as changed

from regard.core.clock import Clock
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.facts import Candidate, Decided
from regard.core.ids import identity_of
from regard.core.offers import Engagement, Rendered, Variant
from regard.core.person import Claim, Person
from regard.core.program import Program
from regard.core.rows import Claimed, Content, MessageRow
from regard.core.rules import IdentityRules, Purpose
from regard.core.settings import Channel, Company
from regard.delivery import Links
from regard.delivery.dispatcher import Settled
from regard.store.outcomes import counts_after
from regard.testing import VirtualClock

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINKS = Links("https://engage.example.com", ["0123456789abcdef0123456789abcdef"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A variant whose template is a format string over person, facts, company and links."""

    id: str = ""
    channel: str = "email"
    language: str = "*"
    text: str = "Hello {person[first_name]}, {facts[booking]}"
    subject: str = "Check in"
    html: str = ""

    def render(self, data: Mapping[str, Any]) -> Rendered:
        try:
            text, html = self.text.format(**data), self.html.format(**data)
        except KeyError as error:
            raise Refused(f"{error} is not known to the template.") from error
        return Rendered(subject=self.subject, text=text, html=html)

    def missing(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        return ()


def channel(name: str, **changes: Any) -> Channel:
    given = {
        "adapter": "post_room",
        "settings": {},
        "reaches_by": "email" if name == "email" else "phone",
        "disturbs": False,
    }
    return Channel(id=name, **(given | changes))


def engagement(*variants: Variant, **changes: Any) -> Engagement:
    given: dict[str, Any] = {
        "title": "Check in",
        "need": "travel",
        "purpose": "travel",
        "message_class": "service",
        "value_customer": 5.0,
        "value_company": 1.0,
        "propensity": 0.5,
        "channels": ("email",),
    }
    return Engagement(id="check_in", variants=variants or (Words(),), **(given | changes))


def program(*engagements: Engagement, channels: Sequence[Channel] = ()) -> Program:
    offered = engagements or (engagement(),)
    served = channels or (channel("email"), channel("sms"), channel("push.web"))
    return Program(
        hash="h",
        company=Company(
            id="airline", name="Skylark Air", zone="Europe/Vienna", languages=("en", "de")
        ),
        sources={},
        identity=IdentityRules(
            kinds=(), blocked_values=frozenset(), blocked_patterns=(), phone_region="AT"
        ),
        purposes={
            "travel": Purpose(id="travel", title="Your journeys", needs_consent=False),
            "offers": Purpose(id="offers", title="Offers & miles", needs_consent=True),
        },
        events={},
        channels={c.id: c for c in served},
        departments={},
        engagements={e.id: e for e in offered},
        promises={},
        journeys={},
        quiet_hours=(),
        caps=(),
        silence_value=0.5,
        fatigue_per_touch=0.2,
    )


def person(**traits: Any) -> Person:
    traits = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Okafor"} | traits
    claims = {
        name: Claim(value, NOW, "website", 0, 1) for name, value in traits.items() if value != ""
    }
    return Person(id="p_ada", claims=claims)


def claimed(message_id: str = "m1", *, who: Person | None = None, **changes: Any) -> Claimed:
    row = {
        "identity": identity_of("user_id", "ada"),
        "person_id": "p_ada",
        "label": "Ada",
        "engagement": "check_in",
        "channel": "email",
        "address": "Ada@example.com",
        "message_class": "service",
        "purpose": "travel",
        "state": "claimed",
        "attempt": 1,
        "reason": "",
        "at": NOW,
        "decided_at": NOW,
        "state_at": NOW,
        "not_before": NOW,
    } | changes
    candidate = Candidate(
        engagement="check_in", origin="promise", ref="pr1", made_at=NOW, facts={"booking": "SK1"}
    )
    decision = Decided(
        decision_id=message_id,
        candidate=candidate,
        verdict="send",
        reason="sent",
        message_class=row["message_class"],
        purpose=row["purpose"],
    )
    message = MessageRow(message_id=message_id, decision=decision, **row)
    return Claimed(row=message, person=who or person(), token=1)


class OpenGate:
    """An arbiter that lets everything pass but what `reasons` names by message id."""

    def __init__(self, reasons: Mapping[str, str] | None = None) -> None:
        self.reasons = dict(reasons or {})

    def decide(self, person: Any, candidates: Any, entry: Any, program: Any) -> list[Any]:
        return []

    def recheck(self, claimed: Claimed, program: Program, now: datetime) -> str:
        return self.reasons.get(claimed.row.message_id, "")


class MemoryOutbox:
    """An outbox in memory that keeps the contract: a claim is given once, an outcome is kept.

    Waiting moves the clock on to the next message that is due, so hours pass at once. `finished`
    is set when every message has come to an end.
    """

    def __init__(self, messages: Sequence[Claimed], clock: VirtualClock) -> None:
        self._clock = clock
        self._queue = [(one.row.not_before, n, one) for n, one in enumerate(messages)]
        heapq.heapify(self._queue)
        self._open = {one.row.message_id for one in messages}
        self._changed = asyncio.Event()
        self.in_flight: dict[str, int] = {}
        self.most_in_flight = 0
        self.history: list[MessageOutcome] = []
        self.contents: list[Content] = []
        self.batches: list[int] = []
        self.doubtful: list[Claimed] = []
        self.answers: list[MessageOutcome] = []
        self.finished = asyncio.Event()

    workers = 1
    ended = False

    def holds(self, claimed: Claimed) -> bool:
        return not self.ended

    async def claim(self, limit: int) -> Sequence[Claimed]:
        assert limit > 0
        found: list[Claimed] = []
        while self._queue and len(found) < limit and self._queue[0][0] <= self._clock.now():
            _, _, one = heapq.heappop(self._queue)
            assert one.row.message_id not in self.in_flight, "claimed twice"
            self.in_flight[one.row.message_id] = one.row.attempt
            found.append(one)
        self.most_in_flight = max(self.most_in_flight, len(self.in_flight))
        return found

    async def settle(self, outcomes: Sequence[Settled]) -> None:
        await asyncio.sleep(0)  # as a store would, it lets others run
        self.batches.append(len(outcomes))
        for one, outcome, content in outcomes:
            assert self.in_flight.pop(one.row.message_id) == outcome.attempt
            self.history.append(outcome)
            if content is not None:
                self.contents.append(content)
            self._requeue(one, outcome)
        self._changed.set()
        if not self._open:
            self.finished.set()

    def _requeue(self, one: Claimed, outcome: MessageOutcome) -> None:
        if outcome.outcome in ("try_again", "unknown") and outcome.retry_at is not None:
            counts = counts_after(one.row, outcome)
            again = one.row.attempt + 1
            row = changed(one.row, attempt=again, not_before=outcome.retry_at, **counts)
            heapq.heappush(
                self._queue, (outcome.retry_at, len(self.history), changed(one, row=row))
            )
        else:
            self._open.discard(one.row.message_id)

    async def wait(self) -> None:
        if self._queue and not self.in_flight:
            self._clock.set(max(self._queue[0][0], self._clock.now()))
            return
        self._changed.clear()
        await self._changed.wait()

    async def unknown(self, channels: Sequence[str]) -> Sequence[Claimed]:
        return [one for one in self.doubtful if one.row.channel in channels]

    async def answered(self, outcomes: Sequence[tuple[Claimed, MessageOutcome]]) -> None:
        self.answers += [outcome for _, outcome in outcomes]

    def ends(self) -> dict[str, str]:
        """Return the last outcome of every message."""
        return {outcome.message_id: outcome.outcome for outcome in self.history}


__all__ = [
    "LINKS",
    "NOW",
    "Clock",
    "MemoryOutbox",
    "OpenGate",
    "Words",
    "channel",
    "claimed",
    "engagement",
    "person",
    "program",
    "replace",
    "timedelta",
]
