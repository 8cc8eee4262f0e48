"""Every reason code is explained, once, in the order of the gate; and the gate gives no other."""

from __future__ import annotations

import re
from pathlib import Path

from regard.decisions import REASONS, reasons

PAGE = Path(__file__).parents[2] / "docs" / "reasons.md"


def test_every_code_has_its_row_in_gate_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [code for code, _ in rows] == list(REASONS)


def test_the_table_of_codes_is_whole() -> None:
    constants = {name: value for name, value in vars(reasons).items() if type(value) is str}
    codes = {value for name, value in constants.items() if name.isupper()}
    assert codes == set(REASONS)
    assert len(REASONS) == len(set(REASONS))
    assert set(reasons.TEMPORARY) | set(reasons.OFFERED_AGAIN) <= codes
