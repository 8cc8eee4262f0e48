"""The links of ours in a message: built here, and read here when they come back.

In: a claimed message, or a token off the web. Out: full addresses, or what the token says. A token
is signed (HMAC-SHA256, `itsdangerous`), so nobody can unsubscribe somebody else or send readers
where we did not, and never ends: a mail is read years later. What lets out and what is followed are
signed apart. Refused: a token that is not ours or was changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer
from msgspec import Struct, ValidationError, convert

from regard.core.errors import Refused
from regard.core.rows import MessageRow

T = TypeVar("T")

SECRET_BYTES_MIN = 16
"""A shorter secret could be found by trying (RFC 2104 section 3 asks for the hash's length)."""

TOKEN_CHARS_MAX = 2_000
"""What is longer was not made here: an address has 254 characters."""

FOLLOWED_CHARS_MAX = 8_000
"""The same for a link that is followed; it carries an address of the web."""


class Token(Struct, frozen=True, array_like=True):
    """What a link carries: the message, what it was for, and whom the answer belongs to.

    `identity` is what the message hangs on; `kind` and `value` are the identifier it was sent to,
    `language` what its reader reads (BCP 47; older tokens have none).
    """

    message_id: str
    purpose: str
    channel: str
    identity: int
    kind: str
    value: str
    language: str = ""


class Followed(Struct, frozen=True, array_like=True):
    """What a followed link of a message, or its picture (no `url`), carries.

    `link_id` numbers the links of the message from 1 (``l1``); the rest as in `Token`.
    """

    message_id: str
    channel: str
    identity: int
    kind: str
    value: str
    link_id: str = ""
    url: str = ""


class Reply(Struct, frozen=True, array_like=True):
    """What an answer link carries: which engagement asked, the answer, and whose it is.

    The rest as in `Token`.
    """

    message_id: str
    engagement: str
    answer: str
    channel: str
    identity: int
    kind: str
    value: str
    language: str = ""


class Links:
    """Builds and reads links. `secrets`: the first signs, all are accepted (to change one)."""

    def __init__(self, base_url: str, secrets: Sequence[str]) -> None:
        _check(base_url, secrets)
        self._base = base_url.rstrip("/")
        self._signer = _signer(secrets, "regard.delivery.links")
        self._follower = _signer(secrets, "regard.delivery.followed")
        self._replier = _signer(secrets, "regard.delivery.replies")

    @property
    def base_url(self) -> str:
        """Return what our own addresses begin with."""
        return self._base

    def token(self, row: MessageRow, kind: str, language: str = "") -> str:
        """Return the token of a message that was sent to an identifier of `kind`."""
        address = row.address.lower() if kind == "email" else row.address
        parts = (row.message_id, row.purpose, row.channel, row.identity, kind, address)
        return str(self._signer.dumps((*parts, language) if language else parts))

    def follow(self, row: MessageRow, kind: str, link_id: str, url: str) -> str:
        """Return the address that leads to `url` and tells that it was followed."""
        return f"{self._base}/l/{self._followed(row, kind, link_id, url)}"

    def picture(self, row: MessageRow, kind: str) -> str:
        """Return the address of a picture that nobody sees, which tells that a mail was opened."""
        return f"{self._base}/o/{self._followed(row, kind, '', '')}.gif"

    def _followed(self, row: MessageRow, kind: str, link_id: str, url: str) -> str:
        address = row.address.lower() if kind == "email" else row.address
        parts = (row.message_id, row.channel, row.identity, kind, address, link_id, url)
        return str(self._follower.dumps(parts))

    def unsubscribe(self, token: str) -> str:
        """Return the address of the page (and one-click endpoint) that unsubscribes."""
        return f"{self._base}/unsubscribe/{token}"

    def preferences(self, token: str) -> str:
        """Return the address of the page that shows every purpose."""
        return f"{self._base}/preferences/{token}"

    def answer(self, row: MessageRow, kind: str, answer: str, language: str = "") -> str:
        """Return the address of the page on which a reader gives one answer to a question."""
        address = row.address.lower() if kind == "email" else row.address
        said = (row.message_id, row.engagement, answer)
        parts = (*said, row.channel, row.identity, kind, address, language)
        return f"{self._base}/answer/{self._replier.dumps(parts)}"

    def read_reply(self, token: str) -> Reply:
        """Return what an answer link says; raise `Refused` when it is not one of ours."""
        return _read(self._replier, token, Reply, TOKEN_CHARS_MAX)

    def read(self, token: str) -> Token:
        """Return what a token says; raise `Refused` when it is not one of ours."""
        return _read(self._signer, token, Token, TOKEN_CHARS_MAX)

    def read_followed(self, token: str) -> Followed:
        """Return what a followed link says; raise `Refused` when it is not one of ours."""
        return _read(self._follower, token, Followed, FOLLOWED_CHARS_MAX)


def _signer(secrets: Sequence[str], salt: str) -> URLSafeSerializer:
    # itsdangerous signs with the last key of the list.
    return URLSafeSerializer(
        list(reversed(secrets)),
        salt=salt,
        signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"},
    )


def _read(signer: URLSafeSerializer, token: str, kind: type[T], chars_max: int) -> T:
    try:
        if len(token) > chars_max:
            raise BadData("too long")
        return convert(signer.loads(token), kind)
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
