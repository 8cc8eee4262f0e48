"""What no rebuild can make: carried as rows from any store to any other, cut by age, marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import get_args

from regard.core.rows import Content, Rejected
from regard.core.storage import BEGINNINGS, Kept, KeptRow, Renewed, Store
from regard.store import MemoryStore
from tests.store.cast import entry, key, moment

KINDS: Sequence[Kept] = tuple(BEGINNINGS)


def rows_of(store: Store, kind: Kept, limit: int = 2) -> list[KeptRow]:
    """Return all rows of a kind, read in small pages."""
    found: list[KeptRow] = []
    after = BEGINNINGS[kind]
    with store.writing() as writing:
        while page := writing.belongings.page(kind, after, limit):
            found += page
            after = page[-1][0]
    return found


def fill(store: Store) -> None:
    with store.writing() as writing:
        writing.journal.append([entry(n) for n in (1, 2, 3)], [key(1), key(2), key(3)])
        contents = [said(f"m{n}", n) for n in (1, 2, 3)]
        items = [refused(n) for n in (1, 2, 3)]
        writing.registers.keep(contents, items, {"shop": (3, 1, 3)}, moment(9))
        writing.rollouts.keep_program("abc", b"folder\0")


def said(message_id: str, number: int) -> Content:
    return Content(
        message_id=message_id,
        channel="email",
        address="ada@example.com",
        subject="Hello",
        text="Hello Ada",
        html="",
        headers={},
        handed_at=moment(number),
    )


def refused(number: int) -> Rejected:
    return Rejected(source="shop", at=moment(number), code="odd", message="?", item="{}")


def test_rows_of_any_store_are_those_of_every_other(store: Store) -> None:
    twin = MemoryStore()
    for one in (store, twin):
        fill(one)
    for kind in KINDS:
        assert rows_of(store, kind) == rows_of(twin, kind)
        assert rows_of(store, kind)
        with store.writing() as ours, twin.writing() as theirs:
            assert ours.belongings.digest(kind) == theirs.belongings.digest(kind)


def test_rows_are_put_once_and_the_journal_goes_on_behind_them(store: Store) -> None:
    filled = MemoryStore()
    fill(filled)
    for _ in range(2):
        for kind in KINDS:
            with store.writing() as writing:
                writing.belongings.put(kind, rows_of(filled, kind))
    with store.writing() as writing:
        assert writing.journal.last() == 3
        assert writing.journal.known([key(2)]) == {key(2): 2}
        writing.journal.append([entry(4)], [key(4)])
    for kind in KINDS[2:]:
        assert rows_of(store, kind) == rows_of(filled, kind)
    with store.writing() as writing:
        for kind in get_args(Renewed):
            writing.belongings.clear(kind)
    assert not any(rows_of(store, kind) for kind in KINDS[2:])


def test_the_oldest_go_first_and_what_is_left_is_told_by_day(store: Store) -> None:
    fill(store)
    before = moment(3)
    with store.reading() as reading:
        assert sum(aged.count for aged in reading.shelf.aged("content", before)) == 2
        assert not reading.shelf.aged("content", moment(1))
        days = [aged.day for aged in reading.shelf.aged("rejected", moment(9) + timedelta(days=1))]
    assert days == [f"{moment(1):%Y-%m-%d}"]
    with store.writing() as writing:
        assert writing.belongings.shed("content", before, 1) == 1
        assert writing.belongings.shed("content", before, 5) == 1
        assert writing.belongings.shed("content", before, 5) == 0
        assert writing.belongings.shed("rejected", before, 5) == 2
    assert [row[0] for row in rows_of(store, "content")] == ["m3"]
    with store.writing() as writing:  # numbers go on: none comes twice
        writing.registers.keep((), [refused(4)], {}, moment(9))
    assert [row[0] for row in rows_of(store, "rejected")] == [3, 4]


def test_what_was_cut_or_marked_comes_back_with_a_rollback(store: Store) -> None:
    fill(store)
    before = {kind: rows_of(store, kind) for kind in KINDS}
    try:
        with store.writing() as writing:
            writing.belongings.shed("content", moment(9), 5)
            writing.belongings.shed("rejected", moment(9), 2)
            writing.belongings.clear("source")
            writing.marks.set("leaving", "x")
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert {kind: rows_of(store, kind) for kind in KINDS} == before
    with store.writing() as writing:
        assert not writing.marks.get("leaving")
        writing.marks.set("leaving", "first")
        writing.marks.set("leaving", "second")
        assert writing.marks.get("leaving") == "second"
        writing.marks.set("leaving", "")
        assert not writing.marks.get("leaving")
