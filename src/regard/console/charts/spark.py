"""Counts of days as small bars, the tallest as high as the strip.

Days with one count each in, an SVG of fixed height out. A day without any is a stub, so that a gap
is seen as a gap.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from regard.drawing.svg import element

_STEP, _WIDTH, _HEIGHT, _STUB = 6, 4, 20, 2


def spark(days: Sequence[tuple[str, int]], title: str, what: str) -> Markup:
    """Return one bar per (day, count), oldest first; `what` is counted (``began``)."""
    highest = max((count for _, count in days), default=0)
    total = sum(count for _, count in days)
    width = len(days) * _STEP
    return element(
        "svg",
        element("title", f"{title}: the last {len(days)} days"),
        element("desc", f"{total:,} {what}, at most {highest:,} on one day"),
        *(_bar(n, day, count, highest, what) for n, (day, count) in enumerate(days)),
        class_="strip",
        role="img",
        width=width,
        height=_HEIGHT,
        viewBox=f"0 0 {width} {_HEIGHT}",
    )


def _bar(place: int, day: str, count: int, highest: int, what: str) -> Markup:
    height = _STUB + round((_HEIGHT - _STUB) * count / highest) if count else _STUB
    return element(
        "rect",
        element("title", f"{day}: {count:,} {what}"),
        class_="tone-accent" if count else "tone-none",
        x=place * _STEP + 1,
        y=_HEIGHT - height,
        width=_WIDTH,
        height=height,
        rx=1,
    )
