"""Templates: Liquid and MJML under limits, in the reader's language, always with a text part."""

from __future__ import annotations

from typing import Any

import pytest

from regard.core.errors import Refused
from regard.core.offers import Rendered
from regard.project import load_text
from regard.project.liquid_text import OUTPUT_MAX, compile_liquid
from regard.project.mjml_page import compile_mjml
from tests.project.hotel import HOTEL, MAIL, changed, found, warned

CORE = "engagements/reminder/core.email.mjml"
DATA: dict[str, Any] = {
    "person": {"first_name": "<Ada>", "timezone": "America/New_York"},
    "facts": {"booking_number": "SK1", "arrival_at": "2026-03-07T14:00:00Z", "total": 1234.5},
    "company": {"website": "https://hotel.example", "name": "Harbour Hotel"},
    "links": {"unsubscribe": "https://hotel.example/u?a=1&b=2"},
}


def page(body: str) -> str:
    column = f"<mj-text>{body}</mj-text>"
    return (
        f"<mjml><mj-body><mj-section><mj-column>{column}</mj-column></mj-section></mj-body></mjml>"
    )


def rendered(files: dict[str, str], channel: str = "email", language: str = "*") -> Rendered:
    engagement = load_text({**HOTEL, **files}, {}).engagements["reminder"]
    variants = {(v.channel, v.language): v for v in engagement.variants}
    return variants[channel, language].render(DATA)


def plain(source: str, data: dict[str, Any] | None = None) -> str:
    return compile_liquid(source, "t.txt", is_html=False).render(data or DATA)


def test_a_mail_has_subject_html_and_a_text_derived_from_it() -> None:
    mail = rendered({})
    assert mail.subject == "Booking SK1"
    assert "Hello &lt;Ada&gt;, SK1" in mail.html
    assert 'href="https://hotel.example/b/SK1"' in mail.html
    assert mail.text == "Hello <Ada>, SK1\nSee it: https://hotel.example/b/SK1\n"


def test_a_written_text_part_goes_before_the_derived_one() -> None:
    mail = rendered({"engagements/reminder/core.email.txt": "Written for {{ person.first_name }}"})
    assert mail.text == "Written for <Ada>\n"
    assert mail.html


def test_other_channels_have_text_alone_and_their_own_file_first() -> None:
    files = {"engagements/reminder/core.sms.txt": "SMS {{ facts.booking_number }}"}
    assert rendered(files, "*") == Rendered(
        subject="Booking SK1", text="Harbour Hotel: SK1\n", html=""
    )
    assert rendered(files, "sms").text == "SMS SK1\n"


def test_own_channels_and_languages_stand_first() -> None:
    files = {
        **HOTEL,
        "engagements/reminder/core.sms.txt": "a",
        "engagements/reminder/variants/de.txt": "b",
        "engagements/reminder/variants/pt-BR.email.mjml": MAIL,
    }
    variants = load_text(files, {}).engagements["reminder"].variants
    assert [(v.channel, v.language) for v in variants] == [
        ("email", "pt-BR"), ("email", "*"), ("sms", "*"), ("*", "de"), ("*", "*"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "subject"), [("de-AT", "Buchung"), ("de", "Buchung"), ("fr", "Booking SK1")]
)
def test_a_subject_falls_back_from_region_to_language_to_core(language: str, subject: str) -> None:
    files = changed(
        "engagements/reminder/engagement.yaml",
        "useful_until",
        "subject_variants: {de: Buchung}\nuseful_until",
    )
    name = f"engagements/reminder/variants/{language}.email.mjml"
    files["engagements/reminder/variants/de.email.mjml"] = MAIL
    assert rendered({**files, name: MAIL}, language=language).subject == subject


