"""Every entry of the journal is in one table, whole; the tables stay what they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import duckdb
import msgspec
import pytest

from regard.assembly import build_ledger
from regard.core.codec import encode_body
from regard.core.errors import Refused
from regard.core.event import Event
from regard.core.facts import Body, Entry
from regard.lake import SCHEMA, TABLES, Lake, fill, read_manifest
from regard.lake.manifest import write_manifest
from regard.lake.tables import BY_NAME, Table
from regard.project import load
from regard.store import open_store
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse
from tests.lake.town import DAY_MINUTES as DAY
from tests.lake.town import Town, event

ROOT = Path(__file__).parents[2]
PINNED = Path(__file__).parent / "tables.json"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def lived() -> VirtualHouse:
    """Return the example airline after some days with Ada, who books, checks in and objects."""
    program = load(ROOT / "examples" / "airline", {})
    store = open_store(":memory:")
    house = VirtualHouse(build_ledger(store, lambda: program), program, VirtualClock(START))
    departs = (START + timedelta(days=2)).isoformat()
    booking = {"booking_number": "SK1", "departure_at": departs, "price": 12.5, "note": "née\n\x00"}
    traits = {"email": "ada@example.com", "phone": "+436641234567", "name": "Ada"}
    known = {"user_id": "ada", "anonymous_id": "laptop-1"}
    house.take("website", {"page": "Home", "anonymous_id": "laptop-1", "id": "1"})
    house.take("website", known | {"identify": traits, "id": "2"})
    house.take(
        "website",
        known | {"event": "Booking Confirmed", "traits": traits, "properties": booking, "id": "3"},
    )
    house.run_until(START + timedelta(days=4))
    return house


def whole(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return the body that a row tells: its columns and what is in `rest`."""
    body = {"rest": {}} | msgspec.json.decode(row["rest"] or "{}")
    body.pop("rest")
    for column in table.columns:
        if not column.place and row[column.name] is not None:
            value = row[column.name]
            body[column.name] = msgspec.json.decode(value) if column.type == "JSON" else value
    return body


def told_by(entry: Entry) -> dict[str, Any]:
    """Return what a body says beside its defaults and what its entry says as well."""
    plain: dict[str, Any] = msgspec.json.decode(encode_body(entry.body))
    del plain["kind"]
    if type(entry.body) is Event:
        del plain["at"], plain["received_at"]
        plain["identifiers"] = [{"kind": k, "value": v} for k, v in plain["identifiers"]]
    return plain


def comparable(value: Any) -> Any:
    """Return a moment of the lake as the journal writes it."""
    if not isinstance(value, datetime):
        return value
    return msgspec.json.decode(msgspec.json.encode(value.replace(tzinfo=UTC)))


def test_nothing_of_the_journal_is_lost(tmp_path: Path) -> None:
    house = lived()
    store = house.ledger.store
    fill(store, tmp_path, is_open=True)
    with store.reading() as reading:
        entries = {e.offset: e for e, _, _ in reading.tail.after(0, 10_000)}
    lake, seen = Lake(tmp_path), set[int]()
    for table in TABLES:
        answer = lake.ask(f"SELECT * FROM {table.name}")
        for values in answer.rows():
            row = dict(zip(answer.names, values, strict=True))
            entry = entries[row["journal_offset"]]
            assert type(entry.body) in table.kinds
            assert row["happened_at"].replace(tzinfo=UTC) == entry.at
            found, told = whole(table, row), told_by(entry)
            assert told == {name: comparable(found[name]) for name in told}
            assert entry.offset not in seen
            seen.add(entry.offset)
    assert seen == entries.keys()
    assert {"events", "decisions", "promises", "messages", "others"} <= {
        part.table for part in (*lake.manifest.parts, *lake.manifest.open_parts)
    }
    lake.close()


def test_every_kind_of_entry_has_one_table() -> None:
    kinds = [kind for table in TABLES for kind in table.kinds]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) == set(get_args(Body))


def test_columns_are_only_ever_added() -> None:
    """`tables.json` holds the tables as first published, and each column added since.

    When this fails because a column came: add it there at the end and let `SCHEMA` grow.
    """
    pinned = msgspec.json.decode(PINNED.read_bytes())
    assert pinned["schema"] == SCHEMA
    assert pinned["tables"] == {table.name: dict(table.schema) for table in TABLES}


def older(path: Path, *missing: str) -> None:
    """Rewrite a file as a version would have written it that did not have some columns."""
    left_out = ", ".join(missing)
    rows = f"SELECT * EXCLUDE ({left_out}) FROM read_parquet('{path}', hive_partitioning = false)"
    draft = path.with_suffix(".draft")
    duckdb.sql(f"COPY ({rows}) TO '{draft}' (FORMAT parquet)")
    draft.replace(path)


def test_files_of_an_older_version_are_read_with_the_new_ones(town: Town) -> None:
    town.live(event(0, "u:ada", channel="store.pos"), event(DAY, "u:ada", channel="app.phone"))
    town.live(event(2 * DAY, "u:bruno"))
    town.fill()
    first, second = sorted(town.folder.glob("events/*/*.parquet"))
    older(first, "channel", "person_key", "facts")
    asked = "SELECT channel, person_key IS NULL, facts FROM events ORDER BY journal_offset"
    assert town.ask(asked) == [(None, True, None), ("app.phone", False, "{}")]
    older(second, "channel")
    assert town.ask("SELECT channel, count(*) FROM events GROUP BY 1") == [(None, 2)]


def test_every_file_says_which_version_wrote_it(town: Town) -> None:
    town.live(event(0, "u:ada"), event(DAY, "u:ada"))
    town.fill()
    (path,) = town.folder.glob("events/*/*.parquet")
    told = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
    assert (b"regard_schema", str(SCHEMA).encode()) in [
        (bytes(k, "utf8") if isinstance(k, str) else k, v) for k, v in told
    ]


def test_a_newer_lake_is_not_written_by_an_older_house(town: Town) -> None:
    town.live(event(0, "u:ada"), event(DAY, "u:ada"))
    town.fill()
    manifest = read_manifest(town.folder)
    assert manifest is not None
    write_manifest(town.folder, msgspec.structs.replace(manifest, schema=SCHEMA + 1))
    with pytest.raises(Refused, match="newer Regard"):
        town.fill()
    assert town.ask("SELECT count(*) FROM events") == [(1,)]


def test_a_torn_manifest_says_what_to_do(town: Town) -> None:
    town.live(event(0, "u:ada"), event(DAY, "u:ada"))
    town.fill()
    (town.folder / "manifest.json").write_text("{")
    with pytest.raises(Refused, match="not readable") as told:
        town.fill()
    assert "makes it anew" in told.value.hint


def test_every_table_has_its_lines_in_the_docs() -> None:
    text = (ROOT / "docs" / "lake.md").read_text(encoding="utf-8")
    for table in TABLES:
        line = next(line for line in text.splitlines() if line.startswith(f"| `{table.name}`"))
        assert not [c.name for c in BY_NAME[table.name].columns if f"`{c.name}`" not in line]
