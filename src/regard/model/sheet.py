"""The geometry of the one page: boxes, wires and arcs with their labels, before anything is drawn.

One or two models and the disconnects in, a `Sheet` in units of 1/96 inch out, A4 landscape as
long as there is room. Both versions share one layout, so that they lie box on box. Labels are
broken to the room that they have; arcs of flows take levels, so that no label meets another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from regard.core.model import Change, Disconnect, Fate, Flow, Model, Range
from regard.drawing.lettering import width_of, wrapped
from regard.model.lanes import LANES, RESTARTS, Node, Verb, lane_of, links_of, neighbours, order
from regard.model.saying import latency_words, money_words
from regard.model.spreading import Room, spread

A4_PX = (1123.0, 794.0)
MARGIN_PX, LANE_NAME_PX = 18.0, 74.0
BOX_PX, BOX_LEAST_PX, GAP_PX, SLOT_PX = 112.0, 64.0, 12.0, 12.0
BOX_HEIGHT_PX, HEAD_PX, FOOT_PX = 46.0, 40.0, 188.0
LANE_GAPS_PX = (34.0, 66.0)
TITLE_SIZE, NOTE_SIZE, LABEL_SIZE = 10.5, 9.0, 9.0
"""9 of 96 parts of an inch are 6.75 points: the least that print may have."""
LINE_PX, PAD_PX, LEVEL_PX = 12.0, 6.0, 17.0
BADGE_ROOM_PX = 34.0
"""Room beside the label of a flow for two marks."""
MARKS_MAX = 4
"""Marks on one element; the list has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An element: its corner and size, the lines of its title, a note, and what it is marked by."""

    key: str
    x: float
    y: float
    width: float
    height: float
    title: tuple[str, ...]
    told: str
    note: str = ""
    fate: Fate = "stays"
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A link between lanes through its points, from the upper element to the lower one."""

    ends: tuple[str, str]
    verb: Verb
    points: tuple[tuple[float, float], ...]
    fate: Fate = "stays"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc:
    """A flow under the stores: out of one, along at `y`, into the other; its label lies on it."""

    key: str
    x1: float
    x2: float
    top: float
    y: float
    label: str
    told: str
    label_x: float
    label_width: float
    fate: Fate = "stays"
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a flow runs: out, in, how deep under the stores, and the middle of its label."""

    x1: float
    x2: float
    level: int
    label_x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that is drawn of one model; `lanes` are names with their top and height."""

    width: float
    height: float
    bottom: float
    lanes: tuple[tuple[str, float, float], ...]
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    arcs: tuple[Arc, ...]


LANE_NAMES = ("Customers", "Channels", "Organisations", "Applications", "Data stores")


