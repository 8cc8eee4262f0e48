"""When time alone may change a condition: typed tree -> `horizon(scope)`, a moment or None.

Only `now()`, counts in a window, beliefs and who is here move with time. A count falls when its
oldest event leaves the window; a comparison of moments turns where both sides meet, one of a belief
where its evidence has shrunk enough. An earlier moment than needed costs one more look, a later one
is never given. What this cannot tell is refused (`Unwatchable`). Moments are whole microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from functools import singledispatch
from itertools import chain
from math import ceil, floor, log2
from typing import Any, TypeAlias

from regard.core.belief import left_of, log_odds
from regard.core.clock import from_us, to_us
from regard.core.person import RECENT_MAX
from regard.core.scope import Scope
from regard.core.sessions import HERE_FOR
from regard.project.expressions import tree
from regard.project.expressions.closures import Closure, closure_of
from regard.project.expressions.tree import MIRRORED

_TICKING = (tree.LocalHour, tree.SessionMinutes)

Horizon: TypeAlias = Callable[[Scope], datetime | None]
_Us: TypeAlias = Callable[[Scope], int | None]

_MICROSECOND = timedelta(microseconds=1)
_LAST_US = to_us(datetime.max.replace(tzinfo=from_us(0).tzinfo))


class Unwatchable(Exception):
    """Nobody can tell when time would change this; `hint` says how to write it instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def horizon_of(condition: tree.Node) -> Horizon:
    """Return what gives the earliest later moment at which time alone may change a condition.

    Raise `Unwatchable` for a condition of which that cannot be told.
    """
    horizon_us = _horizon(condition)

    def horizon(scope: Scope) -> datetime | None:
        found = horizon_us(scope)
        return None if found is None or found > _LAST_US else from_us(found)

    return horizon


def moves(node: tree.Node) -> bool:
    """Return whether the value of a node changes with time alone."""
    if isinstance(node, tree.CountEvents):
        return node.window is not None
    if isinstance(node, (tree.Now, tree.NeedBelief, tree.IsHere, *_TICKING)):
        return True
    return any(moves(part) for part in parts_of(node))


