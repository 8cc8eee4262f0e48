"""Every channel is one folder of one shape, and a channel from outside needs no room touched."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import regard.channels
from regard.assembly.adapters import make_adapters, standard_adapters
from regard.channels import ADAPTERS, kind_named
from regard.core.errors import Broken, Refused
from regard.project import check_text, load_text
from regard.testing import VirtualClock
from tests.channels.cast import NOW, message

ROOM = Path(regard.channels.__path__[0])
FOLDERS = sorted(path.parent.name for path in ROOM.glob("*/adapter.py"))
FILES = {"adapter.py", "settings.py", "receipts.py", "inbound.py"}


def test_every_adapter_is_a_folder_and_every_folder_an_adapter():
    assert sorted(ADAPTERS) == FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_channel_has_the_same_four_files(folder):
    found = {path.name for path in (ROOM / folder).glob("*.py")}
    # The post room has no other side: nothing comes back from it.
    expected = FILES - {"receipts.py", "inbound.py"} if folder == "post_room" else FILES
    assert found >= expected | {"__init__.py"}
    assert (ROOM / folder / "__init__.py").read_text(encoding="utf-8").count("KIND = Kind(") == 1


LETTER = '''
"""Letters by a print shop: a channel that another package brings."""

from regard.channels.kinds import Kind
from regard.channels.outcomes import outcome
from regard.channels.settings import SettingsReader


class Letters:
    def __init__(self, channel):
        read = SettingsReader(channel, {})
        self.tray = read.text("tray")
        read.finish()
        self.printed = []

    async def open(self):
        pass

    async def send(self, message):
        self.printed.append((self.tray, message.address, message.text))
        return outcome(message, "sent", provider_id=f"{self.tray}-{len(self.printed)}")

    async def close(self):
        pass


KIND = Kind(make=lambda channel, around: Letters(channel))
NO_KIND = 3
'''

FILES_OF_COMPANY = {
    "regard.toml": (
        'id = "airline"\nname = "Skylark Air"\n'
        '[channels."post.letter"]\nadapter = "letter"\nreaches_by = "postal_address"\n'
        'tray = "blue"\n'
        '[sources.site]\nkey = "skylark-site-key"\n'
    )
}


@pytest.fixture
def print_shop(tmp_path, monkeypatch) -> None:
    """Install a package that brings the adapter ``letter``, as pip would."""
    (tmp_path / "print_shop.py").write_text(LETTER)
    about = tmp_path / "print_shop-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: print-shop\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[regard.channels]\nletter = print_shop:KIND\nbroken = print_shop:NO_KIND\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def test_a_channel_from_outside_is_one_more_channel(print_shop):
    program = load_text(FILES_OF_COMPANY, {})
    adapters = make_adapters(program, standard_adapters({}, VirtualClock(NOW)))
    letter = adapters["post.letter"]

    async def scene() -> list[str]:
        await letter.open()
        sent = [message(channel="post.letter", address="1 Runway Road", attempt=n) for n in (1, 2)]
        outcomes = [await letter.send(one) for one in sent]
        await letter.close()
        return [one.provider_id for one in outcomes]

    assert asyncio.run(scene()) == ["blue-1", "blue-2"]
    assert letter.printed[0][:2] == ("blue", "1 Runway Road")


def test_its_settings_are_checked_like_all_others(print_shop):
    files = {"regard.toml": FILES_OF_COMPANY["regard.toml"].replace("tray", "drawer")}
    program = load_text(files, {})
    with pytest.raises(Refused, match=r"tray: is required.*\n.*drawer: is not a setting of letter"):
        make_adapters(program, standard_adapters({}, VirtualClock(NOW)))


def test_what_is_no_kind_is_told(print_shop):
    with pytest.raises(Broken, match="is no regard"):
        kind_named("broken")


def test_without_the_package_nobody_knows_it():
    [problem] = [p for p in check_text(FILES_OF_COMPANY, {}) if not p.is_warning]
    assert "letter" in problem.message
    assert kind_named("letter") is None
