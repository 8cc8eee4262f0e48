"""The pages that the links of a message lead to: unsubscribing, purposes, answers to questions.

In: a request with a token. Out: a page in the reader's language. A GET changes nothing, because
mail scanners follow links; a POST unsubscribes with no cookie, no sign-in and no redirect (RFC
8058), and answers 200 only when the event is durable. Refused: unknown tokens (404). `assembly`
mounts the routes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from regard.core.clock import Clock
from regard.core.errors import Refused, Unavailable
from regard.core.ports import Intake
from regard.core.program import Program
from regard.core.rules import Purpose
from regard.delivery.answers import answered
from regard.delivery.catalogue import Catalogue, Words, asked_of
from regard.delivery.links import Links, Reply, Token
from regard.delivery.reader import closest
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
    """Return the routes ``/unsubscribe/…``, ``/preferences/…`` and ``/answer/…`` with a token."""
    pages = _Pages(intake, links, clock, program)
    return [
        Route("/unsubscribe/{token}", pages.ask, methods=["GET"]),
        Route("/unsubscribe/{token}", pages.unsubscribe, methods=["POST"]),
        Route("/preferences/{token}", pages.preferences, methods=["GET"]),
        Route("/answer/{token}", pages.ask_answer, methods=["GET"]),
        Route("/answer/{token}", pages.answer, methods=["POST"]),
    ]


class _Pages:
    def __init__(
        self, intake: Intake, links: Links, clock: Clock, program: Callable[[], Program]
    ) -> None:
        self._intake = intake
        self._links = links
        self._clock = clock
        self._program = program
        self._catalogue = Catalogue()
        self._templates = Environment(
            loader=PackageLoader("regard.delivery"), autoescape=select_autoescape()
        )

    async def ask(self, request: Request) -> Response:
        """Show what would be unsubscribed and a button; change nothing."""
        token = self._token(request)
        if token is None:
            return self._page(request, None, "invalid.html", 404)
        purpose = self._purpose(request, token)
        said = {"about": self._about(purpose), "token": self._raw(request), "purpose": purpose}
        return self._page(request, token, "ask.html", 200, **said)

    async def unsubscribe(self, request: Request) -> Response:
        """Unsubscribe; the body is not read, having the token is enough."""
        token = self._token(request)
        if token is None:
            return self._page(request, None, "invalid.html", 404)
        purpose = self._purpose(request, token)
        method = "page" if "purpose" in request.query_params else "one_click"
        draft = unsubscribed(token, self._clock.now(), purpose=purpose, method=method)
        try:
            await self._intake.append([draft])
        except Unavailable as error:
            response = self._page(request, token, "later.html", 503)
            response.headers["Retry-After"] = str(error.retry_after_s)
            return response
        said = {"about": self._about(purpose), "token": self._raw(request)}
        return self._page(request, token, "done.html", 200, **said)

    async def preferences(self, request: Request) -> Response:
        """Show every purpose that can be left, each with a button."""
        token = self._token(request)
        if token is None:
            return self._page(request, None, "invalid.html", 404)
        purposes = [p for p in self._program().purposes.values() if p.needs_consent]
        said = {"purposes": purposes, "token": self._raw(request)}
        return self._page(request, token, "preferences.html", 200, **said)

    async def ask_answer(self, request: Request) -> Response:
        """Show the answer that a link gives and a button; change nothing."""
        reply = self._reply(request)
        if reply is None:
            return self._page(request, None, "invalid.html", 404)
        return self._page(request, reply, "answer.html", 200, answer=reply.answer)

    async def answer(self, request: Request) -> Response:
        """Take the answer; the body is not read, having the link is enough."""
        reply = self._reply(request)
        if reply is None:
            return self._page(request, None, "invalid.html", 404)
        try:
            await self._intake.append([answered(reply, self._clock.now())])
        except Unavailable as error:
            response = self._page(request, reply, "later.html", 503)
            response.headers["Retry-After"] = str(error.retry_after_s)
            return response
        return self._page(request, reply, "answered.html", 200)

    def _reply(self, request: Request) -> Reply | None:
        """Return what an answer link says, as long as its question is asked by the project."""
        try:
            reply = self._links.read_reply(self._raw(request))
        except Refused:
            return None
        engagement = self._program().engagements.get(reply.engagement)
        question = None if engagement is None else engagement.asks
        return reply if question is not None and reply.answer in question.choices else None

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

    def _about(self, purpose: str) -> Purpose | None:
        return self._program().purposes.get(purpose)

    def _page(
        self,
        request: Request,
        token: Token | Reply | None,
        name: str,
        status: int,
        /,
        **data: object,
    ) -> Response:
        """Return a page in the language of the message, else of the browser, else the company's."""
        company = self._program().company
        wanted = asked_of(request, token.language if token else "")
        words = self._catalogue.of((*wanted, *company.languages))
        html = self._templates.get_template(name).render(
            company=company, words=words, say=words.say, called=partial(_called, words), **data
        )
        headers = {**HEADERS, "Content-Language": words.language, "Vary": "Accept-Language"}
        return HTMLResponse(html, status_code=status, headers=headers)


def _called(words: Words, purpose: Purpose | None) -> str:
    """Return what a purpose is called in the language of a page, else in the company's."""
    if purpose is None:
        return ""
    found, _ = closest((words.language,), tuple(sorted(purpose.titles)))
    return purpose.titles[found] if found else purpose.title
