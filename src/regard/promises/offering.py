"""Offering and repairing: the candidates that a promise sends to the gate, and its miss.

A promise whose moment has come in; its next change, candidates and cases out. A repair is one
step after another until one reaches the person or none is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.core.facts import Candidate, CaseOpened, Derived, Entry, PromiseChanged
from regard.core.flows import PromiseDefinition, Repair
from regard.core.ids import derived_id
from regard.promises.register import is_open

REPAIR_PATIENCE = timedelta(minutes=5)
"""How long a repair may take to be handed over before the next step begins: the customer waits
already, and a provider that has not answered in five minutes is not going to help."""


def deadline_of(change: PromiseChanged, definition: PromiseDefinition) -> datetime:
    """Return the last moment at which the promise counts as kept."""
    return change.due_at + definition.grace


def offered(
    change: PromiseChanged, definition: PromiseDefinition, entry: Entry
) -> tuple[PromiseChanged, Candidate]:
    """Ask the gate to send the promised engagement, on channels not tried before."""
    deadline = deadline_of(change, definition)
    candidate = _candidate(change, definition.engagement, entry, deadline, len(change.message_ids))
    return replace(change, is_offered=True, wake_at=deadline), candidate


def missed(
    change: PromiseChanged, definition: PromiseDefinition, entry: Entry, reason: str
) -> list[Derived | Candidate]:
    """Declare a miss and begin its repair at once."""
    miss = replace(
        change,
        status="missed",
        reason=reason,
        is_offered=False,
        wake_at=None,
        kept_by="",
        kept_at=None,
    )
    steps = repaired_next(miss, definition, entry)
    first = steps[0]
    if isinstance(first, PromiseChanged) and first.status == "missed":
        return steps
    return [miss, *steps]


def repaired_next(
    change: PromiseChanged,
    definition: PromiseDefinition,
    entry: Entry,
    *,
    has_waited: bool = False,
) -> list[Derived | Candidate]:
    """Begin the next repair step of a missed promise; without one left it is broken.

    Cases are opened on the way and do not wait: what a human does later shows as its own event.
    """
    done: list[Derived | Candidate] = []
    step = change.repair_step
    for repair in definition.repairs[step:]:
        if repair.wait and not has_waited:
            wake_at = entry.received_at + repair.wait
            return [*done, replace(change, is_offered=False, repair_step=step, wake_at=wake_at)]
        has_waited = False
        step += 1
        if repair.engagement:
            return [*done, *_repair_offer(change, repair, step, entry)]
        done.append(_case(change, repair, step, entry))
    reason = "case_opened" if done else "no_repair_left"
    broken = replace(
        change,
        status="broken",
        reason=reason,
        is_offered=False,
        repair_step=step,
        wake_at=None,
    )
    return [*done, broken]


def voided(change: PromiseChanged, reason: str) -> tuple[PromiseChanged, ...]:
    """End an open promise that nobody expects any more; what it queued is withdrawn."""
    if not is_open(change):
        return ()
    return (replace(change, status="void", reason=reason, is_offered=False, wake_at=None),)


def is_current_repair(change: PromiseChanged, candidate: Candidate) -> bool:
    """Return whether a candidate is the repair that a missed promise waits for now.

    Each repair's deadline is the moment at which its promise stops waiting for it, which tells it
    from a first offer that the gate still holds and from an earlier repair.
    """
    is_waiting = change.status == "missed" and change.is_offered
    return is_waiting and candidate.deadline_at == change.wake_at


def _repair_offer(
    change: PromiseChanged, repair: Repair, step: int, entry: Entry
) -> Sequence[Derived | Candidate]:
    until = entry.received_at + REPAIR_PATIENCE
    begun = replace(change, is_offered=True, repair_step=step, wake_at=until)
    attempt = len(change.message_ids) + step
    return (begun, _candidate(change, repair.engagement, entry, until, attempt))


def _candidate(
    change: PromiseChanged, engagement: str, entry: Entry, deadline: datetime, attempt: int
) -> Candidate:
    return Candidate(
        engagement=engagement,
        origin="promise",
        ref=change.promise_id,
        made_at=entry.received_at,
        facts=change.facts,
        deadline_at=deadline,
        channels_excluded=change.channels_tried,
        attempt=attempt,
    )


def _case(change: PromiseChanged, repair: Repair, step: int, entry: Entry) -> CaseOpened:
    return CaseOpened(
        case_id=derived_id("case", change.promise_id, str(step), str(entry.stamp)),
        department=repair.department,
        title=repair.title,
        ref=change.promise_id,
        reason=change.reason,
        due_at=None if repair.within is None else entry.received_at + repair.within,
    )
