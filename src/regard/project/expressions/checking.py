"""SQL text -> typed tree, or every slip in it.

sqlglot parses; this file translates its tree node by node and refuses all that is not in the
language of `docs/project-folder.md`. After a slip a node of kind ``null`` stands in, so that one
mistake is reported once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlglot
from sqlglot import exp

from regard.core.person import RECENT_MAX
from regard.core.signal import OWN_NAMES
from regard.project.expressions import tree
from regard.project.expressions.kinds import Kind, Names
from regard.project.findings import did_you_mean, one_of
from regard.project.words import CHANNEL_PATTERN, duration_of, moment_of

TEXT_MAX = 4_000
"""Characters of one expression; a longer one is a program."""

DEPTH_MAX = 20
"""Nested parentheses; sqlglot takes some 20 Python frames for each."""

FUNCTIONS = (
    "coalesce", "count_events", "has_consent", "in_audience", "is_here", "last_event_at",
    "last_fact", "local_hour", "lower", "need", "now", "session_minutes", "upper",
)  # fmt: skip

_COMPARISONS: dict[type, tree.Comparison] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
_CALCULATIONS: dict[type, tree.Arithmetic] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/",
}  # fmt: skip
_RESULTS: dict[tuple[tree.Arithmetic, Kind, Kind], Kind] = {
    ("+", "number", "number"): "number",
    ("-", "number", "number"): "number",
    ("*", "number", "number"): "number",
    ("/", "number", "number"): "number",
    ("+", "timestamp", "interval"): "timestamp",
    ("+", "interval", "timestamp"): "timestamp",
    ("-", "timestamp", "interval"): "timestamp",
    ("-", "timestamp", "timestamp"): "interval",
    ("+", "interval", "interval"): "interval",
    ("-", "interval", "interval"): "interval",
    ("*", "interval", "number"): "interval",
    ("*", "number", "interval"): "interval",
    ("/", "interval", "number"): "interval",
}
_NULL = tree.Constant(None, "null")


@dataclass(frozen=True, slots=True)
class Slip:
    """One thing wrong with an expression."""

    message: str
    hint: str = ""
    is_warning: bool = False


def check(text: str, names: Names) -> tuple[tree.Node, tuple[Slip, ...]]:
    """Return the typed tree of an expression and what is wrong with it."""
    parsed, slip = _parse(text)
    if slip is not None:
        return _NULL, (slip,)
    checker = _Checker(names)
    try:
        return checker.node(parsed), tuple(checker.slips)
    except RecursionError:
        return _NULL, (_too_deep(),)


def _parse(text: str) -> tuple[Any, Slip | None]:
    if not text.strip():
        return None, Slip("the expression is empty")
    if len(text) > TEXT_MAX:
        return None, Slip(f"the expression is longer than {TEXT_MAX:,} characters")
    if _depth(text) > DEPTH_MAX:
        return None, _too_deep()
    try:
        return sqlglot.parse_one(text, into=exp.Condition), None
    except sqlglot.errors.ParseError as error:
        detail = error.errors[0] if error.errors else {}
        near = str(detail.get("highlight") or "").strip()
        where = f" near {near!r} (column {detail.get('col')})" if near else ""
        return None, Slip(f"not a readable expression{where}", "see 'Expressions' in the docs")
    except sqlglot.errors.TokenError:
        return None, Slip("not a readable expression", "is a quote left open?")
    except RecursionError:
        return None, _too_deep()


def _depth(text: str) -> int:
    depth = deepest = 0
    for letter in text:
        if letter in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in ")]}":
            depth -= 1
    return deepest


def _too_deep() -> Slip:
    return Slip(f"nested more than {DEPTH_MAX} levels deep", "split the condition")


class _Checker:
    """Translates sqlglot nodes into typed ones, collecting slips."""

    def __init__(self, names: Names) -> None:
        self.slips: list[Slip] = []
        self._names = names
        self._by_type: dict[type, Callable[[Any], tree.Node]] = {
            exp.Paren: lambda e: self.node(e.this),
            exp.Literal: self._literal,
            exp.Boolean: lambda e: tree.Constant(bool(e.this), "boolean"),
            exp.Null: lambda _: _NULL,
            exp.Column: self._name,
            exp.Dot: self._name,
            exp.And: self._logic,
            exp.Or: self._logic,
            exp.Not: lambda e: tree.Not(self._condition(e.this)),
            exp.Between: self._between,
            exp.In: self._in,
            exp.Like: self._like,
            exp.Is: self._is,
            exp.Neg: self._negative,
            exp.Interval: self._interval,
            exp.Cast: self._moment,
            exp.Coalesce: self._coalesce,
            exp.Lower: lambda e: tree.Letters("lower", self._as(e.this, "text")),
            exp.Upper: lambda e: tree.Letters("upper", self._as(e.this, "text")),
            exp.Anonymous: self._function,
            **dict.fromkeys(_COMPARISONS, self._comparison),
            **dict.fromkeys(_CALCULATIONS, self._calculation),
        }

    def node(self, parsed: Any) -> tree.Node:
        translate = self._by_type.get(type(parsed))
        if translate is None:
            return self._unknown(parsed)
        return translate(parsed)

    def _slip(self, message: str, hint: str = "") -> tree.Constant:
        self.slips.append(Slip(message, hint))
        return _NULL

    def _unknown(self, parsed: Any) -> tree.Node:
        if isinstance(parsed, exp.CurrentTimestamp):
            return self._slip("CURRENT_TIMESTAMP is not known here", "write now()")
        if isinstance(parsed, exp.ILike):
            return self._slip("ILIKE is not known here", "write lower(x) like 'text%'")
        if isinstance(parsed, exp.Func):
            return self._unknown_function(str(parsed.sql_name()).lower())
        return self._slip(
            f"{_shown(parsed)} is not part of the language", "see 'Expressions' in the docs"
        )

    def _unknown_function(self, name: str) -> tree.Node:
        hint = did_you_mean(name, FUNCTIONS, one_of(FUNCTIONS))
        return self._slip(f"there is no function {name!r}", hint)

    # Values

    def _literal(self, parsed: Any) -> tree.Node:
        text = str(parsed.this)
        if parsed.is_string:
            return tree.Constant(text, "text")
        try:
            return tree.Constant(int(text) if text.isdigit() else float(text), "number")
        except ValueError:
            return self._slip(f"{text[:40]} is not a number")

    def _interval(self, parsed: Any) -> tree.Node:
        amount, unit = parsed.this, parsed.args.get("unit")
        if not isinstance(amount, exp.Literal) or isinstance(unit, exp.IntervalSpan):
            return self._slip(f"{_shown(parsed)} is not an interval", "write interval '24 hours'")
        text = str(amount.this) if unit is None else f"{amount.this} {unit.name.lower()}"
        try:
            return tree.Constant(duration_of(text), "interval")
        except ValueError as error:
            return self._slip(str(error), "write interval '24 hours'")

    def _moment(self, parsed: Any) -> tree.Node:
        named = parsed.to.sql().upper().startswith(("TIMESTAMP", "DATE"))
        if not named or not isinstance(parsed.this, exp.Literal) or not parsed.this.is_string:
            return self._slip(
                f"{_shown(parsed)}: casts are not part of the language",
                "kinds come from the event's schema; write timestamp '2026-01-01T00:00:00Z'",
            )
        try:
            return tree.Constant(moment_of(str(parsed.this.this)), "timestamp")
        except ValueError as error:
            return self._slip(str(error))

    def _name(self, parsed: Any) -> tree.Node:
        parts = tuple(str(part.name) for part in parsed.parts)
        if any('"' in part or not part for part in parts):
            return self._slip(f"{_shown(parsed)} is not a name", "names hold no quotes")
        root, keys = parts[0], parts[1:]
        if root in ("facts", "traits") and keys:
            return self._field(root, keys)
        dotted = ".".join(parts)
        if dotted in tree.CONTEXT_KINDS:
            return tree.Context(dotted, tree.CONTEXT_KINDS[dotted])
        known = [*tree.CONTEXT_KINDS, *(f"facts.{name}" for name in self._names.facts.named)]
        hint = "write 'text' in single quotes, or facts.x, traits.x"
        if len(parts) == 1 and parts[0] in self._names.facts.named:
            hint = f"did you mean 'facts.{parts[0]}'?"
        return self._slip(f"there is no {dotted!r}", did_you_mean(dotted, known, hint))

    def _field(self, root: Any, keys: tuple[str, ...]) -> tree.Node:
        if root == "traits":
            return tree.Field("traits", keys, "any")
        kind = self._names.facts.kind_at(keys)
        if kind is None:
            named = self._names.facts.named
            if not named:
                return self._slip(
                    f"there are no facts here, so no {'.'.join(keys)!r}",
                    "ask for the person: traits.x, last_fact('…', '…')",
                )
            return self._slip(
                f"there is no fact {'.'.join(keys)!r} in the event's schema",
                did_you_mean(keys[0], named, one_of(named)),
            )
        return tree.Field("facts", keys, kind)

    # Conditions

    def _condition(self, parsed: Any) -> tree.Node:
        return self._as(parsed, "boolean")

    def _as(self, parsed: Any, kind: Kind) -> tree.Node:
        node = tree.read_as(self.node(parsed), kind)
        if node.kind != kind:
            return self._slip(f"{_shown(parsed)} is {_a(node.kind)} where {_a(kind)} is expected")
        return node

    def _logic(self, parsed: Any) -> tree.Node:
        op: Any = "and" if isinstance(parsed, exp.And) else "or"
        parts = []
        while isinstance(parsed, exp.And if op == "and" else exp.Or):
            parts.append(parsed.expression)  # a long chain leans left: no recursion
            parsed = parsed.this
        parts.append(parsed)
        return tree.Logic(op, tuple(self._condition(part) for part in reversed(parts)))

    def _comparison(self, parsed: Any) -> tree.Node:
        op = _COMPARISONS[type(parsed)]
        if exp.Null in (type(parsed.this), type(parsed.expression)):
            return self._slip(f"{_shown(parsed)} is never true", "write x is null or x is not null")
        return self._compare(op, self.node(parsed.this), self.node(parsed.expression), parsed)

    def _compare(
        self, op: tree.Comparison, left: tree.Node, right: tree.Node, parsed: Any
    ) -> tree.Node:
        left, right = self._alike(left, right, parsed)
        self._check_threshold(op, left, right)
        self._check_threshold(tree.MIRRORED[op], right, left)
        if left.kind == "any":
            kinds: tuple[Kind, ...] = ("number", "text", "boolean")
            same = (tree.Compare(op, tree.read_as(left, k), tree.read_as(right, k)) for k in kinds)
            return tree.Coalesce(tuple(same), "boolean")
        if left.kind == "boolean" and op not in ("=", "<>"):
            return self._slip(f"{_shown(parsed)}: true and false have no order")
        return tree.Compare(op, left, right)

    def _alike(self, left: tree.Node, right: tree.Node, parsed: Any) -> tuple[tree.Node, tree.Node]:
        left, right = tree.read_as(left, right.kind), tree.read_as(right, left.kind)
        if left.kind != right.kind and "null" not in (left.kind, right.kind):
            hint = ""
            if {left.kind, right.kind} == {"timestamp", "text"}:
                hint = "write timestamp '2026-01-01T00:00:00Z'"
            elif "text" in (left.kind, right.kind):
                hint = "a text stands in single quotes, a number without"
            self._slip(f"{_shown(parsed)} compares {_a(left.kind)} with {_a(right.kind)}", hint)
            return _NULL, _NULL
        return left, right

    def _check_threshold(self, op: tree.Comparison, left: tree.Node, right: tree.Node) -> None:
        added = tree.added_to_counts(left)
        if added is None or not isinstance(right, tree.Constant):
            return
        highest = RECENT_MAX if op in (">=", "<") else RECENT_MAX - 1
        if isinstance(right.value, int | float) and right.value - added > highest:
            self._slip(
                f"a count in a window ends at {RECENT_MAX}, so it cannot be compared with "
                f"{right.value} by {op}",
                f"use at most {highest + added}, or count without a window",
            )

    def _between(self, parsed: Any) -> tree.Node:
        value = self.node(parsed.this)
        low = self._compare(">=", value, self.node(parsed.args["low"]), parsed)
        high = self._compare("<=", value, self.node(parsed.args["high"]), parsed)
        return self._negated(tree.Logic("and", (low, high)), parsed)

    def _in(self, parsed: Any) -> tree.Node:
        if parsed.args.get("query") or parsed.args.get("unnest") or not parsed.expressions:
            return self._slip(f"{_shown(parsed)} needs a list of values", "write x in (1, 2)")
        value = self.node(parsed.this)
        items = [self.node(item) for item in parsed.expressions]
        kind = next((n.kind for n in (value, *items) if n.kind not in ("any", "null")), None)
        if kind is None:
            same = tuple(self._compare("=", value, item, parsed) for item in items)
            return self._negated(tree.Logic("or", same), parsed)
        value = tree.read_as(value, kind)
        found = []
        for item in items:
            left, right = self._alike(value, tree.read_as(item, kind), parsed)
            self._check_threshold("=", left, right)
            found.append(right)
        return self._negated(tree.In(value, tuple(found)), parsed)

    def _like(self, parsed: Any) -> tree.Node:
        pattern = parsed.expression
        if not isinstance(pattern, exp.Literal) or not pattern.is_string:
            return self._slip(f"{_shown(parsed)}: the pattern is not a text", "write like 'SK%'")
        value = self._as(parsed.this, "text")
        return self._negated(tree.Like(value, str(pattern.this)), parsed)

    def _is(self, parsed: Any) -> tree.Node:
        expected = parsed.expression
        if isinstance(expected, exp.Null):
            return self._negated(tree.Is(self.node(parsed.this), None), parsed)
        if isinstance(expected, exp.Boolean):
            value = self._condition(parsed.this)
            return self._negated(tree.Is(value, bool(expected.this)), parsed)
        return self._slip(f"{_shown(parsed)} is not part of the language", "write x is null")

    def _negated(self, node: tree.Node, parsed: Any) -> tree.Node:
        return tree.Not(node) if parsed.args.get("negate") else node

    # Calculations and functions

    def _negative(self, parsed: Any) -> tree.Node:
        if isinstance(parsed.this, exp.Literal) and not parsed.this.is_string:
            constant = self._literal(parsed.this)
            if isinstance(constant, tree.Constant) and isinstance(constant.value, int | float):
                return tree.Constant(-constant.value, "number")
        return tree.Calculation(
            "-", tree.Constant(0, "number"), self._as(parsed.this, "number"), "number"
        )

    def _calculation(self, parsed: Any) -> tree.Node:
        op = _CALCULATIONS[type(parsed)]
        left, right = self.node(parsed.this), self.node(parsed.expression)
        if "null" in (left.kind, right.kind):
            return _NULL
        left = tree.read_as(left, _partner(op, right.kind))
        right = tree.read_as(right, _partner(op, left.kind))
        kind = _RESULTS.get((op, left.kind, right.kind))
        if kind is None:
            return self._slip(
                f"{_shown(parsed)} does not work with {_a(left.kind)} and {_a(right.kind)}"
            )
        return tree.Calculation(op, left, right, kind)

    def _coalesce(self, parsed: Any) -> tree.Node:
        items = [self.node(item) for item in (parsed.this, *parsed.expressions)]
        kind: Kind = next((n.kind for n in items if n.kind not in ("any", "null")), "any")
        items = [tree.read_as(item, kind) for item in items]
        strange = next((n.kind for n in items if n.kind not in (kind, "null")), None)
        if strange is not None:
            return self._slip(f"{_shown(parsed)} mixes {_a(kind)} with {_a(strange)}")
        return tree.Coalesce(tuple(items), kind)

    def _function(self, parsed: Any) -> tree.Node:
        name = str(parsed.name).lower()
        makers: dict[str, tuple[tuple[int, ...], Callable[[list[str]], tree.Node]]] = {
            "now": ((0,), lambda _: tree.Now()),
            "count_events": ((1, 2), self._count_events),
            "last_event_at": ((1,), lambda a: tree.LastEventAt(self._event(a[0]))),
            "last_fact": ((2,), self._last_fact),
            "has_consent": ((1, 2), self._has_consent),
            "in_audience": ((1,), self._in_audience),
            "is_here": ((1,), self._is_here),
            "local_hour": ((0,), lambda _: tree.LocalHour(self._names.zone)),
            "need": ((1,), self._need),
            "session_minutes": ((0,), lambda _: tree.SessionMinutes()),
        }
        if name not in makers:
            return self._unknown_function(name)
        counts, make = makers[name]
        given = parsed.expressions
        if len(given) not in counts:
            wanted = " or ".join(map(str, counts))
            return self._slip(f"{name}() takes {wanted} arguments, not {len(given)}")
        if any(not isinstance(g, exp.Literal) or not g.is_string for g in given):
            return self._slip(f"{name}() takes texts in single quotes", f"write {name}('…')")
        return make([str(g.this) for g in given])

    def _event(self, name: str) -> str:
        events = self._names.events
        is_own = name.partition("|")[0] in OWN_NAMES
        if events and name not in events and not is_own:
            hint = did_you_mean(name, events, "describe it in events/")
            self.slips.append(Slip(f"no file describes the event {name!r}", hint, is_warning=True))
        return name

    def _count_events(self, given: list[str]) -> tree.Node:
        window: timedelta | None = None
        if len(given) == 2:
            try:
                window = duration_of(given[1])
            except ValueError as error:
                return self._slip(str(error))
        return tree.CountEvents(self._event(given[0]), window)

    def _last_fact(self, given: list[str]) -> tree.Node:
        event, keys = self._event(given[0]), tuple(given[1].split("."))
        known = self._names.events.get(event)
        kind = "any" if known is None else known.kind_at(keys)
        if known is not None and kind is None:
            return self._slip(
                f"there is no fact {given[1]!r} in the schema of {event!r}",
                did_you_mean(keys[0], known.named, one_of(known.named)),
            )
        if any(not key or '"' in key for key in keys):
            return self._slip(f"{given[1]!r} is not a name")
        return tree.LastFact(event, keys, kind or "any")

    def _has_consent(self, given: list[str]) -> tree.Node:
        for value, known, thing in zip(
            given,
            (self._names.purposes, self._names.channels),
            ("purpose", "channel"),
            strict=False,
        ):
            if value not in known:
                self._slip(
                    f"there is no {thing} {value!r}",
                    did_you_mean(value, known, one_of(known) or f"no {thing} is declared yet"),
                )
        return tree.HasConsent(given[0], given[1] if len(given) == 2 else "")

    def _in_audience(self, given: list[str]) -> tree.Node:
        known = self._names.audiences
        if given[0] not in known:
            hint = did_you_mean(given[0], known, one_of(known) or "no audience is declared yet")
            self._slip(f"there is no audience {given[0]!r}", hint)
        return tree.InAudience(given[0])

    def _is_here(self, given: list[str]) -> tree.Node:
        if not CHANNEL_PATTERN.fullmatch(given[0]):
            return self._slip(f"{given[0]!r} is not an exact channel", "is_here('web.desktop')")
        return tree.IsHere(given[0])

    def _need(self, given: list[str]) -> tree.Node:
        known = self._names.needs
        curve = known.get(given[0])
        if curve is None:
            hint = did_you_mean(given[0], known, one_of(known) or "no need is declared yet")
            return self._slip(f"there is no need {given[0]!r}", hint)
        return tree.NeedBelief(given[0], curve)


def _partner(op: tree.Arithmetic, kind: Kind) -> Kind:
    """Return what an untyped field must be, beside something of `kind`."""
    if kind == "interval":
        return "timestamp" if op in ("+", "-") else "number"
    if kind == "timestamp":
        return "timestamp" if op == "-" else "any"
    return "number"


def _a(kind: Kind) -> str:
    return {
        "number": "a number", "text": "a text", "boolean": "a condition", "timestamp": "a moment",
        "interval": "an interval", "any": "an untyped value", "null": "nothing",
    }[kind]  # fmt: skip


def _shown(parsed: Any) -> str:
    text = re.sub(r"\s+", " ", parsed.sql(comments=False))
    return text if len(text) <= 80 else text[:79] + "…"
