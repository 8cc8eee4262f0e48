"""What mails of customers say: words, a no, machines' answers, and what is broken on purpose."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.channels.smtp.inbound import WORDS_MAX, read_mail
from regard.channels.smtp.letters.quoting import is_stop, new_text
from regard.core.errors import Refused
from regard.core.event import Event, Identifier
from tests.channels.cast import NOW

OURS = "5f2c9a01bb3d7e44"
QUOTE = (
    "\n\nOn Mon, 2 Mar 2026 at 09:00, Skylark Air <hello@skylark.example>\nwrote:\n> Hello Ada,\n"
)


def letter(text: str = "I am late.", **headers: str) -> EmailMessage:
    """Return a mail of Ada's, as she answers our message."""
    mail = EmailMessage()
    given = {
        "From": "Ada Okafor <Ada@Example.com>",
        "To": "hello@skylark.example",
        "Subject": "Re: Check-in is open",
        "Message-ID": "<reply-1@mail.example>",
        "In-Reply-To": f"<{OURS}@skylark.example>",
        "Date": format_datetime(NOW - timedelta(minutes=5)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in given.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


def read(mail: EmailMessage | bytes, sender: str | None = None) -> list[Event]:
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    drafts = read_mail(
        raw,
        channel="email",
        received_at=NOW,
        domains=("skylark.example",),
        envelope_sender=sender,
    )
    return [draft.body for draft in drafts if isinstance(draft.body, Event)]


def test_an_answer_is_a_touch_with_its_new_words_and_its_thread():
    [event] = read(letter("My train is late.\n\nAda" + QUOTE))
    assert (event.name, event.channel, event.source) == (
        "Message Received",
        "email",
        "inbound.email",
    )
    assert event.identifiers == (Identifier("email", "ada@example.com"),)
    assert event.facts["text"] == "My train is late.\n\nAda"
    assert (event.facts["message_id"], event.facts["thread"]) == (OURS, [OURS])
    assert event.facts["subject"] == "Re: Check-in is open"
    assert event.at == NOW - timedelta(minutes=5)
    assert (event.traits, event.trust) == ({"name": "Ada Okafor"}, 3)


def test_the_thread_has_only_ids_under_our_domain_the_nearest_first():
    headers = {
        "In_Reply_To": "<agent@desk.example>",
        "References": f"<older@skylark.example> <{OURS}@skylark.example> <agent@desk.example>",
    }
    [event] = read(letter(**headers))
    assert event.facts["thread"] == [OURS, "older"]
    [event] = read(letter(In_Reply_To="<x@elsewhere.example>"))
    assert "message_id" not in event.facts


def test_the_same_mail_twice_is_one_and_another_under_its_id_is_another():
    keys = [
        read_mail(mail.as_bytes(), channel="email", received_at=NOW)[0].key
        for mail in (letter("One."), letter("One."), letter("Two."))
    ]
    assert keys[0] == keys[1] != keys[2]


def test_encoded_words_are_read_and_bring_no_other_address():
    raw = (
        b"From: =?utf-8?q?Ada_=3Cboss=40skylark=2Eexample=3E?= <ada@example.com>\n"
        b"Subject: =?utf-8?b?R3LDvMOfZQ==?=\n =?utf-8?q?_aus_Wien?=\n\nhello"
    )
    [event] = read(raw)
    assert event.facts["address"] == "ada@example.com"
    assert event.facts["subject"] == "Grüße aus Wien"
    assert event.traits["name"] == "Ada <boss@skylark.example>"


def test_attachments_are_told_by_name_and_size():
    mail = letter("See the photo.")
    mail.add_attachment(b"\x89PNG" * 250, maintype="image", subtype="png", filename="bag.png")
    mail.add_attachment("a,b\n", subtype="csv", filename="list.csv")
    [event] = read(mail)
    assert event.facts["text"] == "See the photo."
    first, second = event.facts["attachments"]
    assert (first["name"], first["type"]) == ("bag.png", "image/png")
    assert 1_000 <= first["bytes"] <= 1_050
    assert second["name"] == "list.csv"


def test_html_alone_is_read_as_a_reader_sees_it_without_the_quote():
    mail = letter()
    mail.set_content(
        "<style>p{color:red}</style><p>Please <b>rebook</b> me.</p>"
        '<div class="gmail_quote">On Monday Skylark wrote:<blockquote>Hello</blockquote></div>',
        subtype="html",
    )
    [event] = read(mail)
    assert event.facts["text"] == "Please rebook me."


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("Mon, 02 Mar 2026 08:00:00 -0000", NOW - timedelta(hours=1)),
        ("Fri, 01 Jan 2100 00:00:00 +0000", NOW),
        ("Thu, 01 Jan 1970 00:00:00 +0000", NOW - timedelta(days=5)),
        ("yesterday", NOW),
        ("", NOW),
    ],
)
def test_a_senders_clock_is_believed_within_reason(date, at):
    [event] = read(letter(Date=date))
    assert event.at == at


