"""One step of a journey: what it does, read from its mapping and checked.

`read_step` is called for each item of `steps`. Expressions see the facts of the event that started
the run, and the answers of the calls before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from regard.core.flows import LocalTime, Step, StepKind, Trigger
from regard.core.scope import Expression
from regard.project.expressions import CompiledExpression, FactKinds
from regard.project.findings import one_of
from regard.project.promises import read_case
from regard.project.reading import Table, check_reference
from regard.project.triggers import Known, expression_at, read_expression, read_trigger
from regard.project.words import id_of, time_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Names of weekdays, in the order of `LocalTime.weekdays`."""

_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%")

Read = Callable[[Table, Step, Known, FactKinds], Step]


def read_step(given: Table, known: Known, facts: FactKinds) -> Step:
    """Return the step of one mapping; every slip is reported."""
    kind = _kind(given)
    step = Step(id=given.word("id", id_of, "", required=True), kind=kind, goto=given.text("goto"))
    step = _READ[kind](given, step, known, facts)
    given.close()
    return step


def _kind(given: Table) -> StepKind:
    found = [kind for kind in _READ if kind in given]
    if len(found) != 1:
        says = f"does {' and '.join(found)}" if found else "does nothing"
        given.place.problem(f"a step does one thing, this one {says}", one_of(_READ))
    return found[0] if found else "exit"


def _wait(given: Table, step: Step, known: Known, facts: FactKinds) -> Step:
    inner = given.table("wait") if isinstance(given.any("wait"), dict) else None
    if inner is None:
        return replace(step, wait_for=given.duration("wait"))
    if "until" not in inner and "local_time" not in inner:
        hint = 'wait: {until: facts.departure_at}, or wait: {local_time: "09:00"}'
        inner.missing("until", hint)
    elif "until" in inner and "local_time" in inner:
        inner.place.problem("a wait has until or local_time, not both", "make two steps of it")
    until = read_expression(inner, "until", known, facts, "moment")
    local_time = _local_time(inner)
    inner.close()
    return replace(step, until=until, local_time=local_time)


def _local_time(inner: Table) -> LocalTime | None:
    at = inner.word("local_time", time_of, None)
    if "weekdays" in inner and "local_time" not in inner:
        inner.at("weekdays").problem("weekdays belong to a local_time")
    days = inner.references("weekdays", DAYS, "weekday")
    if at is None:
        return None
    return (
        LocalTime(at=at, weekdays=tuple(sorted(map(DAYS.index, days))))
        if days
        else LocalTime(at=at)
    )


def _wait_until(given: Table, step: Step, known: Known, facts: FactKinds) -> Step:
    if "within" not in given:
        given.missing("within", "within: 14 days; nobody waits for ever")
    events: list[Trigger] = []
    conditions: list[CompiledExpression] = []
    for number, awaited in enumerate(given.tables("wait_until")):
        if "condition" not in awaited:
            trigger = read_trigger(awaited, known)
            events += [trigger] if trigger is not None else []
            continue
        condition = read_expression(awaited, "condition", known, facts, "watched")
        awaited.close()
        if conditions:
            given.at("wait_until").under(number).problem(
                "a step waits for one condition", "join them with or"
            )
        conditions += [condition] if condition is not None else []
    condition = conditions[0] if conditions else None
    return replace(
        step,
        events=tuple(events),
        condition=condition,
        horizon=condition.horizon if condition is not None else None,
        wait_for=given.duration("within"),
        on_timeout=given.text("on_timeout"),
    )


def _branch(given: Table, step: Step, known: Known, facts: FactKinds) -> Step:
    arms: list[tuple[Expression, str]] = []
    for arm in given.tables("branch"):
        place, text = arm.at("when"), arm.text("when", required=True)
        when = expression_at(place, text, known, facts, "condition") if text else None
        goto = arm.text("goto", required=True)
        if when is not None:
            arms.append((when, goto))
        arm.close()
    return replace(step, arms=tuple(arms), otherwise=given.text("otherwise"))


def _split(given: Table, step: Step, _known: Known, _facts: FactKinds) -> Step:
    shares: list[tuple[Decimal, str]] = []
    for arm in given.tables("split"):
        shares.append((_share(arm), arm.text("goto", required=True)))
        arm.close()
    total = sum((share for share, _ in shares), Decimal(0))
    if total != 100 and all(share for share, _ in shares):
        given.at("split").problem(f"the shares are {total} % together, not 100 %")
    if step.goto:
        given.at("goto").problem("a split goes where its shares go")
    return replace(
        step, shares=tuple((float(share / 100), goto) for share, goto in shares), goto=""
    )


def _share(arm: Table) -> Decimal:
    """Return the per cent of ``share: 50%``; 0 when it was wrong, which is reported."""
    text = arm.text("share", required=True)
    found = _SHARE.fullmatch(text.strip())
    percent = Decimal(found[1]) if found else Decimal(0)
    if text and not 0 < percent <= 100:
        arm.at("share").problem(f"{text[:40]!r} is not a share such as 50%")
        return Decimal(0)
    return percent


def _offer(given: Table, step: Step, known: Known, _facts: FactKinds) -> Step:
    name = given.text("offer", required=True)
    check_reference(given.at("offer"), name, known.engagements, "engagement")
    return replace(step, engagement=name)


def _promise(given: Table, step: Step, known: Known, _facts: FactKinds) -> Step:
    name = given.text("promise", required=True)
    is_known = check_reference(given.at("promise"), name, known.promises, "promise")
    if is_known and name not in known.asked_promises:
        given.at("promise").problem(
            f"the promise {name!r} is not made by journeys", "made_by: {journey: true}"
        )
    return replace(step, promise=name)


def _call(given: Table, step: Step, known: Known, facts: FactKinds) -> Step:
    inner = given.table("call")
    if inner is None:
        return step
    channel = inner.text("webhook", required=True)
    if channel and check_reference(inner.at("webhook"), channel, known.channels, "channel"):
        _check_answers(inner, channel, known)
    if step.id in facts.named and not isinstance(facts.named[step.id], FactKinds):
        given.at("id").problem(
            f"the answer would hide the fact {step.id!r}", "give the step another id"
        )
    step = replace(
        step,
        channel=channel,
        wait_for=inner.duration("within"),
        on_timeout=inner.text("on_timeout"),
    )
    inner.close()
    return step


def _check_answers(inner: Table, channel: str, known: Known) -> None:
    if channel not in known.webhooks:
        inner.at("webhook").problem(
            f"nobody answers on the channel {channel!r}", 'adapter = "webhook" in regard.toml'
        )


def _case(given: Table, step: Step, known: Known, _facts: FactKinds) -> Step:
    department, title, within = read_case(given, known)
    return replace(step, department=department, title=title, wait_for=within)


def _exit(given: Table, step: Step, _known: Known, _facts: FactKinds) -> Step:
    if not given.flag("exit", default=True):
        given.at("exit").problem("an exit is true", "exit: true")
    if step.goto:
        given.at("goto").problem("nothing comes after an exit")
    return replace(step, goto="")


_READ: dict[StepKind, Read] = {
    "wait": _wait,
    "wait_until": _wait_until,
    "branch": _branch,
    "split": _split,
    "offer": _offer,
    "promise": _promise,
    "call": _call,
    "case": _case,
    "exit": _exit,
}
"""What each kind of step reads beside `id` and `goto`."""
