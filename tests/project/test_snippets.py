"""Snippets: pieces that templates share, found when the folder is read, bounded, escaped."""

from __future__ import annotations

from typing import Any

import pytest

from regard.core.offers import Rendered
from regard.project import load_text
from tests.project.hotel import HOTEL, found, warned

FOOTER = "<mj-section><mj-column>\n<mj-text>{{ company.name }}</mj-text>\n</mj-column></mj-section>"
PAGE = (
    "<mjml><mj-body>\n<mj-section><mj-column><mj-text>Hello</mj-text></mj-column></mj-section>\n"
    "{% render 'footer' %}\n</mj-body></mjml>"
)
CORE = "engagements/reminder/core.email.mjml"
TEXT = "engagements/reminder/core.txt"
DATA: dict[str, Any] = {
    "person": {"first_name": "<Ada>"},
    "facts": {"booking_number": "SK1", "guest": {"tier": "<b>"}},
    "company": {"name": "Harbour Hotel", "currency": "CHF"},
    "links": {},
}


def rendered(files: dict[str, str], channel: str) -> Rendered:
    variants = load_text({**HOTEL, **files}, {}).engagements["reminder"].variants
    return next(v for v in variants if v.channel == channel).render(DATA)


def test_an_mjml_snippet_is_put_in_before_the_page_is_compiled() -> None:
    mail = rendered({CORE: PAGE, "snippets/footer.mjml": FOOTER}, "email")
    assert "Hello" in mail.html
    assert "Harbour Hotel" in mail.html
    assert "<mj-" not in mail.html
    assert mail.text == "Hello\n\nHarbour Hotel\n"


def test_a_liquid_snippet_serves_pages_texts_and_subjects_and_escapes_in_pages() -> None:
    files = {
        "snippets/greeting.liquid": "{{ word }} {{ person.first_name }}",
        CORE: HOTEL[CORE].replace("Hello {{", "{% render 'greeting', word: 'Hi' %} {{"),
        TEXT: "{% render 'greeting', word: 'Dear' %}",
        "engagements/reminder/engagement.yaml": HOTEL[
            "engagements/reminder/engagement.yaml"
        ].replace("Booking {{ facts.booking_number }}", "{% render 'greeting', word: 'Yo' %}"),
    }
    mail = rendered(files, "email")
    assert "Hi &lt;Ada&gt;" in mail.html
    assert mail.subject == "Yo <Ada>"
    assert rendered(files, "*").text == "Dear <Ada>\n"


def test_plain_texts_prefer_their_own_kind() -> None:
    files = {
        "snippets/bye.liquid": "{{ company.name }}",
        "snippets/bye.txt": "-- \nHarbour",
        TEXT: "{% render 'bye' %}",
        CORE: HOTEL[CORE].replace("Hello", "{% render 'bye' %}"),
    }
    assert rendered(files, "*").text == "-- \nHarbour\n"
    assert "Harbour Hotel" in rendered(files, "email").html


def test_snippets_stand_in_snippets_and_loops_give_them_values() -> None:
    files = {
        "snippets/row.liquid": "[{{ row }}{% render 'dot' %}]",
        "snippets/dot.liquid": ".",
        TEXT: "{% assign all = 'a,b' | split: ',' %}{% render 'row' for all %}",
    }
    assert rendered(files, "*").text == "[a.][b.]\n"


@pytest.mark.parametrize(
    ("files", "place", "message", "hint"),
    [
        ({TEXT: "a\n{% render 'foter' %}", "snippets/footer.txt": "x"}, (TEXT, 2),
         "there is no snippet 'foter'", "footer"),
        ({TEXT: "{% render 'footer' %}", "snippets/footer.mjml": FOOTER}, (TEXT, 1),
         "there is no snippet", "snippets/"),
        ({TEXT: "{% render facts.name %}"}, (TEXT, 1), "expected an identifier", ""),
        ({TEXT: "{% render name %}"}, (TEXT, 1), "named in quotes", ""),
        ({"snippets/a.txt": "\n{% render 'b' %}", "snippets/b.txt": "{% render 'a' %}"},
         ("snippets/a.txt", 2), "leads back to itself: a → b → a", ""),
        ({"snippets/a.mjml": "{% render 'a' %}"}, ("snippets/a.mjml", 1), "a → a", ""),
        ({"snippets/a.txt": "\n{{ x | shout }}"}, ("snippets/a.txt", 2), "not readable", ""),
        ({"snippets/Foot er.txt": "x"}, ("snippets/Foot er.txt", 0), "is not an id", ""),
        ({"snippets/footer.mjml": FOOTER, CORE: PAGE.replace("'footer'", "'footer', a: 1")},
         (CORE, 3), "takes no values", "footer.liquid"),
        ({"snippets/footer.mjml": "\n<mj-sction />", CORE: PAGE}, ("snippets/footer.mjml", 2),
         "no <mj-sction>", "mj-section"),
        ({"snippets/footer.mjml": FOOTER, CORE: PAGE.replace("</mj-body>", "<mj-txt/></mj-body>")},
         (CORE, 4), "no <mj-txt>", "mj-text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(
    files: dict[str, str], place: tuple[str, int], message: str, hint: str
) -> None:
    first = found({**HOTEL, **files})[0]
    assert (first.file, first.line) == place
    assert message in first.message
    assert hint in first.hint


def test_snippets_are_bounded_in_depth_and_number() -> None:
    deep = {f"snippets/s{i}.txt": f"{{% render 's{i + 1}' %}}" for i in range(11)}
    deep["snippets/s11.txt"] = "x"
    assert "more than 10 deep" in found({**HOTEL, **deep})[0].message
    wide = {f"snippets/s{i}.txt": f"{{% render 's{i + 1}' %}}" * 10 for i in range(4)}
    wide["snippets/s4.txt"] = "x"
    assert {p.message for p in found({**HOTEL, **wide})} == {"it comes to more than 1,000 snippets"}


def test_a_changed_snippet_is_a_changed_engagement() -> None:
    one = {**HOTEL, TEXT: "{% render 'a' %}", "snippets/a.txt": "{% render 'b' %}"}
    before, after = (load_text({**one, "snippets/b.txt": text}, {}) for text in ("x", "y"))
    assert before.hash != after.hash
    assert before.engagements["reminder"] != after.engagements["reminder"]
    assert before.engagements["welcome"] == after.engagements["welcome"]


def test_folders_without_snippets_are_as_before() -> None:
    assert not found(HOTEL)
    assert not [w for w in warned({**HOTEL, "snippets/a.txt": "x"}) if "nobody reads" in w.message]
