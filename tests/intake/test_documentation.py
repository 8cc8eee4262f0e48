"""Every error code of the intake and the API has its line in docs/intake.md."""

from __future__ import annotations

import re
from pathlib import Path

import regard

SOURCE = Path(regard.__file__).parent
DOCS = SOURCE.parents[1] / "docs" / "intake.md"


def test_every_code_is_documented():
    texts = [
        path.read_text() for room in ("intake", "api") for path in (SOURCE / room).glob("*.py")
    ]
    codes = {code for text in texts for code in re.findall(r'code(?:=|": )"([a-z_0-9]+)"', text)}
    codes |= {code for text in texts for code in re.findall(r'code, message = "([a-z_]+)"', text)}
    assert len(codes) > 20
    documented = DOCS.read_text()
    assert [code for code in sorted(codes) if f"`{code}`" not in documented] == []
