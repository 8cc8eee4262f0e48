"""A claimed message becomes what its reader sees, in the right variant and language."""

from __future__ import annotations

import pytest

from regard.core.errors import Refused
from regard.delivery import compose
from tests.delivery.cast import LINKS, Words, channel, claimed, engagement, person, program


def text_for(variants: list[Words], channel_id: str = "email", **traits: str) -> str:
    who = person(**traits)
    message = compose(claimed(who=who, channel=channel_id), program(engagement(*variants)), LINKS)
    return message.text


def test_a_message_says_what_the_template_says_to_this_person():
    message = compose(claimed(), program(), LINKS)
    assert message.text == "Hello Ada, SK1"
    assert message.recipient_name == "Ada Okafor"
    assert (message.message_id, message.attempt) == ("m1", 1)
    assert message.facts == {"booking": "SK1"}


LANGUAGES = [
    Words(text="core"),
    Words(text="deutsch", language="de"),
    Words(text="österreichisch", language="de-AT"),
]


@pytest.mark.parametrize(
    ("traits", "text"),
    [
        ({}, "core"),
        ({"language": "de"}, "deutsch"),
        ({"language": "de-AT"}, "österreichisch"),
        ({"language": "de_at.UTF-8"}, "österreichisch"),
        ({"language": "DE-CH"}, "deutsch"),
        ({"language": "fr"}, "core"),
        ({"locale": "de-DE"}, "deutsch"),
        ({"language": "fr", "locale": "de"}, "core"),
    ],
)
def test_the_variant_speaks_the_readers_language(traits, text):
    assert text_for(LANGUAGES, **traits) == text


@pytest.mark.parametrize(
    ("families", "text"),
    [
        (["push.web", "push", "*"], "push.web"),
        (["push", "*"], "push"),
        (["email", "*"], "*"),
    ],
)
def test_the_channels_own_text_goes_first(families, text):
    variants = [Words(channel=family, text=family) for family in families]
    assert text_for(variants, "push.web") == text


def test_the_channel_goes_before_the_language():
    variants = [Words(channel="sms", text="short"), Words(channel="*", language="de", text="lang")]
    assert text_for(variants, "sms", language="de") == "short"


@pytest.mark.parametrize(
    ("traits", "text"),
    [
        ({"name": "Chen Wu", "first_name": "", "last_name": ""}, "Chen Wu|Chen"),
        ({"name": "", "first_name": "Dalia", "last_name": "Müller"}, "Dalia Müller|Dalia"),
        ({"first_name": "", "last_name": ""}, "|"),
        ({"first_name": "", "last_name": "", "firstName": "Bruno"}, "Bruno|Bruno"),
    ],
)
def test_names_are_found_however_a_source_calls_them(traits, text):
    words = Words(text="{person[name]}|{person[first_name]}")
    assert text_for([words], **traits) == text


def test_templates_see_traits_company_and_links():
    words = Words(
        text="{person[tier]} {person[language]} {company[name]} {links[unsubscribe]}",
        html="{links[preferences]}",
    )
    message = compose(claimed(who=person(tier="gold")), program(engagement(words)), LINKS)
    gold, language, *_, link = message.text.split()
    assert (gold, language) == ("gold", "en")
    assert link.startswith("https://engage.example.com/unsubscribe/")
    assert message.html.startswith("https://engage.example.com/preferences/")


def test_marketing_mail_can_be_unsubscribed_with_one_click():
    message = compose(claimed(message_class="marketing", purpose="offers"), program(), LINKS)
    link = message.headers["List-Unsubscribe"]
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = LINKS.read(link.strip("<>").rpartition("/")[2])
    assert (token.message_id, token.purpose, token.channel) == ("m1", "offers", "email")
    assert (token.kind, token.value) == ("email", "ada@example.com")
    assert token.identity == claimed().row.identity


def test_service_mail_has_no_unsubscribe_header_unless_it_is_set():
    assert compose(claimed(), program(), LINKS).headers == {}
    always = program(channels=[channel("email", settings={"list_unsubscribe": "always"})])
    assert "List-Unsubscribe" in compose(claimed(), always, LINKS).headers


def test_only_mail_has_mail_headers():
    texts = program(engagement(Words(channel="*")))
    message = compose(claimed(channel="sms", message_class="marketing"), texts, LINKS)
    assert message.headers == {}


@pytest.mark.parametrize(("state", "attempt"), [("queued", 3), ("claimed", 2)])
def test_the_attempt_is_counted_whenever_the_row_was_read(state, attempt):
    assert compose(claimed(state=state, attempt=2), program(), LINKS).attempt == attempt


@pytest.mark.parametrize(
    ("changes", "words", "code"),
    [
        ({}, Words(text="{facts[seat]}"), "template_failed"),
        ({"engagement": "gone"}, Words(), "engagement_gone"),
        ({"channel": "fax"}, Words(), "channel_gone"),
        ({"channel": "sms"}, Words(), "no_variant"),
    ],
)
def test_what_cannot_be_composed_says_why(changes, words, code):
    with pytest.raises(Refused) as refused:
        compose(claimed(**changes), program(engagement(words)), LINKS)
    assert refused.value.code == code
