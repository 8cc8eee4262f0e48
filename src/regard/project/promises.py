"""promises/*.yaml -> promise definitions: made by, due, kept by, void when, if missed.

Refused beside wrong values: a promise that nothing can keep, and repairs that lead nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

from regard.core.flows import PromiseDefinition, Repair, Trigger
from regard.core.signal import PROMISE_ASKED
from regard.project.expressions import CompiledExpression, FactKinds
from regard.project.reading import Table, check_reference
from regard.project.triggers import Known, facts_of, read_expression, read_trigger, read_triggers
from regard.project.words import id_of

GRACE = timedelta(minutes=15)
WINDOW = timedelta(days=28)
REPAIRS_MAX = 10
FAILED_MIN = 3
WORTH_MAX = 1_000_000_000

GOOD = ("kept", "late", "repaired", "doubled")
"""Outcomes that a company may count as good; a broken promise never is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPromise:
    """A definition as far as it could be read, and the facts its engagements will see."""

    id: str
    offers: tuple[str, ...]
    facts: FactKinds
    definition: PromiseDefinition | None


def read_promise(table: Table, known: Known) -> ReadPromise:
    """Return the promise of one file; every slip is reported."""
    made_by = _made_by(table, known)
    facts = facts_of(made_by.event if made_by else "", known)
    engagement = _engagement(table, "engagement", known)
    due_at = _moment(table, "due_at", known, facts, required=True)
    act_at = _moment(table, "act_at", known, facts, required=False) or due_at
    about = read_expression(table, "about", known, facts, "value")
    for key in ("made_by", "about"):
        if key not in table:
            table.missing(key)
    receipt, events = _kept_by(table, known, engagement)
    repairs = _repairs(table, known)
    level = _service_level(table, known)
    promise_id = table.word("id", id_of, "", required=True)
    worth = float(table.number("worth", 0.0, low=0, high=WORTH_MAX))
    title, grace = table.text("title"), table.duration("grace", GRACE)
    void_when = read_triggers(table, "void_when", known)
    table.close()
    definition = None
    if made_by and about and act_at and due_at and promise_id:
        definition = PromiseDefinition(
            id=promise_id,
            title=title or promise_id,
            made_by=made_by,
            about=about,
            act_at=act_at,
            due_at=due_at,
            grace=GRACE if grace is None else grace,
            engagement=engagement,
            kept_by=events,
            kept_by_receipt=receipt,
            void_when=void_when,
            repairs=repairs,
            objective=level.objective,
            window=level.window,
            good=level.good,
            alert=level.alert,
            failed_min=level.failed_min,
            worth=worth,
        )
    offers = (engagement, *(repair.engagement for repair in repairs))
    return ReadPromise(
        id=promise_id, offers=tuple(filter(None, offers)), facts=facts, definition=definition
    )


def is_asked(definition: PromiseDefinition) -> bool:
    """Return whether a promise is made by journeys."""
    return definition.made_by.event == f"{PROMISE_ASKED}|{definition.id}"


def _made_by(table: Table, known: Known) -> Trigger | None:
    """Return what makes the promise: a trigger, or (``{journey: true}``) a step of a journey."""
    given = table.table("made_by")
    if given is None or "journey" not in given:
        return read_trigger(given, known)
    if not given.flag("journey", default=True):
        given.at("journey").problem("a promise that journeys make says so", "journey: true")
    given.close()
    return Trigger(event=f"{PROMISE_ASKED}|{table.text('id')}")


def _moment(
    table: Table, key: str, known: Known, facts: FactKinds, *, required: bool
) -> CompiledExpression | None:
    if required and key not in table:
        table.missing(key, f"{key}: facts.departure_at - interval '24 hours'")
    return read_expression(table, key, known, facts, "moment")


def _engagement(table: Table, key: str, known: Known) -> str:
    name = table.text(key)
    if name:
        check_reference(table.at(key), name, known.engagements, "engagement")
    return name


def _kept_by(
    table: Table, known: Known, engagement: str
) -> tuple[Literal["sent", "delivered"], tuple[Trigger, ...]]:
    given = table.table("kept_by")
    receipt = "sent"
    events: tuple[Trigger, ...] = ()
    if given is not None:
        if "receipt" in given and not engagement:
            given.at("receipt").problem(
                "Regard sends nothing for this promise, so no receipt can keep it",
                "name an engagement, or say which events keep it",
            )
        receipt = given.choice("receipt", ("sent", "delivered"), "sent")
        events = read_triggers(given, "events", known)
        given.close()
    if not engagement and not events:
        table.place.problem(
            "nothing can keep this promise", "name an engagement, or kept_by: {events: […]}"
        )
    return cast(Literal["sent", "delivered"], receipt), events


def _repairs(table: Table, known: Known) -> tuple[Repair, ...]:
    repairs = tuple(_repair(given, known) for given in table.tables("if_missed"))
    if len(repairs) > REPAIRS_MAX:
        table.at("if_missed").problem(f"at most {REPAIRS_MAX} repairs, here are {len(repairs)}")
    return repairs


def _repair(given: Table, known: Known) -> Repair:
    if ("offer" in given) == ("case" in given):
        given.place.problem("a repair is an offer or a case", "offer: … or case: {…}")
    department, title, within = read_case(given, known)
    repair = Repair(
        engagement=_engagement(given, "offer", known),
        department=department,
        title=title,
        within=within,
        wait=given.duration("wait") or timedelta(0),
    )
    given.close()
    return repair


def read_case(given: Table, known: Known) -> tuple[str, str, timedelta | None]:
    """Return department, title and time to answer under ``case``; empty when there is none."""
    case = given.table("case")
    if case is None:
        return "", "", None
    department = case.text("department", required=True)
    if department:
        check_reference(case.at("department"), department, known.departments, "department")
    title = case.text("title", required=True)
    within = case.duration("within")
    case.close()
    return department, title, within


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """What ``service_level`` says; the defaults of `core.program.PromiseDefinition`."""

    objective: float = 0.999
    window: timedelta = WINDOW
    good: frozenset[str] = frozenset({"kept"})
    alert: str = ""
    failed_min: int = FAILED_MIN


def _service_level(table: Table, known: Known) -> _Level:
    given = table.table("service_level")
    if given is None:
        return _Level()
    good = given.references("good", GOOD, "outcome") or ("kept",)
    if "kept" not in good:
        given.at("good").problem("a kept promise is good by any measure", "add kept")
    alert = given.text("alert")
    if alert:
        check_reference(given.at("alert"), alert, known.departments, "department")
    level = _Level(
        objective=_objective(given) / 100,
        window=given.duration("window", WINDOW) or WINDOW,
        good=frozenset(good),
        alert=alert,
        failed_min=given.whole("failed_min", FAILED_MIN, low=1, high=10_000),
    )
    given.close()
    return level


def _objective(given: Table) -> float:
    """Return per cent: ``99.9`` or ``99.9 %``."""
    text = given.any("objective")
    percent = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*%", text) if isinstance(text, str) else None
    if percent is None:
        return given.number("objective", 99.9, low=0, high=100)
    if float(percent[1]) > 100:
        given.at("objective").problem(f"{text} is not from 0 to 100 %")
    return min(float(percent[1]), 100.0)
