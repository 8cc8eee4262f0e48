"""What a folder may say of needs and questions; every slip is told with its place."""

from __future__ import annotations

import pytest

from regard.core.errors import Refused
from regard.project import load_text
from regard.project.changes import changes
from regard.project.compiling import compile_texts
from tests.needs.house import AIRLINE, REBOOK, program_of


def problems_of(**files: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        program_of(**files)
    return [f"{p.path}: {p.message}" for p in refused.value.problems if not p.is_warning]


def warnings_of(**files: str) -> list[str]:
    paths = {f"{name.replace('__', '/')}.yaml": text for name, text in files.items()}
    _, findings = compile_texts({**AIRLINE, **paths}, {})
    return [f"{p.file}: {p.message}" for p in findings.sorted()]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id: x\nprior: 1.5", "prior: 1.5 is not from 0.0001 to 0.9999"),
        ("id: x\nhalf_life: 3", "half_life: 3 has no unit"),
        (
            "id: x\nhalf_life: 2 seconds",
            "half_life: evidence that is gone within a minute moves nobody",
        ),
        ("id: x\nprior: 0.7", "felt_at: everybody would feel it: 0.6 is not above the prior 0.7"),
        ("id: x\nmood: good", "mood: unknown key 'mood'"),
        ("id: rebook", "id: 'rebook' is defined in needs/rebook.yaml too"),
    ],
)
def test_slips_of_a_need_are_told(text: str, problem: str) -> None:
    assert problems_of(needs__x=text) == [problem]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{weight: strong}", ": evidence is one of an event, words or a silence"),
        (
            "{event: A, words: [b], weight: strong}",
            ": evidence is one of an event, words or a silence",
        ),
        ("{event: A}", ": 'weight' is missing"),
        ("{event: A, weight: huge}", ".weight: 'huge' is not known here"),
        ("{event: A, weight: 11}", ".weight: 11 is not from 0.01 to 10"),
        ("{words: ['!?'], weight: weak}", ".words.0: '!?' holds no word"),
        ("{words: [Ab, áb], weight: weak}", ".words.1: 'áb' is the same words as another"),
        ("{silence: A, after: B, weight: weak}", ": a silence needs a length"),
        ("{promise: none, on: missed, weight: weak}", ".promise: there is no promise 'none'"),
        ("{need: y, weight: weak}", ": evidence is one of an event, words or a silence"),
    ],
)
def test_slips_of_evidence_are_told_where_they_are(line: str, problem: str) -> None:
    text = f"id: x\nevidence:\n  for:\n    - {line}\n"
    assert problems_of(needs__x=text)[0] == f"evidence.for.0{problem}"


def test_the_same_evidence_twice_is_told() -> None:
    text = "id: x\nevidence: {for: [{event: A, weight: weak}], against: [{event: A, weight: some}]}"
    assert problems_of(needs__x=text) == ["evidence.against.0: this is evidence already"]


QUESTION = "purpose: travel\nclass: service\nchannels: [sms]\n"


@pytest.mark.parametrize(
    ("asks", "problem"),
    [
        ("asks: {}", "asks: a question asks for a trait or about a need"),
        ("asks: {trait: a, need: rebook}", "asks: a question asks for a trait or about a need"),
        ("asks: {need: sleep}", "asks.need: there is no need 'sleep'"),
        ("asks: {need: rebook, choices: [maybe, no]}",
         "asks.choices: whether somebody has a need is answered by yes or no"),
        ("asks: {trait: a, choices: [b]}", "asks.choices: a question has 2 to 20 answers"),
        ("asks: {trait: a, known_if: never}", "asks.known_if: 'never' is not known here"),
        ("context: [{when: local_hour() > 5}]", "context.0: 'weight' is missing"),
        ("context: [{when: local_hour() > 5, weight: 99}]",
         "context.0.weight: 99 is not from 0.1 to 10"),
        ("offer_when: needed", "offer_when: it says of no need that it answers it"),
        ("need: sleep", "need: there is no need 'sleep'"),
    ],
)  # fmt: skip
def test_slips_of_a_question_are_told(asks: str, problem: str) -> None:
    text = {"engagements__ask__engagement": f"{QUESTION}{asks}\n"}
    files = text | {"engagements__ask__core.txt": "Hello"}
    assert problems_of(**files)[0] == problem


def test_a_folder_without_needs_is_only_warned() -> None:
    files = {path: text for path, text in AIRLINE.items() if path != "needs/rebook.yaml"}
    files["engagements/other_flights/engagement.yaml"] = f"{QUESTION}need: rebook\n"
    files["engagements/other_flights/core.txt"] = "Hello"
    program, findings = compile_texts(files, {})
    assert program is not None
    assert "no file declares the need 'rebook'" in [p.message for p in findings.sorted()]


def test_an_event_that_no_file_describes_is_a_warning() -> None:
    event = "name: Flight Disrupted\n"
    told = warnings_of(events__flight=event)
    assert "needs/rebook.yaml: no file describes the event 'Booking Viewed'" in told
    assert "needs/rebook.yaml: no file describes the event 'Check In Opened'" in told


def test_an_edit_of_a_need_is_told_in_words() -> None:
    old = load_text(AIRLINE, {})
    edited = REBOOK.replace("6 hours", "2 days").replace("weight: weak", "weight: some")
    told = [str(change) for change in changes(old, program_of(needs__rebook=edited))]
    assert len(told) == 1
    assert told[0].startswith("need rebook changed: ")
