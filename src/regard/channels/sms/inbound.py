"""Reads what people write to us: a message, or STOP, START or HELP.

In: the body and headers of a signed request. Out: a `Message Received` event of whoever has the
number; STOP is an objection on this channel besides (`Unsubscribed`), START ends it
(`Resubscribed`). The answer is TwiML. When the service handled a keyword itself it says so
(`OptOutType`), and we stay silent. Called by `/v1/inbound/<channel>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from xml.sax.saxutils import escape

from regard.channels.sms.settings import SmsSettings, Words
from regard.channels.sms.signature import signed_form
from regard.channels.spoken import TEXT_MAX, spoken
from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.ports import Draft, Heard
from regard.core.settings import Channel

Keyword = Literal["stop", "start", "help", ""]

STOP = frozenset(
    (
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke"),
        *("optout", "opt out", "opt-out", "stopp", "abmelden", "ende", "arret", "arrêt", "baja"),
        *("alto", "parar", "sair", "afmelden", "basta", "annulla", "koniec", "avsluta", "lopeta"),
        *("iptal", "dur", "стоп", "停止", "退订", "توقف"),
    )
)
"""English ones as the carriers ask for (CTIA, and the FCC's list of 2025), then other languages."""

START = frozenset(("start", "unstop", "resume", "starten", "weiter", "reprendre", "iniciar"))
"""No "yes": it answers questions."""

HELP = frozenset(("help", "info", "hilfe", "aide", "ayuda", "ajuda", "aiuto", "pomoc", "yardim"))

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_OPENING, _CLOSING = EMPTY.removesuffix("</Response>"), "</Response>"


def read_inbound(
    body: bytes,
    headers: Mapping[str, str],
    *,
    settings: SmsSettings,
    channel: Channel,
    received_at: datetime,
) -> Heard:
    """Return what was said and the answer; raise `Refused` when the signature is not valid."""
    form = signed_form(body, headers, settings)
    sender, sid = form.get("From", ""), form.get("MessageSid", "")
    if not sender or not sid:
        raise Refused("The request names no sender or no message.", code="receipt")
    text = form.get("Body", "")[:TEXT_MAX]
    keyword = keyword_of(text, settings)
    drafts = drafts_of(form, keyword, channel, received_at)
    is_answered = bool(form.get("OptOutType"))
    return Heard(
        drafts=drafts,
        answer=EMPTY if is_answered else _answer(keyword, settings),
        silence=EMPTY,
        media_type="application/xml",
        once=f"*|{channel.id}" if keyword in ("stop", "start") else "",
    )


def drafts_of(
    form: Mapping[str, str], keyword: Keyword, channel: Channel, received_at: datetime
) -> tuple[Draft, ...]:
    """Return what a text is: the fields ``From``, ``MessageSid``, ``Body`` and its keyword."""
    return tuple(
        spoken(
            name=name,
            channel=channel.id,
            identifier=Identifier(channel.reaches_by, form["From"]),
            at=received_at,
            received_at=received_at,
            facts=facts,
            notice_id=form["MessageSid"],
        )
        for name, facts in _said(form.get("Body", "")[:TEXT_MAX], keyword, form, channel.id)
    )


def keyword_of(text: str, settings: Words) -> Keyword:
    """Return the keyword that a text is, ``""`` when it is more than one."""
    word = " ".join(text.split()).strip(" .!?\"'").casefold()
    if word in STOP or word in settings.stop_words:
        return "stop"
    if word in START or word in settings.start_words:
        return "start"
    return "help" if word in HELP or word in settings.help_words else ""


def _said(
    text: str, keyword: Keyword, form: Mapping[str, str], channel: str
) -> list[tuple[str, dict[str, object]]]:
    """Return names and facts of the events that one message makes."""
    media = form.get("NumMedia", "0")
    facts: dict[str, object] = {"text": text, "provider_id": form["MessageSid"]}
    if keyword:
        facts["keyword"] = keyword
    if media.isdecimal() and media != "0":
        facts["media_count"] = int(media[:3])
    found = [("Message Received", facts)]
    word: dict[str, object] = {
        "purpose": "*",
        "channel": channel,
        "wording": text,
        "method": "keyword",
    }
    if keyword == "stop":
        found.append(("Unsubscribed", word))
    if keyword == "start":
        found.append(("Resubscribed", word))
    return found


def _answer(keyword: Keyword, settings: SmsSettings) -> str:
    text = {
        "stop": settings.stop_answer,
        "start": settings.start_answer,
        "help": settings.help_answer,
    }.get(keyword, "")
    return f"{_OPENING}<Message>{escape(text)}</Message>{_CLOSING}" if text else EMPTY
