"""The example folders: they compile without a word, and their messages fit their channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from regard.core.program import Program
from regard.core.signal import JOURNEY_CALLED
from regard.project import check, load

EXAMPLES = Path(__file__).parents[2] / "examples"
GSM_7 = set(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\n\r"
)
FACTS = {
    "booking_number": "SK6770042",
    "flight_number": "SK204",
    "to": "Istanbul",
    "gate": "B12",
    "gate_before": "A3",
    "kind": "cancelled",
    "bag_report": "VIE6770042",
    "offer": "Istanbul from 189 euros",
    "departure_local": "2026-03-05T10:00",
    "order_number": "LL-100123",
    "product": "Aurora floor lamp",
}
PROGRAMS = {name: load(EXAMPLES / name, {}) for name in ("airline", "lamps")}


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_compiles_without_problems_or_warnings(name: str) -> None:
    assert check(EXAMPLES / name, {}) == ()


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_short_texts_fit_one_text_message(program: Program) -> None:
    for engagement, _, variant in _variants(program):
        if variant.channel != "email" and "sms" in engagement.channels:
            text = variant.render(_data(program)).text.strip()
            assert len(text) <= 160, (engagement.id, variant.language, text)
            assert set(text) <= GSM_7, (engagement.id, set(text) - GSM_7)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_mails_are_complete_and_marketing_can_be_left(program: Program) -> None:
    for engagement, name, variant in _variants(program):
        if variant.channel == "email":
            page = variant.render(_data(program))
            assert program.company.name.split()[0] in page.html, name
            assert page.text.strip()
            assert page.subject
            assert "{{" not in page.html + page.text
            has_exit = "https://exit.example" in page.html
            assert has_exit == (engagement.message_class == "marketing"), name


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_mails_greet_people_without_a_name(program: Program) -> None:
    for _, name, variant in _variants(program):
        data = _data(program) | {"person": {}, "facts": {}}
        page = variant.render(data)
        assert ", !" not in page.text, name
        assert "nil" not in page.text.lower().split(), name


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/stories/*.yaml")), ids=lambda p: p.stem)
def test_stories_speak_of_what_is_there(path: Path) -> None:
    program = PROGRAMS[path.parts[-3]]
    story = yaml.safe_load(path.read_text())
    assert story["why"]
    assert {"books": "balance"} in story["then"]
    for given in story["given"]:
        if "event" in given:
            assert given["source"] in program.sources
            name, _, journey = given["event"].partition("|")
            if name == JOURNEY_CALLED:
                assert journey in program.journeys
                continue
            plan = program.events[given["event"]]
            assert plan.violations(_as_json(given.get("properties", {}))) == ()
    for check_ in story["then"]:
        known = {"promise": program.promises, "case": program.departments}
        known |= dict.fromkeys(
            ("message", "no_message", "silence", "engagement"), program.engagements
        )
        assert all(check_[key] in names for key, names in known.items() if key in check_)


def _variants(program: Program) -> list[tuple[Any, str, Any]]:
    return [
        (engagement, f"{engagement.id} {variant.channel} {variant.language}", variant)
        for engagement in program.engagements.values()
        for variant in engagement.variants
    ]


def _data(program: Program) -> dict[str, Any]:
    return {
        "person": {"name": "Ada Novak", "first_name": "Ada", "language": "en"},
        "facts": FACTS,
        "company": {
            "name": program.company.name,
            "address": program.company.address,
            "website": program.company.website,
        },
        "links": {"unsubscribe": "https://exit.example", "preferences": "https://p.example"},
    }


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(part) for key, part in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value
