"""Consent between parts of a person that evidence, somebody's word or probability joined.

`EXAMPLES=1000 pytest tests/identity/test_consents.py` looks longer.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from regard.core.event import Event
from regard.decisions.consent import consent_refusal
from tests.identity.draws import NARROW, lives, names_in, told, undo_of
from tests.identity.house import KINDS, LINKING, Registry, event, said
from tests.identity.test_convergence import seen
from tests.identity.test_undone import houses, people


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


def test_what_a_browser_refused_before_the_login_stands_until_she_speaks_anew(
    registry: Registry,
) -> None:
    registry.see(consent(0, "a:laptop", "Withdrawn"), consent(1, "u:ada", "Granted"))
    assert may(registry, "u:ada")
    registry.see(event(2, "u:ada a:laptop"))
    assert not may(registry, "u:ada"), "the stricter of two parts"
    registry.see(event(3, "u:ada a:laptop"), event(4, "a:laptop"))
    assert not may(registry, "u:ada")
    registry.see(consent(5, "u:ada a:laptop", "Granted"))
    assert may(registry, "u:ada")
    assert registry.changed_by_rebuild() == []


def test_a_login_that_is_heard_of_late_was_a_login_all_the_same(registry: Registry) -> None:
    registry.see(consent(0, "a:laptop", "Withdrawn"), event(9, "u:ada a:laptop"))
    registry.see(consent(5, "u:ada", "Granted"))
    assert not may(registry, "u:ada")
    registry.see(event(3, "u:ada a:laptop"))
    assert may(registry, "u:ada"), "she was known there when she said yes"
    assert registry.changed_by_rebuild() == []


def test_who_came_together_over_a_third_were_parts_until_then(registry: Registry) -> None:
    registry.see(consent(0, "a:laptop", "Withdrawn"), event(1, "e:ada@x.at a:laptop"))
    registry.see(consent(2, "u:ada", "Granted"), event(3, "u:ada e:ada@x.at"))
    assert not may(registry, "u:ada")
    registry.see(consent(4, "e:ada@x.at", "Granted"))
    assert may(registry, "u:ada")


def test_a_word_that_is_itself_the_login_is_of_one_person(registry: Registry) -> None:
    registry.see(consent(0, "a:laptop", "Withdrawn"), consent(1, "u:ada a:laptop", "Granted"))
    assert may(registry, "u:ada")


def test_who_speaks_again_is_one_with_them_though_the_former_word_has_just_ended(
    registry: Registry,
) -> None:
    registry.see(consent(2, "u:ada e:ada@x.at", "Granted"), event(3, "u:ada a:laptop"))
    registry.see(consent(0, "l:L1 a:laptop", "Granted"))
    # Ada's mail address makes them one at 2 already, so what she said there ends what L1 said at 0.
    registry.see(consent(1, "l:L1 e:ada@x.at", "Granted"))
    assert registry.person("u:ada").spoken == {}
    assert registry.changed_by_rebuild() == []


def test_a_kiosk_joins_nobody_and_its_refusals_are_of_who_logs_in_there(
    registry: Registry,
) -> None:
    registry.see(event(0, "u:ada a:kiosk"), event(1, "u:bruno a:kiosk"))
    registry.see(consent(2, "a:kiosk", "Withdrawn"), consent(3, "u:ada", "Granted"))
    assert may(registry, "u:ada")
    registry.see(consent(4, "u:bruno", "Granted"))
    assert may(registry, "u:bruno"), "he was logged in when he refused, and spoke since"
    registry.see(consent(5, "a:kiosk", "Withdrawn"))
    assert not may(registry, "u:bruno")
    assert registry.changed_by_rebuild() == []


def test_a_browser_taken_back_takes_its_refusal_along(registry: Registry) -> None:
    registry.see(consent(0, "a:laptop", "Withdrawn"), consent(1, "u:ada", "Granted"))
    registry.see(event(2, "u:ada a:laptop"), said(3, "split", "a:laptop", "u:ada"))
    assert may(registry, "u:ada")
    assert not may(registry, "a:laptop")
    assert registry.changed_by_rebuild() == []


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


def test_a_yes_that_is_heard_late_outweighs_no_more_than_the_same_yes_before(
    registry: Registry,
) -> None:
    registry.see(consent(1, "u:adele", "Withdrawn"))
    registry.see(consent(2, "u:ada", "Granted", channel="email", purpose="*"))
    registry.see(said(10, "link", "u:ada", "u:adele"))
    assert not may(registry, "u:ada")
    registry.see(consent(3, "u:ada", "Granted", channel="email", purpose="*"))
    assert not may(registry, "u:ada"), "she said it before the two were one"
    assert registry.changed_by_rebuild() == []


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


EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
SPEAKERS = ["u:ada", "u:bruno", "e:e1@x.at", "a:a1", "a:a2", "l:L1"]


@st.composite
def spoken_lives(draw: st.DrawFn) -> list[Event]:
    """Draw lives in which people also speak of consent, each at its own half minute."""
    events = draw(lives(count_max=7))
    for number in range(draw(st.integers(1, 6))):
        name = draw(st.sampled_from(SPEAKERS))
        more = draw(st.sampled_from(["", "", " a:a1", " e:e1@x.at"]))
        names = name if more.strip() == name else name + more
        answer = draw(st.sampled_from(["Granted", "Withdrawn"]))
        channel = draw(st.sampled_from(["*", "email"]))
        purpose = draw(st.sampled_from(["offers", "offers", "*"]))
        minute = draw(st.integers(0, 7)) + (number + 1) / 10
        events.append(consent(minute, names, answer, channel, purpose))
    return events


def words_of_all(registry: Registry, events: Sequence[Event]) -> dict[str, object]:
    """Return what stands of whom, by identifier, without places in the journal."""
    found: dict[str, object] = {}
    groups, _ = registry.groups(events)
    for name in (name for group in groups for name in group):
        with registry.store.reading() as reading:
            person = reading.people.read(str(registry.id(name)))
        if person is not None:
            pools = {"": person.consents} | person.spoken
            found[name] = (
                {
                    of: {key: (w.at, w.is_granted, w.identity) for key, w in pool.items()}
                    for of, pool in pools.items()
                },
                person.joints,
            )
    return found


@pytest.mark.parametrize("kinds", [KINDS, NARROW, LINKING], ids=["standard", "narrow", "linking"])
@settings(max_examples=EXAMPLES, deadline=None)
@given(events=spoken_lives(), data=st.data())
def test_words_of_joined_parts_do_not_depend_on_order_or_batches(
    kinds: str, events: list[Event], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events))
    cuts = data.draw(st.sets(st.integers(0, len(events))))
    note(told(shuffled) + f" cut behind {cuts}")
    one, other = Registry(kinds), seen(shuffled, cuts, kinds)
    for single in events:
        one.see(single)
    assert words_of_all(one, events) == words_of_all(other, events)
    assert one.changed_by_rebuild() == []
    assert other.changed_by_rebuild() == []


@pytest.mark.parametrize("kinds", [KINDS, NARROW, LINKING], ids=["standard", "narrow", "linking"])
@settings(max_examples=EXAMPLES, deadline=None)
@given(drawn=spoken_lives().flatmap(st.permutations), data=st.data())
def test_a_merge_that_was_undone_leaves_every_word_as_it_was(
    kinds: str, drawn: list[Event], data: st.DataObject
) -> None:
    names = names_in(drawn)
    assume(len(names) > 1)
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
    confidence = data.draw(st.sampled_from([1.0, 0.9]))
    merge = said(30, "link", chosen[0], chosen[1], confidence=confidence)
    undo = undo_of(merge, 40)
    first = data.draw(st.integers(1, len(drawn)))
    second = data.draw(st.integers(first, len(drawn)))
    note(told(drawn) + f" {chosen} {confidence} between {first} and {second}")
    inputs = [*drawn[:first], merge, *drawn[first:second], undo, *drawn[second:]]
    merged, never = houses(inputs, [merge, undo], kinds)
    assert people(merged, drawn) == people(never, drawn)
    assert merged.changed_by_rebuild() == []
