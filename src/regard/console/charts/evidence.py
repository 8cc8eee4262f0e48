"""Evidence as a small drawing: identifiers below each other, an arc for each pair seen together.

Identifiers with their evidence in, SVG out. An arc is thicker the more often the two were seen
together; the list below the drawing tells each piece in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from regard.console.views import IdentifierItem
from regard.drawing.svg import element

_ROW_PX, _RAIL_PX, _REACH_PX = 22, 62, 56
_TEXT_MAX = 30
DRAWN_MAX = 16
"""Identifiers in the drawing; with more, arcs are not told apart. The list has all."""


def evidence(items: Sequence[IdentifierItem], title: str) -> Markup:
    """Return the drawing, or nothing when no two of the identifiers were seen together."""
    shown = items[:DRAWN_MAX]
    place = {item.identifier: number for number, item in enumerate(shown)}
    pairs: Counter[tuple[int, int]] = Counter(
        (place[item.identifier], place[piece.other])
        for item in shown
        for piece in item.evidence
        if piece.other in place and place[item.identifier] < place[piece.other]
    )
    if not pairs:
        return Markup("")
    arcs = [_arc(low, high, count, shown) for (low, high), count in sorted(pairs.items())]
    names = [_name(item, number) for number, item in enumerate(shown)]
    told = f"{len(shown)} identifiers, {len(pairs)} pairs seen together. The list below tells each."
    return element(
        "svg",
        element("title", title),
        element("desc", told),
        *arcs,
        *names,
        class_="evidence-drawing",
        role="img",
        width="100%",
        height=len(shown) * _ROW_PX,
    )


def _arc(low: int, high: int, count: int, items: Sequence[IdentifierItem]) -> Markup:
    start, end = _middle(low), _middle(high)
    reach = _RAIL_PX - min(_REACH_PX, 14 + 7 * (high - low)) * 4 / 3
    told = f"{items[low].identifier.value} and {items[high].identifier.value}"
    times = f", seen together {count} times" if count > 1 else ", seen together once"
    path = f"M{_RAIL_PX} {start}C{reach:.1f} {start} {reach:.1f} {end} {_RAIL_PX} {end}"
    return element(
        "path", element("title", told + times), class_="arc", d=path, stroke_width=min(count, 3)
    )


def _name(item: IdentifierItem, number: int) -> Markup:
    value = item.identifier.value
    text = value if len(value) <= _TEXT_MAX else value[: _TEXT_MAX - 1] + "…"
    dot = "shared" if item.is_shared else "knot"
    return element(
        "g",
        element("title", f"{item.identifier.kind.replace('_', ' ')} {value}"),
        element("circle", class_=dot, cx=_RAIL_PX, cy=_middle(number), r=3.5),
        element("text", text, x=_RAIL_PX + 12, y=_middle(number) + 4),
    )


def _middle(number: int) -> float:
    return number * _ROW_PX + _ROW_PX / 2
