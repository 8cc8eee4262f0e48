"""May this purpose be spoken about on this channel? The latest word of the person decides.

Words of consent, a purpose and a channel in; a reason code or ``""`` out. Law behind it: GDPR 7
and 21 (an objection to marketing is absolute and immediate), ePrivacy opt-in, and TCPA STOP,
which also ends service messages on that channel.
"""

from __future__ import annotations

from collections.abc import Mapping

from regard.core.facts import MessageClass
from regard.core.person import RESUBSCRIBED, Consent
from regard.core.rules import Purpose
from regard.decisions.reasons import NO_CONSENT, OBJECTED

EVERY = "*"


def consent_refusal(
    consents: Mapping[str, Consent],
    purpose_id: str,
    purpose: Purpose | None,
    message_class: MessageClass,
    channel: str,
) -> str:
    """Return ``objected``, ``no_consent`` or ``""``. An unknown purpose needs consent."""
    needs_consent = purpose is None or purpose.needs_consent
    if not consents:
        return NO_CONSENT if needs_consent else ""
    own = (f"{purpose_id}|{channel}", f"{purpose_id}|{EVERY}")
    if needs_consent or message_class == "marketing":
        word = _latest(consents, (*own, *_said_of(consents, channel), f"{EVERY}|{EVERY}"))
    else:
        word = _latest(consents, (*own, *_stopped(consents, channel)))
    if word is None:
        return NO_CONSENT if needs_consent else ""
    return "" if word.is_granted else OBJECTED


def _said_of(consents: Mapping[str, Consent], channel: str) -> tuple[str, ...]:
    """Return the key of a word about the whole channel; none of one that only ends an objection."""
    key = f"{EVERY}|{channel}"
    word = consents.get(key)
    return () if word is None or word.proof.get("event") == RESUBSCRIBED else (key,)


def _stopped(consents: Mapping[str, Consent], channel: str) -> tuple[str, ...]:
    """Return the key of a word about the whole channel, if service must heed it.

    An unsubscribe link stops marketing by mail, not receipts; STOP on a phone and an explicit
    withdrawal for a channel stop everything there.
    """
    keys = _said_of(consents, channel)
    if not keys:
        return ()
    word = consents[keys[0]]
    is_link = channel == "email" and word.proof.get("event") == "Unsubscribed"
    return () if is_link and not word.is_granted else keys


def _latest(consents: Mapping[str, Consent], keys: tuple[str, ...]) -> Consent | None:
    """Return the latest word under any of the keys; at one moment the one that withdraws."""
    latest: Consent | None = None
    for key in keys:
        word = consents.get(key)
        if word is None:
            continue
        if latest is None or (word.at, not word.is_granted) > (latest.at, not latest.is_granted):
            latest = word
    return latest
