"""What passed a flow, from the counts that the store keeps.

Passages in, loads of stations and passings of ways out. Who came to a station, less who went on or
ended there, stands there now. Nothing is scanned: a flow has some ten counts for each step.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from regard.core.rows import Passage
from regard.drawing.flow import END, START, Flow, Load, Passing, Station, Traffic, Way

_RAN_OUT = "finished:end"
"""How a run ends behind the last step of its journey: it went on to the end."""

Ways = Mapping[tuple[str, str], int]


def taken_ways(passages: Iterable[Passage]) -> dict[tuple[str, str], int]:
    """Return how often each way (source, target) was taken."""
    ways: Counter[tuple[str, str]] = Counter()
    for passage in passages:
        if passage.what == "to":
            ways[passage.step, passage.key] += passage.count
        elif passage.what == "ended" and passage.key == _RAN_OUT:
            ways[passage.step, END] += passage.count
    return dict(ways)


def observed_flow(flow_id: str, title: str, passages: Iterable[Passage]) -> Flow:
    """Return what passed as a flow of its own: for a journey that the program has no more."""
    ways = taken_ways(passages)
    steps = dict.fromkeys(step for way in sorted(ways) for step in way if step not in (START, END))
    stations = [Station(id=START, word="start", title=title, shape="start")]
    stations += [Station(id=step, title=step, shape="card") for step in steps]
    if any(target == END for _, target in ways):
        stations.append(Station(id=END, title="End", shape="end", tone="quiet"))
    return Flow(
        id=flow_id,
        title=title,
        stations=tuple(stations),
        ways=tuple(Way(source=source, target=target) for source, target in sorted(ways)),
    )


def traffic_of(flow: Flow, passages: Iterable[Passage]) -> Traffic:
    """Return the traffic of a flow from its passages (in any order)."""
    found = list(passages)
    ways = taken_ways(found)
    ended: dict[str, Counter[str]] = defaultdict(Counter)
    waits: dict[str, list[Passage]] = defaultdict(list)
    starts: Counter[str] = Counter()
    for passage in found:
        if passage.what == "ended" and passage.key != _RAN_OUT:
            ended[passage.step][passage.key] += passage.count
        elif passage.what == "waited":
            waits[passage.step].append(passage)
        elif passage.what == "started":
            starts[passage.key] += passage.count
    known = [station.id for station in flow.stations]
    seen = {step for way in ways for step in way} | set(ended)
    loads = {step: _load(step, ways, ended[step], waits[step]) for step in (*known, *sorted(seen))}
    return Traffic(
        loads=tuple(loads[step] for step in known),
        passings=_passings(flow, ways, ended),
        starts=tuple(sorted(starts.items())),
        elsewhere=tuple(loads[step] for step in sorted(seen - set(known) - {START, END})),
    )


def _load(step: str, ways: Ways, ended: Counter[str], waits: list[Passage]) -> Load:
    went = sum(count for (source, _), count in ways.items() if source == step)
    came = sum(count for (_, target), count in ways.items() if target == step)
    if step == START:
        came = went
    stays = came - went - sum(ended.values())
    return Load(
        station=step,
        standing_count=0 if step in (START, END) else max(stays, 0),
        came_count=came,
        ended=tuple(sorted(ended.items(), key=lambda item: (-item[1], item[0]))),
        wait_s=_median(waits),
    )


def _median(waits: list[Passage]) -> int | None:
    """Return the mean of that group of waits in which the median lies: exact for waits alike."""
    half = sum(wait.count for wait in waits) / 2
    for wait in sorted(waits, key=lambda wait: int(wait.key)):
        half -= wait.count
        if half <= 0:
            return wait.seconds // wait.count
    return None


def _passings(flow: Flow, ways: Ways, ended: Mapping[str, Counter[str]]) -> tuple[Passing, ...]:
    left: Counter[str] = Counter()
    for (source, _), count in ways.items():
        left[source] += count
    for step, reasons in ended.items():
        left[step] += sum(reasons.values())
    return tuple(
        Passing(
            source=way.source,
            target=way.target,
            count=ways.get((way.source, way.target), 0),
            share=ways.get((way.source, way.target), 0) / (left[way.source] or 1),
        )
        for way in flow.ways
    )
