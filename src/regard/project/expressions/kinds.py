"""What an expression may name and of which kind it is: facts by event, purposes, channels.

Kinds come from the tracking plan (JSON Schema of the properties). A name that a schema does not
list is unknown, unless the schema says `additionalProperties: true`; traits are always open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from regard.core.belief import Curve

Kind = Literal["number", "text", "boolean", "timestamp", "interval", "any", "null"]
Want = Literal["condition", "watched", "moment", "value"]

_SCHEMA_KINDS: dict[str, Kind] = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
}
_COMPOSED = ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties")


@dataclass(frozen=True, slots=True)
class FactKinds:
    """The kinds of the named facts; `is_open` when others may come too."""

    named: Mapping[str, Kind | FactKinds] = field(default_factory=dict)
    is_open: bool = True

    def kind_at(self, keys: tuple[str, ...]) -> Kind | None:
        """Return the kind of a fact by its keys from outside in, None when there is no such fact.

        An object as a whole is ``any``.
        """
        found = self.named.get(keys[0])
        if found is None:
            return "any" if self.is_open else None
        if isinstance(found, FactKinds):
            return found.kind_at(keys[1:]) if len(keys) > 1 else "any"
        if len(keys) > 1:
            return "any" if found == "any" else None
        return found


ANYTHING = FactKinds()
"""Facts of an event that no file describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Everything an expression at one place may refer to.

    `events` are the described events (empty: nothing is described), `purposes` and `channels`
    what `has_consent` may ask for, `audiences` what `in_audience` may, `needs` what `need` may.
    `zone` is the company's own.
    """

    facts: FactKinds = ANYTHING
    events: Mapping[str, FactKinds] = field(default_factory=dict)
    purposes: Collection[str] = ()
    channels: Collection[str] = ()
    audiences: Collection[str] = ()
    needs: Mapping[str, Curve] = field(default_factory=dict)
    zone: str = "UTC"


def kinds_of_schema(schema: Any) -> FactKinds:
    """Return the fact kinds of a JSON Schema of an object."""
    if not isinstance(schema, dict):
        return ANYTHING
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not properties:
        return ANYTHING
    extra = schema.get("additionalProperties", False)
    is_open = extra is not False or any(word in schema for word in _COMPOSED)
    return FactKinds({str(k): _kind_of(v) for k, v in properties.items()}, is_open)


def _kind_of(schema: Any) -> Kind | FactKinds:
    if not isinstance(schema, dict):
        return "any"
    types = schema.get("type")
    names = [t for t in (types if isinstance(types, list) else [types]) if t != "null"]
    if names == ["object"]:
        return kinds_of_schema(schema)
    if len(names) != 1 or not isinstance(names[0], str):
        return "any"
    if names[0] == "string" and schema.get("format") in ("date-time", "date"):
        return "timestamp"
    return _SCHEMA_KINDS.get(names[0], "any")


def merged(many: Iterable[FactKinds]) -> FactKinds:
    """Return what is certain when facts may come from any of `many` events."""
    result: FactKinds | None = None
    for kinds in many:
        result = kinds if result is None else _either(result, kinds)
    return ANYTHING if result is None else result


def _either(left: FactKinds, right: FactKinds) -> FactKinds:
    named: dict[str, Kind | FactKinds] = {}
    for name in {**left.named, **right.named}:
        a, b = left.named.get(name), right.named.get(name)
        if isinstance(a, FactKinds) and isinstance(b, FactKinds):
            named[name] = _either(a, b)
        elif a is None or b is None:
            other = right if a is None else left
            named[name] = "any" if other.is_open else (a or b or "any")
        else:
            named[name] = a if a == b else "any"
    return FactKinds(named, left.is_open or right.is_open)
