"""Evidence as a small drawing: identifiers below each other, an arc for each pair that it joins.

Identifiers with their evidence in, SVG out. An arc is thicker the more often the two were seen
together, dotted where probability alone joins them, dashed where it links nobody; what somebody
said bears a diamond. Shared identifiers stand apart, below. The table beside it tells each piece.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from msgspec import Struct

from regard.console.views import EvidenceItem, IdentifierItem
from regard.core.event import Identifier
from regard.drawing.svg import element

_ROW_PX, _GAP_PX = 22, 16
DRAWN_MAX = 16
"""Identifiers in the drawing; with more, arcs are not told apart. The list has all."""


_DOT_PX = 6
"""What stays free left of the deepest arc, for the sign that somebody said so."""


class Room(Struct, frozen=True, kw_only=True):
    """How much room a drawing has: how deep arcs go, at most and for each row; the text."""

    depth_max: int
    step_px: int
    text_max: int
    is_wide: bool = False

    def depth(self, pair: tuple[int, int]) -> int:
        """Return how far left of the names the arc between two rows reaches."""
        return min(14 + self.step_px * (pair[1] - pair[0]), self.depth_max)


NARROW = Room(depth_max=42, step_px=7, text_max=30)
WIDE = Room(depth_max=120, step_px=11, text_max=56, is_wide=True)


def evidence(items: Sequence[IdentifierItem], title: str, *, is_wide: bool = False) -> Markup:
    """Return the drawing, or nothing when no two of the identifiers were seen together."""
    room = WIDE if is_wide else NARROW
    ordered = sorted(items, key=lambda item: item.is_shared)  # stable: shared ones go last
    shown = ordered[:DRAWN_MAX]
    place = {item.identifier: number for number, item in enumerate(shown)}
    pairs = _pairs(shown, place)
    if not pairs:
        return Markup("")
    rail = max(map(room.depth, pairs)) + _DOT_PX
    arcs = [_arc(pair, pairs[pair], shown, rail, rail - room.depth(pair)) for pair in sorted(pairs)]
    names = [_name(number, shown, room, rail) for number in range(len(shown))]
    height, cut = _middle(len(shown) - 1, shown) + _ROW_PX / 2, len(items) - len(shown)
    if cut:
        more = f"{cut} more, in the list below"
        names.append(element("text", more, class_="kind", x=rail + 12, y=height + _ROW_PX / 2 + 4))
        height += _ROW_PX
    told = f"{len(shown)} identifiers{f' of {len(items)}' if cut else ''}, {len(pairs)} pairs. "
    return element(
        "svg",
        element("title", title),
        element("desc", told + "The list below tells each piece of evidence."),
        *(part for arc in arcs for part in arc),
        *names,
        class_="evidence-drawing",
        role="img",
        width="100%",
        height=height,
    )


def _pairs(
    shown: Sequence[IdentifierItem], place: dict[Identifier, int]
) -> dict[tuple[int, int], list[EvidenceItem]]:
    pairs: dict[tuple[int, int], list[EvidenceItem]] = {}
    for item in shown:
        for piece in item.evidence:
            if piece.other in place and place[item.identifier] < place[piece.other]:
                pair = (place[item.identifier], place[piece.other])
                pairs.setdefault(pair, []).append(piece)
    return pairs


def _arc(
    pair: tuple[int, int],
    pieces: Sequence[EvidenceItem],
    shown: Sequence[IdentifierItem],
    rail: int,
    left_at: int,
) -> list[Markup]:
    """Return an arc from the rail to `left_at` and back, and the sign of who said it."""
    start, end = (_middle(number, shown) for number in pair)
    reach = rail - (rail - left_at) * 4 / 3  # a cubic comes three quarters of the way
    path = f"M{rail} {start}C{reach:.1f} {start} {reach:.1f} {end} {rail} {end}"
    kind, seen = _kind(pieces), [piece for piece in pieces if not piece.act_id]
    left, right = (shown[number].identifier.value for number in pair)
    told = element("title", f"{left} and {right}, {_told(pieces, kind)}")
    arc = element(
        "path", told, class_=f"arc {kind}", d=path, stroke_width=min(max(len(seen), 1), 3)
    )
    if len(seen) == len(pieces):
        return [arc]
    sign = f"M{left_at} {(start + end) / 2 - 4}l4 4l-4 4l-4 -4z"
    return [arc, element("path", class_=f"said {kind}", d=sign)]


def _kind(pieces: Sequence[EvidenceItem]) -> str:
    active = [piece for piece in pieces if piece.is_active]
    if not active:
        return "cut"
    return "links" if any(piece.confidence >= 1 for piece in active) else "unsure"


def _told(pieces: Sequence[EvidenceItem], kind: str) -> str:
    seen = sum(not piece.act_id for piece in pieces)
    times = {0: "", 1: "seen together once"}.get(seen, f"seen together {seen} times")
    said = [
        f"said by {p.source or 'somebody'}" + (f" ({p.confidence:.0%})" if p.confidence < 1 else "")
        for p in pieces
        if p.act_id
    ]
    return ", ".join(filter(None, (times, *said, "links nobody" if kind == "cut" else "")))


def _name(number: int, shown: Sequence[IdentifierItem], room: Room, rail: int) -> Markup:
    item, y = shown[number], _middle(number, shown)
    value, kind = item.identifier.value, item.identifier.kind.replace("_", " ")
    text = value if len(value) <= room.text_max else value[: room.text_max - 1] + "…"
    dot = "shared" if item.is_shared else "unsure" if item.is_unconfirmed else "knot"
    words = [text]
    if room.is_wide:
        words.append(element("tspan", kind, class_="kind", dx=8))
    return element(
        "g",
        element("title", f"{kind} {value}" + (", shared, links nobody" if item.is_shared else "")),
        element("circle", class_=dot, cx=rail, cy=y, r=3.5),
        element("text", *words, x=rail + 12, y=y + 4),
    )


def _middle(number: int, shown: Sequence[IdentifierItem]) -> float:
    gap = _GAP_PX if shown[number].is_shared and not shown[0].is_shared else 0
    return number * _ROW_PX + _ROW_PX / 2 + gap
