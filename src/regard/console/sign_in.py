"""Signing in and out, and the theme of this browser.

One secret opens the console: the one that the first run printed. It is compared in constant time,
wrong ones are limited per address, and even the sign-in form carries a CSRF token.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from regard.console.answering import THEME_COOKIE, THEMES, Answering, secured, wants_json
from regard.console.form import read_form
from regard.console.session import COOKIE, Attempts, Session, Sessions, is_same
from regard.core.clock import Clock
from regard.core.errors import Refused, RegardError, Unavailable

_THEME_MAX_AGE_S = 365 * 86_400


class SignIn:
    """The endpoints that work without a session."""

    def __init__(self, sessions: Sessions, answering: Answering, secret: str, clock: Clock) -> None:
        self._sessions = sessions
        self._answering = answering
        self._secret = secret
        self._attempts = Attempts(clock)

    async def show(self, request: Request) -> Response:
        """Show the sign-in page; who is signed in already goes on."""
        session = self._sessions.read(request)
        aim = _inner(request.query_params.get("next", "/"))
        if session.is_signed_in:
            return secured(RedirectResponse(aim, status_code=303))
        return self._form(request, session, aim)

    async def enter(self, request: Request) -> Response:
        """Check the secret and open a session."""
        session = self._sessions.read(request)
        try:
            form = await read_form(request, session)
            aim = _inner(form.get("next", "/"))
            self._check(_address(request), form.get("secret", ""))
        except Unavailable as error:
            response = self._problem(request, session, error, 429)
            response.headers["Retry-After"] = str(error.retry_after_s)
            return response
        except Refused as error:
            return self._problem(request, session, error, 403)
        response = secured(RedirectResponse(aim, status_code=303))
        self._sessions.write(request, response, self._sessions.signed_in())
        return response

    async def leave(self, request: Request) -> Response:
        """Forget the session of this browser."""
        session = self._sessions.read(request)
        try:
            await read_form(request, session)
        except RegardError as error:
            return self._answering.error(request, session, error)
        response = secured(RedirectResponse("/sign-in", status_code=303))
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return response

    async def theme(self, request: Request) -> Response:
        """Remember the theme of this browser and go back to where it was asked."""
        session = self._sessions.read(request)
        try:
            form = await read_form(request, session)
        except RegardError as error:
            return self._answering.error(request, session, error)
        theme = form.get("theme", "auto")
        response = secured(RedirectResponse(_inner(form.get("next", "/")), status_code=303))
        if theme in THEMES:
            response.set_cookie(
                THEME_COOKIE, theme, max_age=_THEME_MAX_AGE_S, httponly=True, samesite="lax"
            )
        return response

    def _check(self, address: str, given: str) -> None:
        wait_s = self._attempts.wait_s(address)
        if wait_s:
            raise Unavailable(
                "Too many wrong secrets from this address.",
                retry_after_s=wait_s,
                code="too_many_attempts",
                hint=f"Try again in {wait_s} seconds.",
            )
        if not is_same(given, self._secret):
            self._attempts.failed(address)
            raise Refused(
                "This is not the secret.",
                code="wrong_secret",
                hint="The first run printed it, and it is kept in the project's data folder.",
            )

    def _form(
        self,
        request: Request,
        session: Session,
        aim: str,
        problem: RegardError | None = None,
        status: int = 200,
    ) -> Response:
        theme = self._answering.theme(request)
        data = {"session": session, "theme": theme, "aim": aim, "problem": problem}
        response = self._answering.html("sign_in.html", data, status)
        self._sessions.write(request, response, session)
        return response

    def _problem(
        self, request: Request, session: Session, error: RegardError, status: int
    ) -> Response:
        if wants_json(request):
            facts = {"code": error.code, "message": error.message, "hint": error.hint}
            return self._answering.json(facts, status)
        return self._form(request, session, "/", error, status)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _inner(aim: str) -> str:
    """Return `aim` when it is a path of ours, else ``/``: nobody is sent to another site."""
    is_inner = aim.startswith("/") and not aim.startswith(("//", "/\\"))
    return aim if is_inner and aim.isprintable() else "/"
