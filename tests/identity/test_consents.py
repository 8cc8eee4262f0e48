"""Consent between parts of a person that somebody's word, or probability, joined."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decisions.consent import consent_refusal
from tests.identity.house import Registry, event, said


@pytest.fixture
def registry() -> Registry:
    return Registry()


def consent(minute: float, name: str, answer: str, channel: str = "*", purpose: str = "offers"):
    facts = {"purpose": purpose, "channel": channel}
    return event(minute, name, f"Consent {answer}", facts=facts)


def may(registry: Registry, name: str, channel: str = "email") -> bool:
    """Return whether offers may be sent to whose an identifier is."""
    purpose = registry.program.purposes["offers"]
    consents = registry.person(name).consents
    return consent_refusal(consents, "offers", purpose, "marketing", channel) == ""


def test_of_one_person_the_latest_word_counts_on_whatever_device(registry: Registry) -> None:
    registry.see(consent(0, "a:laptop", "Withdrawn"), event(1, "u:ada a:laptop"))
    registry.see(consent(2, "u:ada", "Granted"))
    assert may(registry, "u:ada")


def test_between_two_accounts_made_one_the_refusal_stands(registry: Registry) -> None:
    registry.see(consent(0, "u:ada", "Withdrawn"), consent(5, "u:adele", "Granted"))
    registry.see(said(10, "link", "u:adele", "u:ada"))
    assert not may(registry, "u:ada")
    registry.see(consent(11, "u:adele", "Granted"))
    assert may(registry, "u:ada"), "what is said since is the word of one person"


def test_a_refusal_of_everything_stands_against_a_later_yes_to_one_channel(
    registry: Registry,
) -> None:
    registry.see(consent(0, "u:ada", "Withdrawn", purpose="*"))
    registry.see(consent(5, "u:adele", "Granted", channel="email"))
    registry.see(said(10, "link", "u:adele", "u:ada"))
    assert not may(registry, "u:ada")


def test_what_one_part_granted_after_its_own_refusal_stays(registry: Registry) -> None:
    registry.see(consent(0, "u:ada", "Withdrawn"), consent(1, "u:ada", "Granted", channel="email"))
    registry.see(event(2, "u:adele"), said(10, "link", "u:adele", "u:ada"))
    assert may(registry, "u:ada")
    assert not may(registry, "u:ada", "sms")


def test_probability_alone_gives_no_consent_but_takes_it(registry: Registry) -> None:
    registry.see(consent(0, "e:ada@x.at", "Granted"), event(1, "u:ada"))
    link = said(10, "link", "u:ada", "e:ada@x.at", confidence=0.95, rule="splink")
    registry.see(link)
    assert registry.id("u:ada") == registry.id("e:ada@x.at")
    assert not may(registry, "u:ada")
    registry.see(said(11, "link", "u:ada", "e:ada@x.at"))
    assert may(registry, "u:ada"), "a human confirmed it"
    assert registry.changed_by_rebuild() == []


def test_a_deterministic_edge_confirms_what_was_probable(registry: Registry) -> None:
    registry.see(consent(0, "e:ada@x.at", "Granted"), event(1, "u:ada"))
    registry.see(said(10, "link", "u:ada", "e:ada@x.at", confidence=0.95, rule="splink"))
    with registry.store.reading() as reading:
        rows, evidence = reading.people.identifiers(str(registry.id("u:ada")))
    assert [str(row.identifier) for row in rows if row.is_unconfirmed] == ["email:ada@x.at"]
    assert [(e.rule, e.confidence, e.is_active) for e in evidence] == [("splink", 0.95, True)]
    registry.see(event(12, "u:ada e:ada@x.at"))
    assert may(registry, "u:ada")


def test_a_probable_partner_who_refused_is_heard(registry: Registry) -> None:
    registry.see(consent(0, "e:ada@x.at", "Withdrawn"), consent(1, "u:ada", "Granted"))
    assert may(registry, "u:ada")
    registry.see(said(10, "link", "u:ada", "e:ada@x.at", confidence=0.95, rule="splink"))
    assert not may(registry, "u:ada")


words = st.tuples(
    st.sampled_from(["u:ada", "u:adele", "p:1"]),
    st.sampled_from(["Granted", "Withdrawn"]),
    st.sampled_from(["*", "email", "sms"]),
    st.sampled_from(["offers", "*"]),
)


@settings(max_examples=80, deadline=None)
@given(said_words=st.lists(words, max_size=8), data=st.data())
def test_consents_do_not_depend_on_the_order_of_arrival(
    said_words: list[tuple[str, str, str, str]], data: st.DataObject
) -> None:
    registry, other = Registry(), Registry()
    people = [event(0, "u:ada p:1"), event(0, "u:adele"), event(0, "p:1")]
    minutes = data.draw(st.permutations(range(1, len(said_words) + 1)))
    inputs = [
        consent(float(minute), *word) for minute, word in zip(minutes, said_words, strict=True)
    ]
    confidence = data.draw(st.sampled_from([1.0, 0.9]))
    link = said(
        4.5, "link", "u:ada", "u:adele" if confidence == 1 else "p:1", confidence=confidence
    )
    registry.see(*people, *inputs, link)
    for one in [*people, *data.draw(st.permutations([*inputs, link]))]:
        other.see(one)
    for name in ("u:ada", "u:adele", "p:1"):
        for channel in ("email", "sms"):
            assert may(registry, name, channel) == may(other, name, channel)
    assert other.changed_by_rebuild() == []
