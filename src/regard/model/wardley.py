"""The value-chain map (after Simon Wardley): what customer needs rest on, and how evolved it is.

A model in, a `ValueMap` out: needs are the anchors, visibility falls with the distance from the
nearest of them, evolution is declared. Reads and writes the text form of OnlineWardleyMaps; what
a text says beyond components, anchors and links is kept as it stood. Draws it as SVG.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from regard.core.model import Component, Model, Spot, ValueMap
from regard.drawing.lettering import width_of
from regard.drawing.svg import element, plain
from regard.model.page import Seen
from regard.model.saying import joined

STAGES = ("Genesis", "Custom", "Product", "Commodity")
STAGE_ENDS = (0.18, 0.40, 0.70, 1.0)
"""Where the stages end on the axis, as OnlineWardleyMaps draws them."""

ALIKE_LEAST = 4
"""So many components in one stage, and none elsewhere, is a suspicion; fewer may be chance."""

TOP, BOTTOM = 0.95, 0.05

ANCHORS_APART = 0.12
"""Where an anchor stands from left to right says nothing; side by side their names have room."""

WIDTH_PX, HEIGHT_PX, MARGIN_PX, AXIS_PX = 1000.0, 620.0, 40.0, 34.0
TEXT_PX, DOT_PX = 11.0, 5.5

_NUMBER = r"\s*(-?\d*\.?\d+)\s*"
_SPOT = re.compile(rf"(component|anchor)\s+(.+?)\s*(?:\[{_NUMBER},{_NUMBER}\]\s*(.*))?$")
_LINK = re.compile(r"(.+?)\s*(?:->)\s*([^;]+?)\s*(?:;.*)?$")


def value_map(model: Model) -> ValueMap:
    """Return the map of a model's value chain, its anchors first."""
    depth = _depths(model)
    deepest = max(depth.values(), default=0)
    anchors = {n: None for c in model.components.values() for n in c.answers}
    spots: list[Spot] = []
    for need in anchors:
        evolution = _middle(c for c in model.components.values() if need in c.answers)
        while any(abs(evolution - spot.evolution) < ANCHORS_APART for spot in spots):
            evolution = round(evolution - ANCHORS_APART, 2)
        name = model.needs[need].title
        spots.append(Spot(name=name, visibility=TOP, evolution=max(evolution, 0), is_anchor=True))
    links = [
        (model.needs[need].title, one.title)
        for need in anchors
        for one in model.components.values()
        if need in one.answers
    ]
    for one in model.components.values():
        level = depth.get(one.id, deepest + 1)
        visibility = max(BOTTOM, TOP - 0.85 * level / (deepest + 1))
        spots.append(Spot(name=one.title, visibility=round(visibility, 2), evolution=one.evolution))
        links += [(one.title, model.components[other].title) for other in one.needs]
    return ValueMap(title=model.title, spots=tuple(spots), links=tuple(links))


def _depths(model: Model) -> dict[str, int]:
    """Return the least number of steps from a need to each component that a need reaches."""
    depth = {one.id: 1 for one in model.components.values() if one.answers}
    waiting = list(depth)
    for name in waiting:
        for other in model.components[name].needs:
            if other not in depth:
                depth[other] = depth[name] + 1
                waiting.append(other)
    return depth


def _middle(components: Iterator[Component]) -> float:
    found = [one.evolution for one in components]
    return round(sum(found) / len(found), 2)


def warnings(model: Model) -> tuple[str, ...]:
    """Return what is suspicious about a value chain, in sentences."""
    components = model.components
    if not components:
        return ()
    reached = _depths(model)
    told = [
        f"{one.title} is built inside-out: no customer need reaches it"
        for one in components.values()
        if one.id not in reached
    ]
    stages = {stage_of(one.evolution) for one in components.values()}
    if len(components) >= ALIKE_LEAST and len(stages) == 1:
        told.append(
            f"one size fits all: all {len(components)} components are treated as {stages.pop()}"
        )
    for one in components.values():
        kind, _, name = one.element.partition(":")
        cost = model.applications[name].cost_per_year.high if kind == "application" else 0
        if cost and stage_of(one.evolution) == STAGES[-1]:
            told.append(f"{one.title} is a commodity, and {model.applications[name].title} is ours")
    unanswered = [need.title for need in model.needs.values() if not _is_answered(need.id, model)]
    if unanswered:
        told.append(f"nothing in the value chain answers: {joined(unanswered)}")
    return tuple(told)


def _is_answered(need: str, model: Model) -> bool:
    return any(need in one.answers for one in model.components.values())


def stage_of(evolution: float) -> str:
    """Return the name of a stage of evolution."""
    return next(s for s, end in zip(STAGES, STAGE_ENDS, strict=True) if evolution <= end)


def read_map(text: str) -> ValueMap:
    """Return the map of a text of OnlineWardleyMaps; lines of other kinds are kept as they are."""
    title, spots, links, kept = "", [], [], []
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        spot = _SPOT.fullmatch(stripped)
        link = None if spot or stripped.startswith("//") else _LINK.fullmatch(stripped)
        if spot:
            spots.append(_spot(spot))
        elif link and "+" not in link[1][-1:]:
            links.append((link[1], link[2]))
        elif stripped.startswith("title "):
            title = stripped.removeprefix("title ").strip()
        else:
            kept.append(stripped)
    return ValueMap(title=title, spots=tuple(spots), links=tuple(links), kept=tuple(kept))


