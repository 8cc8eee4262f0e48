"""Words of a text in a form that can be compared, whatever the language and the writer's keyboard.

Text in, words out: Unicode compatibility forms and case are folded, accents dropped (``réserver``
and ``reserver`` are one word). Where a script writes no spaces (Chinese, Japanese, Thai, Lao,
Khmer, Burmese) every character is a word of its own, so that a phrase is found inside a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import normalize

TEXT_MAX = 20_000
"""Characters of a text that are looked at: some ten pages."""

_ACCENTS = re.compile("[\u0300-\u036f]+")
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")


def words_of(text: str) -> list[str]:
    """Return the words of the first `TEXT_MAX` characters of a text, in order."""
    folded = text[:TEXT_MAX]
    if not folded.isascii():
        folded = normalize("NFC", _ACCENTS.sub("", normalize("NFKD", folded)))
    return _WORD.findall(folded.casefold())


def phrase_at(words: Sequence[str], place: int, phrase: Sequence[str]) -> bool:
    """Return whether a phrase stands at a place of a row of words."""
    return words[place : place + len(phrase)] == list(phrase)
