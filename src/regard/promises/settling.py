"""How a promise ends, and how an end is revised: events, receipts, decisions, outcomes, time.

One open or ended promise and what happened to it in; its next changes out, or nothing. Kept is
what happened by the deadline, whenever we hear of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from regard.core.event import MessageOutcome
from regard.core.facts import Candidate, Decided, Derived, Entry, PromiseChanged
from regard.core.flows import PromiseDefinition
from regard.promises.offering import (
    deadline_of,
    is_current_repair,
    missed,
    offered,
    repaired_next,
    voided,
)
from regard.promises.register import is_open

REVISABLE = ("expected", "missed", "broken")
"""Statuses that the promised touch itself still changes; `broken` becomes late, not good."""

ANSWERED = ("late", "repaired", "doubled")
"""Outcomes that a report of the promised touch does not change any more."""

REPORTED = "reported:"
"""How the reason of a change begins that only adds evidence to an outcome."""

FINAL_SILENCES = frozenset({"erased"})
"""Reasons after which there is nobody left to keep a promise to."""

AWAITING_DELIVERY = "awaiting_delivery"

Conclusions = Sequence[Derived | Candidate]


def kept_by_event(
    change: PromiseChanged, definition: PromiseDefinition, name: str, at: datetime
) -> Conclusions:
    """Settle a promise whose touch happened by itself, on any channel."""
    if change.status not in REVISABLE:
        return _reported(change, name, at)
    status = "kept" if at <= deadline_of(change, definition) else "late"
    return (_ended(change, status, f"event:{name}", at),)


def message_arrived(
    change: PromiseChanged, definition: PromiseDefinition, message_id: str, at: datetime
) -> Conclusions:
    """Settle a promise whose own message reached the receipt that counts."""
    by = f"message:{message_id}"
    if change.kept_by.startswith("message:") and change.kept_by != by:
        is_first_double = change.status in ("kept", "late", "repaired")
        return (replace(change, status="doubled", reason=by),) if is_first_double else ()
    if change.status not in REVISABLE:
        return ()
    if message_id in change.repair_ids:
        return (_ended(change, "repaired", by, at),)
    status = "kept" if at <= deadline_of(change, definition) else "late"
    return (_ended(change, status, by, at),)


def message_bounced(
    change: PromiseChanged, definition: PromiseDefinition, message_id: str, entry: Entry
) -> Conclusions:
    """Take a kept promise back when the message that kept it came back; repair it."""
    if change.kept_by == f"message:{message_id}" and change.status != "doubled":
        return missed(change, definition, entry, "bounced")
    return _not_sent(change, definition, message_id, "bounced", entry, is_final=True)


def outcome_noted(
    change: PromiseChanged, definition: PromiseDefinition, outcome: MessageOutcome, entry: Entry
) -> Conclusions:
    """Move a promise on by what became of one of its messages."""
    message_id = outcome.message_id
    if outcome.outcome != "sent":
        reason = ":".join(filter(None, ("not_sent", outcome.outcome, outcome.reason)))
        is_final = outcome.outcome == "refused"
        return _not_sent(change, definition, message_id, reason, entry, is_final=is_final)
    is_enough = definition.kept_by_receipt == "sent" or message_id in change.repair_ids
    if is_enough or change.kept_by:
        return message_arrived(change, definition, message_id, entry.received_at)
    return _noted(change, AWAITING_DELIVERY) if is_open(change) else ()


def decision_noted(
    change: PromiseChanged, definition: PromiseDefinition, decided: Decided, entry: Entry
) -> Conclusions:
    """Move a promise on by what the gate said to its candidate."""
    if not is_open(change):
        return ()
    is_repair = is_current_repair(change, decided.candidate)
    if decided.verdict == "send":
        return (_queued(change, decided, is_repair=is_repair),)
    if decided.reason in FINAL_SILENCES:
        return voided(change, decided.reason)
    if decided.verdict == "hold":
        return _noted(change, f"held:{decided.reason}")
    why = f"not_sent:{decided.reason}"
    if is_repair:
        return repaired_next(replace(change, reason=why), definition, entry)
    return _noted(change, why) if change.status == "expected" else ()


def woken(change: PromiseChanged, definition: PromiseDefinition, entry: Entry) -> Conclusions:
    """Move a promise on because its moment has come; nothing when it has moved since.

    The definition is today's: a grace that grew meanwhile gives the promise its time.
    """
    now = entry.received_at
    if change.wake_at is None or change.wake_at > now:
        return ()
    if change.status == "expected":
        deadline = deadline_of(change, definition)
        if now >= deadline:
            return missed(change, definition, entry, _why_missed(change, definition))
        if change.is_offered or not definition.engagement:
            return (replace(change, wake_at=deadline),)
        return offered(replace(change, reason="offered"), definition, entry)
    if change.is_offered:
        late = replace(change, reason=_why_missed(change, definition))
        return repaired_next(late, definition, entry)
    return repaired_next(change, definition, entry, has_waited=True)


def _ended(change: PromiseChanged, status: str, by: str, at: datetime) -> PromiseChanged:
    return replace(
        change,
        status=status,
        reason=by,
        kept_by=by,
        kept_at=at,
        is_offered=False,
        wake_at=None,
    )


def _reported(change: PromiseChanged, name: str, at: datetime) -> Conclusions:
    """Note as evidence that it had happened before the touch that ended the promise.

    The outcome stands: the customer was told by us as well. Whose log comes later than the repair
    wants a longer grace.
    """
    is_ended = change.status in ANSWERED and change.kept_at is not None
    if not is_ended or change.reported_at is not None or at >= (change.kept_at or at):
        return ()
    return (replace(change, reported_at=at, reason=f"{REPORTED}event:{name}"),)


def _noted(change: PromiseChanged, reason: str) -> Conclusions:
    return () if change.reason == reason else (replace(change, reason=reason),)


def _queued(change: PromiseChanged, decided: Decided, *, is_repair: bool) -> PromiseChanged:
    """Remember the message; its channel counts as tried from now on."""
    channels = change.channels_tried
    if decided.channel not in channels:
        channels = (*channels, decided.channel)
    message_id = decided.decision_id
    repairs = (*change.repair_ids, message_id) if is_repair else change.repair_ids
    return replace(
        change,
        reason=f"queued:{decided.channel}",
        channels_tried=channels,
        message_ids=(*change.message_ids, message_id),
        repair_ids=repairs,
    )


def _not_sent(
    change: PromiseChanged,
    definition: PromiseDefinition,
    message_id: str,
    reason: str,
    entry: Entry,
    *,
    is_final: bool,
) -> Conclusions:
    """Try the next channel while there is time; a repair goes on to its next step at once."""
    if change.status == "missed":
        is_current = change.is_offered and change.repair_ids[-1:] == (message_id,)
        if not is_current:
            return ()
        return repaired_next(replace(change, reason=reason), definition, entry)
    if change.status != "expected":
        return ()
    is_in_time = entry.received_at < deadline_of(change, definition)
    if is_final and is_in_time and change.message_ids[-1:] == (message_id,):
        return offered(replace(change, reason=reason), definition, entry)
    return _noted(change, reason)


def _why_missed(change: PromiseChanged, definition: PromiseDefinition) -> str:
    """Return the last thing that stood in the way."""
    reason = change.reason
    if reason == AWAITING_DELIVERY:
        return "not_delivered"
    if reason.startswith("queued:"):
        return "not_sent:no_outcome"
    if reason.startswith("held:"):
        return "not_sent:" + reason.removeprefix("held:")
    if reason.startswith("not_sent:") or reason == "bounced":
        return reason
    if not definition.engagement:
        return "not_seen"
    return "not_sent:no_decision" if change.is_offered else "not_offered"
