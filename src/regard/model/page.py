"""A model as SVG on one page: lanes, elements, links, flows with their latency, disconnects.

One or two models in, SVG out: the same bytes for the same input. The difference is said by line
style *and* word. Colours are classes over the tokens of `regard.drawing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import pairwise
from typing import Literal

from markupsafe import Markup

from regard.core.model import Change, Disconnect, Fate, Model
from regard.drawing.lettering import width_of, wrapped
from regard.drawing.svg import element, plain
from regard.model.comparing import compare
from regard.model.remedies import advise
from regard.model.sheet import (
    LINE_PX,
    MARGIN_PX,
    NOTE_SIZE,
    PAD_PX,
    Arc,
    Box,
    Layout,
    Sheet,
    Wire,
)

Which = Literal["as_is", "future", "difference"]
Href = Callable[[str], str]

BADGE_PX, LIST_PX = 7.5, 16.5
TIP_PX = 5.0
LISTED_MAX = 12
"""Disconnects that are named under the drawing; the list beside it has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a drawing is seen: where elements lead, where people disagree, and in which style.

    `disputed` are keys of elements and flows, and ``disconnect:`` with an id. `lived` says by key
    what was seen of an element; an empty text: nothing, though it is declared.

    A file of its own brings its style along: `screen_style()` or `printing.paper_style()`; a
    page of ours has it already.
    """

    href: Href | None = None
    disputed: frozenset[str] = frozenset()
    own_style: str = ""
    lived: Mapping[str, str] = field(default_factory=dict)


def draw_page(
    as_is: Model,
    future: Model | None = None,
    which: Which = "as_is",
    seen: Seen | None = None,
) -> Markup:
    """Return the drawing of one version, or of the difference of both, laid out alike.

    Without `future` there is only one version to draw.
    """
    seen = seen or Seen()
    layout = Layout([as_is] if future is None else [as_is, future])
    if future is None or which == "as_is":
        found = [advice.disconnect for advice in advise(as_is, future)]
        sheet, title = layout.sheet(as_is, found), as_is.title
    elif which == "future":
        found = [advice.disconnect for advice in advise(future, None)]
        sheet, title = layout.sheet(future, found), future.title
    else:
        found = []
        sheet = layout.sheet(as_is, (), compare(as_is, future), future)
        title = f"From {as_is.title} to {future.title}"
    return _paper(sheet, title, found, which, seen)


def style() -> str:
    """Return the style rules of the page, over tokens that the surrounding page defines."""
    return (files("regard.model") / "page.css").read_text(encoding="utf-8")


def screen_style() -> str:
    """Return the style of a file of its own, light and dark as the reader's screen is."""
    return (files("regard.drawing") / "tokens.css").read_text(encoding="utf-8") + style()


def _paper(
    sheet: Sheet,
    title: str,
    found: Sequence[Disconnect],
    which: Which,
    seen: Seen,
) -> Markup:
    listed = _listed(found, sheet, seen) if found else []
    lines = (min(len(found), LISTED_MAX) + 1) // 2
    foot = sheet.bottom + (lines * LIST_PX + 22.0 if lines else 6.0)
    height = max(sheet.height, foot + 30.0)
    parts = [
        element("title", title),
        element("desc", described(sheet, found)),
        _text(title, "headline", MARGIN_PX, 28.0),
        *(_lane(name, top, tall, sheet.width) for name, top, tall in sheet.lanes),
        element("g", *(_wire(wire) for wire in sheet.wires), class_="wires"),
        element("g", *(_arc(arc, seen) for arc in sheet.arcs), class_="arcs"),
        element("g", *(_box(box, seen) for box in sheet.boxes), class_="boxes"),
        element("g", *listed, class_="list"),
        _legend(which, height - 14.0, has_marks=bool(found), has_disputes=bool(seen.disputed)),
    ]
    own = [element("style", Markup(seen.own_style))] if seen.own_style else []  # noqa: S704 (our own files)
    return element(
        "svg",
        *own,
        *parts,
        class_="flow page",
        role="img" if seen.href is None else "group",
        viewBox=f"0 0 {plain(sheet.width)} {plain(height)}",
        width=sheet.width,
        height=height,
        xmlns="http://www.w3.org/2000/svg" if seen.own_style else None,
    )


