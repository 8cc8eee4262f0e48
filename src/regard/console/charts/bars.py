"""Promises as bars on a timeline: from made to outcome, a mark where they fall due.

Bars in, rows of bars that do not touch and their SVG out. A promise that was kept before it was due
shows its slack as a dotted line; an open one is dashed.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from markupsafe import Markup

from regard.console.moments import local
from regard.console.records import Bar, Drawing
from regard.drawing.svg import element

ROW_PX, _BAR_PX = 22, 12
_WORD_SHARE, _WORD_END = 8.0, 90.0
"""Percent of the plot that an outcome takes; behind a bar that ends later it would leave it."""
ROWS_MAX = 8
"""Rows of bars for one promise; the table below the drawing has every one."""


def piles(drawing: Drawing) -> list[tuple[str, list[list[Bar]], int]]:
    """Return per promise its rows of bars that do not touch, and how many had no row left."""
    piles: dict[str, tuple[list[list[Bar]], list[float]]] = {}
    hidden: Counter[str] = Counter()
    for bar in reversed(drawing.bars):
        rows, edges = piles.setdefault(bar.title, ([], []))
        start, end = _reach(bar, drawing)
        free = next((i for i, edge in enumerate(edges) if end <= edge), len(rows))
        if free == ROWS_MAX:
            hidden[bar.title] += 1
            continue
        if free == len(rows):
            rows.append([])
            edges.append(0.0)
        rows[free].append(bar)
        edges[free] = start
    return [(title, rows, hidden[title]) for title, (rows, _) in reversed(piles.items())]


def _reach(bar: Bar, drawing: Drawing) -> tuple[float, float]:
    """Return from where to where a bar with its due mark and its outcome takes room."""
    start = place(bar.from_at, drawing)
    end = max(place(bar.to_at, drawing), place(bar.due_at, drawing))
    return (start - 1, end + _WORD_SHARE) if end < _WORD_END else (start - _WORD_SHARE, end)


def promise_bar(bar: Bar, drawing: Drawing, y: float) -> Markup:
    """Draw one bar in the row whose top is `y`: body, slack to its due mark, outcome in words."""
    start, end = place(bar.from_at, drawing), place(bar.to_at, drawing)
    due, middle, top = place(bar.due_at, drawing), y + ROW_PX / 2, y + 5
    body = element(
        "rect",
        class_=f"bar tone-{bar.tone}" + (" open" if bar.is_open else ""),
        x=f"{start:.2f}%",
        y=top,
        width=f"{max(end - start, 0.4):.2f}%",
        height=_BAR_PX,
        rx=3,
    )
    slack = element(
        "line", class_="slack", x1=f"{end:.2f}%", x2=f"{due:.2f}%", y1=middle, y2=middle
    )
    at = f"{due:.2f}%"
    tick = element("line", class_="due", x1=at, x2=at, y1=top - 2, y2=top + _BAR_PX + 2)
    told = f"{bar.title} {bar.about}: {bar.status}, due {local(bar.due_at, drawing.zone)}"
    word = _word(bar, start, max(end, due), middle + 4)
    drawn = element("g", element("title", told), slack, body, tick, word)
    return element("a", drawn, href=f"#e{bar.offset}", tabindex=-1) if bar.offset else drawn


def _word(bar: Bar, start: float, end: float, y: float) -> Markup:
    """Put the outcome behind the bar, else before it, else (a bar from edge to edge) inside."""
    if end < _WORD_END:
        x, shift, anchor = end, 6, "start"
    elif start > 100 - _WORD_END:
        x, shift, anchor = start, -6, "end"
    else:
        x, shift, anchor = start, 6, "start"
    return element(
        "text",
        bar.status,
        class_=f"word ink-{bar.tone}",
        x=f"{x:.2f}%",
        y=y,
        dx=shift,
        text_anchor=anchor,
    )


def place(moment: datetime, drawing: Drawing) -> float:
    """Return where a moment stands on the plot, in percent; outside ones stand at the edge."""
    share = (moment - drawing.from_at) / (drawing.to_at - drawing.from_at)
    return min(max(share * 100, 0.0), 100.0)
