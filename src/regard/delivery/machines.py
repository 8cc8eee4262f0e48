"""Tells a machine that looks at a mail from a person who does, by what it says and how it acts.

In: the request's method and headers, how long ago the message was handed over, what else was
followed about then. Out: a word that says why it is a machine, or an empty one. Mail programs load
pictures for their users unseen (Apple Mail Privacy Protection, Gmail's and Yahoo's proxies), and
scanners follow links before anybody reads (Outlook's Safe Links, Proofpoint, Mimecast, Barracuda).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta

from crawleruseragents import is_crawler

EARLY = timedelta(seconds=60)
"""Scanners look in the first minute after the hand-over; later clicks are told at once."""

TOGETHER = timedelta(seconds=5)
"""A person does not follow two links of a mail within so short a time, a scanner follows all."""

AT_ONCE = timedelta(seconds=1)
"""Nobody has read a mail so soon after it was handed over."""

AGENT_CHARS_MAX = 500
MESSAGES_MAX = 10_000
"""Messages whose latest clicks are remembered: more than are clicked in the first minute of a
broadcast that goes at its pace."""

_PROXY = re.compile(
    r"GoogleImageProxy|ggpht\.com|YahooMailProxy|DuckDuckGo-?Mail|Proxy-?Mail", re.I
)
_SCANNER = re.compile(
    r"barracuda|mimecast|proofpoint|safelinks|skypeuripreview|office existence discovery|"
    r"symantec|messagelabs|trend ?micro|sophos|fireeye|cisco|ironport|forcepoint|zscaler|"
    r"^java/|libredtail|ms-office|antivirus|urlscan|virustotal|cloudmark|vade",
    re.IGNORECASE,
)


def machine_of(method: str, headers: Mapping[str, str], *, is_click: bool) -> str:
    """Return why a request is no person's: by its method and headers alone (lower-case names)."""
    agent = headers.get("user-agent", "").strip()[:AGENT_CHARS_MAX]
    purposes = (headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
    if method == "HEAD":
        return "head"
    if any("prefetch" in purpose or "preview" in purpose for purpose in purposes):
        return "prefetch"
    if not agent:
        return "no_agent"
    if _PROXY.search(agent):
        return "image_proxy"
    if agent == "Mozilla/5.0" and not is_click:
        return "privacy_protection"
    if agent == "Mozilla/5.0" or _SCANNER.search(agent):
        return "scanner"
    return "robot" if is_crawler(agent) else ""


class Clicks:
    """Remembers which links of a message were followed lately; bounded."""

    def __init__(self) -> None:
        self._latest: OrderedDict[str, dict[str, datetime]] = OrderedDict()

    def note(self, message_id: str, link_id: str, at: datetime) -> None:
        """Remember a click; the message that was clicked longest ago is forgotten first."""
        links = self._latest.pop(message_id, {})
        self._latest[message_id] = links | {link_id: at}
        if len(self._latest) > MESSAGES_MAX:
            self._latest.popitem(last=False)

    def machine_of(self, message_id: str, link_id: str, at: datetime, sent_at: datetime) -> str:
        """Return why an early click is no person's: too soon, or others with it."""
        if at - sent_at < AT_ONCE:
            return "at_once"
        others = self._latest.get(message_id, {})
        is_one_of_many = any(
            other != link_id and abs(moment - at) <= TOGETHER for other, moment in others.items()
        )
        return "many_links" if is_one_of_many else ""
