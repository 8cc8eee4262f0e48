"""Engagements: what do we offer, and what becomes of it? The list, and one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request

from regard.console.decision_counts import by_engagement, engagement_item, sent_by_day
from regard.console.decision_words import item_of
from regard.console.desk import Desk
from regard.console.engagement_views import (
    EngagementsView,
    EngagementView,
    LearnedItem,
    VariantItem,
)
from regard.console.levels import STRIP_DAYS, since_day
from regard.console.pages.silence import capacity_item, gates_of, policy_entry
from regard.console.reasons import channel_words
from regard.console.records import Counted
from regard.console.wording import Wording
from regard.core.errors import Refused
from regard.core.event import PolicyTrained
from regard.core.offers import Engagement, VariantRule
from regard.core.program import Program
from regard.core.rows import DecisionCount, DecisionKind, DecisionRow
from regard.drawing.durations import short_duration
from regard.learning import LearnedPolicy
from regard.learning.reports import Comparison

LATEST = 12
"""Decisions shown on the page of an engagement; the stream has all."""

MOMENTS = 200
"""Latest decisions at which the learned chance is told."""

CORE = "core"


def view(_: Request, desk: Desk) -> EngagementsView:
    """Return every engagement, those that are gone as well if they were decided on lately."""
    program, now = desk.program(), desk.clock.now()
    wording, found = Wording(program), desk.reports.ask()
    with desk.library.reading() as reading:
        counts = by_engagement(reading.decisions.totals(since_day(now)))
        sent = reading.decisions.sent(since_day(now))
    names = {*program.engagements, *counts}
    items = [
        engagement_item(
            name,
            program.engagements.get(name),
            counts.get(name, ()),
            found,
            wording=wording,
            now=now,
            days={day: count for day, engagement, count in sent if engagement == name},
        )
        for name in names
    ]
    return EngagementsView(
        now=now,
        zone=program.company.zone,
        window_days=STRIP_DAYS,
        items=tuple(sorted(items, key=lambda item: (item.is_gone, item.title.casefold()))),
        found=found,
    )


def one_view(request: Request, desk: Desk) -> EngagementView:
    """Return the engagement of the path."""
    program, now = desk.program(), desk.clock.now()
    name = request.path_params["engagement"]
    engagement, standing = program.engagements.get(name), desk.standing()
    is_learned = engagement is not None and isinstance(standing.policy, LearnedPolicy)
    with desk.library.reading() as reading:
        counts = reading.decisions.counts(since_day(now), name)
        rows = reading.decisions.latest(
            DecisionKind(engagement=name), limit=MOMENTS if is_learned else LATEST
        )
        trained = policy_entry(reading)
    if engagement is None and not rows:
        raise Refused(
            "There is no engagement of this name.", code="not_found", hint="Look under Engagements."
        )
    wording, found = Wording(program), desk.reports.ask()
    department = program.departments.get(engagement.department) if engagement else None
    policy = standing.policy
    return EngagementView(
        now=now,
        zone=program.company.zone,
        window_days=STRIP_DAYS,
        item=engagement_item(
            name, engagement, counts, found, wording=wording, now=now, days=sent_by_day(counts)
        ),
        conditions=tuple(_conditions(engagement)) if engagement else (),
        success=_success(engagement),
        variants=tuple(_variants(engagement)) if engagement else (),
        sources=tuple(_sources(engagement, program, wording)) if engagement else (),
        channels=_channels(counts),
        capacity=capacity_item(department, standing, program, now) if department else None,
        learned=(
            _learned(engagement, policy, rows, trained, wording)
            if engagement and isinstance(policy, LearnedPolicy)
            else None
        ),
        comparisons=tuple(_comparisons(engagement, found.comparisons, program)),
        latest=tuple(item_of(row, wording) for row in rows[:LATEST]),
        found=found,
    )


def _conditions(engagement: Engagement) -> Iterable[tuple[str, str]]:
    for name, condition in (
        ("Who may have it", engagement.eligibility),
        ("When it makes sense", engagement.applicability),
        ("For whom it is good", engagement.suitability),
    ):
        if condition is not None:
            yield name, " ".join(condition.text.split())
    if engagement.useful_for is not None:
        yield "Of use for", short_duration(int(engagement.useful_for.total_seconds()))
    if engagement.useful_until is not None:
        yield "Of use until", " ".join(engagement.useful_until.text.split())
    if engagement.asks is not None:
        yield "Asks for", engagement.asks.trait or f"the need {engagement.asks.need}"


def _success(engagement: Engagement | None) -> str:
    if engagement is None or engagement.success is None:
        return ""
    success = engagement.success
    when = f" when {' '.join(success.when.text.split())}" if success.when is not None else ""
    return f"{success.event} within {short_duration(int(success.within.total_seconds()))}{when}"


def _variants(engagement: Engagement) -> Iterable[VariantItem]:
    rules = {rule.id: rule for rule in engagement.variant_rules}
    shares = {}
    if engagement.experiment is not None:
        shares = {arm: share for share, arm in engagement.experiment.shares}
    for one in engagement.variants:
        own = [c for c in engagement.channels if one.channel in (c, c.partition(".")[0], "*")]
        asked = {"channel": own[0] if own else "", "variant": one.id or CORE}
        if one.language != "*":
            asked["language"] = one.language
        yield VariantItem(
            variant=one.id or CORE,
            channel=one.channel,
            language=one.language,
            meant_for=_meant_for(rules.get(one.id), one.id) if rules or shares else "everybody",
            share=shares.get(one.id or CORE),
            query=urlencode(asked),
        )


def _meant_for(rule: VariantRule | None, variant: str) -> str:
    if rule is None:
        return "whom an experiment draws" if variant else "everybody else"
    told = []
    if rule.devices:
        told.append(f"on {' or '.join(rule.devices)}")
    if rule.regions:
        told.append(f"in {' or '.join(rule.regions)}")
    if rule.ages:
        told.append(f"aged {rule.ages[0]} to {rule.ages[1]}")
    if rule.when is not None:
        told.append(f"when {' '.join(rule.when.text.split())}")
    return ", ".join(told) or "whom an experiment draws"


def _sources(
    engagement: Engagement, program: Program, wording: Wording
) -> Iterable[tuple[str, str, str]]:
    """Yield (what it is, title, address) of everything that offers the engagement."""
    name = engagement.id
    for promise in program.promises.values():
        if promise.engagement == name:
            yield "promise", promise.title, f"/promises/{promise.id}"
        elif any(repair.engagement == name for repair in promise.repairs):
            yield "repair of a promise", promise.title, f"/promises/{promise.id}"
    for journey in program.journeys.values():
        if any(step.engagement == name for step in journey.steps):
            yield "journey", journey.title, f"/journeys/{journey.id}"
    for broadcast in program.broadcasts.values():
        if broadcast.engagement == name:
            yield "broadcast", broadcast.title, f"/broadcasts#broadcast-{broadcast.id}"
    if engagement.offer_when == "needed" and engagement.need:
        yield "need", wording.need(engagement.need), ""
    if engagement.offer_when == "asked":
        placed = ", ".join(engagement.placements) or "any placement"
        yield "request", f"of another system, for {placed}", ""


def _channels(counts: Sequence[DecisionCount]) -> tuple[Counted, ...]:
    sent: Counter[str] = Counter()
    for one in counts:
        if one.kind.verdict == "send":
            sent[one.kind.channel] += one.count
    return tuple(
        Counted(key=channel, words=channel_words(channel), count=count, tone="accent")
        for channel, count in sorted(sent.items(), key=lambda one: (-one[1], one[0]))
    )


def _learned(
    engagement: Engagement,
    policy: LearnedPolicy,
    rows: Sequence[DecisionRow],
    trained: tuple[datetime, PolicyTrained] | None,
    wording: Wording,
) -> LearnedItem | None:
    """Return what was learned about an engagement; None where it cannot be (no success)."""
    taught = policy.taught.get(engagement.id)
    if taught is None:
        return None
    seen = [row.decision.features for row in rows if row.decision.features]
    known = [policy.chance(engagement.id, features) for features in seen]
    chances = sorted(min(max(one[0], 0.0), 1.0) for one in known if one is not None)
    at, body = trained if trained is not None else (None, None)

    def part(share: float) -> float | None:
        return chances[round(share * (len(chances) - 1))] if chances else None

    return LearnedItem(
        version=policy.version,
        at=at,
        count=taught.count,
        middle=part(0.5),
        low=part(0.05),
        high=part(0.95),
        moments=len(chances),
        types=len(taught.types),
        persons=len(taught.persons),
        gates=gates_of(body, wording, engagement.id) if body is not None else (),
    )


def _comparisons(
    engagement: Engagement | None, found: Sequence[Comparison], program: Program
) -> Iterable[Comparison]:
    """Yield the comparison of its experiment, and of the holdouts that concern it."""
    if engagement is None:
        return
    experiment = engagement.experiment
    own = "" if experiment is None else f"{experiment.id}@{experiment.version}"
    holdouts = {
        f"{h.id}@{h.version}"
        for h in program.holdouts
        if engagement.message_class == "marketing"
        and (not h.engagements or engagement.id in h.engagements)
    }
    for one in found:
        if one.name in ({own} if one.kind == "experiment" else holdouts):
            yield one
