"""The operator's commands over a lived store: audit beside the server, rebuild, export, import.

Row 11 of the audit. What was exported and imported elsewhere makes the same persons, and importing
it a second time adds nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from regard.store import open_library
from tests.audit.crowds import at_once
from tests.audit.journal import read_journal
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving, run_regard
from tests.audit.shop import SOURCE, identify, order

pytestmark = pytest.mark.slow

PERSONS = 40


def live_a_little(house: Serving, mailbox: Mailbox) -> set[str]:
    """Let people order from two devices each, first unknown, then known; return the tokens."""
    users = [f"user-{number}" for number in range(PERSONS)]

    def visit(user: str, client: object) -> None:
        for device in ("laptop", "phone"):
            seen = {"id": f"{user}-{device}", "page": "Lamps", "anonymous_id": f"{user}-{device}"}
            login = {**identify(user, f"{user}@example.com"), "id": f"{user}-{device}-login"}
            house.post([seen, {**login, "anonymous_id": f"{user}-{device}"}])
            house.post([order(f"{user}-{device}-order", user)])

    at_once(visit, users)
    tokens = {f"{user}-{device}-order" for user in users for device in ("laptop", "phone")}
    mailbox.wait_for(tokens)
    return tokens


def persons_of(store: Path) -> dict[str, frozenset[str]]:
    """Return every person by id, with all identifiers."""
    library = open_library(str(store))
    with library.reading() as reading:
        found = {
            row.person_id: reading.people.identifiers(row.person_id)[0]
            for row in reading.people.search("", limit=10_000)
        }
    library.close()
    return {
        person_id: frozenset(str(row.identifier) for row in rows)
        for person_id, rows in found.items()
    }


def test_the_books_balance_beside_a_running_server_and_views_rebuild_to_the_byte(
    house: Serving, mailbox: Mailbox
) -> None:
    tokens = live_a_little(house, mailbox)
    running = house.regard("audit")
    assert running.code == 0, running.output
    assert "The books balance." in running.output
    assert house.stop() == 0
    rebuilt = house.regard("rebuild")
    assert "Every view is the same to the byte." in rebuilt.output, rebuilt.output
    assert rebuilt.code == 0
    assert set(read_journal(house.store).sends) == tokens
    assert house.regard("audit").code == 0


def test_an_export_imports_to_the_same_persons_and_only_once(
    house: Serving, mailbox: Mailbox, tmp_path: Path
) -> None:
    live_a_little(house, mailbox)
    assert house.stop() == 0
    file, copy = tmp_path / "events.jsonl", tmp_path / "copy.db"
    assert house.regard("export", "--events-only", "-o", str(file)).code == 0
    arguments = (str(file), "--source", SOURCE, "--folder", str(house.folder))
    first = run_regard("import", *arguments, "--store", str(copy))
    assert first.code == 0, first.output
    persons = persons_of(copy)
    assert persons == persons_of(house.store)
    assert len(persons) == PERSONS
    entries = len(read_journal(copy).entries)
    again = run_regard("import", *arguments, "--store", str(copy))
    assert " 0  new events" in again.output
    assert len(read_journal(copy).entries) == entries
    assert persons_of(copy) == persons
    back = house.regard("import", str(file), "--source", SOURCE, "--folder")
    assert " 0  new events" in back.output, back.output
