"""Expressions and triggers in definitions: `when`, `about`, `{event, when?, about?}`.

`Known` holds the names that definitions may refer to. An expression is checked against the facts
of the event that it will see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from regard.core.program import Trigger
from regard.project.expressions import (
    ANYTHING,
    CompiledExpression,
    FactKinds,
    Names,
    Want,
    compile_expression,
)
from regard.project.findings import did_you_mean
from regard.project.reading import Place, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is declared in the folder: ids by kind, and the facts of described events."""

    events: Mapping[str, FactKinds]
    purposes: Collection[str]
    channels: Collection[str]
    departments: Collection[str]
    engagements: Collection[str]

    def names(self, facts: FactKinds) -> Names:
        """Return the names of an expression that sees `facts`."""
        return Names(
            facts=facts, events=self.events, purposes=self.purposes, channels=self.channels
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
    """Return the trigger of ``{event, when?, about?}``."""
    if table is None:
        return None
    event = table.text("event", required=True)
    if event and known.events and event not in known.events:
        table.at("event").warn(
            f"no file describes the event {event!r}",
            did_you_mean(event, known.events, "describe it in events/, so that slips are found"),
        )
    facts = facts_of(event, known)
    trigger = Trigger(
        event=event,
        when=read_expression(table, "when", known, facts, "condition"),
        about=read_expression(table, "about", known, facts, "value"),
    )
    table.close()
    return trigger


def read_triggers(table: Table, key: str, known: Known) -> tuple[Trigger, ...]:
    """Return a list of triggers."""
    found = (read_trigger(given, known) for given in table.tables(key))
    return tuple(trigger for trigger in found if trigger is not None)


def facts_of(event: str, known: Known) -> FactKinds:
    """Return the kinds of an event's facts; anything goes when no file describes it."""
    return known.events.get(event, ANYTHING)
