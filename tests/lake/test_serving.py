"""A house that serves fills its lake beside it, when regard.toml says so."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from regard.lake import read_manifest
from tests.audit.mailbox import Mailbox
from tests.audit.serving import serving
from tests.audit.shop import identify, write_shop

pytestmark = pytest.mark.slow

LOOK_S, WITHIN_S = 0.2, 120
"""It runs at low priority: on a busy machine it takes its time."""


def test_the_lake_is_filled_while_the_house_serves(tmp_path: Path) -> None:
    with Mailbox().serve() as mailbox:
        folder = write_shop(tmp_path / "shop", mailbox.port)
        toml = folder / "regard.toml"
        toml.write_text(toml.read_text() + '\n[lake]\nfolder = ".lake"\n')
        with serving(folder, tmp_path / "shop.db") as house:
            house.post([identify("ada", "ada@example.com")])
            until = time.monotonic() + WITHIN_S
            while read_manifest(folder / ".lake") is None and time.monotonic() < until:
                assert house.process is not None
                with suppress(TimeoutExpired):
                    house.process.wait(LOOK_S)
            assert house.stop() == 0
            assert "lake_delayed" not in house.said()
    manifest = read_manifest(folder / ".lake")
    assert manifest is not None
    assert manifest.open_to >= 1
