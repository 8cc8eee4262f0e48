"""How many parts a text message has: GSM 03.38 (7 bits) or UCS-2, as carriers count and charge.

A text in, its encoding, length and parts out. One character outside the GSM alphabet makes the
whole text UCS-2, and 70 characters a part instead of 160. Channels, `regard check` and previews
share it. Source: 3GPP TS 23.038 section 6.2.1 and TS 23.040 section 9.2.3.24.1 (concatenation).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""They take two places each: an escape and a letter."""

GSM_ALONE, GSM_PART = 160, 153
UCS2_ALONE, UCS2_PART = 70, 67
"""Places of a text that fits into one part, and of each part of one that does not."""


class Segments(Struct, frozen=True, kw_only=True):
    """What a text costs: `units` are places of its `encoding`, `count` the parts that it takes.

    `foreign` are the characters that made it UCS-2, each once, in order.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int
    foreign: str = ""

    def __str__(self) -> str:
        parts = "1 segment" if self.count == 1 else f"{self.count} segments"
        return f"{parts}, {self.encoding}"


def segments_of(text: str) -> Segments:
    """Return how a text is cut; an empty one is one part. No character is torn between parts."""
    foreign = "".join(dict.fromkeys(c for c in text if c not in BASIC and c not in EXTENDED))
    if foreign:
        widths = [len(c.encode("utf-16-be")) // 2 for c in text]
        return _cut("UCS-2", widths, UCS2_ALONE, UCS2_PART, foreign)
    return _cut("GSM-7", [2 if c in EXTENDED else 1 for c in text], GSM_ALONE, GSM_PART)


def _cut(
    encoding: Literal["GSM-7", "UCS-2"], widths: list[int], alone: int, part: int, foreign: str = ""
) -> Segments:
    units = sum(widths)
    count = 1
    if units > alone:
        room = part
        for width in widths:
            if width > room:
                count, room = count + 1, part
            room -= width
    return Segments(encoding=encoding, units=units, count=count, foreign=foreign)
