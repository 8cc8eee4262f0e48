"""Liquid texts under limits: parsed when the folder is read, rendered for one recipient.

Two environments: HTML escapes every value, plain text does not. Loops, output and memory are
bounded and `include`, `render` and `extends` do not exist, so no template reaches a file or runs
away. A name that is not there renders as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError, LoopIterationLimitError

from regard.core.errors import Refused
from regard.project.findings import did_you_mean
from regard.project.liquid_filters import FILTERS

OUTPUT_MAX = 1_000_000
"""Bytes of one rendered part; mail over 100 kB is already clipped by readers."""

TAG_PATTERN = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
"""One piece of Liquid in a text of another language."""


LOOP_MAX = 10_000
"""Turns of all loops of one rendering together."""

NUMBER_BITS_MAX = 256
"""Bits of a calculated number; squaring in a loop would otherwise fill the memory."""


class _Limited(Environment):
    loop_iteration_limit = LOOP_MAX
    output_stream_limit = OUTPUT_MAX
    local_namespace_limit = OUTPUT_MAX
    context_depth_limit = 20
    block_nesting_limit = 20


def _environment(*, escapes: bool) -> Environment:
    environment = _Limited(autoescape=escapes)
    environment.filters.update(FILTERS)
    for name, apply in environment.filters.items():
        environment.filters[name] = _bounded(apply)
    for name in ("include", "render", "extends", "block"):
        environment.tags.pop(name, None)
    return environment


def _bounded(apply: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that takes no endless range and gives no endless number."""

    @wraps(apply)  # keeps the marks that python-liquid puts on filters
    def bounded(*given: Any, **named: Any) -> Any:
        if any(isinstance(value, range) and len(value) > LOOP_MAX for value in given):
            raise LoopIterationLimitError("a range is too long for a filter", token=None)
        result = apply(*given, **named)
        if type(result) is int and result.bit_length() > NUMBER_BITS_MAX:
            raise LoopIterationLimitError("a number grows without end", token=None)
        return result

    return bounded


_HTML = _environment(escapes=True)
_PLAIN = _environment(escapes=False)


class LiquidFault(ValueError):
    """A text is not readable Liquid. `line` counts from 1 within the text."""

    def __init__(self, message: str, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


class LiquidText:
    """One compiled text. `names` are the variables that it reads (``facts``, ``x``) with lines.

    Two are equal when their sources are.
    """

    __slots__ = ("_name", "_source", "_template", "names")

    def __init__(
        self,
        template: BoundTemplate,
        name: str,
        names: tuple[tuple[tuple[str, ...], int], ...],
        source: str,
    ) -> None:
        self._template = template
        self._name = name
        self._source = source
        self.names = names

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LiquidText):
            return NotImplemented
        return self._source == other._source

    def __hash__(self) -> int:
        return hash(self._source)

    def render(self, data: Mapping[str, Any]) -> str:
        """Return the text for `data`; raise `Refused` when a limit is met or a filter fails."""
        try:
            return str(self._template.render(data))
        except Exception as error:  # library filters over customers' data may raise anything
            raise Refused(
                f"The template {self._name} cannot be rendered: {_first_line(error)}.",
                code="template_failed",
                hint="See the limits in docs/project-folder.md.",
            ) from None  # the library's message repeats the whole page


def compile_liquid(source: str, name: str, *, is_html: bool) -> LiquidText:
    """Return the compiled text; raise `LiquidFault` when it is not readable Liquid."""
    environment = _HTML if is_html else _PLAIN
    try:
        template = environment.from_string(source, name=name)
        seen = template.analyze()
    except RecursionError:
        raise LiquidFault("nested too deeply", 1) from None
    except LiquidError as error:
        raise _fault(error, source, environment) from None
    for used, spans in seen.filters.items():  # the library itself finds these only in rendering
        if used not in environment.filters:
            line = source.count("\n", 0, spans[0].index) + 1
            hint = did_you_mean(used, environment.filters)
            raise LiquidFault(f"not readable Liquid: unknown filter {used!r}", line, hint)
    names = (
        (
            tuple(s for s in v.segments if isinstance(s, str)),
            source.count("\n", 0, v.span.index) + 1,
        )
        for variables in seen.globals.values()
        for v in variables
    )
    return LiquidText(template, name, tuple(names), source)


def _fault(error: LiquidError, source: str, environment: Environment) -> LiquidFault:
    token = error.token
    line = 0
    if token is not None and token.start_index >= 0:
        line = source.count("\n", 0, token.start_index) + 1
    message = _first_line(error)
    found = re.search(r"unexpected tag '(\w+)'", message)
    hint = did_you_mean(found[1], environment.tags) if found else ""
    return LiquidFault(f"not readable Liquid: {message}", line, hint)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
