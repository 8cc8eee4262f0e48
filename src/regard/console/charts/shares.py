"""Shares of a whole: one stacked bar, and single bars against the largest.

Counts in, SVG out, widths in percent so that nothing is scaled with the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from regard.drawing.svg import element

_HEIGHT = 10


def stacked(parts: Sequence[tuple[str, int, str]], title: str) -> Markup:
    """Return one bar of (words, count, tone) parts with a hairline gap between them."""
    total = sum(count for _, count, _ in parts)
    pieces, start = [], 0.0
    for words, count, tone in parts:
        width = 100 * count / total if total else 0.0
        if width:
            label = element("title", f"{words}: {count:,}")
            pieces.append(_piece(label, start, width, tone))
        start += width
    description = ", ".join(f"{count:,} {words}" for words, count, _ in parts) or "nothing yet"
    return _frame(title, description, pieces)


def single(count: int, largest: int, tone: str) -> Markup:
    """Return a bar of `count` against `largest`; decorative, the number stands beside it."""
    width = 100 * count / largest if largest else 0.0
    bar = element(
        "rect", class_=f"tone-{tone}", x=0, y=0, width=f"{width:.2f}%", height=_HEIGHT, rx=2
    )
    return element("svg", bar, class_="share", aria_hidden="true", height=_HEIGHT, width="100%")


def gauge(share: float, tone: str) -> Markup:
    """Return how much of a whole is left, on its track; decorative, the number stands beside it."""
    width = 100 * min(max(share, 0.0), 1.0)
    ground = element("rect", class_="ground", x=0, y=0, width="100%", height=_HEIGHT, rx=2)
    bar = element(
        "rect", class_=f"tone-{tone}", x=0, y=0, width=f"{width:.2f}%", height=_HEIGHT, rx=2
    )
    pieces = (ground, bar) if width else (ground,)
    return element("svg", *pieces, class_="share", aria_hidden="true", height=_HEIGHT, width="100%")


def _piece(label: Markup, start: float, width: float, tone: str) -> Markup:
    return element(
        "rect",
        label,
        class_=f"tone-{tone} piece",
        x=f"{start:.2f}%",
        y=0,
        width=f"{width:.2f}%",
        height=_HEIGHT,
    )


def _frame(title: str, description: str, pieces: Sequence[Markup]) -> Markup:
    ground = element("rect", class_="ground", x=0, y=0, width="100%", height=_HEIGHT, rx=2)
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        ground,
        *pieces,
        class_="share",
        role="img",
        height=_HEIGHT,
        width="100%",
    )
