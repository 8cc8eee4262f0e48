"""What a person's timeline drawing shows: lanes by channel, promise bars, identity marks.

Entries of one person in, a `Drawing` record out: an event is a dot, an outbound message a square,
a decided silence a hollow dot, a promise one bar from made to its outcome (open while pending), a
merge or split a line across all lanes. Pure; `charts.timeline` turns it into SVG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from regard.console.moments import told_at
from regard.console.reasons import STATUS_TONES, STATUS_WORDS, channel_words
from regard.console.records import Bar, Crossing, Drawing, Lane, Line, Mark, Shape
from regard.console.wording import Wording
from regard.core.event import Event, MessageOutcome
from regard.core.facts import OPEN_PROMISE, Decided, Entry, PromiseChanged
from regard.core.person import Person

SPANS: Mapping[str, timedelta | None] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "fortnight": timedelta(days=14),
    "all": None,
}
"""The windows that a reader may choose, back from now or from the newest entry of the page."""
_FITS = 0.7
"""A window that nobody chose shows at least this share of the entries."""
_ORDER = ("web", "app", "store", "chat", "social", "phone", "email", "sms", "push", "post", "")
_MARGIN = 0.02


def fitting(moments: Sequence[datetime], anchor: datetime) -> str:
    """Return the name of the shortest window before `anchor` that shows most of `moments`."""
    for name, span in SPANS.items():
        shown = sum(span is None or at >= anchor - span for at in moments)
        if shown >= _FITS * len(moments):
            return name
    return "all"


def draw(
    entries: Sequence[tuple[Entry, Line]],
    person: Person,
    wording: Wording,
    *,
    now: datetime,
    zone: str,
    span: timedelta | None = SPANS["fortnight"],
    until: datetime | None = None,
) -> Drawing | None:
    """Return the drawing of `entries` (any order), or None when there is nothing to draw.

    It reaches back by `span` (None: to the first entry) from `until` (None: from now, and on to
    the open promises, by half a span at most). A window without an entry shows all of them.
    """
    if not entries:
        return None
    anchor = until or now
    bars = _bars([entry for entry, _ in entries], person, wording)
    first = min(told_at(entry) for entry, _ in entries)
    lately = [told_at(e) for e, _ in entries if span is None or told_at(e) >= anchor - span]
    start = min(lately, default=first)
    latest = anchor if until else _latest(bars, anchor, span)
    margin = max((latest - start) * _MARGIN, timedelta(seconds=30))
    return Drawing(
        from_at=start - margin,
        to_at=latest + margin,
        now=now,
        zone=zone,
        lanes=_lanes([(e, line) for e, line in entries if told_at(e) >= start]),
        bars=tuple(bar for bar in bars if bar.to_at >= start and bar.from_at <= latest),
        crossings=_crossings(entries, start),
        is_cut=first < start,
    )


def _latest(bars: Sequence[Bar], now: datetime, span: timedelta | None) -> datetime:
    due = max([now, *(bar.due_at for bar in bars if bar.is_open)])
    return due if span is None else min(due, now + span / 2)


def _lanes(entries: Sequence[tuple[Entry, Line]]) -> tuple[Lane, ...]:
    marks: dict[str, list[Mark]] = {}
    for entry, line in sorted(entries, key=lambda pair: told_at(pair[0])):
        shape = _shape(entry)
        if shape is None:
            continue
        channel = _channel(entry)
        mark = Mark(
            offset=entry.offset, at=told_at(entry), shape=shape, tone=line.tone, text=line.text
        )
        marks.setdefault(channel, []).append(mark)
    names = sorted(marks, key=_rank)
    return tuple(Lane(name=channel_words(n) or "no channel", marks=tuple(marks[n])) for n in names)


def _rank(channel: str) -> tuple[int, str]:
    family = channel.partition(".")[0]
    return (_ORDER.index(family) if family in _ORDER else len(_ORDER), channel)


def _shape(entry: Entry) -> Shape | None:
    match entry.body:
        case Event(context=context):
            return "square" if context.get("direction") == "out" else "dot"
        case Decided(verdict="silence"):
            return "hollow"
        case MessageOutcome():
            return "square"
    return None


def _channel(entry: Entry) -> str:
    body = entry.body
    if isinstance(body, Decided):
        refused = (r.channel for r in body.refusals if r.channel != "*")
        return body.channel or next(refused, "")
    return body.channel if isinstance(body, Event | MessageOutcome) else ""


def _bars(entries: Sequence[Entry], person: Person, wording: Wording) -> tuple[Bar, ...]:
    latest: dict[str, tuple[Entry | None, PromiseChanged]] = {
        key: (None, state.change)
        for key, state in person.promises.items()
        if state.change.status in OPEN_PROMISE
    }
    for entry in sorted(entries, key=lambda e: e.stamp):
        if isinstance(entry.body, PromiseChanged):
            latest[entry.body.promise_id] = (entry, entry.body)
    bars = [_bar(entry, change, wording) for entry, change in latest.values()]
    return tuple(sorted(bars, key=lambda bar: bar.from_at))


def _bar(entry: Entry | None, change: PromiseChanged, wording: Wording) -> Bar:
    is_open = change.status in OPEN_PROMISE
    ended_at = change.kept_at or (told_at(entry) if entry else change.due_at)
    return Bar(
        offset=entry.offset if entry else 0,
        title=wording.promise(change.definition),
        about=change.about,
        from_at=change.made_at,
        to_at=change.due_at if is_open else max(ended_at, change.made_at),
        due_at=change.due_at,
        status=STATUS_WORDS[change.status],
        tone=STATUS_TONES[change.status],
        is_open=is_open,
    )


def _crossings(entries: Sequence[tuple[Entry, Line]], start: datetime) -> tuple[Crossing, ...]:
    return tuple(
        Crossing(offset=entry.offset, at=told_at(entry), text=line.text)
        for entry, line in entries
        if line.sort == "identity" and told_at(entry) >= start
    )
