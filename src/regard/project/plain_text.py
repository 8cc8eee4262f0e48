"""The plain-text part of an e-mail that nobody wrote one for: what a reader of the HTML sees.

Layout is inscriptis' work; here only the traces of table layout (indents, blank lines) go.
"""

from __future__ import annotations

import re

from inscriptis import get_text
from inscriptis.model.config import ParserConfig

_CONFIG = ParserConfig(display_links=True)
_LINK = re.compile(r"\[\s*([^\]]*?)\s*\]\((\S*)\)")


def text_of(html: str) -> str:
    """Return the visible text of an HTML page, each link followed by its address."""
    lines = (line.strip() for line in get_text(html, _CONFIG).splitlines())
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    return _LINK.sub(_written, text).strip()


def _written(link: re.Match[str]) -> str:
    label, address = link[1], link[2]
    return address if label in ("", address) else f"{label}: {address}"
