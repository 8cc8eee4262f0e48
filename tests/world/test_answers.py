"""What people do because of a message."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from regard.world.addresses import AddressBook
from regard.world.answers import answer
from regard.world.people import settle
from regard.world.records import Letter, Parcel

from .conftest import START

PEOPLE = settle(7, 20)
ADA = PEOPLE[0]


def letter(number: int = 0, **more: Any) -> Letter:
    fields = {
        "message_id": f"m-{number}",
        "channel": "email",
        "address": ADA.email,
        "engagement": "check_in",
        "subject": "Check-in is open for SK6770000",
    }
    return Letter(**(fields | more))


def names(parcels: list[Parcel]) -> list[str]:
    return [act.name for parcel in parcels for act in parcel.acts]


def test_the_same_letter_is_answered_the_same_way() -> None:
    assert answer(letter(), ADA, 7, START) == answer(letter(), ADA, 7, START)


def test_most_check_in_when_reminded_and_some_do_not() -> None:
    done = sum("Check-in Completed" in names(answer(letter(n), ADA, 7, START)) for n in range(200))
    assert 140 < done < 190


def test_they_check_in_the_booking_that_the_letter_names() -> None:
    parcels = [p for n in range(9) for p in answer(letter(n), ADA, 7, START)]
    seats = [a for p in parcels for a in p.acts if a.name == "Check-in Completed"]
    assert {act.properties["booking_number"] for act in seats} == {"SK6770000"}


def test_a_mail_to_a_dead_mailbox_bounces_and_nobody_reads_it() -> None:
    gone = replace(ADA, has_dead_mailbox=True)
    parcels = answer(letter(), gone, 7, START)
    assert names(parcels) == ["Email Bounced"]
    facts = parcels[0].acts[0].properties
    assert facts["permanent"] is True
    assert facts["message_id"] == "m-0"
    assert facts["address"] == ADA.email


def test_a_text_message_needs_no_mail_provider() -> None:
    gone = replace(ADA, has_dead_mailbox=True)
    sms = letter(channel="sms", address=ADA.phone)
    assert not {"Email Bounced", "Email Delivered"} & set(names(answer(sms, gone, 7, START)))


def test_somebody_has_enough_of_offers_and_clicks_the_link() -> None:
    url = "https://regard.example/u/token"
    parcels = [
        parcel
        for n in range(100)
        for parcel in answer(
            letter(n, engagement="mileage_offer", unsubscribe_url=url), ADA, 7, START
        )
    ]
    clicks = [p for p in parcels if p.dialect == "one_click"]
    assert 2 < len(clicks) < 25
    assert clicks[0].acts[0].properties["url"] == url


def test_without_a_link_the_mail_provider_tells_of_the_unsubscribe() -> None:
    parcels = [
        act
        for n in range(100)
        for parcel in answer(letter(n, engagement="second_look"), ADA, 7, START)
        for act in parcel.acts
    ]
    stops = [act for act in parcels if act.name == "Unsubscribed"]
    assert stops
    assert stops[0].properties["purpose"] == "offers"
    assert stops[0].properties["address"] == ADA.email


def test_an_unknown_engagement_is_only_read() -> None:
    sms = letter(channel="sms", address=ADA.phone, engagement="")
    assert answer(sms, ADA, 7, START) == []


def test_a_shared_phone_is_read_by_whose_booking_it_is() -> None:
    book = AddressBook(PEOPLE)
    emeka = PEOPLE[6]
    sms = letter(channel="sms", address=emeka.phone, text="SK6770006", subject="")
    assert book.reader(sms) == emeka
    assert book.reader(replace(sms, text="hello")) == PEOPLE[5]
    assert book.reader(replace(sms, address="+43000")) is None
