"""A profile is a join: any order and any split of the same entries, the same bytes."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.codec import encode_person
from regard.core.event import Identifier
from regard.core.facts import Entry
from regard.core.person import RECENT_MAX
from regard.profiles import Profiles, limits
from tests.profiles.people import START, event, fold

names = st.sampled_from(
    [
        "page",
        "Order Completed",
        "Consent Granted",
        "Consent Withdrawn",
        "Unsubscribed",
        "Preference Set",
        "Person Frozen",
        "Person Unfrozen",
        "Person Erased",
        "Email Bounced",
        "Email Marked as Spam",
        "Email Delivered",
    ]
)
facts = st.fixed_dictionaries(
    {},
    optional={
        "purpose": st.sampled_from(["offers", "travel", "*", 5, "x" * 300]),
        "channel": st.sampled_from(["email", "sms", "*"]),
        "wording": st.sampled_from(["Yes please", "w" * 2_000]),
        "language": st.sampled_from(["de", "en"]),
        "address": st.sampled_from(["ada@example.com", "ADA@example.com", "b@example.com"]),
        "permanent": st.booleans(),
        "large": st.just("z" * 5_000),
    },
)
traits = st.dictionaries(
    st.sampled_from(["name", "tier", "email", "time_zone", "regard.frozen", "n" * 300]),
    st.sampled_from(["Ada", "gold", None, 3, ["a", "b"], "v" * 3_000]),
    max_size=3,
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "locale": st.sampled_from(["en-GB", "de-AT"]),
        "timezone": st.sampled_from(["Europe/Vienna", "Asia/Tokyo"]),
        "gpc": st.booleans(),
        "location": st.sampled_from([{"country": "AT"}, {"city": "Wien"}]),
        "consent": st.just({"categoryPreferences": {"offers": True, "sale_share": False}}),
    },
)
entries = st.lists(
    st.tuples(
        names,
        st.integers(0, 20),
        st.sampled_from(["web.desktop", "app.phone", "email"]),
        st.integers(0, 3),
        facts,
        traits,
        contexts,
    ),
    max_size=15,
)


def entry_of(offset: int, parts: tuple) -> Entry:
    name, second, channel, trust, facts_, traits_, context = parts
    return event(
        offset,
        name,
        at=START + timedelta(seconds=second),
        channel=channel,
        trust=trust,
        facts=facts_,
        traits=traits_,
        context=context,
        identifiers=(Identifier("user_id", "ada"), Identifier("email", f"{trust}@example.com")),
    )


def assert_joins(all_entries: list[Entry], random: Random) -> None:
    whole = encode_person(fold(all_entries))
    shuffled = random.sample(all_entries, len(all_entries))
    cut = random.randint(0, len(shuffled))
    left, right = fold(shuffled[:cut]), fold(shuffled[cut:])
    assert encode_person(fold(shuffled)) == whole
    assert encode_person(Profiles().join(left, right)) == whole
    assert encode_person(Profiles().join(right, left)) == whole


@given(entries, st.randoms(use_true_random=False))
def test_any_order_and_any_split_give_the_same_person(parts: list, random: Random) -> None:
    assert_joins([entry_of(number, part) for number, part in enumerate(parts, 1)], random)


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 2 * RECENT_MAX))
def test_recent_moments_are_the_newest_in_any_order(random: Random, count: int) -> None:
    all_entries = [event(n, at=START + timedelta(seconds=n % 40)) for n in range(1, count + 1)]
    assert_joins(all_entries, random)
    seen = fold(random.sample(all_entries, count)).seen["page"]
    assert seen.count == count
    assert list(seen.recent_us) == sorted(seen.recent_us, reverse=True)
    assert len(seen.recent_us) == min(count, RECENT_MAX)


def test_every_limit_is_a_join_and_is_told() -> None:
    all_entries = []
    for number in range(1, limits.TRAITS_MAX + 20):
        address = f"a{number}@example.com"
        name = f"Event {number}" if number % 2 else "Email Marked as Spam"
        consent = {"categoryPreferences": {f"purpose {number}": True}}
        traits_ = {f"trait {number}": number}
        all_entries.append(
            event(
                number,
                name,
                traits=traits_,
                facts={"address": address},
                context={"consent": consent},
                trust=number % 4,
            )
        )
    assert_joins(all_entries, Random(7))
    person = fold(all_entries)
    assert person.limits == ("consents", "event_names", "suppressed", "traits")
    assert len(person.claims) == limits.TRAITS_MAX
    assert len(person.seen) == limits.EVENT_NAMES_MAX
    assert len(person.consents) == limits.CONSENTS_MAX
    assert len(person.suppressed) == limits.SUPPRESSED_MAX
    assert "trait 3" not in person.claims  # inferred, the oldest
    assert {"trait 4", "trait 319"} <= set(person.claims)
