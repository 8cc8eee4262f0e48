"""An expression as the rooms use it: callable with a `Scope`, writable as SQL.

What is wanted decides the top: a condition gives True or False (NULL is False), a moment an aware
UTC datetime or None, a value a text, number, boolean, moment or None. A watched condition also has
a horizon: it is looked at again when time may have changed it.
"""

from __future__ import annotations

from typing import Any

from regard.core.scope import Scope
from regard.project.expressions import tree
from regard.project.expressions.checking import Slip, check
from regard.project.expressions.closures import Closure, closure_of
from regard.project.expressions.horizons import Horizon, Unwatchable, horizon_of
from regard.project.expressions.kinds import Names, Want
from regard.project.expressions.reads import Reads, reads_of
from regard.project.expressions.sql import Dialect, sql_of

_WANTED = {
    "condition": ("boolean", "a condition, such as facts.total > 100"),
    "moment": ("timestamp", "a moment, such as facts.departure_at - interval '24 hours'"),
}


class CompiledExpression:
    """Implements `core.program.Expression`; equal when text and meaning are equal.

    `horizon` is set when a watched condition was wanted: the earliest later moment at which time
    alone may change it in a scope (None: never).
    """

    __slots__ = ("_closure", "_node", "horizon", "text")

    def __init__(
        self, text: str, node: tree.Node, closure: Closure, horizon: Horizon | None = None
    ) -> None:
        self.text = text
        self.horizon = horizon
        self._node = node
        self._closure = closure

    @property
    def reads(self) -> Reads:
        """Return what entries may change it."""
        return reads_of(self._node)

    @property
    def meaning(self) -> str:
        """Return a text that is the same for expressions which mean the same."""
        return repr(self._node)

    def __call__(self, scope: Scope) -> Any:
        """Return the value in `scope`; never raises."""
        return self._closure(scope)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompiledExpression):
            return NotImplemented
        return self.text == other.text and self._node == other._node

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"CompiledExpression({self.text!r})"

    def to_sql(self, dialect: Dialect) -> str:
        """Return SQL over the columns of a scope (see `sql`); NULL stands for false.

        Raise `Refused` ``no_sql`` when a function of it has no form in SQL.
        """
        return sql_of(self._node, dialect)


def compile_expression(
    text: str, names: Names, want: Want
) -> tuple[CompiledExpression | None, tuple[Slip, ...]]:
    """Return the expression of a text (None when it is wrong) and every slip and warning."""
    node, slips = check(text, names)
    if any(not slip.is_warning for slip in slips):
        return None, slips
    if want == "value":
        if node.kind == "interval":
            return None, (*slips, Slip("an interval is no value", "compare it with an interval"))
        return CompiledExpression(text, node, closure_of(node)), slips
    kind, example = _WANTED["moment" if want == "moment" else "condition"]
    node = tree.read_as(node, kind)  # type: ignore[arg-type]
    if node.kind != kind:
        return None, (*slips, Slip(f"this is not {example}"))
    if want == "moment":
        return CompiledExpression(text, node, closure_of(node)), slips
    try:
        horizon = _watched(node) if want == "watched" else None
    except Unwatchable as error:
        return None, (*slips, Slip(error.message, error.hint))
    return CompiledExpression(text, node, _top(closure_of(node)), horizon), slips


def _watched(node: tree.Node) -> Horizon:
    if reads_of(node).has_event:
        raise Unwatchable(
            "what holds of the event at hand is over a moment later",
            "ask for the person: count_events('…'), last_fact('…', '…')",
        )
    return horizon_of(node)


def _top(condition: Closure) -> Closure:
    return lambda scope: condition(scope) is True
