"""Which words of consent stand where a person was several parts, told again by a plain diary.

The diary walks through time: parts have a verdict, a later word changes that of its part, and where
two parts become one the stricter verdict stays. `weighing` must say the same without walking.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from hypothesis import given, note, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regard.core.codec import encode_person
from regard.core.graph import Joint
from regard.core.joining import reduced
from regard.core.person import Person
from regard.core.rules import Purpose
from regard.decisions.consent import consent_refusal
from regard.profiles import Profiles, fallen
from tests.profiles.people import START, event

OFFERS = Purpose(id="offers", title="Offers", needs_consent=True)
CHANNELS = ("email", "sms", "*")
Said = tuple[int, int, str, str, bool]
"""Second, identity, purpose, channel, whether it grants."""

said = st.tuples(
    st.integers(0, 12),
    st.integers(1, 4),
    st.just("offers"),
    st.sampled_from(CHANNELS),
    st.booleans(),
)
crossed = st.tuples(
    st.integers(0, 12),
    st.integers(1, 4),
    st.sampled_from(["offers", "*"]),
    st.sampled_from(CHANNELS),
    st.booleans(),
)
joined_at = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))
"""When identity 2 met 1, 3 met 2, 4 met 1."""


def joints(moments: tuple[int, int, int]) -> tuple[Joint, ...]:
    pairs = [(1, 2), (2, 3), (1, 4)]
    found = [
        Joint(one, two, START + timedelta(seconds=at))
        for (one, two), at in zip(pairs, moments, strict=True)
    ]
    return tuple(sorted(found, key=lambda joint: joint.since))


def words(lines: Sequence[Said]) -> list:
    return [
        replace(
            event(
                number,
                "Consent Granted" if is_granted else "Consent Withdrawn",
                at=START + timedelta(seconds=second),
                facts={"purpose": purpose, "channel": channel},
            ),
            identity=identity,
        )
        for number, (second, identity, purpose, channel, is_granted) in enumerate(lines, 1)
    ]


def heard(entries: Sequence, ties: Sequence[Joint]) -> Person:
    """Fold words of one person as the loop does: joints are read when they are asked for."""
    person, stage = Person(id="ada"), Profiles()
    for entry in entries:
        speakers = stage.unjoined(person, entry) if ties else ()
        if speakers:
            person = stage.weighed(person, reduced(ties, speakers), (entry,))
        person = stage.fold(person, entry)
    return person


def settled(person: Person, ties: Sequence[Joint]) -> Person:
    """Tell a person whose words were heard before since when those who spoke are one."""
    stage = Profiles()
    return stage.weighed(person, reduced(ties, stage.unjoined(person)))


def may(person: Person, channel: str) -> bool:
    return not consent_refusal(person.consents, "offers", OFFERS, "marketing", channel)


def diary(lines: Sequence[Said], ties: Sequence[Joint], channel: str) -> bool:
    """Return whether offers may be said on a channel, by walking through time.

    At one moment first who becomes one, then who grants, then who withdraws.
    """
    happened: list[tuple[float, int, Joint | Said]] = [
        ((tie.since - START).total_seconds(), 0, tie) for tie in ties
    ]
    happened += [
        (line[0], 1 if line[4] else 2, line) for line in lines if line[3] in (channel, "*")
    ]
    verdicts: dict[int, bool | None] = dict.fromkeys(range(1, 5))
    part = {i: i for i in range(1, 5)}
    for _, _, what in sorted(happened, key=lambda h: h[:2]):
        if isinstance(what, Joint):
            one, other = part[what.left], part[what.right]
            known = [v for v in (verdicts[one], verdicts[other]) if v is not None]
            verdicts[one] = all(known) if known else None
            part = {i: one if p == other else p for i, p in part.items()}
        else:
            verdicts[part[what[1]]] = what[4]
    return verdicts[part[1]] is True


@settings(max_examples=300)
@given(st.lists(said, max_size=7), joined_at)
def test_what_stands_is_what_a_diary_says(lines: list[Said], moments: tuple[int, int, int]) -> None:
    ties = joints(moments)
    person = heard(words(lines), ties)
    for channel in ("email", "sms"):
        assert may(person, channel) == diary(lines, ties, channel)


@settings(max_examples=200)
@given(st.lists(crossed, max_size=7), joined_at)
def test_words_about_everything_never_let_more_through_than_the_diary(
    lines: list[Said], moments: tuple[int, int, int]
) -> None:
    ties = joints(moments)
    person = heard(words(lines), ties)
    for channel in ("email", "sms"):
        assert diary(lines, ties, channel) or not may(person, channel)


@settings(max_examples=200)
@given(st.lists(crossed, max_size=8), joined_at, st.randoms(use_true_random=False))
def test_any_order_any_split_and_late_joints_give_the_same_bytes(
    lines: list[Said], moments: tuple[int, int, int], random: Random
) -> None:
    ties, stage = joints(moments), Profiles()
    entries = words(lines)
    whole = encode_person(heard(entries, ties))
    shuffled = random.sample(entries, len(entries))
    cut = random.randint(0, len(entries))
    note(f"{[entry.offset for entry in shuffled]} cut at {cut}")
    assert encode_person(heard(shuffled, ties)) == whole
    assert encode_person(settled(heard(shuffled, ()), ties)) == whole
    halves = heard(shuffled[:cut], ()), heard(shuffled[cut:], ())
    assert encode_person(settled(stage.join(*halves), ties)) == whole
    assert encode_person(settled(stage.join(*reversed(halves)), ties)) == whole


def test_a_narrow_refusal_takes_only_its_channel_from_a_wide_grant() -> None:
    lines = [(0, 1, "offers", "sms", False), (2, 2, "offers", "*", True)]
    person = heard(words(lines), [Joint(1, 2, START + timedelta(seconds=5))])
    assert may(person, "email")
    assert not may(person, "sms")
    word = person.word("offers|sms")
    assert word is not None
    assert word.at == START, "told as it was said"


def test_what_fell_tells_by_what() -> None:
    lines = [(0, 1, "*", "*", False), (2, 2, "offers", "email", True)]
    person = heard(words(lines), [Joint(1, 2, START + timedelta(seconds=5))])
    (one,) = fallen(person)
    assert (one.about, one.refused, one.grant.identity, one.refusal.identity) == (
        "offers|email",
        "*|*",
        2,
        1,
    )
    assert not fallen(heard(words([*lines, (6, 1, "offers", "email", True)]), person.joints))


def test_a_hundred_browsers_leave_one_word_where_the_banner_is_repeated() -> None:
    ties = tuple(Joint(1, n, START + timedelta(seconds=10 * n)) for n in range(2, 102))
    lines = []
    for number in range(2, 102):
        lines += [(10 * number - 5, number, "offers", "*", False)]
        lines += [(10 * number + 1, 1, "offers", "*", False)]
    person = settled(heard(words(lines), ()), ties)
    assert sum(len(pool) for pool in person.spoken.values()) == 0
    assert set(person.consents) == {"offers|*"}
