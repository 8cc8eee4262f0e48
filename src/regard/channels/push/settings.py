"""The settings of a web push channel, parsed and checked.

In: a `Channel` and its surroundings with the secrets. Out: `PushSettings`. Refused with every
problem: a key that is none, a contact that push services could not use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec

from regard.channels.kinds import Surroundings
from regard.channels.push.vapid import read_key
from regard.channels.settings import SettingsReader
from regard.channels.visitors import Visitors, read_visitors
from regard.core.settings import Channel

DAY_S = 86_400
TTL_MAX_S = 28 * DAY_S
"""Four weeks: push services keep nothing for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSettings:
    """Who sends, to which browsers, and how long a push service keeps what has no end of its own.

    `click_url` is where a click leads when the text names no address; `replace` says what a later
    message takes the place of while nobody has seen it.
    """

    key: ec.EllipticCurvePrivateKey
    contact: str
    visitors: Visitors
    to: Literal["all", "latest"]
    replace: Literal["message", "engagement"]
    ttl_s: int
    click_url: str
    timeout_s: float
    connections: int
    retry_first_s: float
    allow_internal: bool


def parse_settings(channel: Channel, around: Surroundings) -> PushSettings:
    """Return the checked settings of `channel`; raise `Refused` with every problem."""
    read = SettingsReader(channel, around.environ)
    to: Any = read.choice("to", "all", ("all", "latest"))
    replace: Any = read.choice("replace", "message", ("message", "engagement"))
    settings = PushSettings(
        key=_key(read),
        contact=_contact(read),
        visitors=read_visitors(read),
        to=to,
        replace=replace,
        ttl_s=read.whole("ttl_s", DAY_S, 0, TTL_MAX_S),
        click_url=read.text("click_url", ""),
        timeout_s=read.number("timeout_s", 20.0, 0.05, 120.0),
        connections=read.whole("connections", 16, 1, 64),
        retry_first_s=channel.retry_first_s,
        allow_internal=read.flag("allow_internal", default=False),
    )
    read.finish()
    return settings


def _key(read: SettingsReader) -> ec.EllipticCurvePrivateKey:
    secret = read.secret("vapid_key_env", is_required=True)
    try:
        return read_key(secret)
    except ValueError as error:
        if secret:
            read.complain("vapid_key_env", f"does not hold a key: {error}", "P-256, see the docs")
        return ec.derive_private_key(1, ec.SECP256R1())  # never used: `finish` raises


def _contact(read: SettingsReader) -> str:
    contact = read.text("contact")
    if contact and not contact.startswith(("mailto:", "https://")):
        read.complain("contact", "is how push services reach you", "mailto:push@skylark.example")
    return contact
