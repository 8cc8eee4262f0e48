"""YAML and TOML texts as plain values, with the line of every key and item.

YAML is read from libyaml's event stream as YAML 1.2 reads it (`no` is a text, not False; `21:00`
is a text, not 1,260). Refused, each with its line: syntax errors, duplicate keys, tags, keys that
are not texts, deep nesting and aliases that expand beyond `NODES_MAX` (the billion laughs).
`testing` reads stories with the same function.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import yaml

from regard.core.errors import Problem

TEXT_MAX = 1_000_000
"""Characters of one file; nobody reviews a larger one."""

NODES_MAX = 100_000
"""Values of one document after aliases are followed."""

DEPTH_MAX = 40
"""Levels of nesting; JSON Schemas of real events stay under 20."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The content of one file and the line (from 1) of every path in it."""

    file: str
    data: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of `path`, or of its nearest parent, or 0."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def parse_yaml(text: str, file: str = "") -> tuple[Document, tuple[Problem, ...]]:
    """Return the document of a YAML text and what is wrong with it (data is None if unreadable)."""
    if len(text) > TEXT_MAX:
        return Document(file=file, data=None), (_too_long(file),)
    builder = _Builder(text, file)
    try:
        data = builder.document()
    except yaml.YAMLError as error:
        builder.problems.append(_yaml_problem(error, text, file))
        data = None
    return Document(file=file, data=data, lines=builder.lines), tuple(builder.problems)


def parse_toml(text: str, file: str = "") -> tuple[Document, tuple[Problem, ...]]:
    """Return the document of a TOML text and what is wrong with it; lines are best effort."""
    if len(text) > TEXT_MAX:
        return Document(file=file, data=None), (_too_long(file),)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"\(at line (\d+)", str(error))
        message = re.sub(r" \(at .*\)$", "", str(error))
        problem = Problem(
            file=file, line=int(found[1]) if found else 0, message=f"not readable TOML: {message}"
        )
        return Document(file=file, data=None), (problem,)
    return Document(file=file, data=data, lines=_toml_lines(text)), ()


def _too_long(file: str) -> Problem:
    return Problem(
        file=file,
        message=f"the file is longer than {TEXT_MAX:,} characters",
        hint="split it; a definition is a page, not a data set",
    )


_TIME = r"\d\d:\d\d:\d\d(?:\.\d+)?(?: ?[Zz]|[-+]\d\d(?::?\d\d)?)?"
_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+[eE][-+]?[0-9]+)", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("timestamp", rf"\d{{4}}-\d\d-\d\d(?:[Tt ]{_TIME})?", "0123456789"),
)
"""What a text without quotes may be: YAML 1.2, plus moments, which stories write without quotes.

`+43664…` and `0043…` are telephone numbers, not integers: a sign or a zero in front makes a text.
"""


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """Return PyYAML's table of the kinds of scalars by their first letter."""
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for name, pattern, letters in _SCALARS:
        for letter in letters:
            rule = (f"tag:yaml.org,2002:{name}", re.compile(rf"^(?:{pattern})$"))
            table.setdefault(letter, []).append(rule)
    return table


class _Loader(yaml.CSafeLoader):
    """libyaml's parser with our kinds of scalars; only scalars are ever constructed by PyYAML."""

    yaml_implicit_resolvers = _resolvers()


