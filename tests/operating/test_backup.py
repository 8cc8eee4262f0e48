"""Backup and restore by the very commands of the docs; a restored copy cannot send by itself."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from regard.core.errors import Refused
from regard.store import open_library, open_store
from tests.operating.lived import hotel, live, regard
from tests.store.postgres import BINARIES, PostgresServer

DOCS = Path(__file__).parents[2] / "docs"


def steps_of(page: str) -> list[list[str]]:
    """Return the commands of each block below *Backup and restore* of a page."""
    text = (DOCS / page).read_text(encoding="utf-8").split("## Backup and restore", 1)[1]
    text = text.split("\n## ", 1)[0]
    return [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", text, re.S)]


def shell(commands: list[str], folder: Path, **environ: str) -> None:
    """Run commands as written, but for `regard`, which is called by `read` and `adopt`."""
    path = f"{BINARIES}:{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", "\n".join(commands)],
        cwd=folder,
        env={**os.environ, "PATH": path, "PGUSER": "regard", **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def split_at_regard(commands: list[str]) -> tuple[list[str], list[list[str]]]:
    """Return what the shell is to do, and the words of the commands of ours behind it."""
    ours = [shlex.split(line)[1:] for line in commands if line.startswith("regard ")]
    return [line for line in commands if not line.startswith("regard ")], ours


def last(location: str) -> int:
    with closing(open_library(location)) as library, library.reading() as reading:
        return reading.tail.last()


def refused_until_adopted(location: str) -> None:
    with pytest.raises(Refused) as refused:
        open_store(location)
    assert refused.value.code == "copied_store"
    assert "regard serve --adopt" in refused.value.hint
    open_store(location, adopt=True).close()
    open_store(location).close()


@pytest.mark.slow
def test_a_file_is_copied_while_it_is_written_and_restored(tmp_path: Path) -> None:
    folder = hotel(tmp_path / "my-company")
    store = folder / ".regard" / "regard.db"
    live(folder, str(store))
    backup, restore = steps_of("operating.md")
    with closing(open_store(str(store))):
        shell(backup, tmp_path)
    known = last(str(store))
    live(folder, str(store), guests=("okafor", "chen"))  # what happens after the copy is gone
    assert last(str(store)) > known
    commands, ours = split_at_regard(restore)
    shell(commands, tmp_path)
    assert [words[0] for words in ours] == ["audit", "serve"]
    assert last(str(store)) == known
    assert regard("export", folder).output.count("\n") == known
    refused_until_adopted(str(store))


@pytest.mark.slow
def test_a_database_is_dumped_while_it_is_written_and_restored(
    tmp_path: Path, postgresql: PostgresServer
) -> None:
    folder = hotel(tmp_path / "my-company")
    location = postgresql.database()
    restored = urlunsplit(urlsplit(location)._replace(path="/regard_restored"))
    live(folder, location)
    backup, restore, mark = steps_of("postgresql.md")
    places = {"REGARD_STORE": location, "RESTORED_STORE": restored}
    with closing(open_store(location, shares=True)) as running:
        shell(backup, tmp_path, **places)
        commands, _ = split_at_regard(restore)
        shell(commands, tmp_path, **places, PGHOST=str(postgresql.folder))
        assert last(restored) == last(location)
        refused_until_adopted(restored)
        shell(mark, tmp_path, **places)
        refused_until_adopted(restored)  # a copy of a whole cluster would be known by its mark
        with running.writing() as writing:  # the original was never disturbed
            assert writing.journal.last() == last(location)
        with closing(open_store(restored)) as copy:
            assert copy.digest() == running.digest()
    shell([f"dropdb --maintenance-db '{location}' regard_restored"], tmp_path)
    postgresql.give_back(location)
