"""What is looked at of a message's life in the reader's hands, and only with their consent.

In: a rendered page, the message, the person. Out: the page with its links led over our redirect and
a picture at its end, or the very same page when the person did not agree to the project's tracking
purpose. Links of ours, of other kinds than http and those marked ``data-untracked`` stay. Plain
texts are never changed: a signed address would fill a text message. `visits` takes what comes back.
"""

from __future__ import annotations

import re
from datetime import datetime
from html import escape, unescape
from itertools import count

from regard.core.event import Event, Identifier
from regard.core.ids import derived_id, message_key
from regard.core.person import Consent, Person
from regard.core.ports import Draft
from regard.core.rows import MessageRow
from regard.delivery.links import Followed, Links

OPENED, CLICKED = "Message Opened", "Message Clicked"
MACHINE_OPENED, MACHINE_CLICKED = "Machine Opened", "Machine Clicked"
"""What a person did, and what a machine did that looked at their mail: under names of their own, so
that no condition, promise or count of the one ever sees the other."""

SOURCE = "regard"
EVERY = "*"

_QUOTED = r"""\"[^"<]*\"|'[^'<]*'"""
_LINK = re.compile(
    rf"""(?P<before><a\b(?:[^<>"']|{_QUOTED})*?\shref=)(?P<url>{_QUOTED})"""
    rf"""(?P<after>(?:[^<>"']|{_QUOTED})*>)""",
    re.IGNORECASE,
)
"""A link and its address in quotes. Nothing in it is ``<``, so that a page is read in one go; what
is written otherwise stays as it is."""

_UNTRACKED = re.compile(r"\sdata-untracked\b", re.IGNORECASE)


def may_track(person: Person, purpose: str, channel: str) -> bool:
    """Return whether the person's latest word on the purpose is yes, and nothing stops it.

    A withdrawal for everything counts as a word on it; at one moment the one that withdraws.
    """
    if not purpose or person.is_erased or person.is_frozen or person.is_department:
        return False
    words = [
        word
        for about in (purpose, EVERY)
        for place in (channel, EVERY)
        if (word := person.consents.get(f"{about}|{place}")) is not None
    ]
    return max(words, key=_rank).is_granted if words else False


def _rank(word: Consent) -> tuple[datetime, bool]:
    return word.at, not word.is_granted


def tracked(html: str, row: MessageRow, kind: str, links: Links) -> str:
    """Return a page whose links and opening come back to us; the person has agreed to it."""
    numbers = count(1)

    def lead(found: re.Match[str]) -> str:
        url = unescape(found["url"][1:-1]).strip()
        is_web = url.lower().startswith(("http://", "https://"))
        is_own = url.startswith(f"{links.base_url}/")
        if not is_web or is_own or _UNTRACKED.search(found["before"] + found["after"]):
            return found[0]
        address = links.follow(row, kind, f"l{next(numbers)}", url)
        return f'{found["before"]}"{escape(address)}"{found["after"]}'

    page = _LINK.sub(lead, html)
    picture = (
        f'<img src="{escape(links.picture(row, kind))}" width="1" height="1" alt="" '
        'style="display:block;border:0" />'
    )
    before, end, after = page.rpartition("</body>")
    return f"{before}{picture}{end}{after}" if end else page + picture


def visited(followed: Followed, at: datetime, machine: str) -> Draft:
    """Return the draft of an opening or a click; `machine` says why it was none of a person.

    The second it happened is part of the key: one reader that asks twice is one event.
    """
    is_click = bool(followed.url)
    name = (
        (CLICKED if is_click else OPENED)
        if not machine
        else (MACHINE_CLICKED if is_click else MACHINE_OPENED)
    )
    facts: dict[str, object] = {"message_id": followed.message_id, "address": followed.value}
    if is_click:
        facts |= {"link_id": followed.link_id, "url": followed.url}
    if machine:
        facts |= {"is_machine": True, "machine": machine}
    event_id = derived_id(name, followed.message_id, followed.link_id, str(int(at.timestamp())))
    event = Event(
        message_id=event_id,
        source=SOURCE,
        type="track",
        name=name,
        channel=followed.channel,
        at=at,
        received_at=at,
        identifiers=(Identifier(followed.kind, followed.value),),
        facts=facts,
        trust=2,
    )
    key = message_key(SOURCE, event_id)
    return Draft(key=key, identity=followed.identity, at=at, received_at=at, body=event)
