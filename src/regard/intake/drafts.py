"""Items of any dialect to drafts for the journal: the rules of one program applied.

A `Drafter` is made once per program and asked for every request. It answers with one `Draft` or
`Rejected` per item, in order, and never raises for what a sender put in an item. Pure: the clock
is in `Arrival`. Called by the API and by file imports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from regard.core.errors import Refused
from regard.core.event import Event, Identifier
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import Rejected
from regard.core.settings import EventPlan, Source
from regard.intake import cloudevents, plain, posthog, segment
from regard.intake.body import decode_item
from regard.intake.identifiers import IdentifierReader
from regard.intake.moments import parse_moment, settle
from regard.intake.reserved import refuse_reserved
from regard.intake.shapes import (
    DEFAULT_LIMITS,
    Arrival,
    Call,
    CallType,
    Dialect,
    Envelope,
    Limits,
    Outcome,
)
from regard.intake.surroundings import exact_channel, kept_context

TRANSLATORS: Mapping[Dialect, Callable[[Any, CallType | Literal[""]], Call]] = {
    "segment": segment.translate,
    "posthog": posthog.translate,
    "cloudevents": cloudevents.translate,
    "plain": plain.translate,
}

MESSAGE_ID_LENGTH_MAX = 200
"""Longer message ids are replaced by their hash; SDKs send up to 60 characters."""

REJECTED_ITEM_BYTES_MAX = 4_096
"""How much of a rejected item the source debugger keeps: enough to see what it was."""

VIOLATIONS_MAX = 20
"""Complaints kept with an event: enough to mend the sender, too few to swell the journal."""

_NEW_ON_RETRY = frozenset({"sentAt", "sent_at", "_metadata", "writeKey", "receivedAt"})
_canonical = msgspec.json.Encoder(order="deterministic")


class Drafter:
    """Makes drafts by the rules of one `Program`. Safe to use from one thread at a time."""

    def __init__(self, program: Program, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._plans = program.events
        self._reader = IdentifierReader(program.identity)
        self._sources = {source.key: source for source in program.sources.values()}

    def source(self, key: str) -> Source | None:
        """Return the source behind a write key."""
        return self._sources.get(key)

    def identifier(self, kind: str, value: str) -> Identifier | None:
        """Return an identifier as events carry it; None: unknown kind, blocked or unreadable."""
        return self._reader.normalise(kind, value)

    def identifiers(self, fields: Mapping[str, Any]) -> tuple[Identifier, ...]:
        """Return the identifiers in the fields of an event (``{"userId": "ada"}``)."""
        return self._reader.read(fields)[0]

    def read(self, envelope: Envelope, arrival: Arrival) -> list[Outcome]:
        """Return one outcome per item, in order; items over the limit share one `Rejected`."""
        sent_at = parse_moment(envelope.sent_at)
        outcomes = [
            self.draft(raw, arrival, sent_at=sent_at, number=number)
            for number, raw in enumerate(envelope.items)
        ]
        surplus_count = envelope.count - len(envelope.items)
        if surplus_count:
            outcomes.append(self._surplus(surplus_count, arrival))
        return outcomes

    def draft(
        self,
        raw: msgspec.Raw | bytes,
        arrival: Arrival,
        *,
        sent_at: datetime | None = None,
        number: int = 0,
    ) -> Outcome:
        """Return what one item, still JSON, becomes.

        `sent_at` is the sender's clock as its envelope says, `number` the item's place in its
        batch (from 0) or its line in a file.
        """
        try:
            item = decode_item(raw, self._limits)
            call = TRANSLATORS[arrival.dialect](item, arrival.type_hint)
            return self._draft_of(call, item, arrival, sent_at)
        except Refused as refusal:
            code, message = refusal.code, str(refusal)
        except Exception as bug:
            # A bug of ours must not make an SDK send the same batch for ever (PAINS: the
            # poisoned batch). The item is kept as evidence and shown like any other refusal.
            code, message = "broken", f"Intake failed on this item: {bug!r}"
        return Rejected(
            source=arrival.source.id,
            at=arrival.received_at,
            code=code,
            message=message,
            item=bytes(memoryview(raw)[:REJECTED_ITEM_BYTES_MAX]).decode("utf-8", "replace"),
            number=number,
        )

    def _draft_of(
        self, call: Call, item: dict[str, Any], arrival: Arrival, sent_at: datetime | None
    ) -> Draft:
        """Return the draft of a call.

        Raises `Refused`: ``reserved_name``, ``no_identifier`` or ``blocked_by_plan``.
        """
        source = arrival.source
        refuse_reserved(call, source)
        identifiers, complaints = self._reader.read(call.fields, call.stated, call.hinted)
        if not identifiers:
            raise Refused(
                "The event has no usable identifier" + _because(complaints),
                code="no_identifier",
                hint="Send a userId, an anonymousId or another kind of identity.yaml.",
            )
        context = kept_context(call.context, arrival)
        message_id = _message_id(call, item)
        plan = self._plans.get(call.name)
        broken_rules = _checked(plan, call.facts) if plan else ()
        at, time_notes = _moment_of(call, arrival.received_at, sent_at)
        event = Event(
            message_id=message_id,
            source=source.id,
            type=call.type,
            name=call.name,
            channel=exact_channel(call.channel or source.channel, call.context),
            at=at,
            received_at=arrival.received_at,
            identifiers=identifiers,
            facts=call.facts,
            traits=_said(call.traits),
            context=context,
            trust=source.trust,
            violations=_first((*broken_rules, *complaints, *call.notes, *time_notes)),
        )
        return Draft(
            key=message_key(source.id, message_id),
            identity=identity_of(identifiers[0].kind, identifiers[0].value),
            at=at,
            received_at=arrival.received_at,
            body=event,
        )

    def _surplus(self, count: int, arrival: Arrival) -> Rejected:
        limit = self._limits.items_max
        return Rejected(
            source=arrival.source.id,
            at=arrival.received_at,
            code="too_many_items",
            message=f"{count} items came after the first {limit} of a batch and were not read. "
            f"Send at most {limit} at once.",
            item="",
            number=limit,
        )


def _said(traits: dict[str, Any]) -> dict[str, Any]:
    """Return traits without those that say null."""
    return {n: v for n, v in traits.items() if v is not None} if traits else traits


def _first(violations: tuple[str, ...]) -> tuple[str, ...]:
    """Return at most `VIOLATIONS_MAX` of them, the last one saying how many are left out."""
    surplus_count = len(violations) - VIOLATIONS_MAX
    if surplus_count <= 0:
        return violations
    return (*violations[: VIOLATIONS_MAX - 1], f"and {surplus_count + 1} more")


def _because(complaints: tuple[str, ...]) -> str:
    return f": {'; '.join(_first(complaints))}." if complaints else "."


def _checked(plan: EventPlan, facts: dict[str, Any]) -> tuple[str, ...]:
    """Return what breaks the tracking plan; raise `Refused` when the plan blocks such events."""
    if plan.mode == "allow":
        return ()
    violations = plan.violations(facts)
    if violations and plan.mode == "block":
        raise Refused(
            f"The tracking plan blocks this event: {'; '.join(violations)}.",
            code="blocked_by_plan",
            hint="Correct the sender, or the event's file in the project folder.",
        )
    return violations


def _message_id(call: Call, item: dict[str, Any]) -> str:
    """Return the message id; one made from the content when the sender gives none.

    So an item without an id that is sent again unchanged is a duplicate, as a retry must be.
    Whoever means two equal events sends ids, or at least moments.
    """
    if not call.message_id:
        content = {name: value for name, value in item.items() if name not in _NEW_ON_RETRY}
        return f"content-{_digest(_canonical.encode(content))}"
    if len(call.message_id) > MESSAGE_ID_LENGTH_MAX:
        return f"long-{_digest(call.message_id.encode())}"
    return call.message_id


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _moment_of(
    call: Call, received_at: datetime, envelope_sent_at: datetime | None
) -> tuple[datetime, tuple[str, ...]]:
    """Return when it happened and a note when the sender's moment could not be read."""
    if call.said_at is None:
        return received_at - call.age if call.age else received_at, ()
    said_at = parse_moment(call.said_at)
    sent_at = parse_moment(call.sent_at) if call.sent_at is not None else envelope_sent_at
    at = settle(said_at, sent_at, received_at, is_server=call.is_server)
    if said_at is None:
        return at, (f"timestamp {str(call.said_at)[:64]!r} cannot be read",)
    return at, ()
