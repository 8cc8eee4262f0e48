"""How many parts a text takes, beside another implementation of the GSM alphabet."""

from __future__ import annotations

import unicodedata

import gsm0338
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.core.segments import BASIC, EXTENDED, segments_of

CODEC = gsm0338.Codec()
LETTERS = "".join(sorted(BASIC | EXTENDED))


def test_the_alphabet_is_that_of_the_standard():
    ours, theirs = set(), set()
    for number in range(0x3000):
        letter = chr(number)
        if letter in BASIC or letter in EXTENDED:
            ours.add(letter)
        try:
            CODEC.encode(letter)
            theirs.add(letter)
        except UnicodeError:
            continue
    # The escape is no letter, and a capital cedilla stands in for the small one in old tables.
    assert ours == theirs - {"\x1b"} - {"ç"}, sorted(map(unicodedata.name, ours ^ theirs))


@given(st.text(alphabet=LETTERS, max_size=400))
def test_a_gsm_text_is_as_long_as_the_codec_makes_it(text):
    found = segments_of(text)
    assert (found.encoding, found.units) == ("GSM-7", len(CODEC.encode(text)[0]))
    assert (found.count == 1) == (found.units <= 160)
    assert found.count <= max(1, -(-found.units // 152))


@given(st.text(max_size=300))
def test_what_is_foreign_makes_it_ucs2_and_every_part_has_room(text):
    found = segments_of(text)
    if found.foreign:
        assert found.units == len(text.encode("utf-16-be", "surrogatepass")) // 2
        assert (found.count == 1) == (found.units <= 70)
        assert -(-found.units // 67) <= found.count or found.count == 1


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" * 5, "GSM-7", 162, 2),
        ("ж" * 70, "UCS-2", 70, 1),
        ("ж" * 71, "UCS-2", 71, 2),
        ("🛫" * 35, "UCS-2", 70, 1),
        ("🛫" * 67, "UCS-2", 134, 3),  # 33 pairs to a part: none is torn
        ("“quoted”", "UCS-2", 8, 1),
    ],
)
def test_texts_are_cut_as_carriers_cut_them(text, encoding, units, count):
    found = segments_of(text)
    assert (found.encoding, found.units, found.count) == (encoding, units, count)


def test_it_says_what_made_it_expensive():
    found = segments_of("Your “gate” is B7 ✈ ✈")
    assert (found.foreign, str(found)) == ("“”✈", "1 segment, UCS-2")