def test_a_long_letter_is_cut_and_says_so():
    [event] = read(letter("word " * WORDS_MAX))
    assert (len(event.facts["text"]), event.facts["is_cut"]) == (WORDS_MAX, True)


STOPS = (
    *("STOP", "stop.", "Unsubscribe!", "Please unsubscribe me", "Bitte abmelden", "Désabonner"),
    *("darme de baja", "Disiscrivimi", "AFMELDEN", "wypisz mnie", "配信停止", "отписаться"),
)


@pytest.mark.parametrize("words", STOPS)
def test_a_no_that_is_all_that_is_said_is_an_objection(words):
    [event] = read(letter(words + QUOTE))
    assert (event.name, event.trust, event.at) == ("Unsubscribed", 0, NOW)
    assert (event.facts["message_id"], event.facts["method"]) == (OURS, "reply")
    assert event.facts["channel"] == "email"


def test_a_mail_program_that_unsubscribes_by_mail_is_heard():
    [event] = read(letter("\n", Subject="unsubscribe", In_Reply_To=""))
    assert event.name == "Unsubscribed"


@pytest.mark.parametrize(
    "words",
    [
        "Please do not stop my booking",
        "Stop calling it that, I like it",
        "Can you unsubscribe my brother?",
        "",
        "Where is the stop?",
    ],
)
def test_other_words_object_to_nothing(words):
    [event] = read(letter(words + QUOTE))
    assert event.name == "Message Received"


AUTOMATIC = {
    "rfc 3834": {"Auto_Submitted": "auto-replied"},
    "rfc 3834 with more": {"Auto_Submitted": "auto-generated; owner-email=x@y.example"},
    "x-autoreply": {"X_Autoreply": "yes"},
    "precedence": {"Precedence": "auto_reply"},
    "bulk": {"Precedence": "bulk"},
    "exchange": {"X_Auto_Response_Suppress": "All"},
    "empty return path": {"Return_Path": "<>"},
    "a daemon": {"From": "MAILER-DAEMON@mx.example"},
    "no reply": {"From": "No Reply <no-reply@shop.example>"},
    "a list": {"List_Id": "<all.example>"},
    **{
        subject: {"Subject": subject}
        for subject in (
            *("Automatic reply: Check-in is open", "Out of Office: back on Monday"),
            *("Abwesenheitsnotiz: Check-in", "Automatische Antwort: Ihr Flug"),
            *("Réponse automatique : Bonjour", "Respuesta automática: Hola"),
            *("Risposta automatica: Ciao", "Automatisch antwoord: Hallo", "自動返信: 搭乗手続き"),
            *("Automatyczna odpowiedź: Lot", "Autosvar: Hej", "Автоответ: Рейс"),
        )
    },
}


@pytest.mark.parametrize("headers", AUTOMATIC.values(), ids=AUTOMATIC)
@pytest.mark.parametrize("words", ["STOP", "I am on holiday until 4 May.", "unsubscribe"])
def test_a_machine_neither_answers_nor_objects(headers, words):
    [event] = read(letter(words, **headers))
    assert event.name == "Automatic Reply Received"
    assert event.facts["automatic"]
    assert event.traits == {} or event.trust == 3


def test_an_empty_envelope_sender_is_a_machine():
    assert read(letter("STOP"), sender="")[0].name == "Automatic Reply Received"
    assert read(letter("STOP"), sender="ada@example.com")[0].name == "Unsubscribed"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"Subject": "Re: your automatic reply"},
        {"Subject": "I was out of office, sorry"},
        {"Precedence": "normal"},
        {"From": "Bounce House <hello@bouncehouse.example>"},
    ],
)
def test_a_person_is_not_taken_for_a_machine(headers):
    [event] = read(letter(**headers))
    assert event.name == "Message Received"


