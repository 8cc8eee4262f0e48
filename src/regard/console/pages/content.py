"""Preview: what would this message say to this person? Composed as for real, nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from babel import Locale
from msgspec.structs import replace
from starlette.requests import Request

from regard.console.content_facts import facts_for
from regard.console.content_views import ContentView
from regard.console.desk import Desk
from regard.console.moments import zone_of
from regard.console.pages.dossier import label_of
from regard.console.reasons import channel_words, reason_words
from regard.core.errors import Refused
from regard.core.facts import Candidate, Decided
from regard.core.offers import Engagement
from regard.core.person import Claim, Person
from regard.core.ports import Message, Reading
from regard.core.program import Program
from regard.core.reaching import address_on
from regard.core.rows import Claimed
from regard.core.segments import segments_of
from regard.delivery.compose import chosen_for, compose, data_for, in_hand
from regard.delivery.links import Links
from regard.delivery.tracking import may_track
from regard.delivery.variants import ANY, CORE

PARTS = ("mail", "dark", "text", "headers")
PEOPLE_MAX = 20
"""People who are offered when none is named, or several answer to a name."""

LINKS = Links("https://preview.invalid", ["shown to us alone, never sent to anybody"])
"""What is previewed must not let its reader unsubscribe anybody: these links lead nowhere."""

DARK = (
    "<style>html{filter:invert(1) hue-rotate(180deg);background:#fff}"
    "img,video{filter:invert(1) hue-rotate(180deg)}</style>"
)
"""How mail programs darken a page that says nothing about it: they turn its colours over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a preview is asked for, as far as it makes sense."""

    engagement: Engagement
    person: Person | None
    channel: str
    language: str
    variant: str
    people: tuple[tuple[str, str], ...]


def view(request: Request, desk: Desk) -> ContentView:
    """Return the preview of the query: engagement, person, channel, and other variants if asked."""
    program, now = desk.program(), desk.clock.now()
    asked = _asked(request, desk, program)
    part = request.query_params.get("part", "")
    told = _blank(asked, program, now, part if part in PARTS else "mail")
    if asked.person is None:
        return told
    claimed, source = _claimed(asked, asked.person, program, now)
    try:
        return _filled(told, claimed, source, asked, program)
    except Refused as error:
        return replace(
            told,
            facts=source,
            failure=f"{reason_words(error.code)}: {error.message}",
            hint=error.hint,
        )


def mail_html(request: Request, desk: Desk) -> str:
    """Return the page of the previewed mail; with ``part=dark`` as a dark mail program shows it."""
    program, now = desk.program(), desk.clock.now()
    asked = _asked(request, desk, program)
    if asked.person is None:
        raise Refused("Nobody is named.", code="not_found", hint="Name a person.")
    claimed, _ = _claimed(asked, asked.person, program, now)
    html = compose(claimed, program, LINKS).html
    is_dark = request.query_params.get("part") == "dark"
    if not is_dark or "prefers-color-scheme" in html:
        return html
    return html.replace("</head>", f"{DARK}</head>", 1) if "</head>" in html else DARK + html


def _asked(request: Request, desk: Desk, program: Program) -> _Asked:
    query = request.query_params
    name = request.path_params.get("engagement") or query.get("engagement", "")
    engagement = program.engagements.get(name)
    if engagement is None and (name or not program.engagements):
        raise Refused(
            f"There is no engagement {name!r} in the published folder.",
            code="not_found",
            hint="Engagements are in engagements/ of the project folder.",
        )
    engagement = engagement or next(iter(program.engagements.values()))
    with desk.library.reading() as reading:
        person, people = named(query.get("person", "").strip(), reading)
    channel = query.get("channel", "")
    language, variant = query.get("language", ""), query.get("variant", "")
    return _Asked(
        engagement=engagement,
        person=person,
        channel=channel if channel in engagement.channels else _first_channel(engagement),
        language=language if language in dict(_languages(engagement, program)) else "",
        variant=variant if variant in dict(_variants(engagement)) else "",
        people=people,
    )


def named(text: str, reading: Reading) -> tuple[Person | None, tuple[tuple[str, str], ...]]:
    """Return the person of an id or of the only hit of a search, and whom to choose from."""
    person = reading.people.read(text) if text.startswith("p_") else None
    if person is not None:
        return person, ()
    rows = reading.people.search(text, PEOPLE_MAX)
    people = tuple((row.person_id, row.label) for row in rows)
    only = reading.people.read(people[0][0]) if text and len(people) == 1 else None
    return only, people


def _first_channel(engagement: Engagement) -> str:
    return engagement.channels[0] if engagement.channels else ""


def _claimed(asked: _Asked, person: Person, program: Program, now: datetime) -> tuple[Claimed, str]:
    """Return the message as the dispatcher would have it in hand, and where its facts are from."""
    engagement, channel = asked.engagement, program.channels.get(asked.channel)
    facts, source = facts_for(person, engagement.id, program)
    address = address_on(person, channel) if channel else ""
    if asked.language:
        spoken = Claim(asked.language, now, "preview", 0, 0)
        person = replace(person, claims={**person.claims, "language": spoken, "locale": spoken})
    decision = Decided(
        decision_id="preview",
        candidate=Candidate(
            engagement=engagement.id, origin="agent", ref="preview", made_at=now, facts=dict(facts)
        ),
        verdict="send",
        reason="preview",
        message_class=engagement.message_class,
        purpose=engagement.purpose,
        channel=asked.channel,
        address=str(address or ""),
        arm=asked.variant,
    )
    return in_hand(decision, person, now, label=label_of(person)), source


def _blank(asked: _Asked, program: Program, now: datetime, part: str) -> ContentView:
    person, engagement = asked.person, asked.engagement
    chosen = {
        "engagement": engagement.id,
        "person": person.id if person else "",
        "channel": asked.channel,
        "variant": asked.variant,
        "language": asked.language,
    }
    return ContentView(
        now=now,
        zone=zone_of(person, program),
        engagement=engagement.id,
        title=engagement.title,
        person_id=person.id if person else "",
        label=label_of(person) if person else "",
        people=asked.people,
        engagements=tuple((e.id, e.title) for e in program.engagements.values()),
        channels=tuple((name, channel_words(name)) for name in engagement.channels),
        variants=_variants(engagement),
        languages=_languages(engagement, program),
        asked=chosen,
        part=part,
        query=urlencode({key: value for key, value in chosen.items() if value}),
    )


def _variants(engagement: Engagement) -> tuple[tuple[str, str], ...]:
    names = [rule.id for rule in engagement.variant_rules]
    return tuple((name, name) for name in (CORE, *names)) if names else ()


def _languages(engagement: Engagement, program: Program) -> tuple[tuple[str, str], ...]:
    core = program.company.languages[0]
    tags = {core if v.language == ANY else v.language for v in engagement.variants}
    return tuple((tag, _language_words(tag)) for tag in sorted(tags))


def _language_words(tag: str) -> str:
    return str(Locale.parse(tag, sep="-").get_display_name("en"))


def _filled(
    told: ContentView, claimed: Claimed, source: str, asked: _Asked, program: Program
) -> ContentView:
    """Return the view with what the message says; raise `Refused` when it cannot be composed."""
    message = compose(claimed, program, LINKS)
    chosen = chosen_for(claimed, asked.engagement, program)
    data = data_for(claimed, chosen, program, LINKS, "")
    is_text = message.channel.partition(".")[0] == "sms"
    is_agreed = may_track(claimed.person, program.tracking_purpose, asked.channel)
    return replace(
        told,
        address=message.address,
        subject=message.subject,
        text=message.text,
        has_html=bool(message.html),
        headers=tuple(message.headers.items()),
        variant=message.variant or CORE,
        language=_language_words(message.language),
        direction=str(Locale.parse(message.language, sep="-").text_direction),
        chosen_by="you chose it here" if asked.variant else message.chosen_by,
        facts=source,
        missing=chosen.variant.missing(data),
        warnings=_warnings(message, data["facts"], claimed.person, asked.engagement),
        character_count=len(message.text.strip()),
        segments=str(segments_of(message.text.strip())) if is_text else "",
        is_tracked=is_agreed and bool(message.html),
    )


def _warnings(
    message: Message, facts: Mapping[str, object], person: Person, engagement: Engagement
) -> tuple[str, ...]:
    found = []
    # What is asked for is shown where the person is; it needs no address.
    if not message.address and engagement.offer_when != "asked":
        found.append(f"They have no address for {channel_words(message.channel)}.")
    if not facts:
        found.append("Nothing offers this to them yet, so there are no facts.")
    if message.channel == "email" and not message.subject:
        found.append("The subject is empty.")
    if not message.text.strip():
        found.append("The text is empty.")
    if person.is_frozen:
        found.append("They are frozen: nothing is sent to them.")
    if person.is_erased:
        found.append("They are erased: nothing is sent to them.")
    return tuple(found)
