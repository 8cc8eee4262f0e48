"""`regard messages` on a store that nobody serves: list, replay, discard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regard.assembly import build_ledger
from regard.core.event import MessageOutcome
from regard.core.rows import MessageRow
from regard.project import load
from regard.runtime.handing import outcome_draft
from regard.store import open_store
from tests.audit.shop import order, write_shop
from tests.cli.conftest import Run

AT = "2026-03-02T09:00:00Z"


def message_of(folder: Path) -> MessageRow:
    store = open_store(str(folder / ".regard" / "regard.db"))
    with store.reading() as reading:
        [(row, _)] = reading.registers.messages()
    store.close()
    return row


@pytest.fixture
def dead(run: Run, tmp_path: Path) -> Path:
    """Return a project whose one message is a dead letter."""
    lived = write_shop(tmp_path / "shop", 25)
    file = tmp_path / "orders.jsonl"
    known = {"user_id": "ada", "traits": {"email": "ada@example.com"}}
    file.write_text(json.dumps({**order("order-1", "ada"), **known, "at": AT}) + "\n")
    done = run("import", file, "--source", "shop", "--folder", lived, "--act")
    assert done.exit_code == 0, done.output
    store = open_store(str(lived / ".regard" / "regard.db"))
    program = load(lived, {})
    ledger = build_ledger(store, lambda: program)
    with store.reading() as reading:
        [(row, _), *_] = reading.registers.messages()
    outcome = MessageOutcome(
        message_id=row.message_id,
        channel=row.channel,
        outcome="refused",
        attempt=1,
        reason="template_failed",
        detail="line 3 is too long",
    )
    ledger.append([outcome_draft(row, outcome, row.state_at)], row.state_at)
    while ledger.advance():
        pass
    store.close()
    return lived


def test_dead_letters_are_listed_and_replayed(run: Run, dead: Path) -> None:
    place = ("--folder", dead)
    told = run("messages", "list", *place)
    assert "template_failed: line 3 is too long" in told.output
    [found] = json.loads(run("messages", "list", "--json", *place).output)
    message_id = found["message"]["message_id"]
    done = run("messages", "replay", message_id, *place)
    assert (done.exit_code, "1 of 1 replayed" in done.output) == (0, True), done.output
    assert message_of(dead).state == "queued"
    again = run("messages", "replay", message_id, *place)
    assert (again.exit_code, "neither dead nor unknown" in again.output) == (1, True)


def test_all_dead_letters_of_an_engagement_are_discarded(run: Run, dead: Path) -> None:
    row = message_of(dead)
    about = ("--all", "--engagement", row.engagement, "--folder", dead)
    done = run("messages", "discard", *about, "--why", "a test booking")
    assert done.exit_code == 0, done.output
    assert (message_of(dead).state, message_of(dead).reason) == ("withdrawn", "discarded")


def test_nothing_is_replayed_without_a_name(run: Run, dead: Path) -> None:
    assert run("messages", "replay", "--folder", dead).exit_code == 2
    assert run("messages", "replay", "--all", "--folder", dead).exit_code == 2
    nobody = run("messages", "replay", "m_nobody", "--folder", dead)
    assert (nobody.exit_code, "no message m_nobody" in nobody.output) == (1, True)
