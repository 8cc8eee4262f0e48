"""Liquid texts under limits: parsed when the folder is read, rendered for one recipient.

Two environments: HTML escapes every value, plain text does not. Loops, output and memory are
bounded; `include` and `extends` do not exist and `render` reaches the snippets of the folder alone,
so no template reaches a file or runs away. A name that is not there renders as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

from liquid import BoundTemplate, Environment
from liquid.builtin.expressions import StringLiteral
from liquid.builtin.tags.render_tag import RenderTag
from liquid.exceptions import LiquidError, LiquidSyntaxError, LoopIterationLimitError
from liquid.loader import BaseLoader

from regard.core.errors import Refused
from regard.project.findings import did_you_mean
from regard.project.flat_text import flat
from regard.project.liquid_filters import FILTERS

OUTPUT_MAX = 1_000_000
"""Bytes of one rendered part; mail over 100 kB is already clipped by readers."""

TAG_PATTERN = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
"""One piece of Liquid in a text of another language."""


LOOP_MAX = 10_000
"""Turns of all loops of one rendering together."""

NUMBER_BITS_MAX = 256
"""Bits of a calculated number; squaring in a loop would otherwise fill the memory."""


class _NoSnippet(LiquidSyntaxError):
    """A text asks for a snippet that is not there. `hint` may name the closest one."""

    hint = ""


class _Render(RenderTag):
    """``{% render 'footer' %}``: the snippet is there when the text is compiled, or never."""

    env: _Limited

    def parse(self, stream: Any) -> Any:
        token = stream.current
        node: Any = super().parse(stream)
        if not isinstance(node.name, StringLiteral):
            raise _NoSnippet("a snippet is named in quotes", token=token)
        name = node.name.value
        if name not in self.env.snippets:
            error = _NoSnippet(f"there is no snippet {name!r}", token=token)
            error.hint = did_you_mean(name, self.env.snippets, "snippets are in snippets/")
            raise error
        self.env.used.append(name)
        return node


class _Loader(BaseLoader):
    """Gives the snippets to the library, each parsed once."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        super().__init__()
        self._sources = sources
        self._parsed: dict[str, BoundTemplate] = {}

    def load(self, env: Environment, name: str, **_: Any) -> BoundTemplate:
        if name not in self._parsed:
            self._parsed[name] = env.from_string(self._sources[name], name=name)
        return self._parsed[name]

    def get_source(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


class _Limited(Environment):
    loop_iteration_limit = LOOP_MAX
    output_stream_limit = OUTPUT_MAX
    local_namespace_limit = OUTPUT_MAX
    context_depth_limit = 20
    block_nesting_limit = 20

    def __init__(self, snippets: Mapping[str, str], *, escapes: bool) -> None:
        super().__init__(autoescape=escapes, loader=_Loader(snippets))
        self.snippets = snippets
        self.used: list[str] = []


def _environment(*, escapes: bool, snippets: Mapping[str, str]) -> _Limited:
    environment = _Limited(snippets, escapes=escapes)
    environment.filters.update(FILTERS)
    for name, apply in environment.filters.items():
        environment.filters[name] = _bounded(apply)
    for name in ("include", "extends", "block"):
        environment.tags.pop(name, None)
    environment.add_tag(_Render)
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


class LiquidFault(ValueError):
    """A text is not readable Liquid. `line` counts from 1 within the text."""

    def __init__(self, message: str, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


class LiquidText:
    """One compiled text. `names` are the variables that it reads (``facts``, ``x``) with lines.

    `reads` are those of its snippets too, `uses` the snippets that it names itself. Two are equal
    when their sources are, snippets included.
    """

    __slots__ = ("_flat", "_name", "_source", "_template", "names", "reads", "uses")

    def __init__(
        self, template: BoundTemplate, name: str, source: str, uses: list[str], behind: str
    ) -> None:
        self._template = template
        self._flat = flat(template, OUTPUT_MAX)
        self._name = name
        self._source = source + behind
        self.uses = frozenset(uses)
        seen = template.analyze(include_partials=False)
        self.names = tuple(_named(seen.globals, source))
        whole = template.analyze() if uses else seen
        self.reads = tuple(dict.fromkeys(path for path, _ in _named(whole.globals, "")))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LiquidText):
            return NotImplemented
        return self._source == other._source

    def __hash__(self) -> int:
        return hash(self._source)

    def render(self, data: Mapping[str, Any]) -> str:
        """Return the text for `data`; raise `Refused` when a limit is met or a filter fails."""
        try:
            found = self._flat.render(data) if self._flat is not None else None
            return str(self._template.render(data)) if found is None else found
        except Exception as error:  # library filters over customers' data may raise anything
            raise Refused(
                f"The template {self._name} cannot be rendered: {_first_line(error)}.",
                code="template_failed",
                hint="See the limits in docs/project-folder.md.",
            ) from None  # the library's message repeats the whole page


class Liquid:
    """Compiles texts of one kind (HTML escapes, plain text does not) with `snippets` by name."""

    def __init__(self, *, is_html: bool, snippets: Mapping[str, str] | None = None) -> None:
        self._snippets = snippets or {}
        self._environment = _environment(escapes=is_html, snippets=self._snippets)

    def compile(self, source: str, name: str) -> LiquidText:
        """Return the compiled text; raise `LiquidFault` when it is not readable Liquid."""
        environment = self._environment
        environment.used = []
        try:
            template = environment.from_string(source, name=name)
            used = environment.used
            _check_filters(template, environment, source)
            return LiquidText(template, name, source, used, self._behind(used))
        except RecursionError:
            raise LiquidFault("nested too deeply", 1) from None
        except LiquidError as error:
            raise _fault(error, source, environment) from None

    def uses(self, source: str) -> tuple[str, ...]:
        """Return the snippets that a text names, each as often as it does; raise `LiquidFault`."""
        self._environment.used = []
        try:
            template = self._environment.from_string(source)
            _check_filters(template, self._environment, source)
        except RecursionError:
            raise LiquidFault("nested too deeply", 1) from None
        except LiquidError as error:
            raise _fault(error, source, self._environment) from None
        return tuple(self._environment.used)

    def _behind(self, used: list[str]) -> str:
        """Return the sources of the snippets that are used, and of those that they use."""
        found, waiting = dict[str, str](), sorted(used)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self._snippets[name]
                waiting += sorted(self.uses(found[name]))
        return "".join(f"\x00{name}\x00{found[name]}" for name in sorted(found))


_HTML = Liquid(is_html=True)
_PLAIN = Liquid(is_html=False)


def compile_liquid(source: str, name: str, *, is_html: bool) -> LiquidText:
    """Return a compiled text that uses no snippet; raise `LiquidFault` when it is not readable."""
    return (_HTML if is_html else _PLAIN).compile(source, name)


def _check_filters(template: BoundTemplate, environment: Environment, source: str) -> None:
    """Refuse unknown filters: the library itself finds these only in rendering."""
    for used, spans in template.analyze(include_partials=False).filters.items():
        if used not in environment.filters:
            line = source.count("\n", 0, spans[0].index) + 1
            hint = did_you_mean(used, environment.filters)
            raise LiquidFault(f"not readable Liquid: unknown filter {used!r}", line, hint)


def _named(variables: Mapping[str, Any], source: str) -> Iterator[tuple[tuple[str, ...], int]]:
    for found in variables.values():
        for one in found:
            path = tuple(s for s in one.segments if isinstance(s, str))
            yield path, source.count("\n", 0, one.span.index) + 1


def _fault(error: LiquidError, source: str, environment: Environment) -> LiquidFault:
    token = error.token
    line = 0
    if token is not None and token.start_index >= 0:
        line = source.count("\n", 0, token.start_index) + 1
    message = _first_line(error)
    if isinstance(error, _NoSnippet):
        return LiquidFault(message, line, error.hint)
    found = re.search(r"unexpected tag '(\w+)'", message)
    hint = did_you_mean(found[1], environment.tags) if found else ""
    return LiquidFault(f"not readable Liquid: {message}", line, hint)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
