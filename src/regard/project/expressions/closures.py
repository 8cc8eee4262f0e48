"""Typed tree -> one Python closure: `closure(scope)` gives the value, None for SQL NULL.

Kinds were checked before, so a closure only guards what arrives at run time: a value of another
kind is NULL, a result that Python cannot hold (division by zero, year 10,000) is NULL. Nothing
raises. A comparison of a fact with a constant costs well under a microsecond.
"""

from __future__ import annotations

import math
import operator
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, singledispatch
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from regard.core.belief import believed
from regard.core.clock import to_us
from regard.core.person import Person
from regard.core.scope import Scope
from regard.core.sessions import HERE_FOR, session_of
from regard.project.expressions import tree
from regard.project.expressions.kinds import Kind
from regard.project.words import as_utc

Closure: TypeAlias = Callable[[Scope], Any]

MINUTE = timedelta(minutes=1)

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_CALCULATE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


@singledispatch
def closure_of(node: Any) -> Closure:
    """Return the closure of a typed node."""
    raise TypeError(f"{type(node).__name__} is not a node of an expression")


@closure_of.register
def _(node: tree.Constant) -> Closure:
    value = node.value
    return lambda _scope: value


# Reading


def _number(value: Any) -> Any:
    return value if type(value) is int or type(value) is float else None


def _text(value: Any) -> Any:
    return value if type(value) is str else None


def _boolean(value: Any) -> Any:
    return value if type(value) is bool else None


def _timestamp(value: Any) -> Any:
    try:
        if type(value) is str:
            value = datetime.fromisoformat(value)
            return value if value.tzinfo is UTC else as_utc(value)
        return as_utc(value) if isinstance(value, date) else None
    except (ValueError, OverflowError):
        return None


