"""Warns of text messages that would be cut into many parts, and says what makes them long.

In: the templates of one engagement and its channels. Out: warnings with file and line. What Liquid
will fill in is not known here, so every value counts as a word; one letter outside the GSM alphabet
more than halves what fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from regard.core.segments import segments_of
from regard.project.variants import ANY, Template, report

SEGMENTS_MAX = 3
"""Parts of a text beyond which it is worth a mail: each is charged, and some arrive alone."""

_TAG = re.compile(r"\{%.*?%\}", re.DOTALL)
_VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_A_WORD = "12345678"


def warn_of_length(channels: Sequence[str], templates: Iterable[Template]) -> None:
    """Warn of every template that serves a text channel and is too long for it."""
    if not any(name == "sms" or name.startswith("sms.") for name in channels):
        return
    found = tuple(templates)
    has_own = any(template.channel == "sms" for template in found)
    for template in found:
        is_sms = template.channel == "sms" or template.channel.startswith("sms.")
        if is_sms or (template.channel == ANY and not has_own):
            _check(template)


def _check(template: Template) -> None:
    found = segments_of(_VALUE.sub(_A_WORD, _TAG.sub("", template.source)).strip())
    if found.count <= SEGMENTS_MAX:
        return
    hint = "shorten it, or write core.sms.txt"
    if found.foreign:
        hint = f"{found.foreign[:10]!r} is outside the GSM alphabet: 67 letters a segment, not 153"
    report(template.place, f"as a text message it takes some {found}", hint, 1, warns=True)