class Layout:
    """Where everything stands that any of the versions has; made once, drawn for each."""

    def __init__(self, models: Sequence[Model], *, restarts: int = RESTARTS) -> None:
        self.models = tuple(models)
        lanes = order(self.models, restarts=restarts)
        counts = [sum(1 for node in lane if isinstance(node, str)) for lane in lanes]
        slots = [len(lane) - count for lane, count in zip(lanes, counts, strict=True)]
        self.width = max(A4_PX[0], max(map(_needed, counts, slots)) + 2 * MARGIN_PX + LANE_NAME_PX)
        room = self.width - 2 * MARGIN_PX - LANE_NAME_PX
        self.box_px = min(
            BOX_PX,
            *(
                (room - slot * (SLOT_PX + GAP_PX) - (count - 1) * GAP_PX) / count
                for count, slot in zip(counts, slots, strict=True)
                if count
            ),
        )
        widths: dict[Node, float] = {
            node: self.box_px if isinstance(node, str) else SLOT_PX
            for lane in lanes
            for node in lane
        }
        self.near = neighbours(self.models)
        self.middles = spread(
            lanes,
            self.near,
            widths,
            Room(left=MARGIN_PX + LANE_NAME_PX, width=room, gap=GAP_PX),
        )
        self.places = self._placed()
        levels = 1 + max((place.level for place in self.places.values()), default=0)
        left = A4_PX[1] - HEAD_PX - FOOT_PX - 5 * BOX_HEIGHT_PX - levels * LEVEL_PX
        self.lane_gap = min(max(left / 4, LANE_GAPS_PX[0]), LANE_GAPS_PX[1])

    def top(self, lane: int) -> float:
        """Return where a lane's boxes begin."""
        return HEAD_PX + 20.0 + lane * (BOX_HEIGHT_PX + self.lane_gap)

    def sheet(
        self,
        model: Model,
        disconnects: Sequence[Disconnect] = (),
        changes: Iterable[Change] = (),
        other: Model | None = None,
    ) -> Sheet:
        """Return the sheet of one version; with `other` both are drawn, with the fates."""
        fates = {change.key: change.fate for change in changes}
        marks = marked(disconnects)
        shown = [model] if other is None else [model, other]
        boxes = tuple(self._boxes(shown, fates, marks))
        arcs = tuple(self._arcs(shown, fates, marks))
        bottom = max([arc.y for arc in arcs], default=self.top(4) + BOX_HEIGHT_PX) + 16.0
        return Sheet(
            width=self.width,
            height=max(A4_PX[1], bottom + 40.0),
            bottom=bottom,
            lanes=tuple((name, self.top(n), BOX_HEIGHT_PX) for n, name in enumerate(LANE_NAMES)),
            boxes=boxes,
            wires=tuple(self._wires(shown)),
            arcs=arcs,
        )

    def _boxes(
        self,
        shown: Sequence[Model],
        fates: Mapping[str, Fate],
        marks: Mapping[str, tuple[int, ...]],
    ) -> Iterable[Box]:
        seen: set[str] = set()
        for model in shown:
            for one in model.elements():
                if one.kind not in LANES or one.key in seen:
                    continue
                seen.add(one.key)
                note = note_of(model, one.key)
                lines_max = 2 if note else 3
                inside = self.box_px - 2 * PAD_PX
                yield Box(
                    key=one.key,
                    x=self.middles[one.key] - self.box_px / 2,
                    y=self.top(lane_of(one.key)),
                    width=self.box_px,
                    height=BOX_HEIGHT_PX,
                    title=wrapped(one.title, inside, TITLE_SIZE, lines_max=lines_max),
                    told=one.title,
                    note=wrapped(note, inside, NOTE_SIZE, lines_max=1)[0] if note else "",
                    fate=fates.get(one.key, "stays"),
                    marks=marks.get(one.key, ())[:MARKS_MAX],
                )

    def _wires(self, shown: Sequence[Model]) -> Iterable[Wire]:
        links = {(k.upper, k.lower): k for model in reversed(shown) for k in links_of(model)}
        has = [{(k.upper, k.lower) for k in links_of(model)} for model in shown]
        ports = self._ports(links)
        for ends, link in links.items():
            fate: Fate = "stays"
            if len(shown) > 1:
                fate = (
                    "stays"
                    if all(ends in one for one in has)
                    else ("goes" if ends in has[0] else "comes")
                )
            first, last = ports[ends]
            inner = [
                (self.middles[(*ends, lane)], y)
                for lane in range(lane_of(link.upper) + 1, lane_of(link.lower))
                for y in (self.top(lane), self.top(lane) + BOX_HEIGHT_PX)
            ]
            points = (
                (first, self.top(lane_of(link.upper)) + BOX_HEIGHT_PX),
                *inner,
                (last, self.top(lane_of(link.lower))),
            )
            yield Wire(ends=ends, verb=link.verb, points=points, fate=fate)

    def _ports(
        self, links: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], tuple[float, float]]:
        """Return where each link leaves and enters: side by side, in the order of where it goes."""
        links = list(links)
        down: dict[str, list[tuple[float, tuple[str, str]]]] = {}
        up: dict[str, list[tuple[float, tuple[str, str]]]] = {}
        for ends in links:
            upper, lower = ends
            is_long = lane_of(lower) - lane_of(upper) > 1
            first = self.middles[(*ends, lane_of(upper) + 1)] if is_long else self.middles[lower]
            last = self.middles[(*ends, lane_of(lower) - 1)] if is_long else self.middles[upper]
            down.setdefault(upper, []).append((first, ends))
            up.setdefault(lower, []).append((last, ends))
        leaves = self._side_by_side(down)
        enters = self._side_by_side(up)
        return {ends: (leaves[ends], enters[ends]) for ends in links}

    def _side_by_side(
        self, found: Mapping[str, list[tuple[float, tuple[str, str]]]]
    ) -> dict[tuple[str, str], float]:
        places: dict[tuple[str, str], float] = {}
        for key, ends in found.items():
            step = self.box_px * 0.8 / (len(ends) + 1)
            left = self.middles[key] - self.box_px * 0.4
            for number, (_, one) in enumerate(sorted(ends), 1):
                places[one] = left + number * step
        return places

    def _arcs(
        self,
        shown: Sequence[Model],
        fates: Mapping[str, Fate],
        marks: Mapping[str, tuple[int, ...]],
    ) -> Iterable[Arc]:
        flows = {f.id: (f, model) for model in reversed(shown) for f in model.flows.values()}
        base = self.top(4) + BOX_HEIGHT_PX
        for flow, model in flows.values():
            key, place = f"flow:{flow.id}", self.places[flow.id]
            yield Arc(
                key=key,
                x1=place.x1,
                x2=place.x2,
                top=base,
                y=base + 14.0 + place.level * LEVEL_PX,
                label=arc_label(flow),
                told=flow_words(model, flow),
                label_x=place.label_x,
                label_width=label_px(flow),
                fate=fates.get(key, "stays"),
                marks=marks.get(key, ())[:MARKS_MAX],
            )

    def _placed(self) -> dict[str, Place]:
        """Return where the flows of all versions run, those that reach least nearest the stores."""
        widths: dict[str, float] = {}
        flows: dict[str, Flow] = {}
        for model in self.models:
            for flow in model.flows.values():
                flows.setdefault(flow.id, flow)
                widths[flow.id] = max(widths.get(flow.id, 0.0), label_px(flow) + BADGE_ROOM_PX)
        ends = self._flow_ports(list(flows.values()))
        ranked = sorted(ends, key=lambda name: (abs(ends[name][0] - ends[name][1]), name))
        taken: list[list[tuple[float, float]]] = []
        levels: dict[str, int] = {}
        for name in ranked:
            x1, x2 = ends[name]
            reach = max(abs(x1 - x2), widths[name]) / 2 + 6.0
            levels[name] = _level(taken, (x1 + x2) / 2 - reach, (x1 + x2) / 2 + reach)
        places: dict[str, Place] = {}
        for name in ranked:
            x1, x2 = ends[name]
            deeper = [x for other in ranked if levels[other] > levels[name] for x in ends[other]]
            span = (min(x1, x2), max(x1, x2))
            label_x = _label_x(span, widths[name], deeper)
            if label_x is None:  # room for the label without its marks may be left
                label_x = _label_x(span, widths[name] - BADGE_ROOM_PX, deeper)
            label_x = (x1 + x2) / 2 if label_x is None else label_x
            places[name] = Place(x1=x1, x2=x2, level=levels[name], label_x=label_x)
        return places

    def _flow_ports(self, flows: Sequence[Flow]) -> dict[str, tuple[float, float]]:
        """Return where each flow leaves and enters its stores, in the order of where it goes."""
        touching: dict[str, list[tuple[float, str, int]]] = {}
        for flow in flows:
            source, target = f"store:{flow.source}", f"store:{flow.target}"
            touching.setdefault(source, []).append((self.middles[target], flow.id, 0))
            touching.setdefault(target, []).append((self.middles[source], flow.id, 1))
        ends: dict[str, list[float]] = {flow.id: [0.0, 0.0] for flow in flows}
        for store, found in touching.items():
            step = self.box_px * 0.8 / (len(found) + 1)
            for number, (_, name, end) in enumerate(sorted(found), 1):
                ends[name][end] = self.middles[store] - self.box_px * 0.4 + number * step
        return {name: (one, other) for name, (one, other) in ends.items()}


