"""The person timeline as SVG: a lane per channel, a bar per promise, time from left to right.

A `Drawing` in, SVG out. Moments are percentages of the plot, so that the drawing fills any width
without scaling its text; lane names stand in a gutter beside it, wrapped by the style sheet. Marks
that would touch at `_NOMINAL_PX` are stacked, bars of one promise share rows where they have room;
a full stack or pile ends in a count.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from regard.console.charts.bars import ROW_PX, piles, place, promise_bar
from regard.console.moments import local
from regard.console.records import Drawing, Mark
from regard.drawing.svg import element

_NOMINAL_PX, _APART_PX, _STACK_MAX, _STACK_PX = 580, 11, 3, 11
_LANE_PX, _NAME_PX, _AXIS_PX = 28, 34, 26
_TICKS_MAX = 7
_TICK_SHARE, _NOW_SHARE = 9.0, 3.0
"""Percent of the plot that a tick's text and the word "now" take."""
_STEPS: tuple[tuple[timedelta, str], ...] = (
    (timedelta(minutes=1), "HH:mm"),
    (timedelta(minutes=5), "HH:mm"),
    (timedelta(minutes=15), "HH:mm"),
    (timedelta(hours=1), "HH:mm"),
    (timedelta(hours=3), "EEE HH:mm"),
    (timedelta(hours=6), "EEE HH:mm"),
    (timedelta(hours=12), "EEE HH:mm"),
    (timedelta(days=1), "d MMM"),
    (timedelta(days=2), "d MMM"),
    (timedelta(days=7), "d MMM"),
    (timedelta(days=30), "d MMM"),
    (timedelta(days=91), "MMM yyyy"),
    (timedelta(days=365), "yyyy"),
)


def timeline(drawing: Drawing, title: str) -> Markup:
    """Return the drawing; links lead to the rows of the table twin (``#e<offset>``)."""
    gutter, plot = [], []
    y = _AXIS_PX
    for lane in drawing.lanes:
        stacks = _stacks(lane.marks, drawing)
        height = _LANE_PX + (max(len(s) for s in stacks) - 1) * _STACK_PX
        gutter.append(_name(lane.name, y, height))
        plot.append(_rule(y + height))
        plot += [_stack(stack, drawing, y + height / 2) for stack in stacks]
        y += height
    for name, rows, hidden_count in piles(drawing):
        height = max(_NAME_PX, len(rows) * ROW_PX + 8)
        gutter.append(_name(f"{name} (+{hidden_count})" if hidden_count else name, y, height))
        plot.append(_rule(y + height))
        top = y + (height - len(rows) * ROW_PX) / 2
        plot += [
            promise_bar(bar, drawing, top + number * ROW_PX)
            for number, row in enumerate(rows)
            for bar in row
        ]
        y += height
    frame = [*_axis(drawing, y), *_crossings(drawing, y)]
    drawn = element(
        "svg",
        element("title", title),
        element("desc", _description(drawing)),
        *frame,
        _now(drawing, y),
        *plot,
        class_="plot",
        role="group",
        width="100%",
        height=y + 4,
    )
    names = element("svg", *gutter, class_="gutter", aria_hidden="true", height=y + 4)
    seen = element(
        "div", drawn, class_="reach", role="region", tabindex=0, aria_label=f"{title}, by channel"
    )
    return element("div", names, seen, class_="timeline")


def _stacks(marks: Sequence[Mark], drawing: Drawing) -> list[list[Mark]]:
    stacks: list[list[Mark]] = []
    edge = -1.0
    for mark in marks:
        x = place(mark.at, drawing) * _NOMINAL_PX / 100
        if stacks and x - edge < _APART_PX:
            stacks[-1].append(mark)
        else:
            stacks.append([mark])
            edge = x
    return [_shortened(stack) for stack in stacks]


def _shortened(stack: list[Mark]) -> list[Mark]:
    if len(stack) <= _STACK_MAX:
        return stack
    hidden = stack[_STACK_MAX - 1 :]
    more = Mark(
        offset=hidden[0].offset,
        at=stack[0].at,
        shape="dot",
        tone="count",
        text=f"+{len(hidden)}",
    )
    return [*stack[: _STACK_MAX - 1], more]


def _stack(stack: Sequence[Mark], drawing: Drawing, middle: float) -> Markup:
    top = middle - (len(stack) - 1) * _STACK_PX / 2
    x = f"{place(stack[0].at, drawing):.2f}%"
    marks = [_mark(mark, drawing, i * _STACK_PX) for i, mark in enumerate(stack)]
    return element("svg", *marks, x=x, y=round(top, 1), class_="mark")


