"""`regard link` asks in the review queue, once; links when told to; a human has the last word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regard.core.event import Identifier
from regard.decisions.consent import consent_refusal
from regard.project import load
from regard.store import open_library
from tests.cli.conftest import Run, jsonl
from tests.linking.town import town

LINK = ("--column", "born=date_of_birth")


def _event(number: int, row: dict[str, object]) -> dict[str, object]:
    """Return what a source tells of a person: with a login, or by an address of its own."""
    traits = {name: row[name] for name in ("first_name", "last_name", "born", "phone") if row[name]}
    address = {"street": row["address"], "postalCode": row["postcode"]}
    known = {"user_id": row["login"]} if row["login"] else {"anonymous_id": f"browser-{number}"}
    return {
        "id": f"seen-{number}",
        "event": "Signed Up",
        "at": f"2026-03-02T09:{number // 60 % 60:02}:{number % 60:02}Z",
        **known,
        "traits": {**traits, "address": address},
    }


@pytest.fixture
def known(run: Run, folder: Path) -> Path:
    """Return a project that people of a small town have met, at the website and in the shop."""
    with (folder / "regard.toml").open("a") as file:
        file.write(
            '\n[sources.shop]\nkey = "starter-shop"\ntitle = "Shop"\nchannel = "store.pos"\n'
        )
    identity = folder / "identity.yaml"
    text = identity.read_text().replace("  phone: {paths: [traits.phone, ", "  tel: {paths: [")
    identity.write_text(text)
    events = [_event(number, row) for number, row in enumerate(town(60, seed=4))]
    for place, source in enumerate(("website", "shop")):
        file_ = jsonl(folder, *events[place::2])
        done = run("import", file_, "--source", source, "--folder", folder)
        assert "new events" in done.output, done.output
    return folder


def _reviews(run: Run, folder: Path) -> list[dict[str, dict[str, object]]]:
    found = run("identity", "reviews", "--kind", "proposed", "--json", "--folder", folder)
    assert found.exit_code == 0, found.output
    return list(json.loads(found.output))


def test_proposals_are_asked_once_with_their_reasons(run: Run, known: Path) -> None:
    told = run("link", known, *LINK)
    assert told.exit_code == 0, told.output
    assert "Compared: " in told.output
    asked = _reviews(run, known)
    assert asked
    review = asked[0]["review"]
    assert str(review["rule"]).startswith("linked:")
    assert 0 < float(str(review["confidence"])) < 1
    assert any("given name" in reason or "surname" in reason for reason in review["reasons"])  # type: ignore[attr-defined]
    again = run("link", known, *LINK)
    assert "0 pairs of persons are nearly certain, 0 are for a human" in again.output
    assert len(_reviews(run, known)) == len(asked)


def test_a_dry_run_writes_nothing(run: Run, known: Path) -> None:
    told = run("link", known, *LINK, "--dry-run", "--json")
    assert told.exit_code == 0, told.output
    proposals = json.loads(told.stdout)
    assert proposals
    assert proposals == sorted(proposals, key=lambda one: -one["probability"])
    assert _reviews(run, known) == []


def test_an_answer_is_the_last_word(run: Run, known: Path) -> None:
    told = run("link", known, *LINK, "--limit", "2")
    assert "2 asked" in told.output, told.output
    review = _reviews(run, known)[0]["review"]
    left, right = (f"{side[0][0]}:{side[0][1]}" for side in (review["left"], review["right"]))  # type: ignore[index]
    answered = ("never", left, right, "--answers", review["review_id"], "--folder", known)
    assert run("identity", *answered).exit_code == 0
    told = json.loads(run("link", known, *LINK, "--dry-run", "--json").stdout)
    pairs = [{tuple(one["left"]), tuple(one["right"])} for one in told]
    assert {tuple(left.split(":", 1)), tuple(right.split(":", 1))} not in pairs


def test_what_is_nearly_certain_is_linked_when_told_to(run: Run, known: Path) -> None:
    before = json.loads(run("link", known, *LINK, "--dry-run", "--json").stdout)
    sure = [one for one in before if one["is_link"]]
    assert sure
    told = run("link", known, *LINK, "--apply")
    assert " linked, " in told.output
    name = ":".join(sure[0]["left"])
    explained = run("explain", name, "--folder", known)
    assert ":".join(sure[0]["right"]) in explained.output


def _sides(review: dict[str, object]) -> tuple[str, str]:
    left, right = (":".join(review[side][0]) for side in ("left", "right"))  # type: ignore[index]
    return left, right


def test_answers_teach_the_next_run_and_are_not_asked_again(run: Run, known: Path) -> None:
    assert run("link", known, *LINK).exit_code == 0
    first, second, third = (one["review"] for one in _reviews(run, known)[:3])
    for verb, review in (("link", first), ("never", second), ("dismiss", third)):
        ends = () if verb == "dismiss" else _sides(review)
        answer = ("--answers", review["review_id"]) if ends else (review["review_id"],)
        done = run("identity", verb, *ends, *answer, "--folder", known)
        assert done.exit_code == 0, done.output
    told = run("link", known, *LINK, "--dry-run")
    assert "pairs are a human's word" in told.output, told.output
    proposed = json.loads(run("link", known, *LINK, "--dry-run", "--json").stdout)
    pairs = [{":".join(one["left"]), ":".join(one["right"])} for one in proposed]
    for review in (first, second, third):
        assert set(_sides(review)) not in pairs


def test_what_a_linker_linked_teaches_no_linker(run: Run, known: Path) -> None:
    assert " linked, " in run("link", known, *LINK, "--apply").output
    assert "a human's word." not in run("link", known, *LINK, "--dry-run").output


def _may_get_offers(folder: Path, name: str) -> bool:
    """Return whether offers may be sent to whose an identifier is, as the gate asks it."""
    kind, _, value = name.partition(":")
    purpose = load(folder, {}).purposes["offers"]
    library = open_library(str(folder / ".regard" / "regard.db"))
    with library.reading() as reading:
        person = reading.people.read(str(reading.people.find(Identifier(kind=kind, value=value))))
    assert person is not None
    return not consent_refusal(person.consents, "offers", purpose, "marketing", "email")


def test_probability_alone_never_carries_consent(run: Run, known: Path) -> None:
    before = json.loads(run("link", known, *LINK, "--dry-run", "--json").stdout)
    sure = next(one for one in before if one["is_link"] and one["left"][0] != one["right"][0])
    login, browser = sorted((sure["left"], sure["right"]), reverse=True)
    other, granted = ":".join(login), ":".join(browser)
    kind, value = browser
    word = {
        "id": "word-1",
        "event": "Consent Granted",
        kind: value,
        "at": "2026-03-03T09:00:00Z",
        "properties": {"purpose": "offers"},
    }
    done = run("import", jsonl(known, word), "--source", "website", "--folder", known)
    assert done.exit_code == 0, done.output
    assert _may_get_offers(known, granted)
    assert not _may_get_offers(known, other)
    assert " linked, " in run("link", known, *LINK, "--apply").output
    assert not _may_get_offers(known, other), "one person by likeness, but nobody said so"
    assert not _may_get_offers(known, granted), "whose word it was is not certain any more"
    assert run("identity", "link", granted, other, "--folder", known).exit_code == 0
    assert _may_get_offers(known, other), "a human said so, and at once"
    assert "the same to the byte" in run("rebuild", known).output
    assert _may_get_offers(known, other)


def test_a_project_without_a_store_is_told_what_to_do(run: Run, folder: Path) -> None:
    told = run("link", folder)
    assert told.exit_code == 1
    assert "import events" in told.output


def test_a_bad_mapping_is_a_wrong_usage(run: Run, known: Path) -> None:
    assert run("link", known, "--column", "tel").exit_code == 2
