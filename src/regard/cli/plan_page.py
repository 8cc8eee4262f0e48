"""A plan as one HTML page that needs nothing beside it: to read, to print, to attach to a review.

A `Plan` in, the page as text out. Colours are the console's; there is no script and nothing is
loaded from anywhere. Long lists are cut at named limits; the JSON has all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib.resources import files

from markupsafe import Markup
from msgspec import Struct

from regard.cli.page_files import page_environment
from regard.console.moments import local
from regard.console.reasons import channel_words, reason_words, who_words
from regard.planning.comparing import weighed
from regard.planning.records import BROKEN, KEPT, Pair, Plan, PromiseCount, Said, Versions

PEOPLE_MAX = 500
"""People with rows of their own; a page with more is slow to open and nobody reads on."""

DAYS_MAX = 92
"""Days drawn one by one; of a longer window the last ones are."""

HEIGHT = 120
"""Pixels of the tallest bar."""

_VERDICTS = {"hold": "held", "silence": "silent", "withdrawn": "withdrawn", "unknown": "unknown"}


class Day(Struct, frozen=True, kw_only=True):
    """One day of the drawing, with the heights of its two bars in pixels."""

    day: str
    label: str
    count: Pair
    old_px: float
    new_px: float


def page_of(plan: Plan, versions: Versions) -> str:
    """Return the page; titles of definitions are the new version's, else the old one's."""
    environment = page_environment()

    filters: dict[str, Callable[..., object]] = {
        "at": lambda said: local(said.at, plan.zone),
        "moment": lambda moment: local(moment, plan.zone),
        "channel": channel_words,
        "reason": reason_words,
        "verdict": lambda verdict: _VERDICTS.get(verdict, verdict),
        "count": lambda number: f"{number:,}",
    }
    environment.filters |= filters
    tokens = (files("regard.console") / "static" / "tokens.css").read_text(encoding="utf-8")
    return environment.get_template("plan.html").render(
        plan=plan,
        company=versions.new.company.name,
        tokens=Markup(tokens),  # noqa: S704 - our own style sheet
        days=days_of(plan),
        ways=weighed(plan),
        promises=promises_of(plan),
        quiet=sorted(plan.quiet, key=lambda q: (-abs(q.count.delta), -q.count.new)),
        title=_titles(versions),
        who=lambda one: who_words(one.label, one.person_id),
        is_moved=_is_moved,
        tone=_tone,
        people_max=PEOPLE_MAX,
    )


def days_of(plan: Plan) -> list[Day]:
    """Return the last days of the window with their messages, empty days between them too."""
    sums: dict[str, tuple[int, int]] = {}
    for one in plan.days:
        old, new = sums.get(one.day, (0, 0))
        sums[one.day] = (old + one.count.old, new + one.count.new)
    if not sums:
        return []
    first, last = (date.fromisoformat(day).toordinal() for day in (min(sums), max(sums)))
    most = max(max(pair) for pair in sums.values())
    found = []
    for ordinal in range(max(first, last - DAYS_MAX + 1), last + 1):
        day = date.fromordinal(ordinal)
        pair = Pair(*sums.get(day.isoformat(), (0, 0)))
        old_px, new_px = (HEIGHT * count / most for count in (pair.old, pair.new))
        label = f"{day:%a} {day.day} {day:%b}"
        found.append(
            Day(day=day.isoformat(), label=label, count=pair, old_px=old_px, new_px=new_px)
        )
    return found


def promises_of(plan: Plan) -> Sequence[tuple[str, Sequence[PromiseCount]]]:
    """Return promises by definition, those with the largest difference first."""
    groups: dict[str, list[PromiseCount]] = {}
    for one in plan.promises:
        groups.setdefault(one.definition, []).append(one)

    def weight(rows: Sequence[PromiseCount]) -> int:
        return sum(abs(row.count.delta) for row in rows)

    return sorted(groups.items(), key=lambda item: (-weight(item[1]), item[0]))


def _titles(versions: Versions) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for program in (versions.old, versions.new):
        for definitions in (program.promises, program.engagements):
            found |= {name: definition.title for name, definition in definitions.items()}
    return found


def _tone(row: PromiseCount) -> str:
    """Return the class of a difference: more kept is good, more missed is not."""
    more = row.count.delta > 0
    if row.status in KEPT:
        return "up" if more else "bad"
    return ("bad" if more else "up") if row.status in BROKEN else ""


def _is_moved(old: Said, new: Said) -> bool:
    """Return whether a message goes by another channel, not only at another time."""
    return old.channel != new.channel