def _mark(mark: Mark, drawing: Drawing, y: int) -> Markup:
    if mark.tone == "count":
        shape = element("text", mark.text, class_="count", x=0, y=y + 3.5, text_anchor="middle")
        told = f"{mark.text[1:]} more touches here"
    else:
        shape = _SHAPES[mark.shape](f"{mark.shape} tone-{mark.tone or 'plain'}", y)
        told = f"{local(mark.at, drawing.zone)}  {mark.text}"
    return element("a", element("title", told), shape, href=f"#e{mark.offset}", tabindex=-1)


_SHAPES = {
    "dot": lambda names, y: element("circle", class_=names, cx=0, cy=y, r=4),
    "hollow": lambda names, y: element("circle", class_=names, cx=0, cy=y, r=3.5),
    "square": lambda names, y: element(
        "rect", class_=names, x=-4, y=y - 4, width=8, height=8, rx=1
    ),
}


def _axis(drawing: Drawing, height: float) -> list[Markup]:
    length = drawing.to_at - drawing.from_at
    step, pattern = next((s for s in _STEPS if length / s[0] <= _TICKS_MAX), _STEPS[-1])
    parts, now = [], place(drawing.now, drawing)
    for moment in _ticks(drawing, step):
        at = place(moment, drawing)
        x = f"{at:.2f}%"
        parts.append(element("line", class_="grid", x1=x, x2=x, y1=_AXIS_PX - 6, y2=height))
        if at <= 100 - _TICK_SHARE and not -_NOW_SHARE < now - at < _TICK_SHARE + _NOW_SHARE:
            text = local(moment, drawing.zone, pattern)
            parts.append(element("text", text, class_="tick", x=x, y=13, dx=4))
    return parts


def _ticks(drawing: Drawing, step: timedelta) -> list[datetime]:
    """Return round moments of the person's own day: a step counts from their midnight."""
    zone_midnight = local(drawing.from_at, drawing.zone, "HH:mm:ss")
    hours, minutes, seconds = (int(part) for part in zone_midnight.split(":"))
    since = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    moment = drawing.from_at.replace(microsecond=0) - since
    ticks = []
    while moment <= drawing.to_at:
        if moment >= drawing.from_at:
            ticks.append(moment)
        moment += step
    return ticks


def _crossings(drawing: Drawing, height: float) -> list[Markup]:
    parts = []
    for crossing in drawing.crossings:
        x = f"{place(crossing.at, drawing):.2f}%"
        line = element("line", class_="crossing", x1=x, x2=x, y1=_AXIS_PX - 4, y2=height)
        diamond = element("path", class_="crossing-head", d="M0 -5 5 0 0 5 -5 0Z")
        head = element("svg", diamond, x=x, y=_AXIS_PX - 4, class_="mark")
        told = element("title", f"{local(crossing.at, drawing.zone)}  {crossing.text}")
        parts.append(element("a", told, line, head, href=f"#e{crossing.offset}", tabindex=-1))
    return parts


def _now(drawing: Drawing, height: float) -> Markup:
    if drawing.now > drawing.to_at:
        return Markup("")
    x = f"{place(drawing.now, drawing):.2f}%"
    line = element("line", class_="now", x1=x, x2=x, y1=_AXIS_PX - 6, y2=height)
    word = element("text", "now", class_="tick", x=x, y=13, text_anchor="middle")
    return element("g", line, word)


def _rule(y: float) -> Markup:
    return element("line", class_="rule", x1=0, x2="100%", y1=y - 0.5, y2=y - 0.5)


def _name(name: str, y: float, height: float) -> Markup:
    """Put a name beside its lane; the style sheet wraps and cuts it, which SVG text cannot."""
    words = element("span", name)
    cell = element("div", words, class_="lane", title=name)
    return element("foreignObject", cell, x=0, y=y, width="100%", height=height)


def _description(drawing: Drawing) -> str:
    lanes = [f"{lane.name}: {len(lane.marks)}" for lane in drawing.lanes]
    bars = [f"{bar.title} {bar.status}" for bar in drawing.bars]
    return (
        f"From {local(drawing.from_at, drawing.zone)} to {local(drawing.to_at, drawing.zone)}. "
        f"Touches by channel: {', '.join(lanes) or 'none'}. "
        f"Promises: {', '.join(bars) or 'none'}. The table below tells the same."
    )
