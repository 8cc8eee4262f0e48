"""The pages that the links of a message lead to: unsubscribing, and an overview of purposes.

In: a request with a token. Out: a page. A GET changes nothing, because mail scanners follow links;
a POST unsubscribes with no cookie, no sign-in and no redirect (RFC 8058), and answers 200 only when
the event is durable. Refused: unknown tokens (404). `assembly` mounts the routes.
"""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from regard.core.clock import Clock
from regard.core.errors import Refused, Unavailable
from regard.core.ports import Intake
from regard.core.program import Program
from regard.delivery.links import Links, Token
from regard.delivery.unsubscribe import EVERY_PURPOSE, unsubscribed

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def routes(
    *, intake: Intake, links: Links, clock: Clock, program: Callable[[], Program]
) -> list[Route]:
    """Return the routes ``/unsubscribe/{token}`` and ``/preferences/{token}``."""
    pages = _Pages(intake, links, clock, program)
    return [
        Route("/unsubscribe/{token}", pages.ask, methods=["GET"]),
        Route("/unsubscribe/{token}", pages.unsubscribe, methods=["POST"]),
        Route("/preferences/{token}", pages.preferences, methods=["GET"]),
    ]


class _Pages:
    def __init__(
        self, intake: Intake, links: Links, clock: Clock, program: Callable[[], Program]
    ) -> None:
        self._intake = intake
        self._links = links
        self._clock = clock
        self._program = program
        self._templates = Environment(
            loader=PackageLoader("regard.delivery"), autoescape=select_autoescape()
        )

    async def ask(self, request: Request) -> Response:
        """Show what would be unsubscribed and a button; change nothing."""
        token = self._token(request)
        if token is None:
            return self._page("invalid.html", 404)
        purpose = self._purpose(request, token)
        title, raw = self._title(purpose), self._raw(request)
        return self._page("ask.html", 200, title=title, token=raw, purpose=purpose)

    async def unsubscribe(self, request: Request) -> Response:
        """Unsubscribe; the body is not read, having the token is enough."""
        token = self._token(request)
        if token is None:
            return self._page("invalid.html", 404)
        purpose = self._purpose(request, token)
        method = "page" if "purpose" in request.query_params else "one_click"
        draft = unsubscribed(token, self._clock.now(), purpose=purpose, method=method)
        try:
            await self._intake.append([draft])
        except Unavailable as error:
            response = self._page("later.html", 503)
            response.headers["Retry-After"] = str(error.retry_after_s)
            return response
        return self._page("done.html", 200, title=self._title(purpose), token=self._raw(request))

    async def preferences(self, request: Request) -> Response:
        """Show every purpose that can be left, each with a button."""
        if self._token(request) is None:
            return self._page("invalid.html", 404)
        purposes = [p for p in self._program().purposes.values() if p.needs_consent]
        return self._page("preferences.html", 200, purposes=purposes, token=self._raw(request))

    def _token(self, request: Request) -> Token | None:
        try:
            return self._links.read(self._raw(request))
        except Refused:
            return None

    def _raw(self, request: Request) -> str:
        return str(request.path_params["token"])

    def _purpose(self, request: Request, token: Token) -> str:
        """Return the purpose that the page asked for when the project has it, else the token's."""
        asked = request.query_params.get("purpose", "")
        known = asked == EVERY_PURPOSE or asked in self._program().purposes
        return asked if known else token.purpose

    def _title(self, purpose: str) -> str:
        found = self._program().purposes.get(purpose)
        return found.title if found else ""

    def _page(self, name: str, status: int, **data: object) -> Response:
        company = self._program().company
        html = self._templates.get_template(name).render(company=company, **data)
        return HTMLResponse(html, status_code=status, headers=HEADERS)
