"""Tells a simulation in words: what came when, what went wrong, what was said, what broke.

In: a report, usually of a plan that `testing.shrinking` made short. Out: lines for a terminal,
and, when nothing went wrong but our own deciding, the same as a story (docs/stories.md) that
`regard test` can play.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import yaml

from regard.core.program import Program
from regard.testing.oracle import HandOver
from regard.testing.plan import Item, Report
from regard.testing.shrinking import Shrunk
from regard.testing.weather import Fault

LINES_MAX = 200
"""Lines of one telling; what fills more is not a short story."""

VERBS = ("event", "identify", "page", "screen", "alias", "group")

FAULTS = {
    "crash before": "the process dies before",
    "crash after": "the process dies after",
    "crash answering": "the process dies before it answers",
    "outage after": "nothing runs for hours after",
    "dead process goes on after": "the dead process goes on after",
    "lag at": "the loop is late; next comes",
    "lost": "a request is lost:",
    "unanswered": "an answer is lost:",
    "wrong clock of": "the client's clock is wrong:",
    "killed": "the process is killed",
    "disk full": "the disk is full",
    "our code fails": "our own code fails",
    "down": "a provider is down:",
    "answer": "the world answers:",
    "refusing": "refused:",
    "try_again": "told to try again:",
    "lost_after_accepting": "taken, but nobody says so:",
    "lost_before_accepting": "not taken, and nobody says so:",
    "raising": "the connection breaks:",
}
"""What each kind of fault is called."""


def retold(found: Shrunk, again: str) -> list[str]:
    """Return the story of a failing seed, line by line; `again` is the command to see it again."""
    report = found.report
    lines = list(_told(report))
    if len(lines) > LINES_MAX:
        lines = [*lines[:LINES_MAX], f"  … and {len(lines) - LINES_MAX} more lines"]
    shortest = "" if found.is_shortest else f", the shortest found in {found.run_count} runs"
    faults = len({fault.name for fault in report.faults})
    return [
        f"seed {report.seed}: {len(found.plan.items)} items and {faults} faults suffice{shortest}",
        *lines,
        *(f"  BROKE  {finding}" for finding in report.findings),
        f"  again: {again}",
    ]


def story_of(found: Shrunk) -> str | None:
    """Return the story as YAML; None when it needs faults, which stories do not have.

    What a story cannot expect, it leaves to the books: the findings stand above it.
    """
    report = found.report
    if report.faults or not report.findings:
        return None
    story = {
        "story": f"Seed {report.seed} of the simulator",
        "why": "; ".join(report.findings[:5]),
        "start_at": _moment(min(at for at, _ in report.taken)),
        "given": [_given(at, item) for at, item in report.taken],
        "when": {"until": _moment(_end_of(report))},
        "then": [*_expected(report, found.plan.program), {"books": "balance"}],
    }
    return yaml.safe_dump(story, sort_keys=False, allow_unicode=True, width=98)


def _told(report: Report) -> Iterator[str]:
    happened: list[tuple[datetime, int, str]] = []
    happened += [(at, 1, _item(item)) for at, item in report.taken]
    happened += [(fault.at, 0, _fault(fault)) for fault in _once(report.faults)]
    happened += [(one.at, 2, _hand_over(one)) for one in report.hand_overs]
    for at, _, told in sorted(happened, key=lambda line: line[:2]):
        yield f"  {at:%m-%d %H:%M:%S}  {told}"


def _once(faults: Sequence[Fault]) -> Sequence[Fault]:
    return tuple({fault.name: fault for fault in reversed(faults)}.values())[::-1]


def _item(item: Item) -> str:
    verb = next(verb for verb in VERBS if verb in item.data)
    what = item.data[verb] if verb != "identify" else ""
    rest = {k: v for k, v in item.data.items() if k not in (verb, "id", "at")}
    if verb == "identify":
        rest = {"traits": item.data[verb], **rest}
    told = " ".join(f"{key}={_json(value)}" for key, value in rest.items())
    said_at = item.data.get("at")
    late = f" (happened {said_at})" if said_at and said_at != item.at.isoformat() else ""
    return f"{item.source}: {verb if verb != 'event' else ''} {what} {told}{late}".replace(
        "  ", " "
    )


def _fault(fault: Fault) -> str:
    return f"  ! {FAULTS.get(fault.kind, fault.kind)} {fault.where}"


def _hand_over(hand_over: HandOver) -> str:
    message = hand_over.message
    came = "reaches" if hand_over.is_accepted else "does not reach"
    what = f"{message.engagement} on {message.channel}, attempt {message.attempt},"
    return f"  > {what} {came} {message.address}"


def _json(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _end_of(report: Report) -> datetime:
    """Return when it is over: the last thing that the journal took note of."""
    return max(entry.received_at for entry in report.entries)


def _given(at: datetime, item: Item) -> dict[str, Any]:
    names = {"user_id": "user", "anonymous_id": "anonymous", "at": "happened_at"}
    data = {names.get(key, key): value for key, value in item.data.items()}
    if item.data.get("at") == at.isoformat():
        del data["happened_at"]
    return {"at": _moment(at), "source": item.source, **data}


def _expected(report: Report, program: Program) -> Iterator[Mapping[str, Any]]:
    """Yield what the house ought to have done about each message that broke a rule."""
    seen: set[tuple[str, str, str]] = set()
    for broken in report.broken:
        message = broken.message
        kind = program.channels[message.channel].reaches_by
        place = (message.engagement, message.channel, message.address)
        if place in seen or all(known.kind != kind for known in program.identity.kinds):
            continue
        seen.add(place)
        before = sum(
            one.at < broken.at and one.is_accepted and place == _place(one)
            for one in report.hand_overs
        )
        yield {
            "person": f"{kind}:{message.address}",
            "messages": before,
            "engagement": message.engagement,
            "channel": message.channel,
        }


def _place(hand_over: HandOver) -> tuple[str, str, str]:
    message = hand_over.message
    return message.engagement, message.channel, message.address
