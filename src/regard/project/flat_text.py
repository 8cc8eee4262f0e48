"""Renders a text without tags (content and values alone) without the library's machinery.

In: a parsed template, and what it sees. Out: the text that python-liquid would give, at a fifth of
its cost: pieces of content stand ready, a value is looked up and written as the library writes it,
and a context is made for filters only. Whatever is not as plain as that (a name that is not there,
too much output) is None: then the library renders, and tells what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from liquid import BoundTemplate, RenderContext
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.stringify import to_liquid_string

Piece = str | tuple[str, ...] | FilteredExpression

_UTF8_BYTES_MAX = 4
_PLAIN = (dict, MappingProxyType)


class FlatText:
    """The pieces of one template: a text, a path of names, or an expression with filters."""

    __slots__ = ("_bytes_max", "_escapes", "_pieces", "_template")

    def __init__(self, template: BoundTemplate, pieces: Sequence[Piece], bytes_max: int) -> None:
        self._template = template
        self._pieces = tuple(pieces)
        self._escapes = template.env.autoescape
        self._bytes_max = bytes_max

    def render(self, data: Mapping[str, Any]) -> str | None:
        """Return the text for `data`; None when the library must render it. Filters may raise."""
        context: RenderContext | None = None
        written: list[str] = []
        for piece in self._pieces:
            if type(piece) is str:
                written.append(piece)
                continue
            if type(piece) is tuple:
                value = _found(piece, data)
                if value is None:
                    return None
            else:
                context = context or _context(self._template, data)
                value = piece.evaluate(context)  # type: ignore[union-attr]
            written.append(to_liquid_string(value, self._escapes))
        text = "".join(written)
        if len(text) * _UTF8_BYTES_MAX > self._bytes_max:
            return None
        return text


def flat(template: BoundTemplate, bytes_max: int) -> FlatText | None:
    """Return a template as a flat text of at most `bytes_max` bytes; None when it has tags."""
    pieces: list[Piece] = []
    for node in template.nodes:
        if type(node) is ContentNode:
            pieces.append(node.text)
        elif type(node) is OutputNode and type(node.expression) is FilteredExpression:
            pieces.append(_piece(node.expression))
        else:
            return None
    return FlatText(template, pieces, bytes_max)


def _piece(expression: FilteredExpression) -> Piece:
    left = expression.left
    if expression.filters or type(left) is not Path:
        return expression
    names = tuple(name for name in left.path if type(name) is str)
    return names if len(names) == len(left.path) else expression


def _found(path: tuple[str, ...], data: Mapping[str, Any]) -> Any:
    """Return the value at a path of plain mappings; None: it is none, or not to be had so."""
    found: Any = data
    for name in path:
        if type(found) not in _PLAIN or name not in found:
            return None
        found = found[name]
    return "" if found is None else found


def _context(template: BoundTemplate, data: Mapping[str, Any]) -> RenderContext:
    return template.context_class(template, globals=template.make_globals(dict(data)))
