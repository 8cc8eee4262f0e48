"""Everything that stands between a person and an offer: each rule of the gate, asked by itself.

The gate stops at the first rule that says no. Who asks why somebody gets nothing wants all of them,
since when each holds and until when: the same rules, in the same order, none of them a copy. A case
in, obstacles out; nothing is decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from regard.core.reaching import address_on, useful_until
from regard.core.scope import Expression
from regard.core.settings import Channel
from regard.decisions import holdouts, reasons
from regard.decisions.asking import is_known
from regard.decisions.capacity import open_at, room_at
from regard.decisions.caps import capped_until
from regard.decisions.consent import EVERY
from regard.decisions.gate import HERE, channels_of, has_variant, is_repair, said_by
from regard.decisions.records import Case
from regard.decisions.rules import channel_refusal, overtaken, person_refusal
from regard.decisions.waiting import quiet_until
from regard.decisions.zones import zone_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One rule that says no, on one channel (``*``: on any).

    `since` and `until` are known where the rule knows them; `detail` is its condition, or whose
    department is meant.
    """

    reason: str
    channel: str = EVERY
    since: datetime | None = None
    until: datetime | None = None
    detail: str = ""


def obstacles(case: Case) -> list[Obstacle]:
    """Return every rule that stands in the way, in the order in which the gate asks."""
    found = [Obstacle(reason=refusal) for refusal in (person_refusal(case.person),) if refusal]
    names = channels_of(case)
    if not names:
        found.append(Obstacle(reason=reasons.NO_CHANNEL_LEFT))
    for name in names:
        channel = case.program.channels.get(name)
        if channel is None:
            found.append(Obstacle(reason=reasons.CHANNEL_GONE, channel=name))
        else:
            found += _on_channel(case, channel)
    found += _of_offer(case)
    found += _of_department(case)
    return found


def _on_channel(case: Case, channel: Channel) -> Iterator[Obstacle]:
    person, engagement, name = case.person, case.engagement, channel.id
    address = HERE if name == case.here else address_on(person, channel)
    refusal = channel_refusal(person, engagement, case.program, channel, address)
    if refusal:
        yield Obstacle(reason=refusal, channel=name, since=_said_at(case, name, refusal))
    if not address and refusal != reasons.UNREACHABLE:
        yield Obstacle(reason=reasons.UNREACHABLE, channel=name)
    if not has_variant(engagement, name):
        yield Obstacle(reason=reasons.NO_VARIANT, channel=name)
    if is_repair(case) and name in said_by(case):
        yield Obstacle(reason=reasons.ALREADY_QUEUED, channel=name)
    quiet = quiet_until(person, engagement, case.program, channel, case.now)
    if quiet != case.now and name != case.here:
        yield Obstacle(reason=reasons.QUIET_HOURS, channel=name, until=quiet)
    yield from _of_caps(case, name)


def _of_caps(case: Case, channel: str) -> Iterator[Obstacle]:
    """Yield each cap that is reached: since the touch that filled it, until one is over."""
    message_class = case.engagement.message_class
    for cap in case.program.caps:
        until = capped_until((cap,), case.moments, message_class, channel, case.now)
        if until != case.now:
            inside = [
                at
                for at, by in case.moments
                if at > case.now - cap.window and (not cap.channels or by in cap.channels)
            ]
            yield Obstacle(
                reason=reasons.CAP_REACHED,
                channel=channel,
                since=max(inside, default=None),
                until=until,
                detail=f"{cap.id}: at most {cap.count}",
            )


def _said_at(case: Case, channel: str, refusal: str) -> datetime | None:
    """Return when the person objected; a consent that was never given has no moment."""
    if refusal != reasons.OBJECTED:
        return None
    keys = (f"{p}|{c}" for p in (case.engagement.purpose, EVERY) for c in (channel, EVERY))
    words = [word for key in keys if (word := case.person.word(key)) is not None]
    return max((word.at for word in words if not word.is_granted), default=None)


def _of_offer(case: Case) -> Iterator[Obstacle]:
    engagement, program = case.engagement, case.program
    conditions = (
        (reasons.NOT_ELIGIBLE, engagement.eligibility),
        (reasons.NOT_APPLICABLE, engagement.applicability),
        (reasons.NOT_SUITABLE, engagement.suitability),
    )
    for reason, condition in conditions:
        if condition is not None and condition(case.scope) is not True:
            yield Obstacle(reason=reason, detail=_text(condition))
    end = useful_until(case.candidate, engagement, case.scope)
    refusal = overtaken(case.person, case.candidate, end, case.now)
    if refusal:
        yield Obstacle(reason=refusal, since=end if refusal == reasons.PAST_USE else None)
    if engagement.asks is not None and is_known(case.person, engagement, program, case.now):
        yield Obstacle(reason=reasons.ALREADY_KNOWN)
    if not is_repair(case) and said_by(case):
        yield Obstacle(reason=reasons.ALREADY_QUEUED)
    if engagement.value_customer < 0:
        yield Obstacle(reason=reasons.NO_CUSTOMER_VALUE, detail=f"{engagement.value_customer:g}")
    held = holdouts.refusal(case) if program.holdouts else ""
    if held:
        yield Obstacle(reason=held)


def _of_department(case: Case) -> Iterator[Obstacle]:
    """Yield that the department is closed, or full, each with its own end."""
    department = case.program.departments.get(case.engagement.department)
    if department is None:
        return
    zone = zone_named(case.program.company.zone) or zone_named("UTC")
    opened = open_at(department, zone, case.now) if zone is not None else case.now
    if opened != case.now:
        detail = f"{department.title} is closed"
        yield Obstacle(reason=reasons.NO_CAPACITY, until=opened, detail=detail)
    taken = case.standing.taken.get(department.id, ())
    free = room_at(department, taken, case.now)
    if free != case.now:
        detail = f"{department.title} has its hands full"
        yield Obstacle(reason=reasons.NO_CAPACITY, until=free, detail=detail)


def _text(condition: Expression) -> str:
    return " ".join(condition.text.split())