def _spot(found: re.Match[str]) -> Spot:
    kind, name, visibility, evolution, rest = found.groups()
    return Spot(
        name=name,
        visibility=float(visibility or 0.5),
        evolution=float(evolution or 0.5),
        is_anchor=kind == "anchor",
        rest=rest or "",
    )


def write_map(drawn: ValueMap) -> str:
    """Return a map as a text of OnlineWardleyMaps."""
    lines = [f"title {drawn.title}"] if drawn.title else []
    for spot in drawn.spots:
        kind = "anchor" if spot.is_anchor else "component"
        place = f"[{spot.visibility:g}, {spot.evolution:g}]"
        lines.append(f"{kind} {spot.name} {place} {spot.rest}".rstrip())
    lines += [f"{one}->{other}" for one, other in drawn.links]
    return "\n".join([*lines, *drawn.kept]) + "\n"


def as_components(drawn: ValueMap) -> Mapping[str, Mapping[str, object]]:
    """Return the section ``value_chain`` of a model file that says what a map says.

    Anchors are left out: which need of the model they are is for a human to say.
    """
    ids = {spot.name: _id_of(spot.name) for spot in drawn.spots if not spot.is_anchor}
    return {
        ids[spot.name]: {
            "title": spot.name,
            "needs": [ids[b] for a, b in drawn.links if a == spot.name and b in ids],
            "evolution": spot.evolution,
        }
        for spot in drawn.spots
        if not spot.is_anchor
    }


def _id_of(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    return words if words[:1].isalpha() else f"c_{words}"


def draw_map(drawn: ValueMap, seen: Seen | None = None) -> Markup:
    """Return the map as SVG: evolution to the right, visibility upwards."""
    seen = seen or Seen()
    at = {spot.name: _xy(spot) for spot in drawn.spots}
    links = [
        element(
            "path", d=f"M{plain(at[a][0])} {plain(at[a][1])}L{plain(at[b][0])} {plain(at[b][1])}"
        )
        for a, b in drawn.links
        if a in at and b in at
    ]
    own = [element("style", Markup(seen.own_style))] if seen.own_style else []  # noqa: S704 (ours)
    return element(
        "svg",
        *own,
        element("title", f"Value chain of {drawn.title}"),
        element("desc", f"{len(drawn.spots)} components, {len(drawn.links)} links."),
        *_axes(),
        element("g", *links, class_="wires"),
        element("g", *_spots(drawn, at), class_="spots"),
        class_="flow page map",
        role="img",
        viewBox=f"0 0 {plain(WIDTH_PX)} {plain(HEIGHT_PX)}",
        width=WIDTH_PX,
        height=HEIGHT_PX,
        xmlns="http://www.w3.org/2000/svg" if seen.own_style else None,
    )


def _xy(spot: Spot) -> tuple[float, float]:
    x = MARGIN_PX + spot.evolution * (WIDTH_PX - 2 * MARGIN_PX)
    return x, 20.0 + (1 - spot.visibility) * (HEIGHT_PX - AXIS_PX - 30.0)


def _axes() -> Iterator[Markup]:
    low = HEIGHT_PX - AXIS_PX
    left = 0.0
    for stage, end in zip(STAGES, STAGE_ENDS, strict=True):
        x = MARGIN_PX + left * (WIDTH_PX - 2 * MARGIN_PX)
        yield element("path", class_="axis", d=f"M{plain(x)} 12V{plain(low)}")
        yield element("text", stage, class_="lane", x=x + 6, y=low + 16)
        left = end
    yield element("path", class_="axis", d=f"M{plain(MARGIN_PX)} {plain(low)}H{plain(WIDTH_PX)}")
    middle = f"rotate(-90 16 {plain(low / 2)})"
    yield element("text", "Visibility", class_="lane", x=16, y=low / 2, transform=middle)


def _spots(drawn: ValueMap, at: Mapping[str, tuple[float, float]]) -> Iterator[Markup]:
    """Yield dots and names; a name takes the first place beside its dot that is free."""
    taken = [(x - DOT_PX, y - DOT_PX, 2 * DOT_PX, 2 * DOT_PX) for x, y in at.values()]
    for spot in drawn.spots:
        x, y = at[spot.name]
        width = width_of(spot.name, TEXT_PX)
        places = (
            (x + 9, y - 14),
            (x + 9, y + 2),
            (x - 9 - width, y - 14),
            (x - 9 - width, y + 2),
            (x - width / 2, y - 24),
            (x - width / 2, y + 9),
        )
        rooms = [(left, top, width, 13.0) for left, top in places]
        inside = [room for room in rooms if room[0] > 0 and room[0] + width < WIDTH_PX]
        free = [room for room in inside if not any(_meet(room, other) for other in taken)]
        room = (free or inside or rooms)[0]
        taken.append(room)
        dot = "spot anchor" if spot.is_anchor else "spot"
        yield element("circle", class_=dot, cx=x, cy=y, r=DOT_PX)
        kind = "title" if spot.is_anchor else "listed"
        yield element("text", spot.name, class_=kind, x=room[0], y=room[1] + 10)


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    (x1, y1, w1, h1), (x2, y2, w2, h2) = one, other
    return x1 < x2 + w2 and x2 < x1 + w1 and y1 < y2 + h2 and y2 < y1 + h1
