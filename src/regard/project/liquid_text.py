"""Liquid texts under limits: parsed when the folder is read, rendered for one recipient.

Two environments: HTML escapes every value, plain text does not. Loops, output and memory are
bounded and `include`, `render` and `extends` do not exist, so no template reaches a file or runs
away. A name that is not there renders as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError

from regard.core.errors import Refused
from regard.project.findings import did_you_mean
from regard.project.liquid_filters import FILTERS

OUTPUT_MAX = 1_000_000
"""Bytes of one rendered part; mail over 100 kB is already clipped by readers."""

TAG_PATTERN = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
"""One piece of Liquid in a text of another language."""


class _Limited(Environment):
    loop_iteration_limit = 10_000
    output_stream_limit = OUTPUT_MAX
    local_namespace_limit = OUTPUT_MAX
    context_depth_limit = 20
    block_nesting_limit = 20


def _environment(*, escapes: bool) -> Environment:
    environment = _Limited(autoescape=escapes)
    environment.filters.update(FILTERS)
    for name in ("include", "render", "extends", "block"):
        environment.tags.pop(name, None)
    return environment


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
    """One compiled text."""

    __slots__ = ("_name", "_source", "_template")

    def __init__(self, template: BoundTemplate, source: str, name: str) -> None:
        self._template = template
        self._source = source
        self._name = name

    def render(self, data: Mapping[str, Any]) -> str:
        """Return the text for `data`; raise `Refused` when a limit is met or a filter fails."""
        try:
            return str(self._template.render(data))
        except (LiquidError, ArithmeticError, RecursionError) as error:
            raise Refused(
                f"The template {self._name} cannot be rendered: {_first_line(error)}.",
                code="template_failed",
                hint="See the limits in docs/project-folder.md.",
            ) from None  # the library's message repeats the whole page

    def names(self) -> Iterator[tuple[tuple[str, ...], int]]:
        """Yield every variable that the text reads (``facts``, ``x``) and its line."""
        for variables in self._template.analyze().globals.values():
            for variable in variables:
                segments = tuple(s for s in variable.segments if isinstance(s, str))
                yield segments, self._source.count("\n", 0, variable.span.index) + 1


def compile_liquid(source: str, name: str, *, is_html: bool) -> LiquidText:
    """Return the compiled text; raise `LiquidFault` when it is not readable Liquid."""
    environment = _HTML if is_html else _PLAIN
    try:
        return LiquidText(environment.from_string(source, name=name), source, name)
    except RecursionError:
        raise LiquidFault("nested too deeply", 1) from None
    except LiquidError as error:
        raise _fault(error, source, environment) from None


def _fault(error: LiquidError, source: str, environment: Environment) -> LiquidFault:
    token = error.token
    line = 0
    if token is not None and token.start_index >= 0:
        line = source.count("\n", 0, token.start_index) + 1
    message = _first_line(error)
    hint = ""
    for thing, known in (("filter", environment.filters), ("tag", environment.tags)):
        if found := re.search(rf"(?:unknown|unexpected) {thing} '(\w+)'", message):
            hint = did_you_mean(found[1], known)
    return LiquidFault(f"not readable Liquid: {message}", line, hint)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
