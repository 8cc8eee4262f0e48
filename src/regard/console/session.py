"""Sessions as signed cookies, and the limit on sign-in attempts.

A request in, a `Session` out; a forged, foreign or expired cookie is an anonymous session. The
signing key is made from the first-run secret, so that changing the secret signs everybody out.
The cookie holds no personal data: a CSRF token and when the person signed in.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from regard.core.clock import Clock, from_us, to_us

COOKIE = "regard_session"
SESSION_MAX = timedelta(hours=12)
"""A working day; after it the secret is asked again."""
ATTEMPTS_MAX = 8
"""Wrong secrets per address within `ATTEMPTS_WINDOW`; typing errors fit, guessing does not."""
ATTEMPTS_WINDOW = timedelta(minutes=5)
ADDRESSES_MAX = 1_000
"""Addresses remembered; the oldest is forgotten, so that memory stays bounded."""


class Session(Struct, frozen=True, kw_only=True):
    """Who is at the desk: anonymous (`signed_in_at` None) or signed in since then."""

    csrf: str
    signed_in_at: datetime | None = None

    @property
    def is_signed_in(self) -> bool:
        return self.signed_in_at is not None


class Sessions:
    """Reads and writes session cookies."""

    def __init__(self, secret: str, clock: Clock) -> None:
        key = sha256(b"regard console session\x00" + secret.encode()).digest()
        self._serializer = URLSafeSerializer(key, salt="session")
        self._clock = clock

    def read(self, request: Request) -> Session:
        """Return the session of the cookie, or a fresh anonymous one."""
        try:
            csrf, at_us = self._serializer.loads(request.cookies.get(COOKIE, ""))
            signed_in_at = from_us(at_us) if at_us else None
        except (BadData, TypeError, ValueError, OverflowError):
            return Session(csrf=secrets.token_urlsafe(24))
        if signed_in_at and self._clock.now() - signed_in_at > SESSION_MAX:
            return Session(csrf=secrets.token_urlsafe(24))
        return Session(csrf=str(csrf), signed_in_at=signed_in_at)

    def signed_in(self) -> Session:
        """Return a new session for somebody who just proved to know the secret."""
        return Session(csrf=secrets.token_urlsafe(24), signed_in_at=self._clock.now())

    def write(self, request: Request, response: Response, session: Session) -> None:
        """Set the cookie of `session`; secure whenever the request came over TLS."""
        at_us = to_us(session.signed_in_at) if session.signed_in_at else 0
        response.set_cookie(
            COOKIE,
            str(self._serializer.dumps([session.csrf, at_us])),
            max_age=int(SESSION_MAX.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )


def is_same(given: str, expected: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


class Attempts:
    """Counts wrong secrets by address in a rolling window."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """Return how many seconds this address must wait before it may try again (0: none)."""
        failed = self._recent(address)
        if len(failed) < ATTEMPTS_MAX:
            return 0
        left = failed[0] + ATTEMPTS_WINDOW - self._clock.now()
        return max(1, int(left.total_seconds()) + 1)

    def failed(self, address: str) -> None:
        """Remember a wrong secret."""
        moments = self._failed.setdefault(address, deque(maxlen=ATTEMPTS_MAX))
        moments.append(self._clock.now())
        self._failed.move_to_end(address)
        while len(self._failed) > ADDRESSES_MAX:
            self._failed.popitem(last=False)

    def _recent(self, address: str) -> deque[datetime]:
        moments = self._failed.get(address, deque())
        start = self._clock.now() - ATTEMPTS_WINDOW
        while moments and moments[0] <= start:
            moments.popleft()
        return moments
