"""Counts of decisions by day and kind, summed as pages show them. Pure.

`DecisionCount`s of a window and the program in; offered, sent, silent by engagement, reasons with
the value that was forgone, the mix of what went out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from regard.console.decision_views import Forgone, Found, MixItem, TakenUp
from regard.console.decision_words import VERDICTS
from regard.console.engagement_views import EngagementItem
from regard.console.levels import STRIP_DAYS, since_day
from regard.console.reasons import reason_words
from regard.console.records import Counted
from regard.console.wording import Wording
from regard.core.offers import Engagement
from regard.core.program import Program
from regard.core.rows import DecisionCount

REASONS_SHOWN = 4
"""Reasons for silence of one engagement in the list; its own page has all."""


def by_engagement(counts: Sequence[DecisionCount]) -> Mapping[str, list[DecisionCount]]:
    """Return counts by engagement."""
    found: defaultdict[str, list[DecisionCount]] = defaultdict(list)
    for one in counts:
        found[one.kind.engagement].append(one)
    return found


def engagement_item(
    engagement_id: str,
    engagement: Engagement | None,
    counts: Sequence[DecisionCount],
    found: Found,
    *,
    wording: Wording,
    now: datetime,
    days: Mapping[str, int],
) -> EngagementItem:
    """Return an engagement with its counts; one that is gone keeps what became of it.

    `days` are those that were sent by day; `counts` may be totals.
    """
    verdicts: Counter[str] = Counter()
    silences: Counter[str] = Counter()
    for one in counts:
        verdicts[one.kind.verdict] += one.count
        if one.kind.verdict == "silence":
            silences[one.kind.reason] += one.count
    return EngagementItem(
        engagement=engagement_id,
        title=wording.engagement(engagement_id),
        is_gone=engagement is None,
        need=wording.need(engagement.need) if engagement and engagement.need else "",
        message_class=engagement.message_class if engagement else "",
        purpose=wording.purpose(engagement.purpose) if engagement else "",
        value_customer=engagement.value_customer if engagement else 0.0,
        value_company=engagement.value_company if engagement else 0.0,
        propensity=engagement.propensity if engagement else 0.0,
        channels=engagement.channels if engagement else (),
        offered_count=sum(one.new_count for one in counts),
        sent_count=verdicts["send"],
        silent_count=verdicts["silence"],
        held_count=verdicts["hold"],
        taken=taken_of(engagement_id, engagement, found, now),
        days=tuple((day, days.get(day, 0)) for day in days_of(now)),
        silences=counted(silences),
    )


def sent_by_day(counts: Iterable[DecisionCount]) -> Mapping[str, int]:
    """Return how many were sent by day."""
    days: Counter[str] = Counter()
    for one in counts:
        if one.kind.verdict == "send":
            days[one.day] += one.count
    return days


def taken_of(
    engagement_id: str, engagement: Engagement | None, found: Found, now: datetime
) -> TakenUp | None:
    """Return how often what was sent in the window was taken up; None: no success is said."""
    if engagement is None or engagement.success is None:
        return None
    first = since_day(now)
    days = [one for one in found.taken.get(engagement_id, ()) if one.day >= first]
    return TakenUp(day="", over=sum(one.over for one in days), taken=sum(one.taken for one in days))


def counted(silences: Mapping[str, int]) -> tuple[Counted, ...]:
    """Return reasons in words, the most frequent first."""
    ranked = sorted(silences.items(), key=lambda one: (-one[1], one[0]))
    return tuple(
        Counted(key=reason, words=reason_words(reason), count=count, tone="quiet")
        for reason, count in ranked
    )


def verdicts_of(counts: Sequence[DecisionCount]) -> tuple[Counted, ...]:
    """Return how many decisions came to which verdict."""
    verdicts: Counter[str] = Counter()
    for one in counts:
        verdicts[one.kind.verdict] += one.count
    return tuple(
        Counted(key=verdict, words=words, count=verdicts[verdict], tone=tone)
        for verdict, (words, tone) in VERDICTS.items()
    )


def forgone_of(counts: Sequence[DecisionCount], program: Program) -> tuple[Forgone, ...]:
    """Return reasons for silence with what the offers would have been worth, the dearest first.

    Worth is as written now: chance of being taken up times both values. What is not worth anything
    to the customer counts as nothing: it is never offered.
    """
    numbers: Counter[str] = Counter()
    values: defaultdict[str, float] = defaultdict(float)
    for one in counts:
        if one.kind.verdict != "silence":
            continue
        numbers[one.kind.reason] += one.count
        engagement = program.engagements.get(one.kind.engagement)
        if engagement is not None and engagement.value_customer >= 0:
            worth = engagement.value_customer + engagement.value_company
            values[one.kind.reason] += one.count * worth * engagement.propensity
    found = [
        Forgone(
            reason=reason,
            words=reason_words(reason),
            count=count,
            value=values[reason],
        )
        for reason, count in numbers.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.value, -one.count, one.reason)))


def mix_of(counts: Sequence[DecisionCount], wording: Wording) -> tuple[MixItem, ...]:
    """Return what went out by engagement, the most frequent first."""
    sent: Counter[str] = Counter()
    for one in counts:
        if one.kind.verdict == "send":
            sent[one.kind.engagement] += one.count
    total = sum(sent.values())
    return tuple(
        MixItem(engagement=name, title=wording.engagement(name), count=count, share=count / total)
        for name, count in sorted(sent.items(), key=lambda one: (-one[1], one[0]))
    )


def days_of(now: datetime) -> list[str]:
    """Return the UTC days of the window, oldest first."""
    return [(now - timedelta(days=n)).date().isoformat() for n in range(STRIP_DAYS - 1, -1, -1)]
