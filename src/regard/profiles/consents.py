"""What the person said about purposes and channels, with proof.

An event in, words of consent by ``purpose|channel`` out. The latest word of one person wins; of two
words at one moment the one that withdraws. Between parts that only somebody's word made one person
the most restrictive of what each had said before wins (`together`). A state that a browser repeats
with every page (a cookie banner) may close every channel but opens only the one it was seen on:
else the next page view would undo an unsubscribe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regard.core.event import Event
from regard.core.graph import Apart
from regard.core.person import RESUBSCRIBED, Consent
from regard.profiles.limits import CONSENTS_MAX, NAME_CHARS_MAX, WORDING_CHARS_MAX

EVERY = "*"
"""Every purpose, or every channel."""

SALE = "sale_share"
"""The purpose that `Sec-GPC: 1` refuses (Global Privacy Control, section 3.2)."""

_CHANNEL_DEFAULT = {
    "Consent Granted": EVERY,
    "Consent Withdrawn": EVERY,
    "Unsubscribed": "email",
    RESUBSCRIBED: "sms",
}

_GRANTING = frozenset({"Consent Granted", RESUBSCRIBED})


def consents_of(event: Event, stamp: int) -> dict[str, Consent]:
    """Return the words of consent in one event; empty for nearly all events."""
    words: dict[str, Consent] = {}
    context = event.context
    if event.name in _CHANNEL_DEFAULT:
        is_granted = event.name in _GRANTING
        purpose = _name(event.facts.get("purpose"), "" if is_granted else EVERY)
        channel = _name(event.facts.get("channel"), _CHANNEL_DEFAULT[event.name])
        _say(words, event, stamp, purpose, channel, is_granted=is_granted)
    if "consent" in context or "gpc" in context:
        _read_context(words, event, stamp)
    return words


def with_consents(
    current: dict[str, Consent], words: Mapping[str, Consent]
) -> tuple[dict[str, Consent], bool]:
    """Return the words that stand, at most `CONSENTS_MAX`, and whether that was reached."""
    merged = dict(current)
    for key, word in words.items():
        old = merged.get(key)
        if old is None or _weight(word) > _weight(old):
            merged[key] = word
    if len(merged) <= CONSENTS_MAX:
        return merged, False
    ranked = sorted(merged, key=lambda key: (_weight(merged[key]), key), reverse=True)
    return {key: merged[key] for key in ranked[:CONSENTS_MAX]}, True


Pools = dict[str, dict[str, Consent]]
"""Words by the part of the person that spoke them; ``""`` is the main part, and all since."""


def with_spoken(
    spoken: Pools, apart: Mapping[str, Apart], identity: int, words: Mapping[str, Consent]
) -> tuple[Pools, bool]:
    """Return the pools with words that were said on an identity, and if a limit was reached."""
    own = apart.get(str(identity))
    pools, is_over = dict(spoken), False
    for key, word in words.items():
        is_apart = own is not None and (not own.is_confirmed or word.at < own.since)
        part = own.part if own is not None and is_apart else ""
        pools[part], reached = with_consents(pools.get(part, {}), {key: word})
        is_over = is_over or reached
    return pools, is_over


def joined(left: Pools, right: Pools) -> tuple[Pools, bool]:
    """Return the words of both, and whether a limit was reached."""
    pools, is_over = dict(left), False
    for part, words in right.items():
        pools[part], reached = with_consents(pools.get(part, {}), words)
        is_over = is_over or reached
    return pools, is_over


def together(spoken: Pools, apart: Mapping[str, Apart]) -> dict[str, Consent]:
    """Return the words that stand between the parts of one person.

    A refusal stands whoever spoke it. A grant that was given before its part was joined falls when
    another part had refused the same; a part joined by probability alone grants nothing.
    """
    parts = {own.part: own for own in apart.values()}
    stands: dict[str, Consent] = {}
    for part, words in spoken.items():
        own = parts.get(part)
        for key, word in words.items():
            if word.is_granted and (
                (own is not None and not own.is_confirmed)
                or _is_contradicted(part, key, word, spoken, parts)
            ):
                continue
            old = stands.get(key)
            if old is None or _weight(word) > _weight(old):
                stands[key] = word
    return stands


def _is_contradicted(
    part: str, key: str, word: Consent, spoken: Pools, parts: Mapping[str, Apart]
) -> bool:
    for other, words in spoken.items():
        moments = [parts[name].since for name in (part, other) if name in parts]
        if other == part or not moments or word.at >= max(moments):
            continue
        if any(not w.is_granted and _overlap(key, k) for k, w in words.items()):
            return True
    return False


def _overlap(left: str, right: str) -> bool:
    """Return whether two keys may be about the same purpose on the same channel."""
    pairs = zip(left.split("|", 1), right.split("|", 1), strict=True)
    return all(one == two or EVERY in (one, two) for one, two in pairs)


def _weight(word: Consent) -> tuple[Any, bool, int]:
    return (word.at, not word.is_granted, word.stamp)


def _read_context(words: dict[str, Consent], event: Event, stamp: int) -> None:
    if event.context.get("gpc") is True:
        _say(words, event, stamp, SALE, EVERY, is_granted=False)
    consent = event.context.get("consent")
    states = consent.get("categoryPreferences") if type(consent) is dict else None
    if type(states) is not dict:
        return
    for name, is_granted in states.items():
        purpose = _name(name, "")
        if is_granted is True:
            _say(words, event, stamp, purpose, event.channel, is_granted=True)
        elif is_granted is False:
            _say(words, event, stamp, purpose, EVERY, is_granted=False)


def _say(
    words: dict[str, Consent],
    event: Event,
    stamp: int,
    purpose: str,
    channel: str,
    *,
    is_granted: bool,
) -> None:
    """Note one word. A grant that names no purpose grants nothing."""
    if not purpose:
        return
    key = f"{purpose}|{channel}"
    word = Consent(is_granted, event.at, event.source, _proof(event), stamp)
    old = words.get(key)
    if old is None or _weight(word) > _weight(old):
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