def test_moments_days_and_money_are_written_as_the_reader_does() -> None:
    text = (
        "{{ facts.arrival_at | datetime: 'short' }}|{{ facts.arrival_at | day: 'full' }}|"
        "{{ facts.arrival_at | time }}|{{ facts.total | money: 'EUR' }}|{{ facts.total | number }}"
    )
    german = rendered({"engagements/reminder/variants/de.txt": text}, "*", "de").text
    assert german == "07.03.26, 09:00|Samstag, 7. März 2026|09:00|1.234,50\xa0€|1.234,5\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{{ facts.arrival_at | date: 'long' }}", "7. März 2026"),
        ("{{ facts.arrival_at | date }}", "07.03.2026"),
        ("{{ facts.arrival_at | date: '%a %-d. %B, %H:%M %%a' }}", "Sa 7. März, 14:00 %a"),
        ("{{ facts.total | money }}", "1.234,50\xa0CHF"),
        ("{{ facts.total | plural: one: '# Nacht', other: '# Nächte' }}", "1.234,5 Nächte"),
        ("{{ facts.nights | plural: one: '# Nacht', other: '# Nächte' }}", "1 Nacht"),
        ("{{ facts.nobody | plural: one: 'x' }}", ""),
        ("{{ facts.nights | plural }}", "1"),
        ("{{ language }} {{ locale }} {{ timezone }}", "de de America/New_York"),
    ],
)
def test_dates_money_and_plurals_are_in_the_readers_language(text: str, written: str) -> None:
    variants = (
        load_text({**HOTEL, "engagements/reminder/variants/de.txt": text}, {})
        .engagements["reminder"]
        .variants
    )
    german = next(v for v in variants if v.language == "de")
    data = DATA | {"facts": DATA["facts"] | {"nights": 1}, "company": {"currency": "CHF"}}
    assert german.render(data).text.strip() == written


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("de-CH", "1’234.5"), ("de-AT", "1.234,5"), ("de", "1.234,5"), ("en-US", "1.234,5"),
        ("de-XX", "1.234,5"), ("", "1.234,5"), ("nonsense!", "1.234,5"),
    ],
)  # fmt: skip
def test_numbers_follow_the_readers_region_in_the_language_of_the_text(
    locale: str, written: str
) -> None:
    files = {**HOTEL, "engagements/reminder/variants/de.txt": "{{ facts.total | number }}"}
    variants = load_text(files, {}).engagements["reminder"].variants
    german = next(v for v in variants if v.language == "de")
    assert german.render(DATA | {"locale": locale}).text.strip() == written


@pytest.mark.parametrize(("count", "word"), [(1, "bilet"), (3, "bilety"), (5, "biletów")])
def test_languages_have_the_plurals_they_have(count: int, word: str) -> None:
    text = "{{ facts.n | plural: one: 'bilet', few: 'bilety', many: 'biletów', other: 'biletu' }}"
    files = {**HOTEL, "engagements/reminder/variants/pl.txt": text}
    variants = load_text(files, {}).engagements["reminder"].variants
    polish = next(v for v in variants if v.language == "pl")
    assert polish.render({"facts": {"n": count}}).text.strip() == word


def test_a_page_from_right_to_left_is_laid_out_so() -> None:
    arabic = compile_mjml(page("مرحبا"), "ar")
    assert 'dir="rtl"' in arabic
    assert "text-align:right" in arabic
    assert 'lang="ar"' in arabic
    own = compile_mjml(page("مرحبا").replace("<mjml>", '<mjml dir="ltr">'), "ar")
    assert "text-align:right" not in own
    assert 'dir="rtl"' not in compile_mjml(page("Hi"), "en")


def test_a_template_tells_what_it_misses() -> None:
    variants = load_text(HOTEL, {}).engagements["reminder"].variants
    mail = next(v for v in variants if v.channel == "email")
    assert mail.missing(DATA) == ()
    assert mail.missing({"person": {}, "facts": {}, "company": {"website": ""}}) == (
        "facts.booking_number",
        "person.first_name",
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("[{{ facts.nobody }}{{ nobody.at.all }}]", "[]"),
        ("[{{ facts.nobody | date: '%Y' }}]", "[]"),
        ("[{{ facts.nobody | datetime }}{{ facts.nobody | money: 'EUR' }}]", "[]"),
        ("{{ facts.booking_number | datetime }}", "SK1"),
        ("{{ facts.booking_number | number }}", "SK1"),
        ("{% for x in facts.nobody %}x{% endfor %}", ""),
    ],
)
def test_what_is_missing_renders_as_nothing(source: str, text: str) -> None:
    assert plain(source) == text


