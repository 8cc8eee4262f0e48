"""Tokens that nobody can read or change: what a link of ours carries through the world.

In: plain values, or a token off the web. Out: base64url, or the values. AES-SIV (RFC 5297) needs no
random number, so the same message always has the same links; a token that is not ours or was
changed does not open. Tokens made before were signed and readable (`itsdangerous`): people still
have those mails, so they open for ever. Called by `links`.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from itsdangerous import BadData, URLSafeSerializer

from regard.core.errors import Refused

T = TypeVar("T")

_KEY_OF = "regard.sealed:"
"""What keys are derived from beside the purpose: no key is one that ever signed."""


class Seal:
    """Seals and opens tokens of one purpose; one of another purpose is not ours.

    `secrets`: the first seals, all open (to change one).
    """

    def __init__(self, secrets: Sequence[str], purpose: str) -> None:
        self._ciphers = [_cipher(secret, purpose) for secret in secrets]
        # itsdangerous signs with the last key of the list, and tries all.
        self._signed = URLSafeSerializer(
            list(reversed(secrets)),
            salt=purpose,
            signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"},
        )

    def sealed(self, parts: Sequence[object]) -> str:
        """Return the token of some plain values."""
        found = self._ciphers[0].encrypt(msgspec.json.encode(parts), None)
        return urlsafe_b64encode(found).rstrip(b"=").decode()

    def opened(self, token: str, kind: type[T], chars_max: int) -> T:
        """Return what a token says; raise `Refused` when it is none of ours or too long."""
        try:
            if len(token) > chars_max:
                raise ValueError("too long")
            # A signed token has a dot before its signature, a sealed one has none.
            said = self._signed.loads(token) if "." in token else self._plain(token)
            return msgspec.convert(said, kind)
        except (BadData, InvalidTag, ValueError, msgspec.ValidationError) as error:
            raise Refused(
                "This link is not valid.",
                code="link",
                hint="Open it again from the message, in full length.",
            ) from error

    def _plain(self, token: str) -> object:
        data = _bytes_of(token)
        for cipher in self._ciphers[:-1]:
            try:
                return msgspec.json.decode(cipher.decrypt(data, None))
            except InvalidTag:
                continue
        return msgspec.json.decode(self._ciphers[-1].decrypt(data, None))


def _cipher(secret: str, purpose: str) -> AESSIV:
    return AESSIV(hmac.digest(secret.encode(), f"{_KEY_OF}{purpose}".encode(), "sha512"))


def _bytes_of(token: str) -> bytes:
    """Return the bytes of a token in its one spelling; raise `ValueError` for any other text."""
    try:
        data = urlsafe_b64decode(f"{token}{'=' * (-len(token) % 4)}".encode("ascii"))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("it is no base64url") from error
    if urlsafe_b64encode(data).rstrip(b"=").decode() != token:
        raise ValueError("it is not spelled as we spell it")
    return data
