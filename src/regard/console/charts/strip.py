"""The history strip: one small bar a day, as healthchecks draws it.

Days with their outcome counts in, an SVG of fixed height out. A day's colour is its worst
outcome; an empty day is a short stub, so that a gap is seen as a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from regard.console.reasons import STATUS_TONES, STATUS_WORDS
from regard.console.records import Day
from regard.core.facts import OPEN_PROMISE
from regard.drawing.svg import element

_WORST_FIRST = ("broken", "late", "doubled", "repaired", "missed", "kept")
"""Outcomes go before a miss, which is only the way to one of them: a repaired day is not red."""
_STEP, _WIDTH, _HEIGHT = 6, 4, 20


def strip(days: Sequence[Day], title: str) -> Markup:
    """Return one bar per day, oldest first."""
    bars = [_bar(i, day) for i, day in enumerate(days)]
    width = len(days) * _STEP
    return element(
        "svg",
        element("title", f"{title}: the last {len(days)} days"),
        element("desc", _description(days)),
        *bars,
        class_="strip",
        role="img",
        width=width,
        height=_HEIGHT,
        viewBox=f"0 0 {width} {_HEIGHT}",
    )


def _bar(position: int, day: Day) -> Markup:
    worst = next((s for s in _WORST_FIRST if day.counts.get(s)), "")
    height = {"": 3, "kept": 14, "repaired": 16}.get(worst, 20)
    tone = STATUS_TONES.get(worst, "none") if worst else "none"
    return element(
        "rect",
        element("title", f"{day.day}: {counts_words(day.counts) or 'nothing ended'}"),
        class_=f"tone-{tone}",
        x=position * _STEP + 1,
        y=_HEIGHT - height,
        width=_WIDTH,
        height=height,
        rx=1,
    )


def counts_words(counts: Mapping[str, int]) -> str:
    """Return ``12 kept, 1 repaired``: outcomes in the order of `STATUS_WORDS`."""
    shown = [s for s in STATUS_WORDS if s not in OPEN_PROMISE and counts.get(s)]
    return ", ".join(f"{counts[s]:,} {STATUS_WORDS[s]}" for s in shown)


def _description(days: Sequence[Day]) -> str:
    total: dict[str, int] = {}
    for day in days:
        for status, count in day.counts.items():
            total[status] = total.get(status, 0) + count
    return counts_words(total) or "nothing fell due"
