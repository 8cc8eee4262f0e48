"""Words as evidence: whole, in any case, with or without accents, also where no spaces are."""

from __future__ import annotations

import pytest

from regard.core.phrases import TEXT_MAX, words_of
from tests.needs.house import Airline, program_of, said


@pytest.mark.parametrize(
    "text",
    [
        "Please REBOOK me!",
        "any another flight?",
        "Könnte ich umbuchen?",
        "Je voudrais reserver  à nouveau.",
        "RÉSERVER À NOUVEAU",
        "フライトを変更したいです",
    ],
)
def test_a_phrase_is_found_as_people_write_it(text: str) -> None:
    house = Airline()
    house.does("Message Received", **said(text))
    need = house.need()
    assert need is not None
    assert [reason.weight for reason in need.reasons] == [3.0]


@pytest.mark.parametrize(
    "text", ["rebooking fees", "umbuchend", "another nice flight", "", "réserver", "!!!"]
)
def test_a_part_of_a_word_or_of_a_phrase_is_none(text: str) -> None:
    house = Airline()
    house.does("Message Received", **said(text))
    assert house.need() is None


def test_one_text_is_one_piece_of_evidence_of_a_line() -> None:
    house = Airline()
    house.does("Message Received", properties={"text": "rebook", "subject": "umbuchen, rebook"})
    need = house.need()
    assert need is not None
    assert len(need.reasons) == 1


def test_a_line_may_name_its_events_and_facts() -> None:
    lounge = """
id: lounge
evidence:
  for:
    - {words: [quiet], events: [Site Searched], in: [query], weight: 2}
"""
    house = Airline(program_of(needs__lounge=lounge))
    house.does("Message Received", **said("quiet"))
    house.does("Site Searched", properties={"text": "quiet"})
    assert house.need("lounge") is None
    house.does("Site Searched", properties={"query": "A quiet place"})
    found = house.need("lounge")
    assert found is not None
    assert found.reasons[0].told == "“quiet” in Site Searched"


def test_long_texts_are_read_to_a_limit() -> None:
    assert len(words_of("a " * TEXT_MAX)) == TEXT_MAX / 2


def test_words_are_told_apart_where_a_script_writes_no_spaces() -> None:
    assert words_of("変更 Straße don't") == ["変", "更", "strasse", "don", "t"]