def described(sheet: Sheet, found: Sequence[Disconnect]) -> str:
    """Return the drawing in a sentence or two."""
    said = f"{len(sheet.boxes)} elements in {len(sheet.lanes)} lanes, {len(sheet.arcs)} flows."
    worst = "; ".join(one.title for one in found[:3])
    return f"{said} {len(found)} disconnects{f', first: {worst}' if worst else ''}."


def _lane(name: str, top: float, tall: float, width: float) -> Markup:
    band = element(
        "rect",
        class_="band",
        x=MARGIN_PX - 8,
        y=top - 9,
        width=width - 2 * MARGIN_PX + 16,
        height=tall + 18,
        rx=8,
    )
    return element(
        "g", band, _text(name, "lane", MARGIN_PX, top + tall / 2 + 3), class_="lane-band"
    )


def _box(box: Box, seen: Seen) -> Markup:
    kind = box.key.partition(":")[0]
    lines = [(line, "title") for line in box.title] + ([(box.note, "note")] if box.note else [])
    top = (box.height - len(lines) * LINE_PX) / 2
    texts = [
        _text(line, style, PAD_PX, top + (n + 0.78) * LINE_PX)
        for n, (line, style) in enumerate(lines)
    ]
    told = box.told if box.fate == "stays" else f"{box.told} ({box.fate})"
    parts = [
        element("title", told),
        element("rect", class_="outline", width=box.width, height=box.height, rx=5),
        *texts,
        *_fate_word(box.fate),
        *_badges(box.marks, box.width, 0.0),
    ]
    if box.key in seen.disputed:
        parts.append(_text("≠", "disputed", box.width - 4, box.height - 5, "end"))
    lived = seen.lived.get(box.key)
    if lived is not None:
        parts += _lived_word(lived or "never seen", box)
    classes = [kind, box.fate, "hurt" if box.marks else "", "never" if lived == "" else ""]
    drawn = element(
        "g",
        *parts,
        class_=" ".join(["box", *filter(None, classes)]),
        transform=f"translate({plain(box.x)} {plain(box.y)})",
    )
    return drawn if seen.href is None else element("a", drawn, href=seen.href(box.key))


def _fate_word(fate: Fate) -> list[Markup]:
    """Return the word of a fate, on the upper edge of its box."""
    if fate == "stays":
        return []
    width = width_of(fate, NOTE_SIZE) + 8
    ground = element("rect", class_="fate-ground", x=5, y=-6.5, width=width, height=13, rx=3)
    return [ground, _text(fate, "fate", 5 + width / 2, 3.2, "middle")]


def _lived_word(word: str, box: Box) -> list[Markup]:
    """Return what was seen of an element, on the lower edge of its box."""
    width = width_of(word, NOTE_SIZE) + 8
    middle, low = box.width / 2, box.height
    ground = element(
        "rect",
        class_="fate-ground",
        x=middle - width / 2,
        y=low - 4.5,
        width=width,
        height=13,
        rx=3,
    )
    return [ground, _text(word, "lived", middle, low + 5.2, "middle")]


def _badges(numbers: Iterable[int], right: float, y: float) -> list[Markup]:
    """Return numbered marks, from the right end leftwards."""
    drawn = []
    for place, number in enumerate(numbers):
        x = right - 6.0 - place * 2 * (BADGE_PX + 0.5)
        drawn.append(element("circle", class_="badge", cx=x, cy=y, r=BADGE_PX))
        drawn.append(_text(str(number), "number", x, y + 3.0, "middle"))
    return drawn


def _wire(wire: Wire) -> Markup:
    parts = [f"M{plain(wire.points[0][0])} {plain(wire.points[0][1])}"]
    for (x1, y1), (x2, y2) in pairwise(wire.points):
        end = f"{plain(x2)} {plain(y2)}"
        if abs(x1 - x2) < 0.5:
            parts.append(f"L{end}")
        else:
            middle = plain((y1 + y2) / 2)
            parts.append(f"C{plain(x1)} {middle} {plain(x2)} {middle} {end}")
    line = element("path", d="".join(parts))
    tips = []
    if wire.verb == "writes":
        tips.append(_tip(*wire.points[-1], 1.0))
    elif wire.verb == "reads":
        tips.append(_tip(*wire.points[0], -1.0))
    return element("g", line, *tips, class_=f"wire {wire.verb} {wire.fate}")


