"""Importing files: columns, lines, and the report of a dry run."""

from __future__ import annotations

import pytest

from regard.core.errors import Refused
from regard.core.ports import Draft
from regard.intake import read_file, summarise
from tests.intake.house import NOW, TILL

CSV = """id,event,user_id,email,at,properties.total:number,traits.vip:boolean
1,Purchase Made,ada,Ada@Example.com,2026-01-05T10:00:00Z,12.50,true
2,Purchase Made,bruno,not an address,2026-01-06,many,
1,Purchase Made,ada,ada@example.com,2026-01-05T10:00:00Z,12.50,true

,,chen,"chen@
example.com",,,
3,Purchase Made,,,,,
"""


@pytest.fixture
def read(program):
    def lines(content, form="csv", **about):
        return list(
            read_file(content, program=program, source=TILL, received_at=NOW, form=form, **about)
        )

    return lines


def test_rows_are_events_and_rows_without_one_are_customers(read):
    first, second, _, customer, nobody = read(CSV)
    event = first.outcome.body
    assert (first.number, event.name, event.message_id) == (2, "Purchase Made", "1")
    assert event.facts == {"total": 12.5}
    assert event.traits == {"email": "Ada@Example.com", "vip": True}
    assert [str(i) for i in event.identifiers] == ["user_id:ada", "email:ada@example.com"]
    assert second.outcome.body.facts == {"total": "many"}
    assert (customer.number, customer.outcome.body.name) == (6, "identify")
    assert (nobody.number, nobody.outcome.code) == (8, "no_identifier")


def test_a_report_tells_what_an_import_would_do(read):
    report = summarise(read(CSV))
    assert report.accepted_count == 3
    assert (report.duplicate_count, report.duplicates) == (1, ((4, 2),))
    assert (report.rejected_count, report.flagged_count) == (1, 2)
    assert report.identity_count == 3
    assert report.events == {"Purchase Made": 2, "identify": 1}
    assert report.first_at.isoformat() == "2026-01-05T10:00:00+00:00"
    assert report.last_at == NOW
    assert [(line, code) for line, code, _ in report.problems] == [
        (3, "flagged"),
        (6, "flagged"),
        (8, "no_identifier"),
    ]


def test_other_headers_are_mapped_or_left_out(read):
    text = "Kunde;Mail\nada;x\n".replace(";", ",")
    [line] = read(text, columns={"Kunde": "user_id", "mail": ""})
    assert line.outcome.body.traits == {}


def test_unknown_headers_are_all_named(read):
    with pytest.raises(Refused) as caught:
        read("user_id,Kunde,Mail\n")
    assert caught.value.code == "unknown_columns"
    assert [problem.path for problem in caught.value.problems] == ["column 2", "column 3"]


@pytest.mark.parametrize("text", ["", 'user_id\n"ada', 'user_id\n"a"b"\n'])
def test_a_broken_csv_is_refused(read, text):
    with pytest.raises(Refused):
        read(text)


def test_fields_beyond_the_header_are_said_so(read):
    [line] = read("user_id,event\nada,Seen,surplus\n")
    assert line.outcome.body.violations == ("unknown field 'more fields than headers'",)


def test_json_lines_are_plain_items_or_segment_calls(read, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text(
        '{"event":"Seen","user_id":"ada","id":"1"}\n\n'
        '{"type":"track","event":"Seen","userId":"ada","messageId":"2"}\n'
        "{broken\n",
        encoding="utf-8-sig",
    )
    first, second, broken = read(path, "jsonl")
    assert isinstance(first.outcome, Draft)
    assert isinstance(second.outcome, Draft)
    assert (broken.number, broken.outcome.code) == (4, "bad_json")


def test_a_file_that_is_not_utf8_is_refused(read, tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("user_id\nJürgen\n".encode("latin-1"))
    with pytest.raises(Refused) as caught:
        read(path)
    assert caught.value.code == "bad_utf8"