def _scalar(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else None


_READERS: dict[Kind, Callable[[Any], Any]] = {
    "number": _number, "text": _text, "boolean": _boolean, "timestamp": _timestamp, "any": _scalar,
}  # fmt: skip


def _inside(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


@closure_of.register
def _(node: tree.Field) -> Closure:
    key, inner, read = node.keys[0], node.keys[1:], _READERS[node.kind]
    if node.root == "traits":

        def trait(scope: Scope) -> Any:
            claim = scope.person.claims.get(key)
            return None if claim is None else read(_inside(claim.value, inner))

        return trait
    if inner:
        return lambda scope: read(_inside(scope.facts.get(key), inner))
    if node.kind == "text":  # the two commonest, without a second call

        def text_fact(scope: Scope) -> Any:
            value = scope.facts.get(key)
            return value if type(value) is str else None

        return text_fact
    return lambda scope: read(scope.facts.get(key))


_CONTEXTS: dict[tree.ContextName, Closure] = {
    "event.name": lambda scope: scope.event_name or None,
    "event.channel": lambda scope: scope.channel or None,
    "person.last_channel": lambda scope: scope.person.last_channel or None,
    "person.last_seen_at": lambda scope: scope.person.last_seen_at,
    "person.first_seen_at": lambda scope: scope.person.first_seen_at,
}


@closure_of.register
def _(node: tree.Context) -> Closure:
    if node.name not in tree.MOMENT_PATHS:
        return _CONTEXTS[node.name]
    paths = tree.MOMENT_PATHS[node.name]

    def of_moment(scope: Scope) -> str | None:
        moment = scope.person.moment
        if moment is None:
            return None
        for part, place in paths:
            told = getattr(moment, part)
            if told is not None:
                value: str = getattr(told, told.__struct_fields__[place])
                if value:
                    return value
        return None

    return of_moment


@closure_of.register
def _(_node: tree.Now) -> Closure:
    return operator.attrgetter("now")


@closure_of.register
def _(node: tree.CountEvents) -> Closure:
    event, window = node.event, node.window
    if window is None:

        def count(scope: Scope) -> int:
            seen = scope.person.seen.get(event)
            return 0 if seen is None else seen.count

        return count

    def count_recent(scope: Scope) -> int:
        seen = scope.person.seen.get(event)
        if seen is None:
            return 0
        try:
            since_us = to_us(scope.now - window)
        except OverflowError:
            return len(seen.recent_us)
        recent = seen.recent_us  # newest first
        if recent[-1] >= since_us:
            return len(recent)
        return bisect_right(recent, -since_us, key=operator.neg)

    return count_recent


@closure_of.register
def _(node: tree.LastEventAt) -> Closure:
    event = node.event

    def last_at(scope: Scope) -> Any:
        seen = scope.person.seen.get(event)
        return None if seen is None else seen.last_at

    return last_at


@closure_of.register
def _(node: tree.LastFact) -> Closure:
    event, keys, read = node.event, node.keys, _READERS[node.kind]

    def last_fact(scope: Scope) -> Any:
        seen = scope.person.seen.get(event)
        return None if seen is None else read(_inside(seen.facts, keys))

    return last_fact


@closure_of.register
def _(node: tree.HasConsent) -> Closure:
    purpose, channel = node.purpose, node.channel
    return lambda scope: has_consent(scope.person, purpose, channel)


@closure_of.register
def _(node: tree.InAudience) -> Closure:
    audience = node.audience

    def in_audience(scope: Scope) -> bool:
        state = scope.person.audiences.get(audience)
        return state is not None and state.change.is_member

    return in_audience


@closure_of.register
def _(node: tree.NeedBelief) -> Closure:
    need, curve = node.need, node.curve

    def belief(scope: Scope) -> float:
        state = scope.person.needs.get(need)
        return believed(() if state is None else state.evidence, curve, scope.now)

    return belief


@closure_of.register
def _(node: tree.LocalHour) -> Closure:
    own = node.zone

    def local_hour(scope: Scope) -> int:
        claimed = scope.person.claims.get("time_zone")
        zone = None if claimed is None else _zone_of(claimed.value)
        return scope.now.astimezone(zone or _zone_of(own) or UTC).hour

    return local_hour


@lru_cache(maxsize=1_024)
def _zone_named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _zone_of(name: object) -> ZoneInfo | None:
    return _zone_named(name) if isinstance(name, str) else None


@closure_of.register
def _(_node: tree.SessionMinutes) -> Closure:
    def session_minutes(scope: Scope) -> float | None:
        session = session_of(scope.person.moment, scope.now)
        return None if session is None else (scope.now - session.first_at) / MINUTE

    return session_minutes


@closure_of.register
def _(node: tree.IsHere) -> Closure:
    channel = node.channel

    def is_here(scope: Scope) -> bool:
        person = scope.person
        seen_at = person.last_seen_at
        return (
            person.last_channel == channel
            and seen_at is not None
            and scope.now - seen_at <= HERE_FOR
        )

    return is_here


def has_consent(person: Person, purpose: str, channel: str = "") -> bool:
    """Return whether the latest word on a purpose is yes; on a tie, whether both say yes.

    The word on the channel and the word on all channels (``*``) both count.
    """
    everywhere = person.consents.get(f"{purpose}|*")
    here = person.consents.get(f"{purpose}|{channel}") if channel else None
    if here is None or everywhere is None:
        only = here or everywhere
        return only is not None and only.is_granted
    if here.at == everywhere.at:
        return here.is_granted and everywhere.is_granted
    return (here if here.at > everywhere.at else everywhere).is_granted


# Conditions


@closure_of.register
def _(node: tree.Compare) -> Closure:
    compare, left, right = _COMPARE[node.op], closure_of(node.left), closure_of(node.right)
    if isinstance(node.right, tree.Constant):
        constant = node.right.value
        if constant is None:
            return lambda _scope: None

        def compare_constant(scope: Scope) -> bool | None:
            value = left(scope)
            return None if value is None else compare(value, constant)

        return compare_constant

    def compare_both(scope: Scope) -> bool | None:
        a = left(scope)
        if a is None:
            return None
        b = right(scope)
        return None if b is None else compare(a, b)

    return compare_both


@closure_of.register
def _(node: tree.Logic) -> Closure:
    parts = tuple(closure_of(part) for part in node.parts)
    decisive = node.op == "or"

    def logic(scope: Scope) -> bool | None:
        result: bool | None = not decisive
        for part in parts:
            value: bool | None = part(scope)
            if value is decisive:
                return value
            if value is None:
                result = None
        return result

    return logic


@closure_of.register
def _(node: tree.Not) -> Closure:
    part = closure_of(node.part)

    def opposite(scope: Scope) -> bool | None:
        value = part(scope)
        return None if value is None else not value

    return opposite


@closure_of.register
def _(node: tree.In) -> Closure:
    value = closure_of(node.value)
    items = tuple(closure_of(item) for item in node.items)
    if all(isinstance(item, tree.Constant) for item in node.items):
        constants = [item.value for item in node.items if isinstance(item, tree.Constant)]
        known = frozenset(constants) - {None}
        otherwise = None if None in constants else False

        def in_constants(scope: Scope) -> bool | None:
            found = value(scope)
            if found is None:
                return None
            return True if found in known else otherwise

        return in_constants

    def in_items(scope: Scope) -> bool | None:
        found: Any = value(scope)
        if found is None:
            return None
        others = [item(scope) for item in items]
        if found in others:
            return True
        return None if None in others else False

    return in_items


@closure_of.register
def _(node: tree.Like) -> Closure:
    value, fits = closure_of(node.value), _pattern(node.pattern).match

    def like(scope: Scope) -> bool | None:
        text = value(scope)
        return None if text is None else fits(text) is not None

    return like


def _pattern(like: str) -> re.Pattern[str]:
    """Return a regular expression in linear time: what follows a ``%`` is found once (atomic)."""
    first, *rest = ["".join(_letter(c) for c in part) for part in like.split("%")]
    if not rest:
        return re.compile(f"(?s:{first})\\Z")
    between = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    return re.compile(f"(?s:{first}{between}.*{rest[-1]})\\Z")


def _letter(letter: str) -> str:
    return "." if letter == "_" else re.escape(letter)


@closure_of.register
def _(node: tree.Is) -> Closure:
    value, expected = closure_of(node.value), node.expected
    return lambda scope: value(scope) is expected


# Calculations


@closure_of.register
def _(node: tree.Calculation) -> Closure:
    calculate, left, right = _CALCULATE[node.op], closure_of(node.left), closure_of(node.right)

    def calculation(scope: Scope) -> Any:
        a = left(scope)
        if a is None:
            return None
        b = right(scope)
        if b is None:
            return None
        try:
            result = calculate(a, b)
        except (ArithmeticError, ValueError):
            return None
        return None if type(result) is float and not math.isfinite(result) else result

    if isinstance(node.left, tree.Constant) and isinstance(node.right, tree.Constant):
        return closure_of(tree.Constant(_folded(calculation), node.kind))
    return calculation


def _folded(calculation: Callable[[Any], Any]) -> Any:
    return calculation(None)  # constants look at no scope


@closure_of.register
def _(node: tree.Coalesce) -> Closure:
    items = tuple(closure_of(item) for item in node.items)

    def coalesce(scope: Scope) -> Any:
        for item in items:
            value = item(scope)
            if value is not None:
                return value
        return None

    return coalesce


@closure_of.register
def _(node: tree.Letters) -> Closure:
    value, change = closure_of(node.value), str.lower if node.case == "lower" else str.upper

    def letters(scope: Scope) -> Any:
        text = value(scope)
        return None if text is None else change(text)

    return letters
