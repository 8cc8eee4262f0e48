"""The gate: every rule in order, for every channel in the order the person prefers.

A case in, a passage out: the first channel on which everything is allowed now, else the one on
which it is allowed soonest, else the reason for silence. Every refusal met on the way is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from regard.core.facts import Refusal
from regard.core.offers import Engagement
from regard.core.reaching import address_on, useful_until
from regard.decisions import holdouts, reasons
from regard.decisions.asking import is_known
from regard.decisions.holds import HELD_MAX
from regard.decisions.records import Case, Passage, Way
from regard.decisions.rules import (
    channel_refusal,
    is_same_message,
    overtaken,
    person_refusal,
)
from regard.decisions.waiting import HELD_FOR_MAX, address_awaited, wait_of

EVERY = "*"

HERE = "here"
"""The address of somebody who waits for the answer where they are: they need no other."""

_NO_WAY_THERE = (reasons.UNREACHABLE, reasons.NO_VARIANT, reasons.CHANNEL_GONE)


def passage(case: Case) -> Passage:
    """Return how a candidate passes the gate, or why it does not."""
    refusal = person_refusal(case.person)
    if refusal:
        return _refused(refusal)
    names = channels_of(case)
    if not names:
        return _refused(reasons.NO_CHANNEL_LEFT)
    refusals: list[Refusal] = []
    ways = _open_ways(case, names, refusals)
    first = next(ways, None)
    if first is None:
        reason = _telling(refusals)
        wake_at = address_awaited(case) if reason == reasons.UNREACHABLE else None
        return Passage(reason=reason, wake_at=wake_at, refusals=tuple(refusals))
    if case.candidate.is_test:
        return Passage(way=first, refusals=tuple(refusals))
    end = useful_until(case.candidate, case.engagement, case.scope)
    refusal = _offer_refusal(case, end)
    if refusal:
        return _refused(refusal, refusals)
    return _soonest(case, chain((first,), ways), end, refusals)


def channels_of(case: Case) -> Sequence[str]:
    """Return the channels that may be used at all, the person's preferred one first."""
    candidate = case.candidate
    names: Sequence[str] = case.engagement.channels
    if candidate.channels:
        names = [name for name in candidate.channels if name in names]
    if candidate.channels_excluded:
        names = [name for name in names if name not in candidate.channels_excluded]
    preferred = case.person.trait("preferred_channel")
    if preferred in names and preferred != names[0]:
        names = [preferred, *(name for name in names if name != preferred)]
    return names


def _open_ways(case: Case, names: Sequence[str], refusals: list[Refusal]) -> Iterator[Way]:
    """Yield the channels on which the person may be spoken to; note why not the others."""
    for name in names:
        channel = case.program.channels.get(name)
        if channel is None:
            refusals.append(Refusal(name, reasons.CHANNEL_GONE))
            continue
        address = HERE if name == case.here else address_on(case.person, channel)
        refusal = channel_refusal(case.person, case.engagement, case.program, channel, address)
        if not refusal and not has_variant(case.engagement, name):
            refusal = reasons.NO_VARIANT
        if refusal:
            refusals.append(Refusal(name, refusal))
        else:
            yield Way(channel=channel, address=address)


def has_variant(engagement: Engagement, channel: str) -> bool:
    """Return whether a template serves the channel: its own, its family's or anybody's."""
    served = (channel, channel.partition(".")[0], EVERY)
    for variant in engagement.variants:  # noqa: SIM110 - in the path of every message
        if variant.channel in served:
            return True
    return False


def _offer_refusal(case: Case, end: datetime | None) -> str:
    """Return why the offer itself is refused, whatever the channel."""
    engagement, scope = case.engagement, case.scope
    if engagement.eligibility is not None and engagement.eligibility(scope) is not True:
        return reasons.NOT_ELIGIBLE
    if engagement.applicability is not None and engagement.applicability(scope) is not True:
        return reasons.NOT_APPLICABLE
    if engagement.suitability is not None and engagement.suitability(scope) is not True:
        return reasons.NOT_SUITABLE
    refusal = overtaken(case.person, case.candidate, end, case.now)
    if refusal:
        return refusal
    if engagement.asks is not None and is_known(case.person, engagement, case.program, case.now):
        return reasons.ALREADY_KNOWN
    if not is_repair(case) and said_by(case):
        return reasons.ALREADY_QUEUED
    if engagement.value_customer < 0:
        return reasons.NO_CUSTOMER_VALUE
    return holdouts.refusal(case) if case.program.holdouts else ""


def said_by(case: Case) -> set[str]:
    """Return the channels on which this very message went out or is on its way."""
    candidate, said = case.candidate, set()
    for touch in case.person.touches.values():
        if touch.ref == candidate.ref and is_same_message(touch, candidate):
            said.add(touch.channel)
    return said


def is_repair(case: Case) -> bool:
    """Return whether the promise behind the candidate was missed: it may speak elsewhere again."""
    candidate = case.candidate
    state = case.person.promises.get(candidate.ref) if candidate.origin == "promise" else None
    return state is not None and state.change.status == "missed"


def _soonest(
    case: Case, ways: Iterable[Way], end: datetime | None, refusals: list[Refusal]
) -> Passage:
    said = said_by(case) if is_repair(case) else ()
    holds: list[tuple[datetime, int, str, Way]] = []
    for place, way in enumerate(ways):
        name = way.channel.id
        if name in said:
            refusals.append(Refusal(name, reasons.ALREADY_QUEUED))
            continue
        reason, wake_at = wait_of(case, way.channel)
        if not reason:
            return Passage(way=way, refusals=tuple(refusals))
        refusals.append(Refusal(name, reason, wake_at))
        if wake_at is not None:
            holds.append((wake_at, place, reason, way))
    if not holds:
        return Passage(reason=_telling(refusals), refusals=tuple(refusals))
    wake_at, _, reason, way = min(holds, key=lambda hold: hold[:2])
    if wake_at >= _last_moment(case, end):
        return Passage(reason=reason, refusals=tuple(refusals))
    held = case.person.held
    if len(held) >= HELD_MAX and case.candidate.held_id not in held:
        return Passage(reason=reasons.HELD_LIMIT, refusals=tuple(refusals))
    return Passage(reason=reason, way=way, wake_at=wake_at, refusals=tuple(refusals))


def _last_moment(case: Case, end: datetime | None) -> datetime:
    """Return the moment before which a held candidate must come back, or it is not held."""
    oldest = case.candidate.made_at + HELD_FOR_MAX
    return min(m for m in (oldest, end, case.candidate.deadline_at) if m is not None)


def _telling(refusals: Sequence[Refusal]) -> str:
    """Return the reason worth telling: of the first channel that leads to the person at all.

    A rule that only time can lift says most, since it was met last.
    """
    waiting = [r.reason for r in refusals if r.reason in reasons.TEMPORARY]
    met = [r.reason for r in refusals if r.reason not in _NO_WAY_THERE]
    return (waiting or met or [refusals[0].reason])[0]


def _refused(reason: str, before: Sequence[Refusal] = ()) -> Passage:
    return Passage(reason=reason, refusals=(*before, Refusal(EVERY, reason)))
