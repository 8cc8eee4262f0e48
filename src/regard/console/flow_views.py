"""One record per page about journeys: their list, one of them, one run through it, one promise."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from regard.console.records import Line, PromiseItem, Tone, Why
from regard.drawing import Flow, Traffic, Trail


class JourneyItem(Struct, frozen=True, kw_only=True):
    """One journey in the list. `starts` are counts of the latest days, oldest first."""

    journey: str
    title: str
    is_gone: bool
    start_count: int
    standing_count: int
    finished_count: int
    left_count: int
    starts: tuple[tuple[str, int], ...]


class JourneysView(Struct, frozen=True, kw_only=True):
    """Where do people stand? Journeys of the program first, by title."""

    now: datetime
    zone: str
    journeys: tuple[JourneyItem, ...]


class WentItem(Struct, frozen=True, kw_only=True):
    """Where people went on to from a step: how many, and their share of all who left it."""

    title: str
    words: str
    count: int
    share: float


class StepItem(Struct, frozen=True, kw_only=True):
    """One step with its counts: the drawing's twin in a table. `can_stand`: people may wait here.

    `ended` are those who ended at it, by reason in words.
    """

    step: str
    word: str
    title: str
    can_stand: bool
    standing_count: int
    came_count: int
    wait_s: int | None
    went: tuple[WentItem, ...]
    ended: tuple[tuple[str, int], ...]


class RunItem(Struct, frozen=True, kw_only=True):
    """One run in a list: who, at which step, since when, until when."""

    run_id: str
    person_id: str
    label: str
    step: str
    step_title: str
    word: str
    tone: Tone
    since: datetime
    wake_at: datetime | None


class JourneyView(Struct, frozen=True, kw_only=True):
    """One journey: its drawing, what passed each step, and who stands at the chosen one.

    `step` is empty when all runs are listed, those that changed last first.
    """

    now: datetime
    zone: str
    journey: str
    title: str
    is_gone: bool
    flow: Flow
    traffic: Traffic
    steps: tuple[StepItem, ...]
    step: str
    step_title: str
    runs: tuple[RunItem, ...]
    is_full: bool


class PromiseView(Struct, frozen=True, kw_only=True):
    """One promise definition: its drawing, what passed each step, and what is open, by due."""

    now: datetime
    zone: str
    definition: str
    title: str
    flow: Flow
    traffic: Traffic
    steps: tuple[StepItem, ...]
    rows: tuple[PromiseItem, ...]
    is_full: bool


Verdict = Literal["true", "false", "unknown"]


class Arm(Struct, frozen=True, kw_only=True):
    """One condition of a branch as it was then, with the values that it looked at."""

    condition: str
    target: str
    verdict: Verdict
    is_taken: bool
    values: tuple[tuple[str, str], ...]


class Choice(Struct, frozen=True, kw_only=True):
    """What a branch or a split decided. `is_changed`: the journey reads otherwise today."""

    step: str
    target: str
    arms: tuple[Arm, ...]
    is_changed: bool


class Move(Struct, frozen=True, kw_only=True):
    """One thing that happened to a run, with its why and the choices made on the way."""

    offset: int
    at: datetime
    line: Line
    because: str
    choices: tuple[Choice, ...]
    why: Why


class Forecast(Struct, frozen=True, kw_only=True):
    """What would follow if the run's time were over at `at`: decided on a copy, never written."""

    title: str
    at: datetime
    lines: tuple[Line, ...]


class RunView(Struct, frozen=True, kw_only=True):
    """One run of one person: where, why there, what next. Moves oldest first.

    `ways` are what it waits for: (when, where to). `is_cut`: its beginning is further back than
    this page looks.
    """

    now: datetime
    zone: str
    journey: str
    title: str
    run_id: str
    person_id: str
    label: str
    is_over: bool
    headline: str
    because: str
    since: datetime
    wake_at: datetime | None
    facts: tuple[tuple[str, str], ...]
    flow: Flow
    trail: Trail
    ways: tuple[tuple[str, str], ...]
    moves: tuple[Move, ...]
    is_cut: bool
    forecasts: tuple[Forecast, ...]
