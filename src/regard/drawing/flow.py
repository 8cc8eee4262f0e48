"""A flow: a journey or a promise as stations and the ways between them, and what passed there.

Records only, plain enough to be a page's JSON. `journey` and `promise` make flows of definitions,
`traffic` counts what passed, `painting` draws both.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

START, END = "", "*"
"""Where every flow begins, and where a journey ends behind its last step. No step has these ids."""

Shape = Literal["start", "pill", "hexagon", "card", "frame", "slant", "folder", "end"]
Tone = Literal["", "accent", "good", "warn", "bad", "mend", "quiet"]


class Station(Struct, frozen=True, kw_only=True):
    """A step as the drawing shows it: its kind and name, what it does in words, how it looks."""

    id: str
    word: str = ""
    name: str = ""
    title: str
    shape: Shape
    tone: Tone = ""


class Way(Struct, frozen=True, kw_only=True):
    """From one station to another; `words` say when (empty: always). `is_else`: when nothing is."""

    source: str
    target: str
    words: str = ""
    is_else: bool = False


class Flow(Struct, frozen=True, kw_only=True):
    """What is drawn. `id` is ``journey:<id>`` or ``promise:<id>``; the first station is on top.

    `notes` say what holds at every station (what ends a run wherever it stands).
    """

    id: str
    title: str
    stations: tuple[Station, ...]
    ways: tuple[Way, ...]
    notes: tuple[str, ...] = ()


class Load(Struct, frozen=True, kw_only=True):
    """What one station saw: who stands there, came, and ended there by reason.

    `wait_s` is the median time that those who left had stood there (None: nobody left).
    """

    station: str
    standing_count: int
    came_count: int
    ended: tuple[tuple[str, int], ...] = ()
    wait_s: int | None = None

    @property
    def ended_count(self) -> int:
        return sum(count for _, count in self.ended)


class Passing(Struct, frozen=True, kw_only=True):
    """How many took one way, and their share of all who left its source."""

    source: str
    target: str
    count: int
    share: float


class Traffic(Struct, frozen=True, kw_only=True):
    """What passed a flow since its first day. `starts` are (UTC day, count), oldest first.

    `elsewhere` are loads of stations that the flow has no more: steps deleted since.
    """

    loads: tuple[Load, ...]
    passings: tuple[Passing, ...]
    starts: tuple[tuple[str, int], ...] = ()
    elsewhere: tuple[Load, ...] = ()

    @property
    def start_count(self) -> int:
        return sum(count for _, count in self.starts)

    @property
    def standing_count(self) -> int:
        return sum(load.standing_count for load in (*self.loads, *self.elsewhere))


class Trail(Struct, frozen=True, kw_only=True):
    """The way of one run through a flow: the ways it took, and where it stands."""

    ways: frozenset[tuple[str, str]]
    station: str
