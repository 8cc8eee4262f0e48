"""Composes a claimed message: the right variant, rendered, with its links and headers.

In: a `Claimed` message, the program of now, the links. Out: a `Message` ready for its channel; a
call of another system has no variant, it carries facts. Its page is tracked only for who agreed.
Refused with a reason code that becomes the outcome's: an engagement or channel that left the
project, no variant for the channel, a template that fails. Called by the dispatcher after the
last check at the gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from regard.core.errors import Refused
from regard.core.facts import Decided
from regard.core.offers import Engagement, Rendered, Variant
from regard.core.person import Person
from regard.core.ports import Message
from regard.core.program import Program
from regard.core.rows import Claimed, MessageRow
from regard.core.scope import Scope
from regard.core.settings import Channel, Company
from regard.delivery.links import Links
from regard.delivery.reader import languages_of, locale_of, names_of, reader_data, zone_of
from regard.delivery.tracking import may_track, tracked
from regard.delivery.variants import Chosen, variant

TEST = "[test]"


def compose(claimed: Claimed, program: Program, links: Links) -> Message:
    """Return the message to hand over; raise `Refused` with the outcome's reason as `code`.

    `variants.variant` says which template; what it was and why stands on the message.
    """
    row, person = claimed.row, claimed.person
    if row.decision.candidate.call_id:
        return _call(claimed)
    engagement, channel = _definitions(row, program)
    chosen = chosen_for(claimed, engagement, program)
    token = links.token(row, channel.reaches_by, _language(chosen))
    rendered = _marked(row, chosen.variant, data_for(claimed, chosen, program, links, token))
    if rendered.html and may_track(person, program.tracking_purpose, row.channel):
        page = tracked(rendered.html, row, channel.reaches_by, links)
        rendered = replace(rendered, html=page)
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
        variant=chosen.variant.id,
        language=chosen.language,
        chosen_by=chosen.why,
    )


def chosen_for(claimed: Claimed, engagement: Engagement, program: Program) -> Chosen:
    """Return the template for who gets a message, as of the moment at which it was decided."""
    row, person = claimed.row, claimed.person
    scope = Scope(
        person=person,
        facts=row.decision.candidate.facts,
        now=row.decided_at,
        channel=row.channel,
    )
    return variant(
        engagement,
        row.channel,
        languages_of(person),
        scope,
        arm=row.decision.arm,
        core_language=program.company.languages[0],
    )


def data_for(
    claimed: Claimed, chosen: Chosen, program: Program, links: Links, token: str
) -> dict[str, Any]:
    """Return what a template sees of one message (docs/content.md lists it)."""
    person = claimed.person
    return {
        "person": reader_data(person, chosen.language),
        "facts": claimed.row.decision.candidate.facts,
        "company": _company_data(program.company),
        "links": {
            "unsubscribe": links.unsubscribe(token),
            "preferences": links.preferences(token),
            "answer": _answers(claimed, chosen, program, links),
        },
        "locale": locale_of(person, chosen.languages),
        "timezone": zone_of(person),
    }


def _answers(claimed: Claimed, chosen: Chosen, program: Program, links: Links) -> dict[str, str]:
    """Return a link for each answer to the question that a message asks; none: it asks nothing."""
    row = claimed.row
    engagement, channel = _definitions(row, program)
    if engagement.asks is None:
        return {}
    kind, language = channel.reaches_by, _language(chosen)
    return {choice: links.answer(row, kind, choice, language) for choice in engagement.asks.choices}


def _language(chosen: Chosen) -> str:
    """Return the language of the pages that the message leads to: the reader's own, if known."""
    return chosen.languages[0] if chosen.languages else chosen.language


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


def in_hand(
    decided: Decided,
    person: Person,
    at: datetime,
    *,
    identity: int = 0,
    label: str = "",
    address: str | None = None,
) -> Claimed:
    """Return a decision as a message that is being handed over, for what never lay in the outbox.

    `address` stands for the decision's own.
    """
    engagement = decided.candidate.engagement
    row = MessageRow(
        message_id=decided.decision_id,
        identity=identity,
        at=at,
        person_id=person.id,
        label=label,
        engagement=engagement,
        channel=decided.channel,
        address=decided.address if address is None else address,
        message_class=decided.message_class,
        purpose=decided.purpose,
        state="claimed",
        attempt=1,
        reason="",
        decided_at=at,
        state_at=at,
        not_before=at,
        decision=decided,
    )
    return Claimed(row=row, person=person, token=0)


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
        "currency": company.currency,
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
