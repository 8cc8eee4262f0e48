"""Addresses that must not be used any more, and why.

Bounces, complaints and refusals by the provider in, address to reason out. Of two reasons for
one address the graver one stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from regard.core.event import Event, MessageOutcome
from regard.core.person import Person
from regard.profiles.limits import NAME_CHARS_MAX, SUPPRESSED_MAX

GONE = "address_gone"
"""Why a device is not sent to any more: its push service said that it is gone."""

BOUNCES = frozenset({"Email Bounced", "Message Bounced"})

COMPLAINT = "Email Marked as Spam"

SUPPRESSING = BOUNCES | {COMPLAINT}
"""Events that may rule an address out."""

_GRAVITY = {"complained": 2, "bounced": 1}
"""A complaint is the person's own word and stays even where a bounce would be forgiven."""


def suppressed_by_event(person: Person, event: Event) -> dict[str, str]:
    """Return the address that a receipt rules out; empty when it does not."""
    if event.name == COMPLAINT:
        reason = "complained"
    elif event.name in BOUNCES and event.facts.get("permanent") is True:
        reason = "bounced"
    else:
        return {}
    address = event.facts.get("address")
    if type(address) is not str:
        address = _address_of(person, event.facts.get("message_id"))
    return _entry(address, reason)


def suppressed_by_outcome(person: Person, outcome: MessageOutcome) -> dict[str, str]:
    """Return the addresses that a provider refused for good; empty when it refused otherwise.

    The address is read from the message itself. Its decision hangs on the same identity as its
    outcomes and always comes before them, so the order of folding cannot matter here.
    """
    gone = dict.fromkeys(outcome.gone, GONE)
    if outcome.outcome != "refused" or not outcome.reason.startswith("address"):
        return gone
    return gone | _entry(_address_of(person, outcome.message_id), outcome.reason)


def with_suppressed(
    current: dict[str, str], other: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """Return all suppressed addresses, at most `SUPPRESSED_MAX`, and whether that was reached."""
    merged = dict(current)
    for address, reason in other.items():
        old = merged.get(address)
        if old is None or _gravity(reason) > _gravity(old):
            merged[address] = reason
    if len(merged) <= SUPPRESSED_MAX:
        return merged, False
    return {address: merged[address] for address in sorted(merged)[:SUPPRESSED_MAX]}, True


def _gravity(reason: str) -> tuple[int, str]:
    return (_GRAVITY.get(reason, 0), reason)


def _address_of(person: Person, message_id: object) -> str:
    touch = person.touches.get(message_id) if type(message_id) is str else None
    return touch.address if touch else ""


def _entry(address: str, reason: str) -> dict[str, str]:
    """Mail addresses are compared in lower case, as intake normalises them."""
    if not 0 < len(address) <= NAME_CHARS_MAX:
        return {}
    return {address.lower() if "@" in address else address: reason}
