"""MJML -> HTML when the folder is read, with every piece of Liquid kept as written.

Liquid pieces become plain words before mjml-python (the Rust port `mrml`) sees the text and are
put back afterwards, so quotes and ``<`` inside them survive in attributes and texts alike. The page
of a language that is written from right to left is laid out so, unless it says otherwise itself.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from babel import Locale
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
"""What the compiler knows (`mj-include` is left out: `render` puts snippets in)."""

_COMPONENT = re.compile(r"<(mj-[\w-]+|mjml-[\w-]+)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_WORD = re.compile(r"lqd(\d+)lqd")
_ROOT = re.compile(r"<mjml\b[^>]*>")
_ATTRIBUTES = re.compile(r'<[a-z][\w:-]*( )(?=[\w:-]+=")')
LINE_CHARS = 400
"""Where a line is longer, the next tag with attributes goes on in a new one. Mails whose lines have
at most 998 bytes (RFC 5322 2.1.1) need no transfer encoding, which costs 50 µs a kilobyte."""

_FROM_THE_RIGHT = '<mj-all align="right" direction="rtl" />'


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
    if is_from_the_right(language):
        hidden = _turned(hidden)
    try:
        html = str(mjml2html(hidden, fonts={}))  # no font server learns who reads the mail
    except ValueError as error:
        raise _fault(str(error), hidden, pieces) from None
    _check_kept(html, hidden, pieces, source)
    html = _in_lines(html.replace('lang="und"', f'lang="{language}"'))
    return _WORD.sub(lambda found: pieces[int(found[1])], html)


def _in_lines(html: str) -> str:
    """Return a page in shorter lines, broken only before attributes, where it means nothing."""
    parts: list[str] = []
    at = begin = 0
    for found in _ATTRIBUTES.finditer(html):
        space = found.start(1)
        begin = max(begin, html.rfind("\n", begin, space) + 1)
        if space - begin > LINE_CHARS:
            parts += (html[at:space], "\n")
            at = begin = space + 1
    return "".join((*parts, html[at:]))


def is_from_the_right(language: str) -> bool:
    """Tell whether a language (BCP 47) is written from right to left."""
    return bool(Locale.parse(language, sep="-").text_direction == "rtl")


def _turned(page: str) -> str:
    """Return a page whose texts and columns begin at the right, where it does not say otherwise."""
    root = _ROOT.search(page)
    if root is None or " dir=" in root[0]:
        return page
    for opening, before, after in (
        ("<mj-attributes>", "", ""),
        ("<mj-head>", "<mj-attributes>", "</mj-attributes>"),
        (root[0], "<mj-head><mj-attributes>", "</mj-attributes></mj-head>"),
    ):
        if opening in page:
            page = page.replace(opening, f"{opening}{before}{_FROM_THE_RIGHT}{after}", 1)
            break
    return page.replace(root[0], f'{root[0][:-1]} dir="rtl">', 1)


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
