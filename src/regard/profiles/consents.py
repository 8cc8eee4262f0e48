"""What an event says about purposes and channels, with proof.

An event in, words of consent by ``purpose|channel`` out; `weighing` tells which of them stand. A
state that a browser repeats with every page (a cookie banner) may close every channel but opens
only the one it was seen on: else the next page view would undo an unsubscribe.
"""

from __future__ import annotations

from typing import Any

from regard.core.event import Event
from regard.core.facts import Entry
from regard.core.person import RESUBSCRIBED, Consent
from regard.profiles.limits import NAME_CHARS_MAX, WORDING_CHARS_MAX
from regard.profiles.weighing import EVERY, weight

SALE = "sale_share"
"""The purpose that `Sec-GPC: 1` refuses (Global Privacy Control, section 3.2)."""

_CHANNEL_DEFAULT = {
    "Consent Granted": EVERY,
    "Consent Withdrawn": EVERY,
    "Unsubscribed": "email",
    RESUBSCRIBED: "sms",
}

_GRANTING = frozenset({"Consent Granted", RESUBSCRIBED})


def consents_of(event: Event, entry: Entry) -> dict[str, Consent]:
    """Return the words of consent in the event of an entry; empty for nearly all events."""
    words: dict[str, Consent] = {}
    context = event.context
    if event.name in _CHANNEL_DEFAULT:
        is_granted = event.name in _GRANTING
        purpose = _name(event.facts.get("purpose"), "" if is_granted else EVERY)
        channel = _name(event.facts.get("channel"), _CHANNEL_DEFAULT[event.name])
        _say(words, event, entry, purpose, channel, is_granted=is_granted)
    if "consent" in context or "gpc" in context:
        _read_context(words, event, entry)
    return words


def may_speak(event: Event) -> bool:
    """Return whether an event may hold words of consent: nearly none does."""
    context = event.context
    return event.name in _CHANNEL_DEFAULT or "consent" in context or "gpc" in context


def _read_context(words: dict[str, Consent], event: Event, entry: Entry) -> None:
    if event.context.get("gpc") is True:
        _say(words, event, entry, SALE, EVERY, is_granted=False)
    consent = event.context.get("consent")
    states = consent.get("categoryPreferences") if type(consent) is dict else None
    if type(states) is not dict:
        return
    for name, is_granted in states.items():
        purpose = _name(name, "")
        if is_granted is True:
            _say(words, event, entry, purpose, event.channel, is_granted=True)
        elif is_granted is False:
            _say(words, event, entry, purpose, EVERY, is_granted=False)


def _say(
    words: dict[str, Consent],
    event: Event,
    entry: Entry,
    purpose: str,
    channel: str,
    *,
    is_granted: bool,
) -> None:
    """Note one word. A grant that names no purpose grants nothing."""
    if not purpose:
        return
    key = f"{purpose}|{channel}"
    word = Consent(is_granted, event.at, event.source, _proof(event), entry.stamp, entry.identity)
    old = words.get(key)
    if old is None or weight(word) > weight(old):
        words[key] = word


def _name(value: object, default: str) -> str:
    """Return a usable name; a withdrawal that names none is taken in its widest sense."""
    return value if type(value) is str and 0 < len(value) <= NAME_CHARS_MAX else default


def _proof(event: Event) -> dict[str, Any]:
    proof = {"message_id": event.message_id, "event": event.name, "channel": event.channel}
    for key in ("wording", "wording_version"):
        value = event.facts.get(key)
        if value is not None:
            proof[key] = str(value)[:WORDING_CHARS_MAX]
    return proof
