"""events/*.yaml -> the tracking plan: a compiled JSON Schema for the properties of each event.

Validation is jsonschema-rs (Rust; about a microsecond for a valid event). Schemas are offline: a
`$ref` to another place is a problem, patterns run in linear time, and messages never repeat a
customer's value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, cast

import jsonschema_rs

from regard.core.settings import EventPlan
from regard.project.expressions import FactKinds, kinds_of_schema
from regard.project.reading import Table

MODES = ("allow", "flag", "block")
VIOLATIONS_MAX = 10
"""Messages kept for one event; the eleventh helps nobody."""


@dataclass(frozen=True, slots=True)
class Violations:
    """Says what is wrong with the properties of an event; empty when they fit the schema."""

    validator: jsonschema_rs.Validator

    def __call__(self, properties: Mapping[str, Any]) -> tuple[str, ...]:
        plain = properties if isinstance(properties, dict) else dict(properties)
        try:
            if self.validator.is_valid(plain):
                return ()
            errors = islice(self.validator.iter_errors(plain), VIOLATIONS_MAX)
            return tuple(_message(error) for error in errors)
        except (ValueError, TypeError):  # something that is not JSON
            return ("properties are not JSON",)


def _message(error: jsonschema_rs.ValidationError) -> str:
    path = ".".join(["properties", *map(str, error.instance_path)])
    return f"{path}: {error.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingPlan:
    """The described events, and the kinds of their facts for expressions."""

    events: Mapping[str, EventPlan]
    kinds: Mapping[str, FactKinds]


def read_plan(tables: Iterable[Table]) -> TrackingPlan:
    """Return the tracking plan of all event files."""
    events: dict[str, EventPlan] = {}
    kinds: dict[str, FactKinds] = {}
    files: dict[str, str] = {}
    for table in tables:
        plan, facts = _event(table)
        if plan.name in files:
            table.at("name").problem(f"{plan.name!r} is described in {files[plan.name]} too")
        elif plan.name:
            files[plan.name] = table.place.document.file
            events[plan.name], kinds[plan.name] = plan, facts
    return TrackingPlan(events=events, kinds=kinds)


def _event(table: Table) -> tuple[EventPlan, FactKinds]:
    name = table.text("name", required=True)
    if name != name.strip() or len(name) > 200:
        table.at("name").problem("a name has no space around it and at most 200 characters")
    schema = table.table("properties")
    mode = cast(Literal["allow", "flag", "block"], table.choice("mode", MODES, "flag"))
    validator = _validator({} if schema is None else schema.data, table)
    plan = EventPlan(
        name=name,
        description=table.text("description"),
        mode=mode,
        violations=Violations(validator),
    )
    table.close()
    return plan, kinds_of_schema(None if schema is None else schema.data)


def _validator(schema: dict[str, Any], table: Table) -> jsonschema_rs.Validator:
    try:
        return _compiled({"type": "object", **schema})
    except jsonschema_rs.ValidationError as error:
        place = table.place.under("properties", *error.instance_path)
        place.problem(f"not a JSON Schema: {error.message}", "see https://json-schema.org")
    except (ValueError, TypeError, jsonschema_rs.ReferencingError) as error:
        table.at("properties").problem(f"not a JSON Schema: {error}")
    return _compiled({})


def _compiled(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(
        schema,
        validate_formats=True,
        mask="the value",
        offline=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )
