"""Values that a tracking plan allows: from a JSON Schema and a seeded generator to facts.

In: the schema of a property (docs/project-folder.md), what expressions compare it with, a moment
and a generator. Out: a JSON value. What a schema asks in ways that are not tried here (a pattern,
`not`) may be missed; the tracking plan then says so of the event, as it would of a customer's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

DEPTH_MAX = 6
"""Objects and lists in each other; a schema that goes deeper gets nothing there."""

ITEMS_MAX = 3

NUMBER_MAX = 500

OPTIONAL = 0.6
"""How often a property that is not required is there."""

Schema = Mapping[str, Any]


def facts_of(
    schema: Schema, wanted: Mapping[str, Sequence[str]], at: datetime, dice: Random
) -> dict[str, Any]:
    """Return properties of an event at `at`.

    `wanted` are names that expressions ask for, with the texts they compare them with: they are
    there even when the schema does not ask for them.
    """
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = {*schema.get("required", ()), *wanted}
    facts: dict[str, Any] = {}
    for name in dict.fromkeys((*properties, *wanted)):
        if name not in required and dice.random() > OPTIONAL:
            continue
        own = properties.get(name, {})
        if wanted.get(name) and "enum" not in own and dice.random() < 0.8:
            facts[name] = dice.choice(wanted[name])
        else:
            facts[name] = value_of(own or _guessed(name), at, dice)
    return facts


def value_of(schema: Any, at: datetime, dice: Random, depth: int = 0) -> Any:
    """Return a value that a schema allows, None where it goes deeper than `DEPTH_MAX`."""
    if not isinstance(schema, Mapping) or depth > DEPTH_MAX:
        return None
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return value_of(dice.choice(schema[key]), at, dice, depth + 1)
    if "const" in schema or "enum" in schema:
        return dice.choice(schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = dice.choice(kind) if isinstance(kind, list) else kind
    if kind in ("array", "object"):
        return _nested(schema, kind, at, dice, depth + 1)
    return _plain(schema, kind, at, dice)


def _nested(schema: Schema, kind: str, at: datetime, dice: Random, depth: int) -> Any:
    if kind == "array":
        count = max(int(schema.get("minItems", 1)), dice.randint(1, ITEMS_MAX))
        return [value_of(schema.get("items", {}), at, dice, depth) for _ in range(count)]
    properties: Schema = schema.get("properties", {})
    return {name: value_of(inner, at, dice, depth) for name, inner in properties.items()}


def _plain(schema: Schema, kind: str, at: datetime, dice: Random) -> Any:
    if kind in ("number", "integer"):
        return _number(schema, kind, dice)
    if kind == "boolean":
        return dice.random() < 0.5
    return None if kind == "null" else _text(schema, at, dice)


def moment_near(at: datetime, dice: Random) -> datetime:
    """Return a moment that something at `at` may be about: now, soon, in days, or yesterday."""
    throw = dice.random()
    if throw < 0.2:
        return at
    if throw < 0.4:
        return at + timedelta(hours=dice.uniform(0, 6))
    if throw < 0.9:
        return at + timedelta(days=dice.uniform(0.2, 9))
    return at - timedelta(days=dice.uniform(0, 2))


def _guessed(name: str) -> Schema:
    """Guess what a fact without a schema is, by how it is called."""
    if name.endswith("_at"):
        return {"type": "string", "format": "date-time"}
    if name.endswith(("_count", "_number_of", "total", "amount", "price")):
        return {"type": "number"}
    return {"type": "string"}


def _number(schema: Schema, kind: str, dice: Random) -> float:
    low = float(schema.get("minimum", schema.get("exclusiveMinimum", 1)))
    high = float(schema.get("maximum", schema.get("exclusiveMaximum", max(low, 0) + NUMBER_MAX)))
    if kind == "integer":
        return dice.randint(int(low), max(int(high), int(low)))
    return round(dice.uniform(low, high), 2)


def _text(schema: Schema, at: datetime, dice: Random) -> str:
    number, moment = dice.randint(1, 9), moment_near(at, dice)
    by_format = {
        "date-time": moment.isoformat(),
        "date": moment.date().isoformat(),
        "time": moment.time().isoformat("seconds") + "Z",
        "email": f"somebody{number}@example.com",
        "uri": f"https://example.com/{number}",
        "uuid": f"00000000-0000-4000-8000-{number:012d}",
    }
    told = by_format.get(schema.get("format", ""), f"text {number}")
    return told.ljust(int(schema.get("minLength", 0)), "x")