def _needed(count: int, slots: int) -> float:
    """Return the least width of a lane, so that titles stay readable."""
    return count * BOX_LEAST_PX + slots * (SLOT_PX + GAP_PX) + max(count - 1, 0) * GAP_PX


def _level(taken: list[list[tuple[float, float]]], left: float, right: float) -> int:
    """Return the first level with room from left to right, and take it."""
    for level, spans in enumerate(taken):
        if all(right <= a or left >= b for a, b in spans):
            spans.append((left, right))
            return level
    taken.append([(left, right)])
    return len(taken) - 1


def _label_x(span: tuple[float, float], width: float, lines: Sequence[float]) -> float | None:
    """Return the middle of a label in a span, near its middle, where no line passes."""
    left, right = span
    middle, room = (left + right) / 2, (right - left - width) / 2
    steps = [0.0] if room <= 0 else [room * n / 12 for n in range(13)]
    for step in steps:
        for x in (middle - step, middle + step):
            if not any(abs(x - line) < width / 2 for line in lines):
                return x
    return None


def label_px(flow: Flow) -> float:
    """Return the width of a flow's label."""
    return width_of(arc_label(flow), LABEL_SIZE) + 10.0


def marked(disconnects: Sequence[Disconnect]) -> dict[str, tuple[int, ...]]:
    """Return the numbers of disconnects (from 1) by the elements at the ends of their paths.

    A flow on the path is marked instead: it is what is slow, or loses a key.
    """
    found: dict[str, list[int]] = {}
    for number, one in enumerate(disconnects, 1):
        flows = [key for key in one.path if key.startswith("flow:")]
        drawn = [key for key in one.path if key.partition(":")[0] in LANES]
        for key in flows or dict.fromkeys((drawn[0], drawn[-1]) if drawn else ()):
            found.setdefault(key, []).append(number)
    return {key: tuple(numbers) for key, numbers in found.items()}


def note_of(model: Model, key: str) -> str:
    """Return the small line of a box: how many there are, how much it can do, what it costs."""
    kind, _, name = key.partition(":")
    if kind == "customer":
        count = model.customers[name].count
        return f"{count:,}" if count else ""
    if kind == "channel":
        return name
    if kind == "organisation":
        return model.organisations[name].capacity
    cost = model.applications[name].cost_per_year if kind == "application" else None
    cost = model.stores[name].cost_per_year if kind == "store" else cost
    return "" if cost is None or not cost.high else f"{_money(cost, model)} a year"


def _money(cost: Range, model: Model) -> str:
    return money_words(cost, model.currency)


def arc_label(flow: Flow) -> str:
    """Return what is written on a flow: its facts and how long they take."""
    takes = "live" if not flow.takes else latency_words(flow.takes)
    return f"{', '.join(flow.facts)} · {takes}"


def flow_words(model: Model, flow: Flow) -> str:
    """Return all about a flow in one line."""
    ends = f"{model.stores[flow.source].title} to {model.stores[flow.target].title}"
    return f"{ends}: {arc_label(flow)}{f' ({flow.how})' if flow.how else ''}"
