"""Which claim of a trait survives: a stated order, whatever order people were merged in."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.identity.house import Registry, event, said

CUSTOMER, VERIFIED, OBSERVED, INFERRED = range(4)


def claim(minute: float, names: str, city: str, trust: int, source: str = "crm"):
    return event(minute, names, "identify", traits={"city": city}, trust=trust, source=source)


def test_what_the_customer_said_is_never_undone_by_a_later_sync() -> None:
    registry = Registry()
    registry.see(claim(0, "u:ada", "Wien", VERIFIED))
    registry.see(claim(1, "u:ada", "Graz", CUSTOMER, "preference_centre"))
    registry.see(claim(2, "u:ada", "Wien", VERIFIED), claim(3, "u:ada", "Linz", OBSERVED))
    won = registry.person("u:ada").claims["city"]
    assert (won.value, won.source, won.trust) == ("Graz", "preference_centre", CUSTOMER)
    registry.see(claim(4, "u:ada", "Salzburg", CUSTOMER, "preference_centre"))
    assert registry.person("u:ada").trait("city") == "Salzburg"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_whoever_is_merged_first_the_same_claim_survives(order: tuple[int, ...]) -> None:
    """Three accounts and a card, joined in every order: said beats verified beats observed."""
    names = ["u:ada", "u:adele", "e:ada@x.at", "p:1"]
    registry = Registry()
    registry.see(
        claim(9, "u:ada", "Linz", OBSERVED),
        claim(5, "u:adele", "Wien", VERIFIED),
        claim(1, "e:ada@x.at", "Graz", CUSTOMER),
        claim(8, "p:1", "Enns", INFERRED),
    )
    first = order[0]
    for minute, other in enumerate(order[1:], 20):
        registry.see(said(minute, "link", names[first], names[other]))
    assert registry.person("u:ada").trait("city") == "Graz"
    assert registry.person("p:1").claims == registry.person("u:ada").claims
    registry.see(said(30, "split", "e:ada@x.at", "u:ada u:adele p:1"))
    assert registry.person("u:ada").trait("city") == "Wien"
    assert registry.person("e:ada@x.at").trait("city") == "Graz"
