"""A plain text as a small screen shows it: a title, a body, and where a click leads.

The text of a message in, a `Notice` out. A line that is only a web address is where a click leads
and is not shown; without a subject the first line is the title. Push and feed share it.
"""

from __future__ import annotations

import re

from msgspec import Struct

_LINK_LINE = re.compile(r"^[ \t]*(https?://\S+)[ \t]*$", re.MULTILINE)


class Notice(Struct, frozen=True, kw_only=True):
    """What is shown; `url` may be empty."""

    title: str
    body: str
    url: str


def notice_of(subject: str, text: str) -> Notice:
    """Return how a message is shown where there is room for few words."""
    found = _LINK_LINE.search(text)
    shown = text if found is None else text[: found.start()] + text[found.end() :]
    lines = [" ".join(line.split()) for line in shown.strip().splitlines()]
    title = subject or (lines[0] if lines else "")
    body = "\n".join(lines if subject else lines[1:]).strip()
    return Notice(title=title, body=body, url=found.group(1) if found else "")
