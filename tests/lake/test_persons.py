"""Whose a row is: as known now, though files of closed days never change."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.lake.manifest import read_manifest
from tests.identity.draws import stories
from tests.identity.house import Input
from tests.lake.town import DAY_MINUTES as DAY
from tests.lake.town import Town, event, said

EXAMPLES = int(os.environ.get("EXAMPLES", "10"))

MOVED = "SELECT count(*) FROM events WHERE person_id IS DISTINCT FROM person_id_then"
PERSONS = "SELECT count(DISTINCT person_id), count(DISTINCT person_key) FROM events"


def check_persons(town: Town) -> None:
    """Every row of the lake is whose the house says it is."""
    with town.store.reading() as reading:
        known = {e.offset: person for e, person, _ in reading.tail.after(0, 10_000)}
    tables = [row[0] for row in town.ask("SELECT DISTINCT table_name FROM parts")]
    found: dict[int, str] = {}
    for table in tables:
        rows = town.ask(f"SELECT journal_offset, person_id FROM {table}")
        assert not found.keys() & {offset for offset, _ in rows}
        found |= {offset: person or "" for offset, person in rows}
    manifest = read_manifest(town.folder)
    assert manifest is not None
    assert found == {offset: known[offset] for offset in range(1, manifest.last + 1)}


def test_the_anonymous_past_joins_in_days_that_are_closed(any_town: Town) -> None:
    any_town.live(event(0, "a:laptop"), event(1, "a:phone"), event(DAY, "a:laptop"))
    any_town.fill()
    before = any_town.files()
    any_town.live(event(2 * DAY, "u:ada a:laptop"), event(2 * DAY + 1, "u:ada a:phone"))
    any_town.live(event(3 * DAY, "u:bruno"))
    assert any_town.ask(PERSONS) == [(2, 2)]
    any_town.fill()
    check_persons(any_town)
    assert any_town.ask(PERSONS) == [(1, 1)]
    then = "SELECT count(DISTINCT person_id_then) FROM events WHERE day < DATE '2026-03-03'"
    assert any_town.ask(then) == [(2,)]
    assert {name: any_town.files()[name] for name in before} == before


def test_a_split_gives_each_their_own_rows_again(town: Town) -> None:
    town.live(event(0, "u:ada e:one@x.at"), event(1, "e:one@x.at"), event(2, "p:1 e:two@x.at"))
    town.live(said(3, "link", "e:one@x.at", "e:two@x.at"))
    town.fill(is_open=True)
    check_persons(town)
    town.live(said(4, "split", "e:one@x.at u:ada", "e:two@x.at p:1"))
    town.fill(is_open=True)
    check_persons(town)


def test_what_others_did_on_a_borrowed_laptop_stays_theirs(town: Town) -> None:
    town.live(event(0, "u:ada a:laptop"), event(10, "a:laptop"), event(DAY, "u:chen"))
    town.fill()
    check_persons(town)
    town.live(event(5, "u:bruno a:laptop"), late_days=1.5)
    town.live(event(2 * DAY, "u:chen"))
    town.fill(is_open=True)
    check_persons(town)
    assert town.ask(MOVED) == [(1,)]
    town.live(event(12, "a:laptop"), event(8, "u:ada a:laptop"), late_days=2.5)
    town.fill(is_open=True)
    check_persons(town)
    assert town.ask(MOVED) == [(0,)]


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(stories(), st.sets(st.integers(0, 12)), st.integers(1, 4))
def test_any_life_is_told_as_the_house_tells_it(
    inputs: list[Input], cuts: set[int], length: int
) -> None:
    with TemporaryDirectory() as folder:
        town = Town(Path(folder) / "lake")
        for number, one in enumerate(inputs):
            town.live(one, late_days=number * 0.4)
            if number in cuts:
                town.fill(is_open=number % 2 == 0, length=length)
        town.fill(is_open=True, length=length)
        check_persons(town)


def test_persons_and_identifiers_are_those_of_now(town: Town) -> None:
    town.live(event(0, "u:ada e:ada@x.at", traits={"name": "Ada", "tier": "gold"}))
    town.fill(is_open=True)
    told = "SELECT traits ->> 'name', last_channel, is_frozen FROM persons"
    assert town.ask(told) == [("Ada", "web.desktop", False)]
    known = "SELECT i.kind, i.value FROM identifiers AS i JOIN persons USING (person_id) ORDER BY 1"
    assert town.ask(known) == [("email", "ada@x.at"), ("user_id", "ada")]


def test_a_person_is_found_by_what_they_say_of_themselves(town: Town) -> None:
    town.live(event(0, "a:laptop"), event(1, "u:ada a:laptop e:ada@x.at"), event(2, "u:bruno"))
    town.fill(is_open=True)
    question = """
        SELECT count(*) FROM events WHERE person_id =
        (SELECT person_id FROM identifiers WHERE kind = 'email' AND value = 'ada@x.at')"""
    assert town.ask(question) == [(2,)]
