"""An estimate with its interval on a scale that rows share: a line from low to high, a dot on it.

Numbers in, SVG rows out; the numbers stand beside them in the same table row.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from regard.drawing.svg import element

_HEIGHT = 20
_MARGIN = 2.0
"""Percent kept free at both ends, so that dots at the border are whole."""


def reach_of(values: Iterable[float]) -> tuple[float, float]:
    """Return a scale that holds all values, and zero."""
    known = [0.0, *values]
    low, high = min(known), max(known)
    return (low, high) if high > low else (low, low + 1.0)


def interval(
    low: float, value: float, high: float, reach: tuple[float, float], tone: str = "accent"
) -> Markup:
    """Return the row of one estimate; decorative. A hairline marks zero."""
    start, end = reach

    def place(number: float) -> str:
        share = (min(max(number, start), end) - start) / (end - start)
        return f"{_MARGIN + (100 - 2 * _MARGIN) * share:.2f}%"

    middle = _HEIGHT / 2
    zero = element("line", class_="zero", x1=place(0.0), x2=place(0.0), y1=0, y2=_HEIGHT)
    line = element(
        "line", class_=f"reach-{tone}", x1=place(low), x2=place(high), y1=middle, y2=middle
    )
    dot = element("circle", class_=f"tone-{tone}", cx=place(value), cy=middle, r=4)
    return element(
        "svg",
        zero,
        line,
        dot,
        class_="share interval",
        aria_hidden="true",
        height=_HEIGHT,
        width="100%",
    )
