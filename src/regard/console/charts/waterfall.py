"""Reasons as a waterfall: one row each, floating from where the sum stood to where it came.

Steps in, SVG rows out (the numbers stand beside them in the same table row). The scale is the same
for all rows of a table; a hairline marks zero, where both are equally likely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from regard.console.identity_views import Weight
from regard.drawing.svg import element

_HEIGHT, _BAR = 18, 10
_LEAST = 0.6
"""Percent that the smallest step is wide, so that it is seen."""


def weights_of(reasons: Mapping[str, float]) -> tuple[Weight, ...]:
    """Return reasons as steps of a sum of log-odds: where it starts, then the strongest first."""
    ranked = sorted(reasons.items(), key=lambda item: (bool(item[0]), -abs(item[1]), item[0]))
    steps, at = [], 0.0
    for name, value in ranked:
        tone = "quiet" if not name else "good" if value > 0 else "bad"
        words = name.replace("_", " ") if name else "before anything is compared"
        steps.append(
            Weight(words=words, value=value, start=at, end=at + value, tone=tone)  # type: ignore[arg-type]
        )
        at += value
    return tuple(steps)


def step(weight: Weight, weights: Sequence[Weight]) -> Markup:
    """Return the row of one step on the scale of all; decorative, its number stands beside it."""
    low = min(0.0, *(min(w.start, w.end) for w in weights))
    high = max(0.0, *(max(w.start, w.end) for w in weights))
    reach = (high - low) or 1.0

    def place(value: float) -> float:
        return 100 * (value - low) / reach

    left, right = sorted((place(weight.start), place(weight.end)))
    zero = f"{place(0.0):.2f}%"
    bar = element(
        "rect",
        class_=f"tone-{weight.tone}",
        x=f"{min(left, 100 - _LEAST):.2f}%",
        y=(_HEIGHT - _BAR) / 2,
        width=f"{max(right - left, _LEAST):.2f}%",
        height=_BAR,
        rx=2,
    )
    line = element("line", class_="zero", x1=zero, x2=zero, y1=0, y2=_HEIGHT)
    return element(
        "svg", line, bar, class_="share step", aria_hidden="true", height=_HEIGHT, width="100%"
    )
