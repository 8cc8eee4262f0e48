"""Reads every mail that comes in for a channel: receipts, machines' answers, a no, and words.

In: the bytes of one mail, and the envelope's sender. Out: drafts that still hang on the sender's
address; `api.inbound` hangs them on the message that they answer. Reports are looked for first and
automatic answers next, so neither is ever taken for an answer or an opt-out. Refused: a mail that
cannot be read or names no sender; it is kept by whoever took it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from regard.channels.noticed import noticed
from regard.channels.smtp.letters.automatic import why_automatic
from regard.channels.smtp.letters.letter import Letter, parsed, read_letter
from regard.channels.smtp.letters.quoting import is_stop, new_text
from regard.channels.smtp.receipts import receipts_of
from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.ports import Draft

RECEIVED = "Message Received"
AUTOMATIC = "Automatic Reply Received"
NO_MORE = "Unsubscribed"

WORDS_MAX = 10_000
"""Characters of new text that are journaled; what is longer says so."""

UNDERWAY_MAX = timedelta(days=5)
"""Mail systems give up after some days (RFC 5321 4.5.4.1); an older moment is a wrong clock."""

THREAD_MAX = 10
"""Ids of ours in the thread that are kept; a message of ours is nearly always the nearest."""


def read_mail(
    raw: bytes,
    *,
    channel: str,
    received_at: datetime,
    domains: Sequence[str] = (),
    envelope_sender: str | None = None,
) -> tuple[Draft, ...]:
    """Return what one mail says. `domains` are those of our Message-IDs (empty: any).

    Raise `Refused` when it cannot be read, or comes from nobody.
    """
    mail = parsed(raw)
    found = receipts_of(mail, raw, channel=channel, received_at=received_at)
    if found:
        return found
    why = why_automatic(mail, envelope_sender)
    letter = read_letter(mail)
    if not letter.sender:
        if why:
            return ()  # a report in a form that nobody knows, or a machine without an address
        raise Refused("The mail names no sender.", code="no_sender", hint="Look at it by hand.")
    said = new_text(letter.text)
    name = AUTOMATIC if why else NO_MORE if is_stop(said, letter.subject) else RECEIVED
    facts = _facts(letter, said, domains)
    if why:
        facts["automatic"] = why
    if name == NO_MORE:
        # Which purpose is meant is known by the message that it answers; `api.inbound` looks.
        facts |= {"channel": channel, "method": "reply"}
    return (_draft(name, letter, facts, channel, received_at),)


def _facts(letter: Letter, said: str, domains: Sequence[str]) -> dict[str, Any]:
    thread = _own_ids(letter.answers, domains)
    facts: dict[str, Any] = {
        "address": letter.sender,
        "subject": letter.subject,
        "text": said[:WORDS_MAX],
        "mail_id": letter.mail_id,
    }
    if thread:
        facts |= {"message_id": thread[0], "thread": list(thread)}
    if len(said) > WORDS_MAX:
        facts["is_cut"] = True
    if letter.attachments:
        facts["attachments"] = [
            {"name": one.name, "type": one.media_type, "bytes": one.byte_count}
            for one in letter.attachments
        ]
    return facts


def _own_ids(answers: Sequence[str], domains: Sequence[str]) -> tuple[str, ...]:
    """Return the message ids in the ids of mails that may be ours, the nearest first."""
    parts = (answer.rpartition("@") for answer in answers)
    own = [local for local, _, domain in parts if not domains or domain.lower() in domains]
    return tuple(local for local in own if local)[:THREAD_MAX]


def _moment(letter: Letter, name: str, received_at: datetime) -> datetime:
    """Return when it was written, as far as a sender's clock is believed.

    A no counts from when it came: one that pretends to be old must not lose to an older yes.
    """
    if letter.at is None or name == NO_MORE:
        return received_at
    return max(min(letter.at, received_at), received_at - UNDERWAY_MAX)


def _draft(
    name: str, letter: Letter, facts: dict[str, Any], channel: str, received_at: datetime
) -> Draft:
    """Return the draft; the same mail delivered twice is one, another under its id is another."""
    address = letter.sender.lower()
    words = blake2b(f"{letter.subject}\0{letter.text}".encode("utf-8", "replace"), digest_size=8)
    return noticed(
        source=f"inbound.{channel}",
        name=name,
        channel=channel,
        identifier=Identifier("email", address),
        at=_moment(letter, name, received_at),
        received_at=received_at,
        facts=facts,
        notice=(letter.mail_id, address, words.hexdigest()),
        trust=0 if name == NO_MORE else 3,
        traits={"name": letter.sender_name} if letter.sender_name else None,
    )
