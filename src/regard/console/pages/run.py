"""One run of one person: where are they, why there, what next?"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.flow_views import Forecast, RunView
from regard.console.foresight import foreseen, moments_of
from regard.console.moments import zone_of
from regard.console.moves import Teller, about_run, trail_of
from regard.console.pages.journeys import FLOW, flow_of
from regard.console.reasons import who_words
from regard.console.records import Line
from regard.console.steps import title_of
from regard.console.why import flat
from regard.console.wording import is_told
from regard.core.errors import Refused
from regard.core.facts import ENDED_RUN, Entry, RunChanged
from regard.core.person import Person
from regard.core.rows import RunRow
from regard.drawing import END, Flow

ENTRIES_MAX = 2_000
"""How far back a person's entries are read to explain a run: some 20 ms."""

NOTHING = Line(text="Nothing would change", sort="journey", tone="quiet")


def view(request: Request, desk: Desk) -> RunView:
    """Return the run of the path."""
    program, now = desk.program(), desk.clock.now()
    journey, run_id = request.path_params["journey"], request.path_params["run_id"]
    with desk.library.reading() as reading:
        row = reading.runs.run(run_id)
        person = reading.people.read(row.person_id) if row is not None else None
        if row is None or person is None or row.change.journey != journey:
            raise Refused(
                "There is no such run of this journey.",
                code="not_found",
                hint="Look on the page of the person.",
            )
        flow = flow_of(journey, program, reading.runs.passages(FLOW + journey))
        entries = reading.people.timeline(person.id, 0, ENTRIES_MAX)
    zone, is_cut = zone_of(person, program), len(entries) == ENTRIES_MAX
    teller = Teller(program, journey, flow, zone)
    born = None if is_cut else Person(id=person.id)
    moves = teller.moves(entries, run_id, born, desk.kernel.fold)
    is_whole = _is_whole(entries, row)
    return RunView(
        now=now,
        zone=zone,
        journey=journey,
        title=flow.title,
        run_id=run_id,
        person_id=person.id,
        label=who_words(row.label, person.id),
        is_over=row.change.status in ENDED_RUN,
        headline=teller.standing(row.change),
        because=next((move.because for move in reversed(moves) if move.because), ""),
        since=row.since,
        wake_at=row.change.wake_at,
        facts=flat(row.change.facts, zone),
        flow=flow,
        trail=trail_of(entries, run_id, is_whole=is_whole),
        ways=_ways(flow, row),
        moves=moves,
        is_cut=not is_whole,
        forecasts=_forecasts(row, person, desk, teller),
    )


def _is_whole(entries: Sequence[Entry], row: RunRow) -> bool:
    """Tell whether the entries reach back to the beginning of a run."""
    own = [entry for entry in about_run(entries, row.run_id) if isinstance(entry.body, RunChanged)]
    return bool(own) and own[0].received_at <= row.change.started_at


def _ways(flow: Flow, row: RunRow) -> tuple[tuple[str, str], ...]:
    """Return when a standing run goes on, and where to."""
    if row.change.status in ENDED_RUN:
        return ()
    titles = {station.id: title_of(station) for station in flow.stations}
    first = "when the gate has decided" if row.change.status == "offering" else "then"
    return tuple(
        (way.words or first, "it ends" if way.target == END else titles[way.target])
        for way in flow.ways
        if way.source == row.change.step
    )


def _forecasts(row: RunRow, person: Person, desk: Desk, teller: Teller) -> tuple[Forecast, ...]:
    program = desk.program()
    found = []
    for title, at in moments_of(row, desk.clock.now()):
        facts = foreseen(row, person, program, desk.kernel, at)
        told = [
            teller.line(entry, {})
            for entry in facts
            if isinstance(entry.body, RunChanged) or is_told(entry)
        ]
        found.append(Forecast(title=title, at=at, lines=tuple(told) or (NOTHING,)))
    return tuple(found)
