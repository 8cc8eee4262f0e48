"""How a channel reaches a person: by a trait, by all their push subscriptions, or by themselves.

A person and a channel in; the address of a message out, ``""`` when there is none. The gate, the
dispatcher's last check and the doors that register devices share it, so that what was subscribed
is what is reached. Which addresses are dead is in `Person.suppressed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regard.core.clock import moment_of
from regard.core.facts import Candidate
from regard.core.ids import derived_id, identity_of
from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.rules import IdentityRules
from regard.core.scope import Scope
from regard.core.settings import Channel

SUBSCRIPTION = "push_subscription"
"""`Channel.reaches_by` of web push: every browser of the person that said yes."""

SELF = "person"
"""`Channel.reaches_by` of a feed: the message lies where the person will look."""

SUBSCRIPTION_CLAIM = "regard.push."
"""How the claims begin that hold subscriptions, one each; only the house makes such claims."""

PROOF_CLAIM = "regard.proof."
"""How the claims begin that say, by address, that a browser was proven to be the person's."""

HOUSE_CLAIM = "regard."
"""How all claims begin that only the house makes; they are no traits."""

KEYS = frozenset({"endpoint", "p256dh", "auth"})
"""Facts of a subscription that let a browser be sent to; nobody is shown them."""

Device = Mapping[str, Any]
"""A subscription: ``endpoint``, ``p256dh``, ``auth`` as the browser gave them, and ``address``."""


def subscription_address(endpoint: str) -> str:
    """Return the address under which a subscription is known: short, and no secret."""
    return f"push_{derived_id(endpoint)}"


def address_on(person: Person, channel: Channel) -> str:
    """Return where a message by this channel would go; ``""``: nowhere."""
    kind = channel.reaches_by
    if kind == SUBSCRIPTION:
        found = devices_of(person, channel)
        return found[0]["address"] if found else ""
    if kind == SELF:
        return "" if person.is_department else person.id
    claimed = person.trait(kind)
    return claimed if isinstance(claimed, str) else ""


def is_suppressed(person: Person, channel: Channel, address: str) -> bool:
    """Return whether nothing may be sent to the address any more.

    One dead browser silences nobody who has another: what counts then is that one is left.
    """
    if channel.reaches_by == SUBSCRIPTION:
        return not devices_of(person, channel)
    suppressed = person.suppressed
    return bool(suppressed) and (address in suppressed or address.lower() in suppressed)


def is_unconfirmed(person: Person, channel: Channel, address: str) -> bool:
    """Return whether probability alone makes the address the person's: it may be a stranger's."""
    if not person.apart:
        return False
    found = person.apart.get(str(identity_of(channel.reaches_by, address)))
    return found is not None and not found.is_confirmed


def nameless_kinds(rules: IdentityRules) -> frozenset[str]:
    """Return the kinds of identifiers that tell browsers and devices apart, not people.

    Addresses that the house made itself name nobody either.
    """
    found = (k.kind for k in rules.kinds if k.is_device or "anonymousId" in k.paths)
    return frozenset({*found, SUBSCRIPTION, SELF})


def devices_of(person: Person, channel: Channel) -> tuple[Device, ...]:
    """Return the subscriptions that are alive and theirs, the newest first.

    Whoever knows a public write key can say that their browser is Ada's. So a subscription that
    was not proven counts only while nothing but browsers and devices is known of the person.
    """
    found = [
        (claim.at, claim.stamp, claim.value)
        for name, claim in person.claims.items()
        if name.startswith(SUBSCRIPTION_CLAIM) and isinstance(claim.value, dict)
    ]
    found.sort(key=lambda one: one[:2], reverse=True)
    is_anybody = channel.unproven_kinds.issuperset(person.known_by)
    return tuple(
        value
        for _, _, value in found
        if value["address"] not in person.suppressed
        and (is_anybody or _is_proven(person, value["address"]))
    )


def _is_proven(person: Person, address: str) -> bool:
    proof = person.claims.get(f"{PROOF_CLAIM}{address}")
    return proof is not None and proof.value is True


def shown_facts(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts of an event without the keys of a browser; the same for all others."""
    if not facts.keys() >= KEYS:
        return facts
    return {name: value for name, value in facts.items() if name not in KEYS}


def useful_until(candidate: Candidate, engagement: Engagement, scope: Scope) -> datetime | None:
    """Return the earliest moment at which the message is of no use any more (None: never)."""
    ends = [candidate.useful_until] if candidate.useful_until is not None else []
    if engagement.useful_for is not None:
        ends.append(candidate.made_at + engagement.useful_for)
    if engagement.useful_until is not None:
        end = moment_of(engagement.useful_until(scope))
        if end is not None:
            ends.append(end)
    return min(ends, default=None)