REPLIES = {
    "german": "Danke!\n\nAm 02.03.2026 um 10:00 schrieb Skylark Air:\n> Hallo\n",
    "french": "Danke!\n\nLe lun. 2 mars 2026 à 10:00, Skylark <a@b.example> a écrit :\n> Salut",
    "spanish": "Danke!\n\nEl lun, 2 mar 2026 a las 10:00, Skylark (<a@b>) escribió:\n> hola",
    "italian": "Danke!\n\nIl lun 2 mar 2026 alle 10:00 Sky <a@b.example> ha scritto:\n> x",
    "dutch": "Danke!\n\nOp ma 2 mrt 2026 om 10:00 schreef Skylark <a@b.example>:\n> hoi",
    "japanese": "Danke!\n\n2026年3月2日(月) 10:00 Skylark <a@b.example>:\n> x",
    "without marks": "Danke!\n\nOn Mon, Mar 2, 2026 at 10:00 Sky <a@b.example> wrote:\n\nHello\n",
    "outlook": "Danke!\n\n_____________________________\nFrom: Sky <a@b.example>\nSent: Monday\n",
    "outlook german": "Danke!\n\nVon: Sky <a@b>\nGesendet: Montag\nAn: Ada\nBetreff: x\n\nHallo",
    "outlook old": "Danke!\n\n-----Original Message-----\nFrom: Sky\n\nHello",
    "signature": "Danke!\n\n-- \nAda Okafor\n+43 664 1234567\n",
    "phone": "Danke!\n\nSent from my iPhone\n\n> On 2 Mar 2026, at 10:00, Sky wrote:\n> Hello",
    "windows lines": "Danke!\r\n\r\n> Hello\r\n> World\r\n",
}


@pytest.mark.parametrize("text", REPLIES.values(), ids=REPLIES)
def test_what_is_quoted_and_signed_is_left_out(text):
    assert new_text(text) == "Danke!"


def test_answers_between_quotes_and_lists_are_kept():
    text = (
        "Hi,\n- one bag\n- two seats\nThanks for asking: yes.\n\n"
        "On Mon, 2 Mar 2026 at 09:00, Sky <a@b.example> wrote:\n> Window or aisle?\nWindow.\n"
        "> Meal?\nVegan.\n"
    )
    kept = "Hi,\n- one bag\n- two seats\nThanks for asking: yes.\n\nWindow.\nVegan."
    assert new_text(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "On " + "a " * 50_000,
        "From: a\n" * 12_000,
        "On x\n" * 20_000,
        ("a:" * 40 + "\n") * 1_000,
        "_" * 100_000,
        "- " * 50_000,
    ],
)
def test_no_text_keeps_us_busy(text):
    began = time.process_time()
    new_text(text)
    assert time.process_time() - began < 2.0


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_can_be_looked_at(text):
    kept = new_text(text)
    assert len(kept) <= len(text)
    is_stop(kept, text)


BROKEN = {
    "nothing": b"",
    "zeros": b"\x00" * 1_000,
    "no sender": b"Subject: hello\n\nWho am I?",
    "a sender that is none": b"From: nobody at all\n\nhello",
    "an endless header": b"X: " + b"a" * 200_000,
    "nested without end": b"From: a@b.example\n"
    + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(99)
    ),
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_refused_and_never_raises_otherwise(raw):
    with pytest.raises(Refused):
        read(raw)


STRANGE = {
    "unknown charset": b"From: a@b.example\nContent-Type: text/plain; charset=klingon\n\nh\xe9llo",
    "wrong bytes": b"From: a@b.example\n\n\xff\xfe\x00",
    "bad encoded word": b"From: =?utf-8?b?////?= <a@b.example>\nSubject: =?x?y?z?=\n\nhello",
    "bad date": b"From: a@b.example\nDate: 99 Foo 9999999 99:99\n\nhello",
    "no end": b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n.",
    "bad html": b"From: a@b.example\nContent-Type: text/html\n\n<p><b><<<table><tr>hi",
    "bad base64": b"From: a@b.example\nContent-Transfer-Encoding: base64\n\n!!!",
    "two senders": b"From: a@b.example, c@d.example\n\nhello",
}


@pytest.mark.parametrize("raw", STRANGE.values(), ids=STRANGE)
def test_what_is_strange_is_read_as_far_as_it_goes(raw):
    [event] = read(raw)
    assert event.name == "Message Received"


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(junk):
    for raw in (junk, b"From: a@b.example\n" + junk, b"From: a@b.example\n\n" + junk):
        with suppress(Refused):
            read(raw)
