"""MJML -> HTML when the folder is read, with every piece of Liquid kept as written.

Liquid pieces become plain words before mjml-python (the Rust port `mrml`) sees the text and are
put back afterwards, so quotes and ``<`` inside them survive in attributes and texts alike.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from mjml import mjml2html

from regard.project.liquid_text import TAG_PATTERN

COMPONENTS = frozenset(
    f"mj-{name}"
    for name in (
        "accordion", "accordion-element", "accordion-text", "accordion-title", "all",
        "attributes", "body", "breakpoint", "button", "carousel", "carousel-image", "class",
        "column", "divider", "font", "group", "head", "hero", "image", "navbar", "navbar-link",
        "preview", "raw", "section", "social", "social-element", "spacer", "style", "table",
        "text", "title", "wrapper",
    )
)  # fmt: skip
"""What the compiler knows (`mj-include` is left out: a template is one file)."""

_COMPONENT = re.compile(r"<(mj-[\w-]+|mjml-[\w-]+)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_WORD = re.compile(r"lqd(\d+)lqd")


class MjmlFault(ValueError):
    """A text is not readable MJML. `line` counts from 1, 0 when it is not known."""

    def __init__(self, message: str, line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def compile_mjml(source: str, language: str) -> str:
    """Return the HTML of an MJML text, its Liquid intact; raise `MjmlFault` when it is wrong."""
    _check_components(source)
    pieces: list[str] = []

    def hide(found: re.Match[str]) -> str:
        pieces.append(found[0])
        return f"lqd{len(pieces) - 1}lqd"

    hidden = TAG_PATTERN.sub(hide, source)
    try:
        html = str(mjml2html(hidden, fonts={}))  # no font server learns who reads the mail
    except ValueError as error:
        raise _fault(str(error), hidden, pieces) from None
    _check_kept(html, hidden, pieces, source)
    html = html.replace('lang="und"', f'lang="{language}"')
    return _WORD.sub(lambda found: pieces[int(found[1])], html)


def _check_components(source: str) -> None:
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), source)
    for found in _COMPONENT.finditer(text):
        if found[1] in COMPONENTS:
            continue
        close = get_close_matches(found[1], COMPONENTS, n=1)
        hint = f"did you mean <{close[0]}>?" if close else ""
        raise MjmlFault(f"there is no <{found[1]}> in MJML", _line(text, found.start()), hint)


def _check_kept(html: str, hidden: str, pieces: list[str], source: str) -> None:
    kept = {int(number) for number in _WORD.findall(html)}
    wanted = {int(number) for number in _WORD.findall(_COMMENT.sub("", hidden))}
    if lost := sorted(wanted - kept):
        piece = pieces[lost[0]]
        raise MjmlFault(
            f"MJML drops {piece[:60]!r} where it stands",
            _line(source, source.find(piece)),
            "wrap it in <mj-raw>, or put it inside a text or an attribute",
        )


def _fault(message: str, hidden: str, pieces: list[str]) -> MjmlFault:
    found = re.search(r"position (\d+)", message)
    says = message.replace(" in root template", "").split(" at position")[0]
    if not found:
        return MjmlFault(f"not readable MJML: {says}", 0, "is every element closed?")
    before = hidden.encode()[: int(found[1])].decode(errors="ignore")
    line = _WORD.sub(lambda word: pieces[int(word[1])], before).count("\n") + 1
    return MjmlFault(f"not readable MJML: {says}", line)


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, max(index, 0)) + 1
