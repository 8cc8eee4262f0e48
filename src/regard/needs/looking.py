"""Looking whether a need is felt now, and when it will have faded.

A person whose evidence is known, the need, the moment and why we look in; a change with what it
triggers out, or only an earlier timer, or nothing, which is the rule. Belief only ever fades
between two pieces of evidence, so one timer at the exact moment is enough.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from regard.core.belief import believed, fades_at, left_of
from regard.core.clock import to_us
from regard.core.facts import Derived, NeedChanged, Noted
from regard.core.ids import derived_id
from regard.core.needs import Need
from regard.core.person import NeedState, Person
from regard.core.signal import NEED_FADED, NEED_FELT, NEED_MET

Why = Literal["event", "time", "identity", "history"]


class Look(Struct, frozen=True, kw_only=True):
    """When and why we look; `detail` is the name of the event, `facts` are its facts."""

    now: datetime
    why: Why
    detail: str = ""
    facts: dict[str, Any] = {}

    @property
    def reason(self) -> str:
        return f"{self.why}:{self.detail}" if self.detail else self.why

    @property
    def triggers(self) -> bool:
        """What the person did, or time, may start something; what we only learn does not."""
        return self.why != "history"


def looked(person: Person, need: Need, state: NeedState, look: Look) -> tuple[Derived, ...]:
    """Return what looking at one need concludes from its evidence."""
    before = state.change
    was_felt = before is not None and before.is_felt
    now = look.now if before is None else max(look.now, before.since)
    belief = believed(state.evidence, need.curve, now)
    is_felt = belief >= need.felt_at
    if is_felt:
        wake_at = fades_at(state.evidence, need.curve, need.felt_at)
        if not was_felt or before is None:
            moved = _felt(person, need, replace(look, now=now), belief, wake_at)
            return (moved, _told(moved, need, state, look)) if look.triggers else (moved,)
        own_id = need_id_of(person, need.id)
        if own_id == before.need_id and (wake_at is None or _is_armed(before, wake_at, now)):
            return ()
        return (replace(before, need_id=own_id, wake_at=wake_at, belief=belief, has_moved=False),)
    if before is None or not was_felt:
        return ()
    faded_at = fades_at(state.evidence, need.curve, need.felt_at) if look.why == "time" else None
    since = now if faded_at is None else max(before.since, min(faded_at, now))
    moved = _over(before, person, look.reason, since, belief)
    return (moved, _told(moved, need, state, look)) if look.triggers else (moved,)


def met(person: Person, need: Need, state: NeedState, at: datetime, look: Look) -> list[Derived]:
    """Return that something met a need at a moment: all that was evidence until then is over."""
    before = state.change
    was_felt = before is not None and before.is_felt
    reason = f"met:{look.detail}" if look.detail else "met"
    if before is None:
        before = NeedChanged(
            need_id=need_id_of(person, need.id), need=need.id, is_felt=False, since=at, belief=0.0
        )
    since = max(look.now, before.since)
    over = replace(_over(before, person, reason, since, need.curve.prior), met_at=at)
    over = replace(over, has_moved=was_felt)
    if was_felt and look.triggers:
        return [over, _told(over, need, state, look)]
    return [over]


def need_id_of(person: Person, need: str) -> str:
    """Name the timer after whom the person is now: no two persons ever share one."""
    return derived_id("need", need, person.id)


def _is_armed(before: NeedChanged, wake_at: datetime, now: datetime) -> bool:
    """Return whether we shall look by then anyway."""
    return before.wake_at is not None and now < before.wake_at <= wake_at


def _felt(
    person: Person, need: Need, look: Look, belief: float, wake_at: datetime | None
) -> NeedChanged:
    need_id = need_id_of(person, need.id)
    return NeedChanged(
        need_id=need_id,
        need=need.id,
        is_felt=True,
        since=look.now,
        belief=belief,
        spell=derived_id(NEED_FELT, need_id, look.now.isoformat()),
        wake_at=wake_at,
        reason=look.reason,
        has_moved=True,
    )


def _over(
    before: NeedChanged, person: Person, reason: str, since: datetime, belief: float
) -> NeedChanged:
    """Return the end of a spell; the change goes on bearing its name."""
    return NeedChanged(
        need_id=need_id_of(person, before.need),
        need=before.need,
        is_felt=False,
        since=since,
        belief=belief,
        spell=before.spell,
        reason=reason,
        has_moved=True,
    )


def _told(moved: NeedChanged, need: Need, state: NeedState, look: Look) -> Noted:
    """Note what moved; triggers see the belief, its strongest reason, and the event's facts."""
    name = NEED_FELT if moved.is_felt else NEED_FADED
    if moved.reason.startswith("met"):
        name = NEED_MET
    since = moved.since.isoformat()
    now_us = to_us(look.now)
    strongest = max(
        state.evidence, key=lambda piece: left_of(piece, need.curve, now_us), default=None
    )
    return Noted(
        note_id=derived_id(name, moved.need_id, since),
        name=name,
        about=moved.need,
        facts={
            "need": moved.need,
            "title": need.title,
            "belief": round(moved.belief, 4),
            "since": since,
            "because": strongest.told if strongest is not None else "",
            "spell": moved.spell,
            "event": dict(look.facts),
        },
    )


def ended(person: Person, change: NeedChanged, now: datetime, reason: str) -> NeedChanged:
    """Return that a need is not looked at any more: the project or the person dropped out."""
    over = _over(change, person, reason, max(now, change.since), 0.0)
    return replace(over, has_moved=change.is_felt)