class _Builder:
    """Builds one document from parser events, counting nodes and nesting as it goes."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._text = text
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._node_count = 0

    def document(self) -> Any:
        """Return the data of the only document in the text."""
        self._loader = _Loader(self._text)
        try:
            self._loader.get_event()  # start of stream
            if self._loader.check_event(yaml.StreamEndEvent):
                return None
            self._loader.get_event()  # start of document
            data = self._node(())
            self._loader.get_event()  # end of document
            if not self._loader.check_event(yaml.StreamEndEvent):
                self._problem(self._loader.get_event(), (), "a file holds one document", "drop ---")
            return data
        finally:
            self._loader.dispose()

    def _node(self, path: Path) -> Any:
        event: Any = self._loader.get_event()
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._node_count
        self._count(event, 1)
        if len(path) > DEPTH_MAX:
            raise yaml.MarkedYAMLError(
                problem=f"nested more than {DEPTH_MAX} levels deep", problem_mark=event.start_mark
            )
        if event.tag is not None and event.tag != "!":
            self._problem(event, path, f"the tag {event.tag} is not known here", "leave it out")
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(path)
        else:
            value = self._mapping(path)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._node_count - before)
        return value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise yaml.MarkedYAMLError(
                problem=f"the alias *{event.anchor} has no anchor above it",
                problem_mark=event.start_mark,
            )
        value, size = self._anchors[event.anchor]
        self._count(event, size)
        return value

    def _count(self, event: Any, nodes: int) -> None:
        self._node_count += nodes
        if self._node_count > NODES_MAX:
            raise yaml.MarkedYAMLError(
                problem=f"more than {NODES_MAX:,} values (aliases count as what they stand for)",
                problem_mark=event.start_mark,
            )

    def _scalar(self, event: Any, path: Path) -> Any:
        if event.implicit[0]:
            tag = self._loader.resolve(yaml.ScalarNode, event.value, (True, False))  # type: ignore[no-untyped-call]
        else:
            tag = "tag:yaml.org,2002:str"
        node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        try:
            return self._loader.construct_object(node)
        except ValueError as error:  # 2026-02-30, or an integer with 5,000 digits
            self._problem(event, path, f"{event.value[:40]!r} is not valid: {error}", "quote it")
            return event.value

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            place = (*path, len(items))
            event: Any = self._loader.peek_event()
            self.lines[place] = event.start_mark.line + 1
            items.append(self._node(place))
        self._loader.get_event()
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            event: Any = self._loader.peek_event()
            self.lines.setdefault(path, event.start_mark.line + 1)  # that of the whole document
            key = self._node((*path, "?"))
            if not isinstance(key, str):
                text = event.value if isinstance(event, yaml.ScalarEvent) else type(key).__name__
                self._problem(event, path, f"the key {text} is not a text", "quote it")
                key = str(text)
            place = (*path, key)
            if key in found:
                first = self.lines[place]
                self._problem(
                    event, place, f"the key {key!r} is given twice", f"the first is in line {first}"
                )
            else:
                self.lines[place] = event.start_mark.line + 1
            value = self._node(place)
            found.setdefault(key, value)
        self._loader.get_event()
        return found

    def _problem(self, event: Any, path: Path, message: str, hint: str) -> None:
        self.problems.append(
            Problem(
                file=self.file,
                line=event.start_mark.line + 1,
                path=".".join(map(str, path)),
                message=message,
                hint=hint,
            )
        )


def _yaml_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        says = " ".join(part for part in (error.context, error.problem) if part)
        return Problem(
            file=file,
            line=mark.line + 1 if mark else 0,
            message=f"not readable YAML: {says}",
            hint="indent with spaces" if mark and _has_tab(text, mark.line) else "",
        )
    return Problem(file=file, message=f"not readable YAML: {error}")


def _has_tab(text: str, number: int) -> bool:
    """Tell whether a line (from 0) is indented by a tab, which YAML does not take."""
    line = next(islice(text.splitlines(), number, None), "")
    return "\t" in line[: len(line) - len(line.lstrip())]


_TOML_TABLE = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
_TOML_KEY = re.compile(r"^\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"))*)\s*=")
_TOML_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


def _toml_lines(text: str) -> dict[Path, int]:
    lines: dict[Path, int] = {(): 1}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TOML_TABLE.match(line):
            table = _toml_path(header[1])
            for length in range(1, len(table) + 1):
                lines.setdefault(table[:length], number)
        elif key := _TOML_KEY.match(line):
            lines.setdefault(table + _toml_path(key[1]), number)
    return lines


def _toml_path(dotted: str) -> Path:
    return tuple(a or b or c for a, b, c in _TOML_PART.findall(dotted))