def parts_of(node: tree.Node) -> Iterator[tree.Node]:
    """Yield the nodes right below a node."""
    for field in fields(node):
        value = getattr(node, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if hasattr(part, "kind"):
                yield part


def _never(_scope: Scope) -> int | None:
    return None


def _earliest(found: Iterator[int | None]) -> int | None:
    return min((moment for moment in found if moment is not None), default=None)


def _horizon(node: tree.Node) -> _Us:
    return _of_kind(node) if moves(node) else _never


@singledispatch
def _of_kind(_node: Any) -> _Us:
    raise _untold()


def _untold() -> Unwatchable:
    return Unwatchable(
        "nobody can tell when this changes as time passes",
        "compare moments (now() > last_event_at('…') + interval '14 days') or counts",
    )


@_of_kind.register
def _(node: tree.Logic) -> _Us:
    """Wait for the last of the parts that decide alone, or else for the first of all."""
    decisive = node.op == "or"
    parts = tuple((closure_of(part), _horizon(part)) for part in node.parts)

    def logic(scope: Scope) -> int | None:
        latest: int | None = None
        is_decided = False
        for value, horizon in parts:
            if value(scope) is decisive:
                turns = horizon(scope)
                if turns is None:
                    return None
                latest = turns if latest is None else max(latest, turns)
                is_decided = True
        return latest if is_decided else _earliest(horizon(scope) for _, horizon in parts)

    return logic


def _first_of(nodes: Sequence[tree.Node]) -> _Us:
    horizons = tuple(_horizon(node) for node in nodes if moves(node))
    return lambda scope: _earliest(horizon(scope) for horizon in horizons)


@_of_kind.register
def _(node: tree.Not) -> _Us:
    return _horizon(node.part)


@_of_kind.register
def _(node: tree.Is) -> _Us:
    if node.value.kind == "boolean":
        return _horizon(node.value)
    _slope(node.value)  # whether a moment is NULL does not change, if it can be read at all
    return _never


@_of_kind.register
def _(node: tree.Coalesce) -> _Us:
    if node.kind != "boolean":
        raise _untold()
    return _first_of(node.items)


@_of_kind.register
def _(node: tree.In) -> _Us:
    if node.value.kind != "number" or any(moves(item) for item in node.items):
        raise _untold()
    counts = _counts_in(node.value)
    return lambda scope: min(_expiries(scope, counts), default=None)


@_of_kind.register
def _(node: tree.Compare) -> _Us:
    if node.left.kind == "boolean":
        return _first_of((node.left, node.right))
    if node.left.kind == "number":
        return _comparison_of_numbers(node)
    return _comparison_of_moments(node)


@_of_kind.register
def _(node: tree.IsHere) -> _Us:
    here, stay = closure_of(node), HERE_FOR // _MICROSECOND + 1

    def leaves(scope: Scope) -> int | None:
        seen_at = scope.person.last_seen_at
        return None if seen_at is None or not here(scope) else to_us(seen_at) + stay

    return leaves


def _comparison_of_numbers(node: tree.Compare) -> _Us:
    if isinstance(node.left, tree.NeedBelief) or isinstance(node.right, tree.NeedBelief):
        return _comparison_of_belief(node)
    _refuse_ticking(node)
    return _comparison_of_counts(node)


def _refuse_ticking(node: tree.Node) -> None:
    """Raise `Unwatchable` when a node asks for what changes all the time."""
    if isinstance(node, _TICKING):
        name = "local_hour()" if isinstance(node, tree.LocalHour) else "session_minutes()"
        raise Unwatchable(
            f"{name} changes with every hour or minute, so nobody can be a member by it",
            "ask for it where something is decided: eligibility, context, a branch of a journey",
        )
    for part in parts_of(node):
        _refuse_ticking(part)


# Belief


def _comparison_of_belief(node: tree.Compare) -> _Us:
    """Find when what is left of all evidence has shrunk to where the comparison turns."""
    is_left = isinstance(node.left, tree.NeedBelief)
    belief, limit = (node.left, node.right) if is_left else (node.right, node.left)
    number = limit.value if isinstance(limit, tree.Constant) else None
    if not isinstance(belief, tree.NeedBelief) or not isinstance(number, int | float):
        raise Unwatchable("a belief is compared with a number", "need('…') >= 0.6")
    need, curve = belief.need, belief.curve
    half_us = curve.half_life // _MICROSECOND

    def turns(scope: Scope) -> int | None:
        state = scope.person.needs.get(need)
        if state is None or not 0 < number < 1:
            return None
        now_us = to_us(scope.now)
        left = sum(left_of(piece, curve, now_us) for piece in state.evidence)
        needed = log_odds(number) - log_odds(curve.prior)
        if needed == 0 or left / needed < 1:
            return None  # evidence only shrinks: what is this side of the line stays there
        return now_us + max(1, floor(log2(left / needed) * half_us) - 1)

    return turns


# Counts


def _comparison_of_counts(node: tree.Compare) -> _Us:
    """Find after how many departures the comparison turns, and when the last of them leaves."""
    if moves(node.left) == moves(node.right):
        raise _uncountable()
    is_left = moves(node.left)
    counted, limit = (node.left, node.right) if is_left else (node.right, node.left)
    number = limit.value if isinstance(limit, tree.Constant) else None
    if not isinstance(number, int | float):
        raise _uncountable()
    op = node.op if is_left else MIRRORED[node.op]
    counts, value = _counts_in(counted), closure_of(counted)
    if isinstance(counted, tree.CountEvents):
        return _of_one_count(*counts[0], value, op, number)

    def turns(scope: Scope) -> int | None:
        gone = _departures(value(scope), op, number)
        if gone is None:
            return None
        expires = sorted(_expiries(scope, counts))
        return expires[gone - 1] if gone <= len(expires) else None

    return turns


def _of_one_count(
    event: str, window_us: int, value: Closure, op: tree.Comparison, number: float
) -> _Us:
    def turns(scope: Scope) -> int | None:
        count: int = value(scope)
        gone = _departures(count, op, number)
        if gone is None or gone > count:
            return None
        recent: Sequence[int] = scope.person.seen[event].recent_us  # newest first
        return recent[count - gone] + window_us + 1

    return turns


def _departures(count: float, op: tree.Comparison, number: float) -> int | None:
    """Return how many events must leave before the comparison with a number turns (None: never)."""
    above = count - number
    if op in (">=", "<"):
        return floor(above) + 1 if above >= 0 else None
    if op in (">", "<="):
        return ceil(above) if above > 0 else None
    if above == 0:
        return 1
    return int(above) if above > 0 and above == int(above) else None


def _uncountable() -> Unwatchable:
    return Unwatchable(
        f"a count in a window ends at {RECENT_MAX}: compare it, or a sum of counts, with a number",
        "count_events('…', '30 days') >= 2",
    )


def _counts_in(node: tree.Node) -> list[tuple[str, int]]:
    """Return (event, window) of the counts that a sum adds up."""
    if isinstance(node, tree.CountEvents):
        return [(node.event, node.window // _MICROSECOND)] if node.window is not None else []
    if isinstance(node, tree.Constant):
        return []
    if isinstance(node, tree.Calculation) and node.op == "+":
        return list(chain(_counts_in(node.left), _counts_in(node.right)))
    raise _uncountable()


def _expiries(scope: Scope, counts: Sequence[tuple[str, int]]) -> list[int]:
    """Return when each event that is counted now leaves its window."""
    found: list[int] = []
    now_us = to_us(scope.now)
    for event, window_us in counts:
        seen = scope.person.seen.get(event)
        if seen is not None:
            stay = window_us + 1
            found += [at + stay for at in seen.recent_us if at + stay > now_us]
    return found


# Moments


def _comparison_of_moments(node: tree.Compare) -> _Us:
    """Solve where left - right, which grows by a whole number per microsecond, turns."""
    left, right = closure_of(node.left), closure_of(node.right)
    left_slope, right_slope = _slope(node.left), _slope(node.right)
    op = node.op

    def turns(scope: Scope) -> int | None:
        slope = left_slope(scope) - right_slope(scope)
        a, b = left(scope), right(scope)
        if slope == 0 or a is None or b is None:
            return None
        ahead = _ahead((a - b) // _MICROSECOND, slope, op)
        return None if ahead is None else to_us(scope.now) + ahead

    return turns


def _ahead(gap: int, slope: int, op: tree.Comparison) -> int | None:
    """Return after how many microseconds ``gap + slope * t`` compares with 0 otherwise than now."""
    if slope < 0:
        gap, slope = -gap, -slope
        op = MIRRORED[op]
    if op in ("<", ">="):
        return -(gap // slope) if gap < 0 else None
    if op in ("<=", ">"):
        return -gap // slope + 1 if gap <= 0 else None
    if gap == 0:
        return 1
    return -gap // slope if gap < 0 and gap % slope == 0 else None


@singledispatch
def _slope(node: Any) -> Callable[[Scope], int]:
    """Return by how much a moment or interval grows per microsecond."""
    return _still(node)


def _still(node: tree.Node) -> Callable[[Scope], int]:
    if moves(node):
        raise Unwatchable(
            "now() can only be moved by intervals and compared with other moments",
            "now() > last_event_at('…') + interval '14 days'",
        )
    return lambda _scope: 0


@_slope.register
def _(_node: tree.Now) -> Callable[[Scope], int]:
    return lambda _scope: 1


@_slope.register
def _(node: tree.Calculation) -> Callable[[Scope], int]:
    if node.op in ("*", "/"):
        return _still(node)
    left, right = _slope(node.left), _slope(node.right)
    if node.op == "-":
        return lambda scope: left(scope) - right(scope)
    return lambda scope: left(scope) + right(scope)


@_slope.register
def _(node: tree.Coalesce) -> Callable[[Scope], int]:
    items: tuple[tuple[Closure, Callable[[Scope], int]], ...] = tuple(
        (closure_of(item), _slope(item)) for item in node.items
    )

    def first(scope: Scope) -> int:
        for value, slope in items:
            if value(scope) is not None:
                return slope(scope)
        return 0

    return first