def _tip(x: float, y: float, down: float) -> Markup:
    back, half = plain(y - down * TIP_PX), TIP_PX / 2
    corners = f"M{plain(x)} {plain(y)}L{plain(x - half)} {back}L{plain(x + half)} {back}Z"
    return element("path", class_="tip", d=corners)


def _arc(arc: Arc, seen: Seen) -> Markup:
    x1, x2, y = plain(arc.x1), plain(arc.x2), plain(arc.y)
    line = element("path", d=f"M{x1} {plain(arc.top)}V{y}H{x2}V{plain(arc.top + TIP_PX)}")
    left, x_right = arc.label_x - arc.label_width / 2, arc.label_x + arc.label_width / 2 + 2
    ground = element(
        "rect", class_="ground", x=left, y=arc.y - 7, width=arc.label_width, height=14, rx=4
    )
    word = "" if arc.fate == "stays" else f" {arc.fate}"
    return element(
        "g",
        element("title", arc.told + word),
        line,
        _tip(arc.x2, arc.top, -1.0),
        ground,
        _text(arc.label, "label", arc.label_x, arc.y + 3.2, "middle"),
        *([_text("≠", "disputed", x_right, arc.y + 4)] if arc.key in seen.disputed else ()),
        *_badges(arc.marks, left - 1.0, arc.y),
        class_=f"arc {arc.fate}" + (" hurt" if arc.marks else ""),
    )


def _listed(found: Sequence[Disconnect], sheet: Sheet, seen: Seen) -> list[Markup]:
    """Return the costliest disconnects by number, in two columns."""
    room = (sheet.width - 2 * MARGIN_PX) / 2 - 30
    shown = found[:LISTED_MAX]
    half = (len(shown) + 1) // 2
    drawn = []
    for place, one in enumerate(shown):
        x = MARGIN_PX + (place // half) * (sheet.width / 2 - MARGIN_PX)
        y = sheet.bottom + 16.0 + (place % half) * LIST_PX
        drawn += _badges([place + 1], x + 14.0, y)
        is_disputed = f"disconnect:{one.id}" in seen.disputed
        title = f"≠ {one.title}" if is_disputed else one.title
        line = wrapped(title, room, NOTE_SIZE, lines_max=1)[0]
        drawn.append(_text(line, "listed", x + 22.0, y + 3.2))
    return drawn


LEGEND: tuple[tuple[str, str], ...] = (
    ("prefers", "prefers, owns, uses"),
    ("serves", "serves past its owner"),
    ("writes", "creates facts in"),
    ("reads", "reads from"),
)
FATES: tuple[Fate, ...] = ("goes", "stays", "changes", "comes")


def _legend(which: Which, y: float, *, has_marks: bool, has_disputes: bool = False) -> Markup:
    parts: list[Markup] = []
    x = MARGIN_PX
    for verb, words in LEGEND:
        line = element("path", d=f"M{plain(x)} {plain(y - 3)}H{plain(x + 24)}")
        parts.append(element("g", line, class_=f"wire {verb} stays"))
        parts.append(_text(words, "legend", x + 29, y))
        x += 46 + len(words) * 5.0
    if has_marks:
        parts += _badges([1], x + 12, y - 3)
        parts.append(_text("a disconnect, the costliest first", "legend", x + 18, y))
        x += 190
    if has_disputes:
        parts.append(_text("≠", "disputed", x, y))
        parts.append(_text("people disagree", "legend", x + 12, y))
        x += 100
    if which == "difference":
        for fate in FATES:
            rect = element("rect", class_="outline", x=x, y=y - 10, width=26, height=12, rx=3)
            parts.append(element("g", rect, class_=f"box {fate}"))
            parts.append(_text(fate, "legend", x + 31, y))
            x += 80
    return element("g", *parts, class_="legend-row")


def _text(line: str, kind: str, x: float, y: float, anchor: str | None = None) -> Markup:
    return element("text", line, class_=kind, x=x, y=y, text_anchor=anchor)


def changes_told(as_is: Model, future: Model) -> tuple[Change, ...]:
    """Return what goes, comes and changes, without what stays."""
    return tuple(change for change in compare(as_is, future) if change.fate != "stays")
