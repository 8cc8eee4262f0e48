"""Takes the yes and the no of a browser: a subscription, or that it ended.

In: JSON of a page: ``subscription`` as the browser gave it, who the visitor is, and ``subscribed``.
Out: a `Push Subscribed` (`is_proven` when the user id was) or `Push Unsubscribed` event. Refused:
visitors who cannot be believed, endpoints that are no addresses, keys that are none. Called by
`/v1/push/subscribe`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from regard.channels.kinds import Door, ReadInbound, Surroundings
from regard.channels.push.settings import PushSettings, parse_settings
from regard.channels.push.vapid import from_base64url, public_key
from regard.channels.spoken import spoken
from regard.channels.visitors import VisitorDoor
from regard.core.errors import Refused
from regard.core.ports import Heard
from regard.core.reaching import subscription_address
from regard.core.settings import Channel

ENDPOINT_CHARS_MAX = 1_500
"""Endpoints in use have 150 to 600 characters."""


class _Keys(msgspec.Struct, frozen=True, kw_only=True):
    p256dh: str
    auth: str


class _Subscription(msgspec.Struct, frozen=True, kw_only=True):
    endpoint: str
    keys: _Keys


class _Said(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    subscription: _Subscription
    subscribed: bool = True
    user_id: str = ""
    user_hash: str = ""
    anonymous_id: str = ""


def door(channel: Channel, around: Surroundings) -> Door:
    """Return the door of a push channel; raise `Refused` on wrong settings."""
    settings = parse_settings(channel, around)
    return VisitorDoor(visitors=settings.visitors, heading={"key": public_key(settings.key)})


def inbound_reader(channel: Channel, around: Surroundings) -> ReadInbound:
    """Return the reader of subscriptions for one channel."""
    settings = parse_settings(channel, around)

    def read(body: bytes, _headers: Mapping[str, str], now: datetime) -> Heard:
        return read_subscription(body, settings=settings, channel=channel, received_at=now)

    return read


def read_subscription(
    body: bytes, *, settings: PushSettings, channel: Channel, received_at: datetime
) -> Heard:
    """Return what a browser said; raise `Refused` when it cannot be used or believed."""
    try:
        said = msgspec.json.decode(body, type=_Said)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(f"The body is no subscription: {error}.", code="receipt") from error
    claims = {
        "userId": said.user_id,
        "userHash": said.user_hash,
        "anonymousId": said.anonymous_id,
    }
    identifier, is_proven = settings.visitors.identify(claims)
    given = said.subscription
    _check(given, is_internal_allowed=settings.allow_internal)
    address = subscription_address(given.endpoint)
    facts: dict[str, Any] = {"address": address}
    if said.subscribed:
        facts |= {"endpoint": given.endpoint} | msgspec.to_builtins(given.keys)
    if said.subscribed and is_proven:
        facts["is_proven"] = True
    name = "Push Subscribed" if said.subscribed else "Push Unsubscribed"
    draft = spoken(
        name=name,
        channel=channel.id,
        identifier=identifier,
        at=received_at,
        received_at=received_at,
        facts=facts,
        # A browser may say yes, no and yes again; the same word twice in a second is one.
        notice_id=f"{address}@{int(received_at.timestamp())}",
    )
    return Heard(drafts=(draft,), answer='{"success":true}')


def _check(given: _Subscription, *, is_internal_allowed: bool) -> None:
    try:
        url = httpx.URL(given.endpoint)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(f"The endpoint is no address: {error}.", code="subscription") from error
    schemes = ("https", "http") if is_internal_allowed else ("https",)
    if url.scheme not in schemes or not url.host or len(given.endpoint) > ENDPOINT_CHARS_MAX:
        raise Refused("The endpoint is no https address of a push service.", code="subscription")
    try:
        point = from_base64url(given.keys.p256dh)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        secret = from_base64url(given.keys.auth)
    except ValueError as error:
        raise Refused(
            f"A key of the subscription is none: {error}.", code="subscription"
        ) from error
    if len(secret) != 16:
        raise Refused("The auth secret must have 16 bytes.", code="subscription")
