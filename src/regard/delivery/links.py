"""The links of ours in a message: built here, and read here when they come back.

In: a claimed message, or a token off the web. Out: full addresses, or what the token says. A token
is sealed (`sealing`), so nobody can read an address in it, unsubscribe somebody else or send
readers where we did not, and never ends: a mail is read years later. What lets out and what is
followed are sealed apart. Refused: a token that is not ours or was changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from regard.core.errors import Refused
from regard.core.rows import MessageRow
from regard.delivery.sealing import Seal

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
    """Builds and reads links. `secrets`: the first seals, all open (to change one)."""

    def __init__(self, base_url: str, secrets: Sequence[str]) -> None:
        _check(base_url, secrets)
        self._base = base_url.rstrip("/")
        self._own = Seal(secrets, "regard.delivery.links")
        self._follower = Seal(secrets, "regard.delivery.followed")
        self._replier = Seal(secrets, "regard.delivery.replies")

    @property
    def base_url(self) -> str:
        """Return what our own addresses begin with."""
        return self._base

    def token(self, row: MessageRow, kind: str, language: str = "") -> str:
        """Return the token of a message that was sent to an identifier of `kind`."""
        address = row.address.lower() if kind == "email" else row.address
        parts = (row.message_id, row.purpose, row.channel, row.identity, kind, address)
        return self._own.sealed((*parts, language) if language else parts)

    def follow(self, row: MessageRow, kind: str, link_id: str, url: str) -> str:
        """Return the address that leads to `url` and tells that it was followed."""
        return f"{self._base}/l/{self._followed(row, kind, link_id, url)}"

    def picture(self, row: MessageRow, kind: str) -> str:
        """Return the address of a picture that nobody sees, which tells that a mail was opened."""
        return f"{self._base}/o/{self._followed(row, kind, '', '')}.gif"

    def _followed(self, row: MessageRow, kind: str, link_id: str, url: str) -> str:
        address = row.address.lower() if kind == "email" else row.address
        parts = (row.message_id, row.channel, row.identity, kind, address, link_id, url)
        return self._follower.sealed(parts)

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
        return f"{self._base}/answer/{self._replier.sealed(parts)}"

    def read_reply(self, token: str) -> Reply:
        """Return what an answer link says; raise `Refused` when it is not one of ours."""
        return self._replier.opened(token, Reply, TOKEN_CHARS_MAX)

    def read(self, token: str) -> Token:
        """Return what a token says; raise `Refused` when it is not one of ours."""
        return self._own.opened(token, Token, TOKEN_CHARS_MAX)

    def read_followed(self, token: str) -> Followed:
        """Return what a followed link says; raise `Refused` when it is not one of ours."""
        return self._follower.opened(token, Followed, FOLLOWED_CHARS_MAX)


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
