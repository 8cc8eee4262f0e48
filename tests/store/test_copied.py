"""The restored snapshot: a second server on a copy must not send everything again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from regard.core.errors import Refused
from regard.store import open_library, open_store


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    original = tmp_path / "regard.db"
    open_store(str(original)).close()
    return Path(shutil.copy(original, tmp_path / "restored.db"))


def test_a_copy_is_refused_until_it_is_adopted(copied: Path) -> None:
    with pytest.raises(Refused, match="is a copy") as refused:
        open_store(str(copied))
    assert refused.value.code == "copied_store"
    assert "--adopt" in refused.value.hint
    open_store(str(copied), adopt=True).close()
    open_store(str(copied)).close()


def test_a_copy_can_be_read(copied: Path) -> None:
    with open_library(str(copied)).reading() as reading:
        assert reading.tail.last() == 0


def test_the_original_and_a_moved_store_go_on(tmp_path: Path) -> None:
    original = tmp_path / "regard.db"
    open_store(str(original)).close()
    open_store(str(original)).close()
    moved = original.rename(tmp_path / "moved.db")
    open_store(str(moved)).close()


def test_a_backup_that_gets_the_very_inode_of_the_original_is_a_copy(tmp_path: Path) -> None:
    original = tmp_path / "regard.db"
    open_store(str(original)).close()
    content = original.read_bytes()
    original.unlink()  # its inode is the first that is free, so most disks give it to the next
    original.write_bytes(content)
    with pytest.raises(Refused, match="is a copy"):
        open_store(str(original))
