"""variants.yaml: whom a variant is for, its texts in a folder of its own, its own subject."""

from __future__ import annotations

import pytest

from regard.core.person import Person
from regard.project import load_text
from regard.project.changes import changes
from tests.project.hotel import HOTEL, MAIL, found, scope, warned

FOLDER = "engagements/reminder"
OWN = {
    f"{FOLDER}/variants.yaml": """
variants:
  - {id: big, when: facts.total > 100, subject: "Big {{ facts.booking_number }}"}
  - {id: older, age: 60+, regions: [AT, CH], devices: [tablet, phone]}
  - {id: drawn}
""",
    f"{FOLDER}/variants/big/core.txt": "big",
    f"{FOLDER}/variants/big/de.txt": "groß",
    f"{FOLDER}/variants/older/core.email.mjml": MAIL,
    f"{FOLDER}/variants/drawn/core.sms.txt": "drawn",
}


def test_rules_stand_in_their_order_with_all_that_they_say() -> None:
    engagement = load_text({**HOTEL, **OWN}, {}).engagements["reminder"]
    big, older, drawn = engagement.variant_rules
    assert big.when is not None
    assert big.when(scope(Person(id="p"), total=200)) is True
    assert (older.ages, older.regions, older.devices) == (
        (60, 150),
        ("AT", "CH"),
        ("tablet", "phone"),
    )
    assert (drawn.id, drawn.when, drawn.ages, drawn.regions, drawn.devices) == (
        "drawn", None, None, (), (),
    )  # fmt: skip
    told = {(v.id, v.channel, v.language) for v in engagement.variants}
    assert {("big", "*", "*"), ("big", "*", "de"), ("older", "email", "*")} <= told
    assert ("drawn", "sms", "*") in told
    assert ("", "email", "*") in told


def test_a_variant_has_its_own_subject_or_the_cores() -> None:
    variants = load_text({**HOTEL, **OWN}, {}).engagements["reminder"].variants
    data = {"facts": {"booking_number": "SK1"}}
    subjects = {(v.id, v.language): v.render(data).subject for v in variants}
    assert subjects["big", "*"] == "Big SK1"
    assert subjects["older", "*"] == "Booking SK1"


@pytest.mark.parametrize(
    ("text", "ages"), [("18-25", (18, 25)), ("60+", (60, 150)), ("up to 17", (0, 17))]
)
def test_ages_are_words(text: str, ages: tuple[int, int]) -> None:
    files = {**HOTEL, **OWN, f"{FOLDER}/variants.yaml": f"variants: [{{id: big, age: {text}}}]"}
    files = {k: v for k, v in files.items() if "/older/" not in k and "/drawn/" not in k}
    assert load_text(files, {}).engagements["reminder"].variant_rules[0].ages == ages


@pytest.mark.parametrize(
    ("rule", "message", "hint"),
    [
        ("{id: bigger}", "the variant 'bigger' has no template", "variants/bigger/core"),
        ("{id: core}", "is what is taken when no variant is", ""),
        ("{id: big}, {id: big}", "there are two variants", ""),
        ("{id: big, age: old}", "'old' is not an age", ""),
        ("{id: big, age: 30-20}", "ends before it begins", ""),
        ("{id: big, regions: [Austria]}", "is not a region", ""),
        ("{id: big, devices: [phon]}", "there is no device 'phon'", "phone"),
        ("{id: big, when: facts.totl > 1}", "totl", "total"),
        ("{id: big, wen: true}", "unknown key 'wen'", "when"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told(rule: str, message: str, hint: str) -> None:
    files = {**HOTEL, f"{FOLDER}/variants.yaml": f"variants: [{rule}]"}
    files[f"{FOLDER}/variants/big/core.txt"] = "big"
    problems = [p for p in found(files) if message in p.message]
    assert problems, found(files)
    assert problems[0].file == f"{FOLDER}/variants.yaml"
    assert problems[0].line == 1
    assert hint in problems[0].hint


def test_texts_of_a_variant_that_is_not_listed_are_a_problem() -> None:
    files = {**HOTEL, f"{FOLDER}/variants/biggish/core.txt": "x"}
    (problem,) = found(files)
    assert problem.file == f"{FOLDER}/variants/biggish/core.txt"
    assert problem.message == "there is no variant 'biggish'"


@pytest.mark.parametrize("name", ["variants/core.txt", "de.txt", "variants/big/german.txt"])
def test_strange_names_are_refused(name: str) -> None:
    files = {**HOTEL, **OWN, f"{FOLDER}/{name}": "x"}
    told = [*found(files), *warned(files)]
    assert [p.file for p in told if "name" in p.message or "language" in p.message] == [
        f"{FOLDER}/{name}"
    ]


def test_the_changes_of_a_publication_name_the_variant() -> None:
    before = load_text({**HOTEL, **OWN}, {})
    after = load_text({**HOTEL, **OWN, f"{FOLDER}/variants/big/de.txt": "größer"}, {})
    assert "big/*/de" in " ".join(str(change) for change in changes(before, after))


def test_tracking_names_a_purpose_that_needs_consent() -> None:
    toml = HOTEL["regard.toml"]
    good = {**HOTEL, "regard.toml": f'{toml}\n[tracking]\npurpose = "offers"\n'}
    assert load_text(good, {}).tracking_purpose == "offers"
    assert load_text(HOTEL, {}).tracking_purpose == ""
    for purpose, message in (("stay", "with consent alone"), ("ofers", "there is no purpose")):
        files = {**HOTEL, "regard.toml": f'{toml}\n[tracking]\npurpose = "{purpose}"\n'}
        assert message in found(files)[0].message
