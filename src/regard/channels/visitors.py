"""Who stands in front of a page: an anonymous id that only their browser has, or a proven user id.

In: what a page says about its visitor. Out: the identifier to believe, and whether it is proven. A
user id can be guessed, so it counts only with its hash: HMAC-SHA256 of the user id under a secret
that the company's own server holds, as hex. Refused: a user id without a hash or with a wrong one,
and anonymous ids short enough to be tried.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from regard.channels.settings import SettingsReader
from regard.core.errors import Refused
from regard.core.event import Identifier

ANONYMOUS_ID_MIN = 16
"""Characters of an anonymous id at least: SDKs send UUIDs with 36, and 122 random bits."""

ANONYMOUS = ("until_known", "always")
"""When an anonymous id opens the messages of a person: as long as nothing else is known of them, or
always."""


def user_hash(secret: str, user_id: str) -> str:
    """Return what proves a user id, 64 hex digits."""
    return hmac.digest(secret.encode(), user_id.encode(), "sha256").hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitors:
    """How visitors prove who they are; without a secret nobody proves a user id."""

    secret: str
    anonymous: Literal["until_known", "always"]

    def identify(self, claims: Mapping[str, str]) -> tuple[Identifier, bool]:
        """Return who asks, by field, and whether it is proven; raise `Refused`."""
        user_id, given = claims.get("userId", ""), claims.get("userHash", "")
        if user_id and given:
            expected = user_hash(self.secret, user_id)
            if not self.secret or not hmac.compare_digest(
                given.lower().encode(), expected.encode()
            ):
                raise Refused(
                    "The user id is not proven.",
                    code="visitor",
                    hint="userHash is HMAC-SHA256 of userId under user_secret_env, in hex.",
                )
            return Identifier("userId", user_id), True
        anonymous_id = claims.get("anonymousId", "")
        if len(anonymous_id) < ANONYMOUS_ID_MIN:
            raise Refused(
                "Nobody can be believed to be here.",
                code="visitor",
                hint="Send userId with userHash, or the anonymousId of the page's SDK.",
            )
        return Identifier("anonymousId", anonymous_id), False

    def opens(self, *, is_proven: bool, is_known: bool) -> bool:
        """Return whether messages may be shown.

        Whoever knows a public write key can say that their browser is Ada's; so what is known to
        be Ada's is shown to who proves to be her.
        """
        return is_proven or not is_known or self.anonymous == "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorDoor:
    """The door of a channel that pages look into: `heading` is what every page may know.

    Implements `channels.kinds.Door`.
    """

    visitors: Visitors
    heading: Mapping[str, Any]

    def identify(self, claims: Mapping[str, str]) -> tuple[Identifier, bool]:
        """Return who asks, and whether it is proven; raise `Refused`."""
        return self.visitors.identify(claims)

    def opens(self, *, is_proven: bool, is_known: bool) -> bool:
        """Return whether the messages of a person may be shown."""
        return self.visitors.opens(is_proven=is_proven, is_known=is_known)

    def public(self) -> Mapping[str, Any]:
        """Return the heading."""
        return self.heading


def read_visitors(read: SettingsReader) -> Visitors:
    """Return how visitors of a channel prove themselves, by its settings."""
    anonymous: Any = read.choice("anonymous", "until_known", ANONYMOUS)
    return Visitors(secret=read.secret("user_secret_env"), anonymous=anonymous)
