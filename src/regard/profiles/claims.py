"""What an event claims about the person, and which claim survives.

An event in, claims by trait name out: its traits, its identifiers that people are reached or
known by, preferences, and what the device let us observe. The winner is the lowest trust number,
then the latest, then the highest stamp, so claims may arrive in any order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from regard.core.event import Event
from regard.core.ids import identity_of
from regard.core.person import Claim
from regard.core.reaching import HOUSE_CLAIM, PROOF_CLAIM, SUBSCRIPTION_CLAIM
from regard.profiles.limits import NAME_CHARS_MAX, TRAITS_MAX, VALUE_BYTES_MAX, fits

OBSERVED = 2
"""Trust of what a device tells by itself, even inside an event that the customer vouches for."""

CUSTOMER_SAID = 0

FROZEN = "regard.frozen"

PREFERENCES = ("preferred_channel", "language", "time_zone", "quiet_from", "quiet_to")

KEYS_OF_THINGS = frozenset({"anonymous_id", "device_id", "order_number"})
"""Kinds of identifiers that point at a browser or an order; they say nothing about the human."""

_CONTEXT_CLAIMS = (
    ("locale", "locale"),
    ("timezone", "time_zone"),
    ("country", "country"),
    ("userAgent", "user_agent"),
    ("gpc", "gpc"),
    ("device", "device"),
)

SUBSCRIBING = frozenset({"Push Subscribed", "Push Unsubscribed"})

SUBSCRIPTIONS_MAX = 20
"""Browsers of one person that are sent to; those that said yes first go first."""

_FREEZING = {"Person Frozen": True, "Person Unfrozen": False}


def claims_of(
    event: Event, stamp: int, disowned: Collection[str] = ()
) -> tuple[dict[str, Claim], bool]:
    """Return the claims of one event by trait name, and whether one was too large to be kept.

    What it claims by an identity (as a text) that is `disowned` is left out: nobody is written to
    at an address of which somebody said that it is not theirs.
    """
    claims: dict[str, Claim] = {}
    is_over = False
    at, source, trust = event.at, event.source, event.trust
    for name, value in _told(event, disowned).items():
        if fits(value, VALUE_BYTES_MAX) and len(name) <= NAME_CHARS_MAX:
            claims[name] = Claim(value, at, source, trust, stamp)
        else:
            is_over = True
    if event.context:
        trust = max(trust, OBSERVED)
        for name, value in _observed(event.context).items():
            if not fits(value, VALUE_BYTES_MAX):
                is_over = True
            elif name not in claims:
                claims[name] = Claim(value, at, source, trust, stamp)
    if event.name in SUBSCRIBING:
        claims |= _subscription(event, stamp)
    if event.name in _FREEZING:
        is_frozen = _FREEZING[event.name]
        claims[FROZEN] = Claim(is_frozen, event.at, event.source, CUSTOMER_SAID, stamp)
    return claims, is_over


def with_claims(
    current: dict[str, Claim], claims: Mapping[str, Claim]
) -> tuple[dict[str, Claim], bool]:
    """Return the surviving claims, at most `TRAITS_MAX`, and whether that limit was reached.

    Dropping keeps the strongest claims by the same order that decides between two claims of one
    trait. A trait only ever grows stronger, so a dropped one can only return with a new winner.
    """
    merged = dict(current)
    for name, claim in claims.items():
        old = merged.get(name)
        if old is not None:
            # What `_strength` compares, without building it: every claim of an event comes here.
            if claim.trust > old.trust:
                continue
            if claim.trust == old.trust and (
                claim.at < old.at or (claim.at == old.at and claim.stamp <= old.stamp)
            ):
                continue
        merged[name] = claim
    # Who has no more claims than that has no more subscriptions: that is nearly everybody.
    if len(merged) > SUBSCRIPTIONS_MAX:
        for prefix in (SUBSCRIPTION_CLAIM, PROOF_CLAIM):
            if any(name.startswith(prefix) for name in claims):
                _bound(merged, prefix)
    if len(merged) <= TRAITS_MAX:
        return merged, False
    told = [name for name in merged if not name.startswith(HOUSE_CLAIM)]
    told.sort(key=lambda name: (_strength(merged[name]), name), reverse=True)
    for name in told[TRAITS_MAX:]:
        del merged[name]
    return merged, len(told) > TRAITS_MAX


def _bound(merged: dict[str, Claim], prefix: str) -> None:
    """Drop the oldest of a prefix beyond `SUBSCRIPTIONS_MAX`, in whatever order they came."""
    names = [name for name in merged if name.startswith(prefix)]
    names.sort(key=lambda name: (_strength(merged[name]), name), reverse=True)
    for name in names[SUBSCRIPTIONS_MAX:]:
        del merged[name]


def _subscription(event: Event, stamp: int) -> dict[str, Claim]:
    """Return the claim that a browser may be sent to, or may not any more, and what proves it.

    Who says it again without proof (a page that nobody is signed in to) takes no proof away.
    """
    facts = event.facts
    address = facts.get("address")
    if type(address) is not str or len(address) > NAME_CHARS_MAX:
        return {}
    device = {key: facts.get(key) for key in ("endpoint", "p256dh", "auth", "address")}
    is_on = event.name == "Push Subscribed" and all(type(v) is str for v in device.values())
    value = device if is_on and fits(device, VALUE_BYTES_MAX) else False
    # One trust for both words: the later one is true, whoever told it.
    words = {f"{SUBSCRIPTION_CLAIM}{address}": value}
    is_proven = value is not False and facts.get("is_proven") is True
    if is_proven or value is False:
        words[f"{PROOF_CLAIM}{address}"] = is_proven
    return {n: Claim(v, event.at, event.source, CUSTOMER_SAID, stamp) for n, v in words.items()}


def _strength(claim: Claim) -> tuple[int, Any, int]:
    return (-claim.trust, claim.at, claim.stamp)


def _told(event: Event, disowned: Collection[str]) -> dict[str, Any]:
    """Return traits, preferences and keys; the strongest key of a kind overrides a raw trait."""
    told: dict[str, Any] = {}
    for name, value in event.traits.items():
        if value is not None and not name.startswith(HOUSE_CLAIM):
            told[name] = value
    if event.name == "Preference Set":
        facts = event.facts
        told.update({name: facts[name] for name in PREFERENCES if facts.get(name) is not None})
    named = [i for i in reversed(event.identifiers) if i.kind not in KEYS_OF_THINGS]
    if disowned:
        foreign = [i for i in named if str(identity_of(i.kind, i.value)) in disowned]
        for identifier in foreign:
            told.pop(identifier.kind, None)
        named = [i for i in named if i not in foreign]
    told.update({i.kind: i.value for i in named})
    return told


def _observed(context: Mapping[str, Any]) -> dict[str, Any]:
    observed = {}
    for key, name in _CONTEXT_CLAIMS:
        value = context.get(key)
        if value is not None:
            observed[name] = value
    location = context.get("location")
    if type(location) is dict and location.get("country") is not None:
        observed["country"] = location["country"]
    return observed
