"""The settings of a channel that is served by a Twilio-compatible service, parsed and checked.

In: a `Channel` and its surroundings with the secret. Out: `SmsSettings`. Refused with every
problem: an address that is no HTTP address, http without `allow_internal`, neither a sender nor a
messaging service, no public address for the callbacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from regard.channels.kinds import Surroundings
from regard.channels.settings import SettingsReader
from regard.core.settings import Channel

API_URL = "https://api.twilio.com"

STOP_ANSWER = "You will get no more messages from us. Reply START to get them again."
HELP_ANSWER = "Here you get the messages that you asked us for. Reply STOP to end them."
START_ANSWER = "You will get our messages again. Reply STOP to end them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Keywords that the company knows beside the built-in ones, as they are compared."""

    stop_words: frozenset[str]
    start_words: frozenset[str]
    help_words: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSettings(Words):
    """Where to post and as whom, where the service finds us, and what keywords are answered."""

    messages_url: str
    account_sid: str
    auth_token: str
    sender: str
    service_sid: str
    callback_url: str
    timeout_s: float
    connections: int
    retry_first_s: float
    stop_answer: str
    start_answer: str
    help_answer: str

    def status_callback(self, channel: str, message_id: str) -> str:
        """Return where the service tells what became of a message; ``""``: nowhere."""
        if not self.callback_url:
            return ""
        query = urlencode({"message_id": message_id})
        return f"{self.callback_url}/v1/receipts/{channel}?{query}"


def parse_settings(channel: Channel, around: Surroundings) -> SmsSettings:
    """Return the checked settings of `channel`; raise `Refused` with every problem."""
    read = SettingsReader(channel, around.environ)
    account_sid = read.text("account_sid")
    url = _api_url(read, is_internal_allowed=read.flag("allow_internal", default=False))
    settings = SmsSettings(
        messages_url=f"{url}/2010-04-01/Accounts/{account_sid}/Messages.json",
        account_sid=account_sid,
        auth_token=read.secret("auth_token_env", is_required=True),
        sender=read.text("from", ""),
        service_sid=read.text("messaging_service_sid", ""),
        callback_url=read.text("callback_url", around.public_url).rstrip("/"),
        timeout_s=read.number("timeout_s", 20.0, 0.05, 120.0),
        connections=read.whole("connections", 16, 1, 64),
        retry_first_s=channel.retry_first_s,
        stop_words=as_words(read.text("stop_words", "")),
        start_words=as_words(read.text("start_words", "")),
        help_words=as_words(read.text("help_words", "")),
        stop_answer=read.text("stop_answer", STOP_ANSWER),
        start_answer=read.text("start_answer", START_ANSWER),
        help_answer=read.text("help_answer", HELP_ANSWER),
    )
    if bool(settings.sender) == bool(settings.service_sid):
        read.complain(
            "from", "and messaging_service_sid exclude each other, one is required", "+15005550006"
        )
    read.finish()
    return settings


def _api_url(read: SettingsReader, *, is_internal_allowed: bool) -> str:
    text = read.text("api_url", API_URL).rstrip("/")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        read.complain("api_url", "is not an HTTP address", API_URL)
    elif url.scheme == "http" and not is_internal_allowed:
        read.complain("api_url", "must be https", "plain http needs allow_internal = true")
    return text


def words_of(channel: Channel) -> Words:
    """Return the company's own keywords; they are known without account and secret."""
    texts = [channel.settings.get(key, "") for key in ("stop_words", "start_words", "help_words")]
    stop, start, help_ = (
        as_words(text) if isinstance(text, str) else frozenset() for text in texts
    )
    return Words(stop_words=stop, start_words=start, help_words=help_)


def as_words(text: str) -> frozenset[str]:
    """Return the words of a list with commas, as they are compared."""
    return frozenset(word.strip().casefold() for word in text.split(",") if word.strip())
