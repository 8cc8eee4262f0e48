"""Decisions in words: one of them as an item, its score as steps that add up, its features.

Rows and records of the journal in, items of the pages out. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import atan2, pi
from types import MappingProxyType
from typing import TypeVar

from msgspec import structs

from regard.console.decision_views import DecisionItem, ObstacleItem
from regard.console.identity_views import Weight
from regard.console.reasons import channel_words, reason_words, who_words
from regard.console.records import RefusedChannel, Tone
from regard.console.why import ORIGINS
from regard.console.wording import Wording
from regard.core.facts import Decided
from regard.core.program import Program
from regard.core.rows import DecisionRow
from regard.decisions.obstacles import Obstacle
from regard.learning.scheme import FAMILIES, FIXED, KEYS, scheme_of, type_key
from regard.learning.snapshot import scheme_in

VERDICTS: Mapping[str, tuple[str, Tone]] = MappingProxyType(
    {"send": ("sent", "good"), "hold": ("held", "warn"), "silence": ("silent", "quiet")}
)
"""Verdicts as lists say them, and how they should feel."""

_PARTS = "context."

Said = TypeVar("Said", RefusedChannel, ObstacleItem)


def item_of(row: DecisionRow, wording: Wording) -> DecisionItem:
    """Return a decision as lists show it."""
    decided = row.decision
    candidate = decided.candidate
    word, tone = VERDICTS[decided.verdict]
    return DecisionItem(
        number=row.number,
        at=row.at,
        person_id=row.person_id,
        label=who_words(row.label, row.person_id) if row.person_id else "nobody known",
        engagement=candidate.engagement,
        title=wording.engagement(candidate.engagement),
        verdict=decided.verdict,
        word="answered" if decided.is_answer and decided.verdict == "send" else word,
        tone=tone,
        reason=decided.reason,
        because=reason_words(decided.reason),
        channel=decided.channel,
        origin=candidate.origin,
        asked_by=ORIGINS.get(candidate.origin, candidate.origin),
        score=decided.score if decided.factors else None,
        wake_at=decided.wake_at,
    )


def steps_of(factors: Mapping[str, float]) -> tuple[Weight, ...]:
    """Return a score as steps, each from where the sum stood to where it came.

    Values add; context and chance of being taken up take from what stands (or add to it), as much
    as multiplying by them does; tiredness is taken off. The last step ends at the score.
    """
    if not factors:
        return ()
    steps: list[Weight] = []

    def move(words: str, to: float) -> None:
        start = steps[-1].end if steps else 0.0
        value = to - start
        tone: Tone = "quiet" if not value else "good" if value > 0 else "bad"
        steps.append(Weight(words=words, value=value, start=start, end=to, tone=tone))

    customer, company = factors.get("value_customer", 0.0), factors.get("value_company", 0.0)
    context, chance = factors.get("context", 1.0), factors.get("propensity", 1.0)
    fatigue = factors.get("fatigue", 0.0)
    worth = customer + company
    move("worth to the customer", customer)
    move("worth to the company", worth)
    move(f"how well the moment fits, × {context:.2f}", worth * context)
    move(f"chance that it is taken up, × {chance:.1%}", worth * context * chance)
    move("tired of us", worth * context * chance - fatigue)
    return tuple(steps)


def ends_of(steps: Sequence[Weight], silence: float | None) -> list[Weight]:
    """Return what the steps come to, and what it must be worth more than."""
    score = steps[-1].end
    ends = [Weight(words="score", value=score, start=0.0, end=score, tone="accent")]
    if silence is not None:
        words = "what silence is worth"
        ends.append(Weight(words=words, value=silence, start=0.0, end=silence, tone="quiet"))
    return ends


def parts_of(factors: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return what the context was made of, by name."""
    return tuple(
        (name.removeprefix(_PARTS).replace("_", " "), value)
        for name, value in factors.items()
        if name.startswith(_PARTS)
    )


def alike(items: Iterable[Said]) -> list[tuple[Said, list[str]]]:
    """Return items that say the same of several channels once, each with these channels."""
    found: dict[Said, tuple[Said, list[str]]] = {}
    for item in items:
        same = structs.replace(item, channel="")
        found.setdefault(same, (item, []))[1].append(item.channel)
    return list(found.values())


def obstacle_item(obstacle: Obstacle) -> ObstacleItem:
    """Return a rule that stands in the way, in words."""
    return ObstacleItem(
        reason=obstacle.reason,
        words=reason_words(obstacle.reason),
        channel=channel_words(obstacle.channel),
        detail=obstacle.detail,
        since=obstacle.since,
        until=obstacle.until,
    )


def certainty_of(decided: Decided) -> Iterator[tuple[str, str]]:
    """Yield how probable the verdict was, and what it was drawn by."""
    if decided.policy:
        yield "Probability of this verdict", f"{decided.probability:.1%}"
        yield "Policy", decided.policy
    elif decided.factors:
        yield "Probability of this verdict", "certain: nothing was drawn"
    if decided.experiment and decided.arm:
        yield "Experiment", f"{decided.experiment}, arm {decided.arm}"
    elif decided.experiment:
        yield "Holdout", decided.experiment


def features_of(decided: Decided, program: Program) -> tuple[tuple[str, str], ...]:
    """Return what the policy saw, in words; of another scheme only that it was another."""
    features, scheme = decided.features, scheme_of(program)
    if not features:
        return ()
    is_same = scheme is not None and scheme_in(decided.policy) == scheme.id
    if scheme is None or not is_same or len(features) != scheme.size + KEYS:
        return (("Looked at", f"{len(features)} numbers of a scheme that is not in force now"),)
    families = features[1 : 1 + len(FAMILIES)]
    sine, cosine, recency, touches, belief = features[1 + len(FAMILIES) : FIXED]
    hour = atan2(sine, cosine) * 12 / pi % 24
    minutes = round(hour * 60)
    here = [name for name, value in zip(FAMILIES, families, strict=True) if value]
    told = [
        ("Where they were", channel_words(here[0]) if here else "on no channel of these families"),
        ("Their time of day", f"about {minutes // 60 % 24:02d}:{minutes % 60:02d}"),
        ("Last here", f"{recency:.2f} (1: just now, 0: a month ago)"),
        ("Touches of seven days", f"{round(touches * 7)}" + (" or more" if touches >= 1 else "")),
        ("Strongest belief in a need", f"{belief:.0%}"),
    ]
    rest = features[FIXED : scheme.size]
    for (name, scale), value in zip(scheme.traits, rest, strict=True):
        told.append((name, f"{value * scale:g} (over {scale:g})"))
    if scheme.customer_type:
        known = int(features[scheme.size]) != type_key(None)
        told.append(("Customer type", f"{scheme.customer_type}: {'known' if known else 'none'}"))
    return tuple(told)


def headline(item: DecisionItem, now: datetime) -> str:
    """Return the answer that a decision is, as one sentence."""
    by = f" by {channel_words(item.channel)}" if item.channel else ""
    if item.verdict == "send":
        return f"{item.title} goes{by}: {item.because}"
    if item.verdict == "hold":
        late = item.wake_at is not None and item.wake_at <= now
        return f"{item.title} waits{'' if late else ' for its moment'}: {item.because}"
    return f"Silence about {item.title}: {item.because}"
