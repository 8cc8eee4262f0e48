"""Expressions and triggers in definitions: `when`, `about`, `{event, when?, about?}`.

`Known` holds the names that definitions may refer to. An expression is checked against the facts
of the event that it will see. What Regard notes itself triggers alike:
`{audience: vip, on: leave}`, `{promise: check_in, on: missed}`, `{rhythm: monthly_order}`,
`{need: rebook}`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from regard.core.belief import Curve
from regard.core.flows import Trigger
from regard.core.signal import (
    AUDIENCE_ENTERED,
    AUDIENCE_LEFT,
    NEED_FADED,
    NEED_FELT,
    NEED_MET,
    PERSON_LATE,
    PROMISE_BROKEN,
    PROMISE_KEPT,
    PROMISE_MISSED,
    SERVICE_LEVEL_BURNING,
    SERVICE_LEVEL_CALM,
)
from regard.project.expressions import (
    ANYTHING,
    CompiledExpression,
    FactKinds,
    Names,
    Want,
    compile_expression,
)
from regard.project.findings import did_you_mean
from regard.project.reading import Place, Table, check_reference

_ALERT = FactKinds(
    {
        "promise": "text",
        "title": "text",
        "severity": "text",
        "since": "timestamp",
        "burn_rate": "number",
        "budget_left": "number",
        "objective": "number",
        "window_days": "number",
        "bad": "number",
        "total": "number",
    },
    is_open=False,
)

NEED_FACTS = FactKinds(
    {
        "need": "text",
        "title": "text",
        "belief": "number",
        "since": "timestamp",
        "because": "text",
        "spell": "text",
        "event": ANYTHING,
    },
    is_open=False,
)
"""Facts of a need that is felt; ``facts.event`` has those of the event by which it came to be."""

NOTED_FACTS: Mapping[str, FactKinds] = {
    NEED_FELT: NEED_FACTS,
    NEED_FADED: NEED_FACTS,
    NEED_MET: NEED_FACTS,
    AUDIENCE_ENTERED: FactKinds({"audience": "text", "since": "timestamp"}, is_open=False),
    AUDIENCE_LEFT: FactKinds({"audience": "text", "since": "timestamp"}, is_open=False),
    PERSON_LATE: FactKinds(
        {
            "rhythm": "text",
            "typical_gap_days": "number",
            "last_at": "timestamp",
            "expected_at": "timestamp",
            "late_factor": "number",
        },
        is_open=False,
    ),
    SERVICE_LEVEL_BURNING: _ALERT,
    SERVICE_LEVEL_CALM: _ALERT,
}
"""Facts of what Regard notes, where they are the same for all of that name."""

_ON: Mapping[str, Mapping[str, str]] = {
    "audience": {"enter": AUDIENCE_ENTERED, "leave": AUDIENCE_LEFT},
    "promise": {"missed": PROMISE_MISSED, "kept": PROMISE_KEPT, "broken": PROMISE_BROKEN},
    "rhythm": {"late": PERSON_LATE},
    "need": {"felt": NEED_FELT, "faded": NEED_FADED, "met": NEED_MET},
}
"""What is noted of a definition, by what a trigger calls it; the first is the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is declared in the folder: ids by kind, and the facts of described events.

    `asked_promises` are those that a journey may make, `webhooks` the channels that one may call,
    `zone` is the company's.
    """

    events: Mapping[str, FactKinds]
    purposes: Collection[str]
    channels: Collection[str]
    departments: Collection[str]
    engagements: Collection[str]
    audiences: Collection[str] = ()
    promises: Collection[str] = ()
    rhythms: Collection[str] = ()
    needs: Mapping[str, Curve] = field(default_factory=dict)
    asked_promises: Collection[str] = ()
    webhooks: Collection[str] = ()
    zone: str = "UTC"

    def names(self, facts: FactKinds) -> Names:
        """Return the names of an expression that sees `facts`."""
        return Names(
            facts=facts,
            events=self.events,
            purposes=self.purposes,
            channels=self.channels,
            audiences=self.audiences,
            needs=self.needs,
            zone=self.zone,
        )


def read_expression(
    table: Table, key: str, known: Known, facts: FactKinds, want: Want
) -> CompiledExpression | None:
    """Return the expression under `key`; None when it is absent or wrong."""
    text = table.text(key)
    return expression_at(table.at(key), text, known, facts, want) if text else None


def expression_at(
    place: Place, text: str, known: Known, facts: FactKinds, want: Want
) -> CompiledExpression | None:
    """Return the compiled expression of a text, or report what is wrong with it."""
    expression, slips = compile_expression(text, known.names(facts), want)
    for slip in slips:
        (place.warn if slip.is_warning else place.problem)(slip.message, slip.hint)
    return expression


def read_trigger(table: Table | None, known: Known) -> Trigger | None:
    """Return the trigger of ``{event, when?, about?}``, or of something that Regard notes."""
    if table is None:
        return None
    event = _noted(table, known)
    if event is None:
        event = table.text("event", required=True)
        if event and known.events and event not in {*known.events, *NOTED_FACTS}:
            table.at("event").warn(
                f"no file describes the event {event!r}",
                did_you_mean(
                    event, known.events, "describe it in events/, so that slips are found"
                ),
            )
    facts = facts_of(event, known)
    trigger = Trigger(
        event=event,
        when=read_expression(table, "when", known, facts, "condition"),
        about=read_expression(table, "about", known, facts, "value"),
    )
    table.close()
    return trigger


def _noted(table: Table, known: Known) -> str | None:
    """Return what ``{audience: vip, on: leave}`` and its kin wait for; None: it is an event."""
    kind = next((kind for kind in _ON if kind in table), None)
    if kind is None:
        return None
    if "event" in table:
        table.at(kind).problem(f"a trigger waits for an event or for the {kind}, not for both")
    names: Mapping[str, Collection[str]] = {
        "audience": known.audiences,
        "promise": known.promises,
        "rhythm": known.rhythms,
        "need": known.needs,
    }
    name = table.text(kind)
    if name:
        check_reference(table.at(kind), name, names[kind], kind)
    moments = _ON[kind]
    on = table.choice("on", moments, next(iter(moments)))
    return f"{moments[on]}|{name}"


def read_triggers(table: Table, key: str, known: Known) -> tuple[Trigger, ...]:
    """Return a list of triggers."""
    found = (read_trigger(given, known) for given in table.tables(key))
    return tuple(trigger for trigger in found if trigger is not None)


def facts_of(event: str, known: Known) -> FactKinds:
    """Return the kinds of an event's facts; anything goes when no file describes it."""
    noted = NOTED_FACTS.get(event.partition("|")[0])
    return known.events.get(event, ANYTHING) if noted is None else noted
