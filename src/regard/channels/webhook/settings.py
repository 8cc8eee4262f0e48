"""The settings of a webhook channel, parsed and checked.

In: a `Channel` and the environment with its secret. Out: `WebhookSettings`. Refused with every
problem: an address that is no HTTP address, http without `allow_internal`, an internal address
written out, a secret that is not base64.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

import httpx
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from regard.channels.settings import SettingsReader
from regard.core.settings import Channel

CONNECTIONS_DEFAULT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where to post, how to sign, how long to wait (for the whole exchange; after a failure)."""

    url: httpx.URL
    signer: Webhook
    timeout_s: float
    connections: int
    retry_first_s: float
    allow_internal: bool


def parse_settings(channel: Channel, environ: Mapping[str, str]) -> WebhookSettings:
    """Return the checked settings of `channel`; raise `Refused` with every problem."""
    read = SettingsReader(channel, environ)
    allow_internal = read.flag("allow_internal", default=False)
    settings = WebhookSettings(
        url=_url(read, allow_internal=allow_internal),
        signer=_signer(read),
        timeout_s=read.number("timeout_s", 20.0, 0.05, 120.0),
        connections=read.whole("connections", CONNECTIONS_DEFAULT, 1, 64),
        retry_first_s=channel.retry_first_s,
        allow_internal=allow_internal,
    )
    read.finish()
    return settings


def _url(read: SettingsReader, *, allow_internal: bool) -> httpx.URL:
    text = read.text("url")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if text and (url.scheme not in ("http", "https") or not url.host):
        read.complain("url", "is not an HTTP address", "https://other.example/regard")
    elif url.scheme == "http" and not allow_internal:
        read.complain("url", "must be https", "plain http needs allow_internal = true")
    elif not allow_internal and _is_internal_literal(url.host):
        read.complain("url", "is an internal address", "set allow_internal = true to mean it")
    return url


def _is_internal_literal(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _signer(read: SettingsReader) -> Webhook:
    secret = read.secret("secret_env", is_required=True)
    try:
        return Webhook(secret)
    except (EmptyWebhookSecretError, binascii.Error, ValueError):
        if secret:
            read.complain("secret_env", "does not hold a secret", "whsec_ and base64")
        return Webhook(b"refused")  # never used: `finish` raises
