"""Today: is engagement whole? Promises, messages and silences of the window, and what broke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from starlette.requests import Request

from regard.console.desk import Desk
from regard.console.levels import (
    MESSAGE_TALLY,
    SILENCE_TALLY,
    STRIP_DAYS,
    TOUCH_TALLY,
    costs,
    count_by_key,
    outcome_counts,
    service_levels,
    since_day,
)
from regard.console.pages.health import health_words
from regard.console.pages.promise_items import promise_item
from regard.console.reasons import STATUS_TONES, STATUS_WORDS, channel_words, reason_words
from regard.console.records import Counted, Level, PromiseItem, Tone
from regard.console.views import TodayView
from regard.console.wording import Wording
from regard.core.facts import OPEN_PROMISE
from regard.core.ports import Registers
from regard.core.rows import Tally

LATELY = 6
"""Rows of each short list; the register of promises has all."""
CASES_SHOWN = 200
OVERDUE_MAX = 200
"""Open promises looked at for overdue ones: the earliest due come first."""
_OUTCOMES = ("kept", "repaired", "late", "doubled", "broken")
_HAND_OVERS: tuple[tuple[str, str, Tone], ...] = (
    ("sent", "handed over", "good"),
    ("try_again", "to try again", "quiet"),
    ("unknown", "unknown", "warn"),
    ("refused", "refused", "bad"),
    ("withdrawn", "withdrawn", "quiet"),
)


SHOWN = (MESSAGE_TALLY, SILENCE_TALLY, TOUCH_TALLY)
"""Counts that the page tells; others have a page of their own."""


def view(_request: Request, desk: Desk) -> TodayView:
    """Return the state of the house over the latest `STRIP_DAYS` days."""
    program, now = desk.program(), desk.clock.now()
    is_healthy, health = desk.health()
    wording = Wording(program)
    with desk.library.reading() as reading:
        tallies = reading.registers.tallies(since_day(now), SHOWN)
        levels = service_levels(reading.runs, program, now)
        cost = costs(levels, reading, program, now)
        outcomes = outcome_counts(reading.runs, now)
        troubles = _lately(reading.registers, ("missed", "broken", "late"), wording, now)
        mended = _lately(reading.registers, ("repaired",), wording, now)
        cases = reading.registers.cases(limit=CASES_SHOWN)
        due = [r for s in OPEN_PROMISE for r in reading.registers.promises(s, limit=OVERDUE_MAX)]
        persons_count = reading.count_persons()
        last = reading.tail.last()
    below = tuple(level.title for level in levels if level.state == "spent")
    is_burning = any(level.severity for level in levels)
    return TodayView(
        now=now,
        zone=program.company.zone,
        is_empty=last == 0,
        is_whole=is_healthy and not below and not is_burning,
        headline=_headline(below, levels, is_healthy=is_healthy),
        below=below,
        window_days=STRIP_DAYS,
        levels=levels,
        costs=cost,
        outcomes=_outcomes(outcomes),
        messages=_messages(tallies, now),
        silences=_silences(tallies, now),
        touches=_touches(tallies, now),
        persons_count=persons_count,
        open_case_count=len(cases),
        overdue_count=sum(row.change.due_at < now for row in due),
        troubles=troubles,
        mended=mended,
        is_healthy=is_healthy,
        health=health_words(health),
    )


def _headline(below: Sequence[str], levels: Sequence[Level], *, is_healthy: bool) -> str:
    if not is_healthy:
        return "Regard itself needs a look"
    if not below:
        burning = [level.title for level in levels if level.severity]
        if burning:
            return f"{burning[0]} burns its error budget"
        is_idle = all(level.state == "idle" for level in levels)
        return "No promise has fallen due yet" if is_idle else "Engagement is whole"
    if len(below) == 1:
        return f"{below[0]} is below its objective"
    return f"{len(below)} of {len(levels)} promises are below their objectives"


def _lately(
    registers: Registers, statuses: Sequence[str], wording: Wording, now: datetime
) -> tuple[PromiseItem, ...]:
    found = [
        row
        for status in statuses
        for row in registers.promises(status, limit=LATELY, newest_first=True)
    ]
    found.sort(key=lambda row: row.changed_at, reverse=True)
    return tuple(promise_item(row, wording, now) for row in found[:LATELY])


def _outcomes(counts: Mapping[str, int]) -> tuple[Counted, ...]:
    return tuple(
        Counted(
            key=status,
            words=STATUS_WORDS[status],
            count=counts.get(status, 0),
            tone=STATUS_TONES[status],
        )
        for status in _OUTCOMES
    )


def _messages(tallies: Sequence[Tally], now: datetime) -> tuple[Counted, ...]:
    counts = count_by_key(tallies, MESSAGE_TALLY, since_day(now))
    return tuple(
        Counted(key=outcome, words=words, count=counts.get(outcome, 0), tone=tone)
        for outcome, words, tone in _HAND_OVERS
    )


def _silences(tallies: Sequence[Tally], now: datetime) -> tuple[Counted, ...]:
    counts = count_by_key(tallies, SILENCE_TALLY, since_day(now))
    return tuple(
        Counted(key=key, words=reason_words(key), count=count, tone="quiet")
        for key, count in counts.items()
    )


def _touches(tallies: Sequence[Tally], now: datetime) -> tuple[Counted, ...]:
    counts = count_by_key(tallies, TOUCH_TALLY, since_day(now))
    return tuple(
        Counted(key=key, words=channel_words(key), count=count, tone="accent")
        for key, count in counts.items()
    )
