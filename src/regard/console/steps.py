"""The table twin of a drawing: every step with its counts, in words.

A `Flow` and its `Traffic` in, one `StepItem` for each station out, deleted steps last. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from regard.console.flow_views import RunItem, StepItem, WentItem
from regard.console.reasons import reason_words, who_words
from regard.console.records import Tone
from regard.core.facts import ENDED_RUN
from regard.core.rows import RunRow
from regard.drawing import END, START, Flow, Load, Passing, Station, Traffic

RUN_WORDS: Mapping[str, tuple[str, Tone]] = {
    "waiting": ("waits", "quiet"),
    "offering": ("asks the gate", "accent"),
    "finished": ("came to its end", "good"),
    "exited": ("left", "warn"),
}
"""How the status of a run is spoken of."""


def step_items(flow: Flow, traffic: Traffic) -> tuple[StepItem, ...]:
    """Return the steps in the order of the flow, without its two ends."""
    titles = {station.id: title_of(station) for station in flow.stations}
    words = {(way.source, way.target): way.words for way in flow.ways}
    went: dict[str, list[WentItem]] = defaultdict(list)
    for passing in traffic.passings:
        if passing.count:
            went[passing.source].append(_went(passing, titles, words))
    loads = {load.station: load for load in (*traffic.loads, *traffic.elsewhere)}
    known = [s for s in flow.stations if s.id not in (START, END)]
    gone = [
        Station(id=load.station, word="deleted", title=load.station, shape="card")
        for load in traffic.elsewhere
    ]
    return tuple(_item(s, loads[s.id], went[s.id]) for s in (*known, *gone))


def title_of(station: Station) -> str:
    """Return how a step is spoken of: what it does, its id when that says little."""
    if station.id == END:
        return "the end"
    return f"{station.title} ({station.id})" if station.name else station.title


def run_item(row: RunRow, flow: Flow) -> RunItem:
    """Return a run as lists show it."""
    change = row.change
    titles = {station.id: title_of(station) for station in flow.stations}
    word, tone = RUN_WORDS[change.status]
    return RunItem(
        run_id=row.run_id,
        person_id=row.person_id,
        label=who_words(row.label, row.person_id),
        step=change.step,
        step_title=titles.get(change.step, change.step),
        word=word,
        tone=tone,
        since=row.since,
        wake_at=None if change.status in ENDED_RUN else change.wake_at,
    )


def ended_words(key: str) -> str:
    """Return how runs ended in words: ``exited:event:Return Requested``."""
    status, _, reason = key.partition(":")
    if status == "finished":
        return {"exit": "at its exit", "end": "at the end"}.get(reason, reason_words(reason))
    return f"left: {reason_words(reason)}"


def _went(
    passing: Passing, titles: Mapping[str, str], words: Mapping[tuple[str, str], str]
) -> WentItem:
    return WentItem(
        title=titles.get(passing.target, passing.target),
        words=words.get((passing.source, passing.target), ""),
        count=passing.count,
        share=passing.share,
    )


def _item(station: Station, load: Load, went: Sequence[WentItem]) -> StepItem:
    return StepItem(
        step=station.id,
        word=station.word,
        title=station.title,
        can_stand=station.shape not in ("hexagon", "folder", "end") or load.standing_count > 0,
        standing_count=load.standing_count,
        came_count=load.came_count,
        wait_s=load.wait_s,
        went=tuple(went),
        ended=tuple((ended_words(key), count) for key, count in load.ended),
    )
