"""What only a database server can do to a store: be another's, newer, cut off, shot, restored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import psycopg
import pytest

from regard.core.errors import Broken, Fenced, Refused, Unavailable
from regard.store import held_database, open_library, open_store
from regard.store.drawers.writing import VIEWS
from regard.store.postgresql import PostgresqlStore
from regard.store.postgresql.connecting import connect, shown
from regard.store.postgresql.link import WRITER_LOCK, PostgresqlLink
from regard.store.postgresql.schema import Migration, in_order, migrate, migrations
from tests.store.cast import ADA, append, entry, identity, key, person, project, read, save_people
from tests.store.postgres import PostgresServer


@pytest.fixture
def location(postgresql: PostgresServer) -> Iterator[str]:
    """An empty database."""
    location = postgresql.database()
    yield location
    postgresql.give_back(location)


def sql(location: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(location, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_database_of_another_program_is_refused_and_left_alone(postgresql: PostgresServer) -> None:
    location = postgresql.database()
    sql(location, "CREATE SCHEMA shop; CREATE TABLE shop.basket (id int)")
    location += "&options=-csearch_path%3Dshop"
    with pytest.raises(Refused, match="another program") as caught:
        open_store(location)
    assert caught.value.code == "not_a_store"
    assert sql(location, "SELECT relname FROM pg_class WHERE relname = 'migration'"
               " AND relnamespace = 'shop'::regnamespace") == []  # fmt: skip


def test_store_of_a_restored_dump_is_refused_until_adopted(location: str) -> None:
    open_store(location).close()
    sql(location, "UPDATE meta SET value = '1:1' WHERE name = 'home'")
    with pytest.raises(Refused) as caught:
        open_store(location)
    assert caught.value.code == "copied_store"
    open_store(location, adopt=True).close()
    open_store(location).close()


def test_reader_of_a_database_without_a_store_is_told(postgresql: PostgresServer) -> None:
    location = postgresql.database() + "&options=-csearch_path%3Dpg_temp"
    sql(location, "SELECT 1")
    with pytest.raises(Refused), open_library(location).reading():
        pass


def test_password_is_never_shown() -> None:
    assert shown("postgresql://ada:secret@db.example:6432/shop") == (
        "postgresql://db.example:6432/shop"
    )


def test_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable) as caught:
        open_store("postgresql://ada:secret@127.0.0.1:1/shop")
    assert caught.value.code == "store_unreachable"
    assert "secret" not in str(caught.value)


def test_house_that_writes_is_told_to_a_second_one(location: str) -> None:
    with held_database(location), pytest.raises(Refused) as caught, held_database(location):
        pytest.fail("two houses would hold one store")
    assert caught.value.code == "store_in_use"
    with held_database(location):
        pass


def test_old_code_goes_on_with_the_next_schema(location: str) -> None:
    newest = migrations()[-1].number
    expand = Migration(newest + 1, "expand", "ALTER TABLE timer ADD COLUMN note text DEFAULT ''")
    contract = Migration(newest + 1, "contract", "CREATE TABLE gone_after (id int)")
    last = Migration(newest + 2, "expand", "SELECT 1")
    with closing(open_store(location)) as old:
        append(old, entry(1), keys=1)
        with closing(connect(location)) as connection:
            migrate(connection, location, in_order([*migrations(), contract, expand]))
        timer = ("run:1", identity(ADA), entry(1).at, entry(1).at, 1)
        project(old, timers=(timer,))
        with read(old) as reading:
            assert len(reading.tail.due(entry(1).at, 9)) == 1
    with closing(open_store(location)) as again:
        append(again, entry(2))
        with closing(connect(location)) as connection:
            migrate(connection, location, in_order([*migrations(), contract, expand, last]))
        with pytest.raises(Fenced) as stopped:
            append(again, entry(3))
    with pytest.raises(Refused) as caught:
        open_store(location)
    assert stopped.value.code == caught.value.code == "store_too_new"
    assert str(stopped.value) == str(caught.value)
    sql(location, f"DELETE FROM migration WHERE number > {newest}; DROP TABLE gone_after;"
        "ALTER TABLE timer DROP COLUMN note")  # fmt: skip


@pytest.mark.slow
def test_migration_lets_go_of_the_lock_for_who_holds_its_table(location: str) -> None:
    """Who steps has read tables when asking for the lock: a migration must not insist."""
    newest = migrations()[-1].number
    wider = Migration(newest + 1, "expand", "ALTER TABLE timer ADD COLUMN note text DEFAULT ''")
    open_store(location).close()
    with closing(connect(location)) as stepping, closing(connect(location)) as migrating:
        with stepping.transaction():
            stepping.execute("SELECT count(*) FROM timer")
            thread = Thread(target=migrate, args=(migrating, location, [*migrations(), wider]))
            thread.start()
            waits = "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"
            while not sql(location, waits):
                assert thread.is_alive()
            stepping.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER_LOCK,))
        thread.join()
    assert sql(location, f"SELECT half FROM migration WHERE number = {newest + 1}") == [("expand",)]
    sql(location, f"DELETE FROM migration WHERE number > {newest};"
        "ALTER TABLE timer DROP COLUMN note")  # fmt: skip


def test_no_offset_is_passed_by_when_many_append(location: str) -> None:
    """Two processes race for the store; who reads behind them never misses an entry."""
    stores = [PostgresqlStore(location)]
    seen: list[int] = []

    def write(store: PostgresqlStore) -> None:
        for _ in range(15):
            with store.writing() as writing:
                last = writing.journal.last()
                writing.journal.append([entry(last + 1)], [key(last + 1)])

    def follow() -> None:
        while len(seen) < 45:
            with stores[0].reading() as reading:
                seen.extend(e.offset for e, *_ in reading.tail.after(len(seen), 99))

    threads = [Thread(target=write, args=(stores[0],)) for _ in range(3)]
    threads.append(Thread(target=follow))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stores[0].close()
    assert seen == list(range(1, 46))


def test_fence_is_read_behind_the_lock(location: str) -> None:
    """A writer that waited for the lock sees that somebody took the store for itself meanwhile."""
    with closing(PostgresqlStore(location)) as first, psycopg.connect(location) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
        other.execute("UPDATE meta SET value = '99' WHERE name = 'fence'")
        caught: list[Exception] = []

        def write() -> None:
            try:
                append(first, entry(1))
            except Fenced as error:
                caught.append(error)

        thread = Thread(target=write)
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while sql(location, waiting) == [(0,)]:
            pass
        other.commit()
        thread.join()
    assert len(caught) == 1


def test_connection_that_was_cut_is_replaced(location: str) -> None:
    with closing(PostgresqlStore(location)) as store:
        append(store, entry(1), keys=1)
        with pytest.raises(Unavailable), store.writing() as writing:  # noqa: PT012
            writing.journal.append([entry(2)], [key(2)])
            cut(location)
            writing.journal.append([entry(3)], [])
        append(store, entry(2), keys=1)
        with read(store) as reading:
            assert reading.tail.last() == 2
        cut(location)
        append(store, entry(3), keys=1)
        with read(store) as reading:
            assert reading.tail.last() == 3


def cut(location: str) -> None:
    """End every other connection of a database."""
    sql(location, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip


def test_what_was_acknowledged_outlives_the_server() -> None:
    """The server is ended as by a power cut; all that was committed durably is there."""
    server = PostgresServer(fsync="on", full_page_writes="on")
    try:
        with closing(PostgresqlStore(server.database())) as store:
            append(store, entry(1), entry(2), keys=2)
            save_people(store, person("p_a", "Ada"))
            server.stop("immediate")
            with pytest.raises(Unavailable):
                append(store, entry(3), keys=1)
            server.start()
            append(store, entry(3), keys=1)
            with read(store) as reading:
                assert reading.tail.last() == 3
                assert [row.label for row in reading.people.search("")] == ["Ada"]
    finally:
        server.end()


def test_swallowed_error_does_not_look_like_a_commit(location: str) -> None:
    with closing(PostgresqlStore(location)) as store:
        append(store, entry(1), keys=1)
        with pytest.raises(Broken), store.writing() as writing:  # noqa: PT012
            writing.journal.append([entry(2)], [])
            with pytest.raises(Broken):
                writing.journal.append([entry(3)], [key(1)])
        with read(store) as reading:
            assert reading.tail.last() == 1


def test_batch_with_a_key_twice_is_as_one_after_the_other(location: str) -> None:
    with closing(PostgresqlStore(location)) as store, closing(connect(location)) as connection:
        save_people(store, person("p_a", "Ada"), person("p_b", "Bea"), person("p_a", "Anna"))
        link = PostgresqlLink(lambda: connection)
        tallies = [("2026-03-02", "event", "Order", 1)] * 3
        changed = link.changed(link.statements("registers")["count_tally"], tallies)
        assert changed == 1
        with read(store) as reading:
            labels = {row.person_id: row.label for row in reading.people.search("")}
            assert labels == {"p_a": "Anna", "p_b": "Bea"}
            assert [tally.count for tally in reading.registers.tallies()] == [3]


def test_letter_that_postgresql_does_not_keep_spoils_no_batch(location: str) -> None:
    with closing(PostgresqlStore(location)) as store:
        save_people(store, person("p_a", "A\0da"), person("p_b", "Bea"))
        with read(store) as reading:
            assert {row.label for row in reading.people.search("")} == {"A\ufffdda", "Bea"}
            assert [row.person_id for row in reading.people.search("a\0d")] == ["p_a"]
            found = reading.people.read("p_a")
            assert found is not None
            assert found.trait("name") == "A\0da"


def test_every_view_is_a_table(location: str) -> None:
    with closing(PostgresqlStore(location)):
        tables = {row[0] for row in sql(location, "SELECT relname FROM pg_class")}
    assert set(VIEWS) <= tables
