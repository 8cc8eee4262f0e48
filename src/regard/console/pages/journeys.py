"""Journeys: where do people stand? The list, and one journey with its drawing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.flow_views import JourneyItem, JourneysView, JourneyView
from regard.console.steps import run_item, step_items, title_of
from regard.console.wording import Wording
from regard.core.errors import Refused
from regard.core.program import Program
from regard.core.rows import Passage
from regard.drawing import Flow, journey_flow, observed_flow, traffic_of

RUNS_MAX = 100
"""Runs on one page; a step narrows them."""
DAYS = 28
FLOW = "journey:"


def view(_: Request, desk: Desk) -> JourneysView:
    """Return every journey with its counts."""
    program, now = desk.program(), desk.clock.now()
    with desk.library.reading() as reading:
        passages = reading.runs.passages()
    by_flow: dict[str, list[Passage]] = {FLOW + journey: [] for journey in program.journeys}
    for passage in passages:
        if passage.flow.startswith(FLOW):
            by_flow.setdefault(passage.flow, []).append(passage)
    wording = Wording(program)
    items = [
        _item(flow.removeprefix(FLOW), found, wording, program, now)
        for flow, found in by_flow.items()
    ]
    return JourneysView(
        now=now,
        zone=program.company.zone,
        journeys=tuple(sorted(items, key=lambda item: (item.is_gone, item.title))),
    )


def one_view(request: Request, desk: Desk) -> JourneyView:
    """Return the journey of the path; ``step`` asks who stands at one step."""
    program, journey = desk.program(), request.path_params["journey"]
    with desk.library.reading() as reading:
        passages = reading.runs.passages(FLOW + journey)
        flow = flow_of(journey, program, passages)
        step = _step(request, flow)
        runs = (
            reading.runs.standing(journey, step, limit=RUNS_MAX)
            if step
            else reading.runs.latest(journey, RUNS_MAX)
        )
    traffic = traffic_of(flow, passages)
    titles = {station.id: title_of(station) for station in flow.stations}
    return JourneyView(
        now=desk.clock.now(),
        zone=program.company.zone,
        journey=journey,
        title=flow.title,
        is_gone=journey not in program.journeys,
        flow=flow,
        traffic=traffic,
        steps=step_items(flow, traffic),
        step=step,
        step_title=titles.get(step, step),
        runs=tuple(run_item(row, flow) for row in runs),
        is_full=len(runs) >= RUNS_MAX,
    )


def flow_of(journey: str, program: Program, passages: Sequence[Passage]) -> Flow:
    """Return the flow of a journey, as it was walked when the program has it no more.

    Raise `Refused` when nobody ever knew it.
    """
    found = program.journeys.get(journey)
    if found is not None:
        return journey_flow(found, program)
    if not passages:
        raise Refused(
            "There is no journey of this name.", code="not_found", hint="Look under Journeys."
        )
    return observed_flow(FLOW + journey, journey, passages)


def _step(request: Request, flow: Flow) -> str:
    """Return the step that is asked for; one that was deleted may still hold people."""
    step = request.query_params.get("step", "")
    return step if step and len(step) < 64 and step not in (flow.stations[0].id, "*") else ""


def _item(
    journey: str, passages: Sequence[Passage], wording: Wording, program: Program, now: datetime
) -> JourneyItem:
    started = sum(p.count for p in passages if p.what == "started")
    finished = _ended(passages, "finished")
    left = _ended(passages, "exited")
    by_day = {p.key: p.count for p in passages if p.what == "started"}
    days = [(now - timedelta(days=n)).date().isoformat() for n in range(DAYS - 1, -1, -1)]
    return JourneyItem(
        journey=journey,
        title=wording.journey(journey),
        is_gone=journey not in program.journeys,
        start_count=started,
        standing_count=max(started - finished - left, 0),
        finished_count=finished,
        left_count=left,
        starts=tuple((day, by_day.get(day, 0)) for day in days),
    )


def _ended(passages: Iterable[Passage], status: str) -> int:
    return sum(p.count for p in passages if p.what == "ended" and p.key.startswith(f"{status}:"))
