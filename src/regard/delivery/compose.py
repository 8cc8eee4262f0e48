"""Composes a claimed message: the right variant, rendered, with its links and headers.

In: a `Claimed` message, the program of now, the links. Out: a `Message` ready for its channel; a
call of another system has no variant, it carries facts.
Refused with a reason code that becomes the outcome's: an engagement or channel that left the
project, no variant for the channel, a template that fails. Called by the dispatcher after the
last check at the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from regard.core.errors import Refused
from regard.core.offers import Engagement, Rendered, Variant
from regard.core.ports import Message
from regard.core.program import Program
from regard.core.rows import Claimed, MessageRow
from regard.core.settings import Channel, Company
from regard.delivery.links import Links
from regard.delivery.reader import languages_of, names_of, reader_data

ANY = "*"

TEST = "[test]"


def compose(claimed: Claimed, program: Program, links: Links) -> Message:
    """Return the message to hand over; raise `Refused` with the outcome's reason as `code`.

    The variant is chosen by channel first (``push.web``, then ``push``, then any), then by
    language (``de-at``, then ``de``, then the core); so a channel's own text is never replaced by
    another channel's for the sake of its language.
    """
    row, person = claimed.row, claimed.person
    if row.decision.candidate.call_id:
        return _call(claimed)
    engagement, channel = _definitions(row, program)
    variant = _variant(engagement, row.channel, languages_of(person))
    language = program.company.languages[0] if variant.language == ANY else variant.language
    token = links.token(row, channel.reaches_by)
    rendered = _marked(
        row,
        variant,
        {
            "person": reader_data(person, language),
            "facts": row.decision.candidate.facts,
            "company": _company_data(program.company),
            "links": {
                "unsubscribe": links.unsubscribe(token),
                "preferences": links.preferences(token),
            },
        },
    )
    return Message(
        message_id=row.message_id,
        channel=row.channel,
        address=row.address,
        recipient_name=names_of(person)[0],
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        headers=_headers(row, channel, links.unsubscribe(token)),
        engagement=row.engagement,
        message_class=row.message_class,
        person_id=row.person_id,
        facts=row.decision.candidate.facts,
        attempt=attempt_of(row),
    )


def _marked(row: MessageRow, variant: Variant, data: Mapping[str, Any]) -> Rendered:
    """Render; a test says that it is one, where it is read first."""
    rendered = _render(variant, data)
    if not row.decision.candidate.is_test:
        return rendered
    subject = f"{TEST} {rendered.subject}" if rendered.subject else ""
    text = rendered.text if rendered.html else f"{TEST} {rendered.text}"
    return replace(rendered, subject=subject, text=text)


def _call(claimed: Claimed) -> Message:
    """Return a call of another system: the facts of the run, and who it is about."""
    row = claimed.row
    facts = row.decision.candidate.facts
    return Message(
        message_id=row.message_id,
        channel=row.channel,
        address=row.address,
        recipient_name="",
        subject="",
        text=msgspec.json.encode(facts, order="deterministic").decode(),
        html="",
        headers={},
        engagement=row.engagement,
        message_class=row.message_class,
        person_id=row.person_id,
        facts=facts,
        attempt=attempt_of(row),
        is_call=True,
    )


def attempt_of(row: MessageRow) -> int:
    """Return which attempt this claim is, from 1.

    A row that was read before its claim still says ``queued`` and counts the attempts before it.
    """
    return max(1, row.attempt + 1 if row.state == "queued" else row.attempt)


def _definitions(row: MessageRow, program: Program) -> tuple[Engagement, Channel]:
    engagement = program.engagements.get(row.engagement)
    if engagement is None:
        raise Refused(f"The project has no engagement {row.engagement}.", code="engagement_gone")
    channel = program.channels.get(row.channel)
    if channel is None:
        raise Refused(f"The project has no channel {row.channel}.", code="channel_gone")
    return engagement, channel


def _variant(engagement: Engagement, channel: str, languages: Sequence[str]) -> Variant:
    for family in _families(channel):
        by_language = {v.language.lower(): v for v in engagement.variants if v.channel == family}
        for language in (*languages, ANY):
            if language in by_language:
                return by_language[language]
    raise Refused(f"{engagement.id} has no variant for {channel}.", code="no_variant")


def _families(channel: str) -> Iterator[str]:
    yield channel
    while "." in channel:
        channel = channel.rpartition(".")[0]
        yield channel
    yield ANY


def _render(variant: Variant, data: Mapping[str, Any]) -> Rendered:
    try:
        return variant.render(data)
    except Refused as error:
        raise Refused(error.message, code="template_failed", hint=error.hint) from error


def _company_data(company: Company) -> dict[str, Any]:
    return {
        "id": company.id,
        "name": company.name,
        "zone": company.zone,
        "languages": company.languages,
        "address": company.address,
        "website": company.website,
    }


def _headers(row: MessageRow, channel: Channel, unsubscribe_url: str) -> dict[str, str]:
    """Return the one-click headers (RFC 8058) of marketing mail, and of all when so set."""
    is_mail = channel.reaches_by == "email"
    is_always = channel.settings.get("list_unsubscribe") == "always"
    if not is_mail or not (row.message_class == "marketing" or is_always):
        return {}
    return {
        "List-Unsubscribe": f"<{unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
