"""A flow as SVG: stations by shape, ways with their labels, and what passed there.

A `Flow`, what passed it and where one run went in, SVG out: the same bytes for the same input.
Colours are classes over the tokens of `flow.css`, so that a page gives them its own; `standalone`
brings light and dark ones along. Every text is broken to the room that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from itertools import pairwise

from markupsafe import Markup
from msgspec import Struct

from regard.drawing.durations import short_duration
from regard.drawing.flow import (
    END,
    START,
    Flow,
    Load,
    Passing,
    Shape,
    Station,
    Traffic,
    Trail,
    Way,
)
from regard.drawing.layout import Link, Size, Spot, lay_out
from regard.drawing.lettering import width_of, wrapped
from regard.drawing.shapes import INSET, outline
from regard.drawing.svg import element, plain

STATION_PX, PAD_PX = 216.0, 14.0
END_PX = 132.0
"""Outcomes and exits say little, and many may stand in one row."""
TITLE, SMALL = 13.0, 11.0
TITLE_LINE, SMALL_LINE = 17.0, 15.0
TITLE_LINES_MAX, LABEL_LINES_MAX = 4, 3
LABEL_PX, LABEL_PAD = 150.0, 5.0
TIP_PX = 6.0
PASSED: tuple[Shape, ...] = ("hexagon", "folder")
"""Shapes of steps at which nobody stands: a choice is made, a case opened, and on it goes."""
THIN, THICK = 1.25, 5.0
"""A way is as thick as its share of all that began."""

Href = Callable[[str], str]
Lines = tuple[tuple[str, str], ...]
"""Lines of a text with their class."""


class Shown(Struct, frozen=True, kw_only=True):
    """What a drawing shows beside the flow itself.

    `href` gives the address of a station by its id; `trail` is the way of one run.
    """

    traffic: Traffic | None = None
    trail: Trail | None = None
    href: Href | None = None


class _Panel(Struct, frozen=True):
    """A station made ready: its lines, its counts (left and right), its size."""

    lines: Lines
    counts: tuple[tuple[str, str], ...]
    size: Size


def draw(flow: Flow, shown: Shown | None = None, *, standalone: bool = False) -> Markup:
    """Return the drawing of a flow; `standalone` for a file of its own with its colours."""
    shown = shown or Shown()
    loads = {load.station: load for load in shown.traffic.loads} if shown.traffic else {}
    panels = [_panel(station, loads.get(station.id)) for station in flow.stations]
    labels = [_label(way, shown) for way in flow.ways]
    number = {station.id: n for n, station in enumerate(flow.stations)}
    links = [
        Link(number[way.source], number[way.target], _room(lines))
        for way, lines in zip(flow.ways, labels, strict=True)
    ]
    layout = lay_out([panel.size for panel in panels], links)
    ways = [
        _way(way, route, _weight(way, shown), shown.trail)
        for way, route in zip(flow.ways, layout.routes, strict=True)
    ]
    written = [
        _written(way, lines, at)
        for way, lines, at in zip(flow.ways, labels, layout.labels, strict=True)
        if at is not None
    ]
    stations = [
        _station(station, panel, corner, shown, loads.get(station.id))
        for station, panel, corner in zip(flow.stations, panels, layout.boxes, strict=True)
    ]
    parts = (
        element("title", flow.title),
        element("desc", describe(flow, shown.traffic)),
        element("g", *ways, class_="ways"),
        element("g", *written, class_="labels"),
        element("g", *stations, class_="stations"),
    )
    role = "img" if shown.href is None else "group"
    return _sheet(layout.size, parts, role, standalone=standalone)


def style() -> str:
    """Return the style rules of drawings, over tokens that the page defines."""
    return (files("regard.drawing") / "flow.css").read_text(encoding="utf-8")


def _sheet(size: Size, parts: Sequence[Markup], role: str, *, standalone: bool) -> Markup:
    width, height = plain(float(round(size.width))), plain(float(round(size.height)))
    own = []
    if standalone:
        tokens = (files("regard.drawing") / "tokens.css").read_text(encoding="utf-8")
        own.append(element("style", Markup(tokens + style())))  # noqa: S704 (our own files)
    return element(
        "svg",
        *own,
        *parts,
        class_="flow",
        role=role,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        xmlns="http://www.w3.org/2000/svg" if standalone else None,
    )


def describe(flow: Flow, traffic: Traffic | None) -> str:
    """Return the drawing in a sentence or two, for who does not see it."""
    count = len(flow.stations) - 1
    said = f"{count} steps from “{flow.stations[0].title}” on."
    if traffic is None:
        return said
    busy = sorted(traffic.loads, key=lambda load: -load.standing_count)[:3]
    titles = {station.id: station.title for station in flow.stations}
    standing = [f"{n.standing_count:,} at “{titles[n.station]}”" for n in busy if n.standing_count]
    now = f" Standing now: {', '.join(standing)}." if standing else " Nobody stands in it now."
    return f"{said} {traffic.start_count:,} began.{now}"


def _panel(station: Station, load: Load | None) -> _Panel:
    width = END_PX if station.shape == "end" else STATION_PX
    inside = width - 2 * (PAD_PX + INSET.get(station.shape, 0.0))
    head = " · ".join(filter(None, (station.word, station.name)))
    lines = [(line, "head") for line in wrapped(head, inside, SMALL, lines_max=1)]
    title = wrapped(station.title, inside, TITLE, lines_max=TITLE_LINES_MAX)
    lines += [(line, "title") for line in title]
    counts = _counts(station, load) if load else ()
    height = sum(TITLE_LINE if kind == "title" else SMALL_LINE for _, kind in lines)
    height += len(counts) * SMALL_LINE + (6.0 if counts else 0.0) + 2 * 9.0
    return _Panel(tuple(lines), counts, Size(width, height))


def _counts(station: Station, load: Load) -> tuple[tuple[str, str], ...]:
    """Return rows of counts: who stands here and came, how long they stood and who left."""
    if station.id == START:
        began = "made" if station.word == "made" else "began"
        return ((f"{short_count(load.came_count)} {began}", ""),)
    if station.shape == "end":
        stays = load.came_count if station.id == END else load.standing_count + load.ended_count
        return ((short_count(stays), ""),)
    here, came = f"{short_count(load.standing_count)} here", f"{short_count(load.came_count)} came"
    is_passed = station.shape in PASSED and not load.standing_count
    rows = [(came, "") if is_passed else (here, came)]
    waited = f"{short_duration(load.wait_s)} each" if load.wait_s else ""
    left = f"{short_count(load.ended_count)} left" if load.ended_count else ""
    return (*rows, (waited, left)) if waited or left else tuple(rows)


def short_count(count: int) -> str:
    """Return a count of any size in at most six letters: ``12,345`` is ``12.3k``."""
    for least, unit in ((10_000_000, "M"), (10_000, "k")):
        if count >= least:
            scaled = count / {"M": 1_000_000, "k": 1_000}[unit]
            return f"{scaled:,.1f}{unit}" if scaled < 1_000 else f"{scaled:,.0f}{unit}"
    return f"{count:,}"


def _label(way: Way, shown: Shown) -> Lines:
    """Return the label of a way: when it is taken, and how often it was."""
    lines = [(n, "when") for n in wrapped(way.words, LABEL_PX, SMALL, lines_max=LABEL_LINES_MAX)]
    passing = _passing(way, shown)
    if passing is not None and passing.count and (way.words or way.is_else):
        share = f"{100 * passing.share:.0f} %"
        lines.append((f"{short_count(passing.count)} · {share}", "count"))
    return tuple(lines)


def _passing(way: Way, shown: Shown) -> Passing | None:
    if shown.traffic is None:
        return None
    at = (way.source, way.target)
    return next((p for p in shown.traffic.passings if (p.source, p.target) == at), None)


def _room(lines: Lines) -> Size:
    if not lines:
        return Size(0, 0)
    width = max(width_of(line, SMALL) for line, _ in lines)
    return Size(width + 2 * LABEL_PAD, len(lines) * SMALL_LINE + 4)


def _weight(way: Way, shown: Shown) -> float:
    passing = _passing(way, shown)
    if passing is None or shown.traffic is None or not shown.traffic.start_count:
        return THIN
    return THIN + (THICK - THIN) * min(passing.count / shown.traffic.start_count, 1.0)


def _way(way: Way, route: Sequence[Spot], weight: float, trail: Trail | None) -> Markup:
    is_taken = trail is not None and (way.source, way.target) in trail.ways
    kind = "way" + (" else" if way.is_else else "") + (" taken" if is_taken else "")
    drawn = max(weight, 2.5) if is_taken else weight
    line = element("path", d=_path(route), stroke_width=drawn)
    tip = element("path", class_="tip", d=_tip(route, TIP_PX + 1.5 * drawn))
    return element("g", line, tip, class_=kind)


def _path(route: Sequence[Spot]) -> str:
    """Return straight lines where a route runs straight, else curves that end vertically."""
    parts = [f"M{plain(route[0].x)} {plain(route[0].y)}"]
    for one, other in pairwise(route):
        end = f"{plain(other.x)} {plain(other.y)}"
        if abs(one.x - other.x) < 0.5 or abs(one.y - other.y) < 0.5:
            parts.append(f"L{end}")
            continue
        middle = plain((one.y + other.y) / 2)
        parts.append(f"C{plain(one.x)} {middle} {plain(other.x)} {middle} {end}")
    return "".join(parts)


def _tip(route: Sequence[Spot], size: float) -> str:
    """Return an arrow head at the end of a route, pointing where the route goes."""
    before, end = route[-2], route[-1]
    half = size / 2
    if abs(before.y - end.y) < 0.5 and abs(before.x - end.x) > 0.5:
        back = end.x + (size if before.x > end.x else -size)
        corners = [(end.x, end.y), (back, end.y - half), (back, end.y + half)]
    else:
        back = end.y + (size if route[0].y > end.y else -size)
        corners = [(end.x, end.y), (end.x - half, back), (end.x + half, back)]
    return "M" + "L".join(f"{plain(x)} {plain(y)}" for x, y in corners) + "Z"


def _written(way: Way, lines: Lines, at: Spot) -> Markup:
    room = _room(lines)
    ground = element(
        "rect",
        class_="ground",
        x=at.x - room.width / 2,
        y=at.y - room.height / 2,
        width=room.width,
        height=room.height,
        rx=4,
    )
    top = at.y - room.height / 2 + 2
    texts = [
        _text(line, kind, at.x, top + (n + 0.75) * SMALL_LINE, "middle")
        for n, (line, kind) in enumerate(lines)
    ]
    told = [element("title", way.words)] if way.words else []
    return element("g", *told, ground, *texts)


def _station(
    station: Station, panel: _Panel, corner: Spot, shown: Shown, load: Load | None
) -> Markup:
    trail, size = shown.trail, panel.size
    is_here = trail is not None and trail.station == station.id
    is_busy = load is not None and load.standing_count > 0 and station.shape != "end"
    marks = [f"tone-{station.tone}" if station.tone else "", "here" if is_here else ""]
    kind = " ".join(filter(None, ["station", station.shape, *marks, "busy" if is_busy else ""]))
    drawn = element(
        "g",
        element("title", _told(station, load)),
        element("path", class_="outline", d=outline(station.shape, *size)),
        *_texts(station, panel),
        class_=kind,
        transform=f"translate({plain(corner.x)} {plain(corner.y)})",
    )
    if shown.href is None or station.shape in ("start", "end"):
        return drawn
    return element("a", drawn, href=shown.href(station.id), tabindex=-1)


def _texts(station: Station, panel: _Panel) -> list[Markup]:
    width, left = panel.size.width, PAD_PX + INSET.get(station.shape, 0.0)
    is_middle = station.shape in ("start", "end")
    x, anchor = (width / 2, "middle") if is_middle else (left, None)
    texts, y = [], 9.0
    for line, kind in panel.lines:
        step = TITLE_LINE if kind == "title" else SMALL_LINE
        texts.append(_text(line, kind, x, y + 0.75 * step, anchor))
        y += step
    y += 6.0
    for row, (one, other) in enumerate(panel.counts):
        y += SMALL_LINE
        kind = "count far" if row else "count"
        texts += [_text(one, kind, x, y - 4, anchor)] if one else []
        texts += [_text(other, "count far", width - left, y - 4, "end")] if other else []
    return texts


def _told(station: Station, load: Load | None) -> str:
    """Return what pointing at a station tells: all of it, with exact counts."""
    told = f"{station.title} ({station.id})" if station.id else station.title
    if load is None:
        return told
    ended = "".join(f"; {count:,} ended: {reason}" for reason, count in load.ended)
    return f"{told}: {load.came_count:,} came, {load.standing_count:,} here now{ended}"


def _text(line: str, kind: str, x: float, y: float, anchor: str | None) -> Markup:
    return element("text", line, class_=kind, x=x, y=y, text_anchor=anchor)