@pytest.mark.parametrize(
    "bomb",
    [
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{% for i in (1..9999) %}{% for j in (1..9999) %}{% endfor %}{% endfor %}",
        "{% assign a = 'xxxx' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}",
        "{% for i in (1..9000) %}{{ facts.long }}{% endfor %}",
        "{{ 1 | divided_by: 0 }}",
        "{{ (1..9000000000) | join: 'x' }}",
        "{% assign a = 9 %}{% for i in (1..99) %}{% assign a = a | times: a %}{% endfor %}",
        "{% tablerow i in (1..9000000000) %}x{% endtablerow %}",
        "{% assign timezone = 'Mars' %}{{ '2026-01-01' | datetime }}",
    ],
)
def test_a_template_bomb_is_refused(bomb: str) -> None:
    with pytest.raises(Refused, match=r"t\.txt cannot be rendered") as caught:
        plain(bomb, {"facts": {"long": "x" * (OUTPUT_MAX // 1_000)}})
    assert caught.value.code == "template_failed"


def test_liquid_in_mjml_survives_quotes_and_signs_everywhere() -> None:
    source = page(
        "<a href='{{ links.unsubscribe | append: \"&x=<\" }}'>{% if facts.total > 3 and"
        ' person.first_name != "" %}yes{% endif %}</a>'
    )
    html = compile_mjml(source, "de")
    assert 'href="{{ links.unsubscribe | append: "&x=<" }}"' in html.replace("'", '"')
    assert '{% if facts.total > 3 and person.first_name != "" %}yes{% endif %}' in html
    assert 'lang="de"' in html


def test_no_font_server_learns_who_reads_the_mail() -> None:
    assert "http" not in compile_mjml(page("Hi"), "en").split("<body")[1]
    assert "googleapis" not in compile_mjml(page("Hi"), "en")


@pytest.mark.parametrize(
    ("source", "line", "message", "hint"),
    [
        (page("{% if x %}"), 0, "endif", ""),
        (page("\n{{ x | shout }}"), 2, "unknown filter 'shout'", ""),
        (page("\n{{ facts.booking_number | upcas }}"), 2, "unknown filter 'upcas'", "upcase"),
        (page("\n{% fr x in y %}"), 2, "unexpected tag 'fr'", "for"),
        (page("{% include 'other' %}"), 1, "unexpected tag", ""),
        ("<mjml>\n<mj-body>\n<mj-sction/></mj-body></mjml>", 3, "no <mj-sction>", "<mj-section>"),
        ("<mjml><mj-body><mj-section></mj-body></mjml>", 0, "not readable MJML", ""),
        ("<p>Hello</p>", 1, "not readable MJML", ""),
        ("", 0, "not readable MJML", ""),
        ("<mjml><mj-body>\n<mj-include path='/etc/passwd'/></mj-body></mjml>", 2, "mj-include", ""),
        (page("{% if a %}" * 40), 1, "not readable Liquid", ""),
    ],
)
def test_a_broken_template_is_a_problem_with_file_and_line(
    source: str, line: int, message: str, hint: str
) -> None:
    problems = found({**HOTEL, CORE: source})
    assert [(p.file, p.line) for p in problems] == [(CORE, line)]
    assert message in problems[0].message
    assert hint in problems[0].hint


def test_a_broken_subject_is_a_problem_in_its_own_line() -> None:
    files = changed(
        "engagements/reminder/engagement.yaml", "{{ facts.booking_number }}", "{{ x | }"
    )
    problem = found(files)[0]
    assert (problem.path, problem.line) == ("subject", 6)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("core.email.html", "not the name of a template"), ("german.txt", "not the name"),
        ("core.sms.mjml", "MJML is for e-mail"), ("variants/german.txt", "not a language"),
        ("core.E-Mail.txt", "not a channel"),
    ],
)  # fmt: skip
def test_a_template_with_a_strange_name_is_a_problem(name: str, message: str) -> None:
    files = {**HOTEL, f"engagements/reminder/{name}": "x"}
    said = [p.message for p in [*found(files), *warned(files)]]
    assert any(message in text for text in said) or any("nobody reads" in text for text in said)


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("{{ facts.booking_nr }}", "no event that leads here has the fact", "booking_number"),
        ("{{ booking_number }}", "do not see 'booking_number'", "facts.booking_number"),
        ("{{ persn.name }}", "do not see 'persn'", "person"),
        ("{{ company.adress }}", "no company.adress", "address"),
        ("{{ links.unsubscibe }}", "no links.unsubscibe", "unsubscribe"),
    ],
)
def test_names_that_nothing_fills_are_warnings(source: str, message: str, hint: str) -> None:
    files = {**HOTEL, "engagements/reminder/core.txt": f"\n{source}"}
    assert not found(files)
    (warning,) = warned(files)
    assert (warning.file, warning.line) == ("engagements/reminder/core.txt", 2)
    assert message in warning.message
    assert hint in warning.hint


def test_names_that_a_template_makes_itself_are_fine() -> None:
    source = (
        "{% assign y = facts.total %}{{ y }}{% for i in (1..3) %}{{ forloop.index }}{% endfor %}"
    )
    assert not warned({**HOTEL, "engagements/reminder/core.txt": source})


def test_a_channel_family_may_share_a_template() -> None:
    files = changed("engagements/welcome/engagement.yaml", "[email]", "[email, push.web]")
    assert "no template for push.web" in warned(files)[0].message
    files["engagements/welcome/core.push.txt"] = "Welcome"
    assert not warned(files)
    files["engagements/welcome/core.sms.txt"] = "Welcome"
    assert "'sms' serve none" in warned(files)[0].message


def test_a_page_has_lines_that_a_mail_may_have_and_words_stay_as_written() -> None:
    words = "one and another " * 10
    html = compile_mjml(page(f"<a title='x' href='#{words}'>{words}</a>" * 9), "en")
    assert max(map(len, html.split("\n"))) <= 998
    assert html.count(f">{words}</a>") == 9
    assert html.count(f'"#{words}"') == 9
