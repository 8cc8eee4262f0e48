"""Whatever a trait says, a page stays a page, and every language of the examples can be read."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.offers import Variant
from regard.core.program import Program
from regard.project import load

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
PROGRAMS = {name: load(EXAMPLES / name, {}) for name in ("airline", "lamps")}
VARIANTS = [
    pytest.param(program, engagement.id, variant, id=f"{engagement.id}-{variant.id or 'core'}-"
                 f"{variant.channel}-{variant.language}")
    for program in PROGRAMS.values()
    for engagement in program.engagements.values()
    for variant in engagement.variants
]  # fmt: skip
PAGES = [param for param in VARIANTS if param.values[2].channel == "email"]

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ company.name }}{% raw %}",
    "</style></title><svg/onload=alert(1)>",
    "]]><!--",
)
NAMES = ("first_name", "booking_number", "flight_number", "to", "gate", "product", "offer", "kind")


class Elements(HTMLParser):
    """Collects what a page is made of: elements with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))


def data(program: Program, value: Any) -> dict[str, Any]:
    facts = dict.fromkeys(NAMES, value) | {"departure_local": "2026-03-05T10:00"}
    return {
        "person": {"first_name": value, "name": value},
        "facts": facts,
        "company": {"name": "C", "address": "A", "website": "https://c.example"},
        "links": {"unsubscribe": "https://u.example", "preferences": "https://p.example"},
    }


@pytest.mark.parametrize(("program", "engagement", "variant"), PAGES)
def test_hostile_traits_stay_text(program: Program, engagement: str, variant: Variant) -> None:
    calm = Elements(variant.render(data(program, "Ada")).html).seen
    page = variant.render(data(program, f"Ada{''.join(HOSTILE)}")).html
    assert Elements(page).seen == calm


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)), max_size=4))
def test_whatever_a_trait_says_a_page_stays_a_page(values: list[str]) -> None:
    program, _, variant = PAGES[0].values
    calm = Elements(variant.render(data(program, "Ada")).html).seen
    page = variant.render(data(program, f"Ada{''.join(values)}")).html
    assert Elements(page).seen == calm


@pytest.mark.parametrize(("program", "engagement", "variant"), VARIANTS)
def test_every_language_says_something_in_plain_text(
    program: Program, engagement: str, variant: Variant
) -> None:
    for value in ("Ada", ""):
        rendered = variant.render(data(program, value))
        assert rendered.text.strip()
        assert not re.search(r"\{[{%]|<mj-", rendered.text + rendered.html + rendered.subject)


def test_the_examples_speak_from_right_to_left_too() -> None:
    arabic = next(
        v for v in PROGRAMS["airline"].engagements["check_in"].variants if v.language == "ar"
    )
    page = arabic.render(data(PROGRAMS["airline"], "Ada"))
    assert 'dir="rtl"' in page.html
    assert "الخميس 05 مارس" in page.html
    assert "الحجز" in page.text
