"""What only a file can do to us: be foreign, newer, damaged, locked, or on a full disk."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from regard.core.errors import Refused, Unavailable
from regard.store import SqliteStore, open_library, open_store
from tests.store.cast import append, entry, key, read


def pragma(store: SqliteStore, text: str) -> int:
    """Set or ask a pragma of the store's own writing connection."""
    return int(store._connection.execute(f"PRAGMA {text}").fetchone()[0])


@pytest.mark.parametrize("data", [b"hello", b"A letter to Ada.\n" * 500])
def test_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(data)
    with pytest.raises(Refused) as caught:
        open_store(str(path))
    assert caught.value.code == "not_a_store"
    assert path.read_bytes() == data
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE journal (offset INTEGER PRIMARY KEY)")
    connection.close()
    data = path.read_bytes()
    with pytest.raises(Refused) as caught:
        open_store(str(path))
    assert caught.value.code == "not_a_store"
    assert path.read_bytes() == data


def test_newer_schema_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "regard.db")
    store = SqliteStore(path)
    append(store, entry(1))
    version = pragma(store, "user_version")
    store._connection.execute(f"PRAGMA user_version = {version + 1}")
    store.close()
    with pytest.raises(Refused) as caught:
        open_store(path)
    assert caught.value.code == "store_too_new"


def test_folder_or_unreachable_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "regard.db"):
        with pytest.raises(Refused) as caught:
            open_store(str(path))
        assert caught.value.code == "store_not_writable"


def test_empty_file_becomes_a_store_and_folders_are_made(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    for path in (empty, tmp_path / "a ?#% folder" / "ünder" / "regard.db"):
        store = open_store(str(path))
        append(store, entry(1))
        with read(store) as reading:
            assert reading.tail.last() == 1
        store.close()


def test_two_that_open_a_new_file_at_once_migrate_it_once(tmp_path: Path) -> None:
    path = str(tmp_path / "regard.db")
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(SqliteStore, [path] * 4))
    tokens = sorted(store._writing.token for store in stores)
    for store in stores:
        store.close()
    assert tokens == [1, 2, 3, 4]


def test_damaged_store_is_told(tmp_path: Path) -> None:
    path = tmp_path / "regard.db"
    store = SqliteStore(str(path))
    append(store, *[entry(n) for n in range(1, 200)])
    store.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(Refused) as caught, open_store(str(path)).reading() as reading:
        reading.tail.after(0)
    assert caught.value.code == "store_damaged"


def test_store_locked_by_another_process_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "regard.db"
    store = SqliteStore(str(path))
    pragma(store, "busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as caught:
        append(store, entry(1))
    assert caught.value.code == "locked"
    other.execute("ROLLBACK")
    other.close()
    append(store, entry(1))
    store.close()


def fill(store: SqliteStore, acknowledged: list[int]) -> None:
    """Append until the disk is full; `acknowledged` gets the last offset of every commit."""
    for first in range(1, 10_000, 50):
        append(store, *[entry(first + n) for n in range(50)], keys=50)
        acknowledged.append(first + 49)


def test_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = str(tmp_path / "regard.db")
    store = SqliteStore(path)
    pragma(store, f"max_page_count = {pragma(store, 'page_count') + 20}")
    acknowledged: list[int] = []
    with pytest.raises(Unavailable) as caught:
        fill(store, acknowledged)
    assert (caught.value.code, caught.value.retry_after_s) == ("disk_full", 30)
    last = acknowledged[-1]
    with read(store) as reading:
        assert reading.tail.last() == last
    pragma(store, "max_page_count = 1000000")
    with store.writing() as writing:
        assert writing.journal.known([key(last), key(last + 1)]) == {key(last): last}
    append(store, entry(last + 1), keys=1)
    store.close()
    again = open_store(path)
    with read(again) as reading:
        assert reading.tail.last() == last + 1
    again.close()


def test_many_readers_at_once_are_served(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "regard.db"))
    append(store, entry(1))
    sessions = [store.reading() for _ in range(20)]
    assert [session.__enter__().tail.last() for session in sessions] == [1] * 20
    for session in sessions:
        session.__exit__(None, None, None)
    with read(store) as reading:
        assert reading.tail.last() == 1
    store.close()


def test_library_reads_beside_the_writer_and_never_fences_it(tmp_path: Path) -> None:
    path = str(tmp_path / "regard.db")
    store = open_store(path)
    append(store, entry(1))
    library = open_library(path)
    with library.reading() as reading:
        assert reading.tail.last() == 1
        append(store, entry(2))
        assert reading.tail.last() == 1
    with library.reading() as reading:
        assert reading.tail.last() == 2
    store.close()


@pytest.mark.parametrize(
    ("data", "code"), [(None, "no_store"), (b"", "store_too_old"), (b"letter" * 999, "not_a_store")]
)
def test_library_refuses_what_is_no_store(tmp_path: Path, data: bytes | None, code: str) -> None:
    path = tmp_path / "regard.db"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(Refused) as caught, open_library(str(path)).reading():
        pass
    assert caught.value.code == code
