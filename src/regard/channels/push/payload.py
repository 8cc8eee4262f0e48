"""What a browser is sent: a small JSON, encrypted so that the push service cannot read it.

In: a message and one subscription. Out: bytes of ``aes128gcm`` (RFC 8291, by `http_ece`). The text
is cut to what notifications show; push services take 4,096 bytes in all (RFC 8030 section 7.2).
"""

from __future__ import annotations

import http_ece
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from regard.channels.push.vapid import from_base64url
from regard.core.errors import Refused
from regard.core.notice import notice_of
from regard.core.ports import Message
from regard.core.reaching import Device

PLAIN_BYTES_MAX = 3_900
"""What fits into 4,096 bytes beside salt, key, padding and tag."""

BODY_CHARS_MAX = 600
"""Notifications show two to six lines."""

TITLE_CHARS_MAX = 120


def payload_of(message: Message, click_url: str) -> bytes:
    """Return the JSON: ``title``, ``body``, ``url``, ``id``, ``token``; `Refused` if too large."""
    notice = notice_of(message.subject, message.text)
    said = {
        "id": message.message_id,
        "title": notice.title[:TITLE_CHARS_MAX],
        "body": notice.body[:BODY_CHARS_MAX],
        "url": notice.url or click_url,
        "channel": message.channel,
        "token": message.token,
    }
    encoded = msgspec.json.encode(said)
    if len(encoded) > PLAIN_BYTES_MAX:
        raise Refused("A push has no room for this text.", code="content_too_large")
    return encoded


def encrypted(payload: bytes, device: Device) -> bytes:
    """Return a payload that only the browser of a subscription can read; `ValueError` if none."""
    try:
        body: bytes = http_ece.encrypt(
            payload,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=from_base64url(device["p256dh"]),
            auth_secret=from_base64url(device["auth"]),
            version="aes128gcm",
        )
    except http_ece.ECEException as error:
        raise ValueError(f"the keys of the subscription are none: {error}") from error
    return body
