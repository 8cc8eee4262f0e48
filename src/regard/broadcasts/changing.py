"""What becomes of a broadcast when somebody acts: started, paused, resumed, cancelled, tested.

Its latest change (or definition) and who acts in; the next `RolloutChanged` or the reach of one
test out. What makes no sense is `Refused` and says what would.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from regard.core.errors import Refused
from regard.core.event import RolloutChanged, RolloutReached, RolloutStatus
from regard.core.offers import Broadcast
from regard.core.program import Program

Act = Callable[[RolloutChanged, str], RolloutChanged]


def changed(
    program: Program,
    broadcast_id: str,
    act: str,
    known: RolloutChanged | None,
    now: datetime,
    *,
    by: str = "",
) -> RolloutChanged:
    """Return what becomes of a broadcast when `by` does `act` (``start``, or one of `ACTS`).

    `known` is its latest change (None: it was never started).
    """
    if act == "start":
        if known is not None:
            hint = "It goes once; give it another id to send something again."
            if known.status == "paused":
                hint = f"`regard broadcast resume {broadcast_id}` lets it go on."
            raise Refused(
                f"Broadcast {broadcast_id!r} was started on {known.started_at:%Y-%m-%d} and is "
                f"{known.status}.",
                code="not_so",
                hint=hint,
            )
        return started(broadcast_of(program, broadcast_id), program, now, by)
    if act not in ACTS:
        raise Refused(f"Nobody can {act} a broadcast.", hint=f"start, {', '.join(ACTS)}")
    if known is None:
        raise Refused(f"Broadcast {broadcast_id!r} was not started.", code="not_so")
    return ACTS[act](known, by)


def broadcast_of(program: Program, broadcast_id: str) -> Broadcast:
    """Return a broadcast of the project; raise `Refused` when there is none."""
    found = program.broadcasts.get(broadcast_id)
    if found is None:
        known = ", ".join(sorted(program.broadcasts)) or "none"
        raise Refused(
            f"The published project has no broadcast {broadcast_id!r}.",
            code="no_broadcast",
            hint=f"It has {known}.",
        )
    return found


def started(broadcast: Broadcast, program: Program, now: datetime, by: str) -> RolloutChanged:
    """Return the start of a broadcast. Its rollout is named as its file: it goes once."""
    expires_at = None if broadcast.expires_after is None else now + broadcast.expires_after
    return RolloutChanged(
        rollout_id=broadcast.id,
        rollout="broadcast",
        subject=broadcast.engagement,
        status="running",
        started_at=now,
        audience=broadcast.audience,
        definition=broadcast.id,
        pace_per_s=broadcast.pace_per_s,
        expires_at=expires_at,
        facts=dict(broadcast.facts),
        program=program.hash,
        by=by,
    )


def paused(change: RolloutChanged, by: str) -> RolloutChanged:
    """Return a rollout paused: nobody more is reached, and what is queued waits.

    One that has reached everybody may be paused as well: its last messages may be queued still.
    """
    _only(change, ("running", "finished"), "paused")
    return replace(change, status="paused", by=by, reason="")


def resumed(change: RolloutChanged, by: str) -> RolloutChanged:
    """Return a paused rollout running again, from where it stood."""
    _only(change, ("paused",), "resumed")
    return replace(change, status="running", by=by, reason="")


def cancelled(change: RolloutChanged, by: str) -> RolloutChanged:
    """Return a rollout cancelled for good; what was not handed over yet is withdrawn.

    As pausing, this makes sense for one that has reached everybody.
    """
    if change.status == "cancelled":
        raise Refused(f"Broadcast {change.rollout_id!r} is cancelled already.", code="not_so")
    return replace(change, status="cancelled", by=by, reason="")


ACTS: dict[str, Act] = {"pause": paused, "resume": resumed, "cancel": cancelled}
"""What can be done to a broadcast that was started, by the word for it."""


def tested(broadcast: Broadcast, now: datetime) -> RolloutReached:
    """Return the reach of one of its seed list by a test, marked as one."""
    return RolloutReached(
        rollout_id=f"{broadcast.id}:test:{now.isoformat()}",
        rollout="broadcast",
        subject=broadcast.engagement,
        definition=broadcast.id,
        is_test=True,
        facts=dict(broadcast.facts),
    )


def _only(change: RolloutChanged, statuses: Sequence[RolloutStatus], done: str) -> None:
    if change.status not in statuses:
        raise Refused(
            f"Broadcast {change.rollout_id!r} is {change.status}; only one that is "
            f"{' or '.join(statuses)} can be {done}.",
            code="not_so",
        )
