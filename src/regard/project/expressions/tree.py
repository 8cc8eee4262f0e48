"""The typed tree of an expression: what the check makes, what closures and SQL are made from.

Every node knows its kind. There is no node for `between` (two comparisons) nor for a comparison
of two untyped fields (the first that both sides can answer): fewer nodes, one meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from regard.core.belief import Curve
from regard.project.expressions.kinds import Kind

Comparison = Literal["=", "<>", "<", "<=", ">", ">="]
Arithmetic = Literal["+", "-", "*", "/"]
MIRRORED: Mapping[Comparison, Comparison] = {
    "=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<=",
}  # fmt: skip
"""What a comparison is when its sides are swapped."""

ContextName = Literal[
    "event.name", "event.channel", "person.last_channel", "person.last_seen_at",
    "person.first_seen_at", "context.app", "context.browser", "context.city", "context.country",
    "context.device", "context.network", "context.page", "context.place", "context.system",
]  # fmt: skip
CONTEXT_KINDS: dict[ContextName, Kind] = {
    "event.name": "text",
    "event.channel": "text",
    "person.last_channel": "text",
    "person.last_seen_at": "timestamp",
    "person.first_seen_at": "timestamp",
    "context.app": "text",
    "context.browser": "text",
    "context.city": "text",
    "context.country": "text",
    "context.device": "text",
    "context.network": "text",
    "context.page": "text",
    "context.place": "text",
    "context.system": "text",
}
MOMENT_PATHS: Mapping[ContextName, tuple[tuple[str, int], ...]] = {
    "context.app": (("looking", 2),),
    "context.browser": (("device", 3),),
    "context.city": (("place", 1),),
    "context.country": (("place", 0),),
    "context.device": (("device", 0),),
    "context.network": (("device", 4),),
    "context.page": (("looking", 0),),
    "context.place": (("place", 1), ("place", 0)),
    "context.system": (("device", 1),),
}
"""Where the moment of a person (`core.person.Moment`) has it; of several the first that is told."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known when the folder is read; None is NULL."""

    value: bool | int | float | str | datetime | timedelta | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Field:
    """A fact or a trait, read as `kind` (NULL when the value is of another kind)."""

    root: Literal["facts", "traits"]
    keys: tuple[str, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Context:
    """Something about the event at hand, the person or their moment; an empty text is NULL."""

    name: ContextName
    kind: Kind


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of deciding."""

    kind: Kind = "timestamp"


@dataclass(frozen=True, slots=True)
class CountEvents:
    """How often an event was seen, ever or in the window before now. Never NULL."""

    event: str
    window: timedelta | None
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class LastEventAt:
    """When an event was last seen."""

    event: str
    kind: Kind = "timestamp"


@dataclass(frozen=True, slots=True)
class LastFact:
    """A fact of the latest event of that name."""

    event: str
    keys: tuple[str, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class HasConsent:
    """Whether the latest word on a purpose (on a channel or on all) is yes. Never NULL."""

    purpose: str
    channel: str
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class InAudience:
    """Whether the person is a member of an audience now. Never NULL."""

    audience: str
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class NeedBelief:
    """How far we believe now that the person has a need, 0 to 1. Never NULL."""

    need: str
    curve: Curve
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class LocalHour:
    """The hour (0 to 23) where the person is, by their zone or else the company's."""

    zone: str
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class SessionMinutes:
    """How long the session that goes on has lasted; NULL when none does."""

    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class IsHere:
    """Whether the person was on a channel within the last minutes. Never NULL."""

    channel: str
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of two values of one kind."""

    op: Comparison
    left: Node
    right: Node
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` over two or more conditions."""

    op: Literal["and", "or"]
    parts: tuple[Node, ...]
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; of NULL, NULL."""

    part: Node
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class In:
    """Whether a value is among others of its kind."""

    value: Node
    items: tuple[Node, ...]
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class Like:
    """Whether a text matches a pattern of ``%`` (any text) and ``_`` (any one character)."""

    value: Node
    pattern: str
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class Is:
    """``is null``, ``is true``, ``is false``. Never NULL."""

    value: Node
    expected: bool | None
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class Calculation:
    """Numbers, moments and intervals added, subtracted, multiplied, divided."""

    op: Arithmetic
    left: Node
    right: Node
    kind: Kind


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first value that is not NULL."""

    items: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Letters:
    """A text in small or capital letters."""

    case: Literal["lower", "upper"]
    value: Node
    kind: Kind = "text"


Node: TypeAlias = (
    Constant
    | Field
    | Context
    | Now
    | CountEvents
    | LastEventAt
    | LastFact
    | HasConsent
    | InAudience
    | NeedBelief
    | LocalHour
    | SessionMinutes
    | IsHere
    | Compare
    | Logic
    | Not
    | In
    | Like
    | Is
    | Calculation
    | Coalesce
    | Letters
)


def read_as(node: Node, kind: Kind) -> Node:
    """Return an untyped or NULL node read as `kind`; any other node as it is.

    JSON holds no intervals, so an untyped value never becomes one.
    """
    if node.kind == "null":
        return Constant(None, kind)
    if node.kind != "any" or kind in ("null", "interval"):
        return node
    if isinstance(node, Coalesce):
        return Coalesce(tuple(read_as(item, kind) for item in node.items), kind)
    if isinstance(node, Field | LastFact):
        return replace(node, kind=kind)
    return node


def added_to_counts(node: Node) -> float | None:
    """Return the numbers that a sum adds to counts in a window; None: it is no such sum.

    Of a sum of counts that end somewhere, any threshold is right that is right for one of them.
    """
    found = _summed(node)
    return found[0] if found is not None and found[1] else None


def _summed(node: Node) -> tuple[float, bool] | None:
    """Return (sum of the numbers, whether a count in a window is added)."""
    if isinstance(node, CountEvents):
        return 0, node.window is not None
    if isinstance(node, Constant) and isinstance(node.value, int | float):
        return node.value, False
    if not isinstance(node, Calculation) or node.op != "+":
        return None
    left, right = _summed(node.left), _summed(node.right)
    if left is None or right is None:
        return None
    return left[0] + right[0], left[1] or right[1]
