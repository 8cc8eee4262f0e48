"""Belief with its reasons, as people see it: what speaks for a need, since when, how much is left.

A person, the program and a moment in; the needs that the person has evidence of out, the strongest
belief first.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from regard.core.belief import believed, left_of
from regard.core.clock import from_us, to_us
from regard.core.ids import STAMP_BITS
from regard.core.needs import Need
from regard.core.person import NeedState, Person
from regard.core.program import Program


class Reason(Struct, frozen=True, kw_only=True):
    """A piece of evidence: what was found in entry `offset`, its weight then, what is left now."""

    told: str
    at: datetime
    weight: float
    left: float
    offset: int


class ToldNeed(Struct, frozen=True, kw_only=True):
    """How far we believe that a person has a need now (0 to 1), and why.

    `prior` is what we would believe of anybody, `since` when the need began or ceased to be felt,
    `fades_at` when it will have faded if nothing more comes.
    """

    need: str
    title: str
    belief: float
    prior: float
    is_felt: bool
    since: datetime | None
    fades_at: datetime | None
    reasons: tuple[Reason, ...]


def told_needs(person: Person, program: Program, now: datetime) -> tuple[ToldNeed, ...]:
    """Return the declared needs that the person's record says something about."""
    told = [
        _told(program.needs[name], state, now)
        for name, state in person.needs.items()
        if name in program.needs and (state.evidence or state.change is not None)
    ]
    return tuple(sorted(told, key=lambda need: (-need.belief, need.need)))


def _told(need: Need, state: NeedState, now: datetime) -> ToldNeed:
    now_us, change = to_us(now), state.change
    return ToldNeed(
        need=need.id,
        title=need.title,
        belief=believed(state.evidence, need.curve, now),
        prior=need.curve.prior,
        is_felt=change is not None and change.is_felt,
        since=change.since if change is not None else None,
        fades_at=change.wake_at if change is not None else None,
        reasons=tuple(
            Reason(
                told=piece.told,
                at=from_us(piece.at_us),
                weight=piece.weight,
                left=left_of(piece, need.curve, now_us),
                offset=piece.stamp >> STAMP_BITS,
            )
            for piece in state.evidence
        ),
    )
