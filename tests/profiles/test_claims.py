"""Which claim about a person survives, and what is never claimed."""

from __future__ import annotations

import pytest

from regard.core.event import Identifier
from regard.profiles import limits
from tests.profiles.people import START, event, fold


def test_what_the_customer_said_beats_what_was_observed_later() -> None:
    said = event(1, "identify", traits={"time_zone": "Europe/Vienna"}, trust=0)
    observed = event(2, context={"timezone": "Asia/Tokyo"}, trust=2)
    assert fold([said, observed]).trait("time_zone") == "Europe/Vienna"


def test_device_tells_only_observations_even_in_the_customers_own_event() -> None:
    person = fold([event(1, context={"locale": "de-AT", "timezone": "Europe/Vienna"}, trust=0)])
    assert person.claims["locale"].trust == 2
    assert person.claims["time_zone"].trust == 2


def test_inferred_event_observes_nothing_better_than_itself() -> None:
    assert fold([event(1, context={"locale": "de"}, trust=3)]).claims["locale"].trust == 3


def test_latest_of_equal_trust_wins_by_its_moment_not_by_arrival() -> None:
    newer = event(1, "identify", at=START.replace(hour=12), traits={"tier": "gold"})
    older = event(2, "identify", at=START.replace(hour=11), traits={"tier": "silver"})
    assert fold([newer, older]).trait("tier") == "gold"


def test_claim_keeps_its_source_and_moment() -> None:
    claim = fold([event(1, "identify", traits={"name": "Ada"}, source="desk")]).claims["name"]
    assert (claim.value, claim.source, claim.at) == ("Ada", "desk", event(1).at)


def test_normalised_key_overrides_the_raw_trait() -> None:
    identifiers = (Identifier("email", "ada@example.com"), Identifier("anonymous_id", "laptop-1"))
    person = fold(
        [event(1, "identify", traits={"email": "Ada@EXAMPLE.com"}, identifiers=identifiers)]
    )
    assert person.trait("email") == "ada@example.com"
    assert "anonymous_id" not in person.claims


def test_strongest_of_two_keys_of_a_kind_is_claimed() -> None:
    identifiers = (Identifier("phone", "+431"), Identifier("phone", "+432"))
    assert fold([event(1, identifiers=identifiers)]).trait("phone") == "+431"


def test_preferences_are_claims() -> None:
    chosen = {"preferred_channel": "sms", "quiet_from": "20:00", "unrelated": 1, "language": None}
    person = fold([event(1, "Preference Set", facts=chosen, trust=0)])
    assert person.trait("preferred_channel") == "sms"
    assert person.trait("quiet_from") == "20:00"
    assert person.trait("unrelated") is None
    assert person.trait("language", "none") == "none"


def test_country_comes_from_the_location_of_the_context() -> None:
    assert fold([event(1, context={"location": {"country": "AT"}})]).trait("country") == "AT"


def test_oversized_trait_is_left_out_visibly() -> None:
    huge = "x" * (limits.VALUE_BYTES_MAX + 1)
    person = fold([event(1, traits={"bio": huge, "list": [huge], "name": "Ada"})])
    assert person.limits == ("trait_size",)
    assert {"bio", "list"}.isdisjoint(person.claims)
    assert person.trait("name") == "Ada"


def test_least_trusted_and_oldest_traits_go_first() -> None:
    inferred = event(1, traits={f"guess {n}": n for n in range(200)}, trust=3)
    said = event(2, traits={f"said {n}": n for n in range(200)}, trust=0)
    person = fold([inferred, said])
    assert sum(name.startswith("said") for name in person.claims) == 200
    assert "traits" in person.limits


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_frozen_and_unfrozen_by_the_latest_word(order: tuple[int, int]) -> None:
    words = {1: event(1, "Person Frozen"), 2: event(2, "Person Unfrozen")}
    assert fold([words[1]]).is_frozen
    assert not fold([words[n] for n in order]).is_frozen


def test_no_trait_can_pretend_to_be_the_house() -> None:
    person = fold([event(1, traits={"regard.frozen": True})])
    assert not person.is_frozen
    assert "regard.frozen" not in person.claims


def test_frozen_survives_any_number_of_traits() -> None:
    many = [event(n, traits={f"t{n}-{i}": i for i in range(50)}, trust=0) for n in range(2, 12)]
    assert fold([event(1, "Person Frozen"), *many]).is_frozen


def test_erased_stays_erased() -> None:
    assert fold([event(1, "Person Erased"), event(2)]).is_erased
