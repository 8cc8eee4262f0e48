"""The links in a message that let its reader out: built here, and read here when they come back.

In: a claimed message, or a token off the web. Out: full addresses, or what the token says. A token
is signed (HMAC-SHA256, `itsdangerous`), so nobody can unsubscribe somebody else, and never ends:
a mail is read years later. Refused: a token that is not ours or was changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer
from msgspec import Struct, ValidationError, convert

from regard.core.errors import Refused
from regard.core.rows import MessageRow

SECRET_BYTES_MIN = 16
"""A shorter secret could be found by trying (RFC 2104 section 3 asks for the hash's length)."""

TOKEN_CHARS_MAX = 2_000
"""What is longer was not made here: an address has 254 characters."""


class Token(Struct, frozen=True, array_like=True):
    """What a link carries: the message, what it was for, and whom the answer belongs to.

    `identity` is what the message hangs on; `kind` and `value` are the identifier it was sent to.
    """

    message_id: str
    purpose: str
    channel: str
    identity: int
    kind: str
    value: str


class Links:
    """Builds and reads links. `secrets`: the first signs, all are accepted (to change one)."""

    def __init__(self, base_url: str, secrets: Sequence[str]) -> None:
        _check(base_url, secrets)
        self._base = base_url.rstrip("/")
        # itsdangerous signs with the last key of the list.
        self._signer = URLSafeSerializer(
            list(reversed(secrets)),
            salt="regard.delivery.links",
            signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"},
        )

    def token(self, row: MessageRow, kind: str) -> str:
        """Return the token of a message that was sent to an identifier of `kind`."""
        address = row.address.lower() if kind == "email" else row.address
        parts = (row.message_id, row.purpose, row.channel, row.identity, kind, address)
        return str(self._signer.dumps(parts))

    def unsubscribe(self, token: str) -> str:
        """Return the address of the page (and one-click endpoint) that unsubscribes."""
        return f"{self._base}/unsubscribe/{token}"

    def preferences(self, token: str) -> str:
        """Return the address of the page that shows every purpose."""
        return f"{self._base}/preferences/{token}"

    def read(self, token: str) -> Token:
        """Return what a token says; raise `Refused` when it is not one of ours."""
        try:
            if len(token) > TOKEN_CHARS_MAX:
                raise BadData("too long")
            return convert(self._signer.loads(token), Token)
        except (BadData, ValidationError) as error:
            raise Refused(
                "This link is not valid.",
                code="link",
                hint="Open it again from the message, in full length.",
            ) from error


def _check(base_url: str, secrets: Sequence[str]) -> None:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise Refused(
            f"{base_url!r} cannot begin a link.",
            code="public_url",
            hint="Give the public address of this server, like https://engage.example.com.",
        )
    if not secrets or any(len(secret.encode()) < SECRET_BYTES_MIN for secret in secrets):
        raise Refused(
            f"Links need a secret of at least {SECRET_BYTES_MIN} bytes.",
            code="link_secret",
            hint="Make one, for example with: openssl rand -hex 32.",
        )
