"""snippets/ -> pieces that templates share: ``{% render 'footer' %}``.

``name.liquid`` serves every text, ``name.txt`` plain text, ``name.mjml`` the page of an e-mail,
where it goes before ``name.liquid``. An MJML snippet is put in as it stands before the page is
compiled; the others are rendered with the values that they are given. Refused: circles, and what
is nested too deep or too often.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from regard.core.errors import Problem
from regard.project.documents import TEXT_MAX
from regard.project.findings import Findings
from regard.project.liquid_text import Liquid, LiquidFault
from regard.project.words import id_of

FOLDER = "snippets/"

DEPTH_MAX = 10
"""Snippets inside snippets; half of what the library takes before it stops a message."""

COUNT_MAX = 1_000
"""Snippets that one snippet comes to with all that are inside; ten that each use the next ten
times would be ten thousand million."""

_TAG = re.compile(r"\{%-?\s*render\s+['\"]([^'\"]+)['\"](.*?)-?%\}", re.DOTALL)


class Expanded:
    """A page with its MJML snippets put in, which knows where each line came from."""

    def __init__(self, pieces: list[tuple[str, str, int]]) -> None:
        self.text = "".join(text for text, _, _ in pieces)
        self._pieces = pieces
        self._starts: list[int] = []
        line = 1
        for text, _, _ in pieces:
            self._starts.append(line)
            line += text.count("\n")

    def place(self, line: int) -> tuple[str, int]:
        """Return file and line of a line of the text (0: not known).

        Where pieces meet in a line, the first that says something there.
        """
        if not line:
            return self._pieces[0][1], 0
        last = max(bisect_right(self._starts, line) - 1, 0)
        for index in range(max(bisect_left(self._starts, line) - 1, 0), last + 1):
            text, file, own = self._pieces[index]
            lines, behind = text.split("\n"), line - self._starts[index]
            if behind < len(lines) and lines[behind].strip():
                return file, own + behind
        _, file, own = self._pieces[last]
        return file, own + line - self._starts[last]


@dataclass(frozen=True, slots=True)
class Snippets:
    """What texts of each kind are compiled with; `page` checks a page before it is expanded."""

    html: Liquid
    plain: Liquid
    page: Liquid
    mjml: Mapping[str, str]

    def expanded(self, source: str, file: str) -> Expanded:
        """Return a page with its MJML snippets put in; raise `LiquidFault` when it cannot be."""
        pieces: list[tuple[str, str, int]] = []
        self._expand(source, file, pieces)
        if sum(len(text) for text, _, _ in pieces) > TEXT_MAX:
            raise LiquidFault(f"with its snippets it is longer than {TEXT_MAX:,} characters", 1)
        return Expanded(pieces)

    def _expand(self, source: str, file: str, pieces: list[tuple[str, str, int]]) -> None:
        position = 0
        for found in _TAG.finditer(source):
            name, given = found[1], found[2].strip()
            if name not in self.mjml:
                continue
            if given:
                line = source.count("\n", 0, found.start()) + 1
                raise LiquidFault(
                    f"{name!r} is an MJML snippet, which takes no values",
                    line,
                    f"it sees what the page sees; or write {FOLDER}{name}.liquid",
                )
            pieces.append((source[position : found.start()], file, _line(source, position)))
            self._expand(self.mjml[name], f"{FOLDER}{name}.mjml", pieces)
            position = found.end()
        pieces.append((source[position:], file, _line(source, position)))


def read_snippets(files: Mapping[str, str], findings: Findings) -> Snippets:
    """Return the snippets of a folder; those with a problem are reported and taken as empty."""
    kinds: dict[str, dict[str, str]] = {"liquid": {}, "txt": {}, "mjml": {}}
    for file in sorted(files):
        if file.startswith(FOLDER):
            name, _, suffix = file.removeprefix(FOLDER).rpartition(".")
            try:
                kinds[suffix][id_of(name)] = _bounded(files[file], file, findings)
            except ValueError as error:
                findings.add(Problem(file=file, message=str(error)))
    for suffix in ("txt", "mjml"):
        _check({"liquid": kinds["liquid"], suffix: kinds[suffix]}, findings)
    liquid, plain, pages = kinds["liquid"], kinds["txt"], kinds["mjml"]
    return Snippets(
        html=Liquid(is_html=True, snippets=liquid),
        plain=Liquid(is_html=False, snippets={**liquid, **plain}),
        page=Liquid(is_html=True, snippets={**liquid, **pages}),
        mjml=pages,
    )


def _bounded(text: str, file: str, findings: Findings) -> str:
    if len(text) <= TEXT_MAX:
        return text
    findings.add(Problem(file=file, message=f"is longer than {TEXT_MAX:,} characters"))
    return ""


def _check(kinds: dict[str, dict[str, str]], findings: Findings) -> None:
    """Report and empty what is broken, leads back to itself, or comes to too much.

    `kinds` are the snippets that one kind of text sees: a later one goes before an earlier one.
    """
    owner = {name: suffix for suffix, texts in kinds.items() for name in texts}
    sources = {name: kinds[suffix][name] for name, suffix in owner.items()}
    liquid = Liquid(is_html=False, snippets=sources)
    inside: dict[str, tuple[str, ...]] = {}
    for name, suffix in owner.items():
        file = f"{FOLDER}{name}.{suffix}"
        try:
            inside[name] = liquid.uses(sources[name])
        except LiquidFault as fault:
            findings.add(
                Problem(file=file, line=fault.line, message=fault.message, hint=fault.hint)
            )
            inside[name], kinds[suffix][name] = (), ""
    sizes: dict[str, tuple[int, int]] = {}
    for name, suffix in owner.items():
        _measure(name, inside, sizes, ())
        message = _too_much(name, inside, sizes)
        if message:
            used = next(iter(inside[name]))
            line = _line(sources[name], sources[name].find(used))
            findings.add(Problem(file=f"{FOLDER}{name}.{suffix}", line=line, message=message))
    for name, suffix in owner.items():
        if _too_much(name, inside, sizes):
            kinds[suffix][name] = ""


def _measure(
    name: str,
    inside: Mapping[str, tuple[str, ...]],
    sizes: dict[str, tuple[int, int]],
    above: tuple[str, ...],
) -> tuple[int, int]:
    """Return depth and count of a snippet with all inside; a circle has no end: beyond both."""
    if name in above:
        return DEPTH_MAX + 1, COUNT_MAX + 1
    if name not in sizes:
        parts = [_measure(other, inside, sizes, (*above, name)) for other in inside[name]]
        depth = 1 + max((part[0] for part in parts), default=0)
        sizes[name] = depth, 1 + sum(part[1] for part in parts)
    return sizes[name]


def _too_much(
    name: str, inside: Mapping[str, tuple[str, ...]], sizes: Mapping[str, tuple[int, int]]
) -> str:
    if circle := _circle(name, inside):
        return f"the snippet leads back to itself: {' → '.join(circle)}"
    depth, count = sizes[name]
    if depth > DEPTH_MAX:
        return f"snippets are nested more than {DEPTH_MAX} deep"
    return f"it comes to more than {COUNT_MAX:,} snippets" if count > COUNT_MAX else ""


def _circle(name: str, inside: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the way from a snippet back to itself; empty when there is none."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen = {name}
    while ways:
        way = ways.pop()
        for other in dict.fromkeys(inside[way[-1]]):
            if other == name:
                return (*way, name)
            if other not in seen:
                seen.add(other)
                ways.append((*way, other))
    return ()


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, max(index, 0)) + 1
