"""The addresses of the console: which page answers where, and who may see it.

Everything but the sign-in page and the static files asks for a signed-in session; every POST asks
for its CSRF token. Pages are synchronous functions (they read the store) and run in threads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from regard.console.acts import case_act, freeze, thaw
from regard.console.answering import Answering, secured, wants_json
from regard.console.assets import PREFIX, Assets
from regard.console.decision_reports import Judge, Reports
from regard.console.desk import Compare, Desk, Health, Kernel
from regard.console.form import read_form
from regard.console.live import Live
from regard.console.pages import (
    audiences,
    broadcasts,
    cases,
    content,
    decisions,
    engagements,
    identity,
    identity_acts,
    identity_moves,
    journeys,
    model,
    model_about,
    model_lived,
    people,
    person,
    post_room,
    promise,
    promises,
    reviews,
    run,
    silence,
    sources,
    today,
    versions,
)
from regard.console.pages.now import now_view
from regard.console.session import Sessions
from regard.console.sign_in import SignIn
from regard.core.clock import Clock
from regard.core.errors import Refused, RegardError
from regard.core.ports import Intake, Library, Steward
from regard.core.program import Program
from regard.core.standing import AT_REST, Standing

Build = Callable[[Request, Desk], Any]
Act = Callable[[Request, Desk, dict[str, str]], Awaitable[str]]
Endpoint = Callable[[Request], Any]
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""A mail shown to us may style itself and nothing else: no script, no form, and no picture from
outside, because opening it here must not count as opened by the customer."""


def routes(  # noqa: PLR0917 (the shape that assembly calls)
    library: Library,
    program: Callable[[], Program],
    clock: Clock,
    intake: Intake,
    secret: str,
    health: Health,
    *,
    kernel: Kernel,
    steward: Steward | None = None,
    compare: Compare | None = None,
    standing: Callable[[], Standing] = lambda: AT_REST,
    judge: Judge | None = None,
) -> list[Route | Mount]:
    """Return the routes of the console, to be mounted at ``/``."""
    if not secret:
        raise Refused("The console needs a first-run secret.", hint="Set a long random one.")
    desk = Desk(
        library=library,
        program=program,
        clock=clock,
        intake=intake,
        health=health,
        kernel=kernel,
        standing=standing,
        reports=Reports(library, program, clock, judge),
        steward=steward,
        compare=compare,
    )
    return _Site(desk, secret).routes()


class _Site:
    """Wires pages, session and answers together; holds nothing of a request."""

    def __init__(self, desk: Desk, secret: str) -> None:
        self._desk = desk
        self._assets = Assets()
        self._answering = Answering(self._assets, lambda: desk.program().company.name)
        self._sessions = Sessions(secret, desk.clock)
        self._sign_in = SignIn(self._sessions, self._answering, secret, desk.clock)
        parts = self._answering.templates.get_template("parts/live_rows.html")
        self._live = Live(desk, lambda rows: parts.render(rows=rows))

    def routes(self) -> list[Route | Mount]:
        """Return all routes; the more exact address goes first."""
        now = self._page("now.html", lambda _request, _desk: now_view(self._live))
        return [
            Route(f"{PREFIX}{{name}}", self._static),
            Route("/sign-in", self._sign_in.show, methods=["GET"]),
            Route("/sign-in", self._sign_in.enter, methods=["POST"]),
            Route("/sign-out", self._sign_in.leave, methods=["POST"]),
            Route("/theme", self._sign_in.theme, methods=["POST"]),
            Route("/", self._page("today.html", today.view)),
            Route("/now", now),
            Route("/now/stream", self._stream),
            Route("/people", self._page("people.html", people.view)),
            Route("/people/{person_id}", self._page("person.html", person.view)),
            Route("/people/{person_id}/freeze", self._act(freeze), methods=["POST"]),
            Route("/people/{person_id}/thaw", self._act(thaw), methods=["POST"]),
            *self._identity_routes(),
            Route("/promises", self._page("promises.html", promises.view)),
            Route("/promises/{definition}", self._page("promise.html", promise.view)),
            Route("/journeys", self._page("journeys.html", journeys.view)),
            Route("/journeys/{journey}", self._page("journey.html", journeys.one_view)),
            Route("/journeys/{journey}/{run_id}", self._page("run.html", run.view)),
            Route("/audiences", self._page("audiences.html", audiences.view)),
            Route("/audiences/{audience}", self._page("audience.html", audiences.one_view)),
            Route("/post-room", self._page("post_room.html", post_room.view)),
            Route("/post-room/{message_id}", self._page("post_room.html", post_room.view)),
            Route("/post-room/{message_id}/mail", self._mail),
            Route("/preview", self._page("content.html", content.view)),
            Route("/preview/mail", self._previewed),
            *self._decision_routes(),
            Route("/engagements/{engagement}/preview", self._page("content.html", content.view)),
            Route("/sources", self._page("sources.html", sources.view)),
            Route("/sources/{source}", self._page("sources.html", sources.view)),
            Route("/sources/{source}/key", self._key, methods=["POST"]),
            Route("/broadcasts", self._page("broadcasts.html", broadcasts.view)),
            Route("/broadcasts/{id}/preview", self._preview),
            Route("/broadcasts/{id}/{act}", self._act(broadcasts.act), methods=["POST"]),
            Route("/versions", self._page("versions.html", versions.view)),
            Route("/versions/undo", self._act(versions.undo), methods=["POST"]),
            Route("/cases", self._page("cases.html", cases.view)),
            Route("/cases/{case_id}/{act}", self._act(case_act), methods=["POST"]),
            *self._model_routes(),
        ]

    def _model_routes(self) -> list[Route]:
        """Return what is about the engagement model, and what people say about it."""
        about, lived = "/model/about/{about}", model_lived
        return [
            Route("/model", self._page("model.html", model.view)),
            Route("/model/map", self._page("model_map.html", model.map_view)),
            Route("/model/lived", self._page("model_lived.html", lived.view)),
            Route("/model/lived", self._act(lived.measure), methods=["POST"]),
            Route("/model/day", self._page("model_day.html", lived.day_view)),
            Route(about, self._page("model_about.html", model_about.view)),
            Route(about, self._act(model_about.say), methods=["POST"]),
        ]

    def _decision_routes(self) -> list[Route]:
        """Return what is offered, and why this or silence."""
        one = engagements.one_view
        return [
            Route("/engagements", self._page("engagements.html", engagements.view)),
            Route("/engagements/{engagement}", self._page("engagement.html", one)),
            Route("/decisions", self._page("decisions.html", decisions.view)),
            Route("/decisions/silence", self._page("silence.html", silence.view)),
            Route("/decisions/why", self._page("decision_why.html", decisions.why_view)),
            Route("/decisions/{number}", self._page("decision.html", decisions.one_view)),
        ]

    def _identity_routes(self) -> list[Route]:
        """Return what is about who is one person: a person's identity, acts, the review queue."""
        own, move = "/people/{person_id}/identity", identity_moves
        return [
            Route(own, self._page("identity.html", identity.view)),
            Route(f"{own}/split", self._page("identity_move.html", move.split_view)),
            Route(f"{own}/merge", self._page("identity_move.html", move.merge_view)),
            Route(f"{own}/split", self._act(identity_acts.split), methods=["POST"]),
            Route(f"{own}/merge", self._act(identity_acts.merge), methods=["POST"]),
            Route("/identity/{act_id}", self._page("identity_act.html", move.act_view)),
            Route("/identity/{act_id}/undo", self._act(identity_acts.undo), methods=["POST"]),
            Route("/reviews", self._page("reviews.html", reviews.view)),
            Route("/reviews/{review_id}", self._act(identity_acts.answer), methods=["POST"]),
        ]

    def _page(self, template: str, build: Build) -> Endpoint:
        def endpoint(request: Request) -> Response:
            session = self._sessions.read(request)
            if not session.is_signed_in:
                return self._turned_away(request)
            try:
                view = build(request, self._desk)
            except RegardError as error:
                return self._answering.error(request, session, error)
            return self._answering.view(request, session, template, view)

        return endpoint

    def _act(self, act: Act) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            session = self._sessions.read(request)
            if not session.is_signed_in:
                return self._turned_away(request)
            try:
                form = await read_form(request, session)
                address = await act(request, self._desk, form)
            except RegardError as error:
                return self._answering.error(request, session, error)
            return secured(RedirectResponse(address, status_code=303))

        return endpoint

    async def _preview(self, request: Request) -> Response:
        session = self._sessions.read(request)
        if not session.is_signed_in:
            return self._turned_away(request)
        broadcast_id = request.path_params["id"]
        try:
            if self._desk.steward is None:
                raise Refused("There is no preview here.", code="not_found")
            outlook = await self._desk.steward.preview(broadcast_id)
            view = await run_in_threadpool(
                broadcasts.preview_view, self._desk, broadcast_id, outlook
            )
        except RegardError as error:
            return self._answering.error(request, session, error)
        return self._answering.view(request, session, "preview.html", view)

    def _mail(self, request: Request) -> Response:
        return self._framed(
            request, lambda: post_room.mail_html(self._desk, request.path_params["message_id"])
        )

    def _previewed(self, request: Request) -> Response:
        return self._framed(request, lambda: content.mail_html(request, self._desk))

    def _framed(self, request: Request, page: Callable[[], str]) -> Response:
        """Answer with a customer's mail, to be shown in a frame of a page of ours."""
        session = self._sessions.read(request)
        if not session.is_signed_in:
            return self._turned_away(request)
        try:
            html = page()
        except RegardError as error:
            return self._answering.error(request, session, error)
        policy = f"{MAIL_POLICY}; frame-ancestors 'self'"
        return secured(Response(html, media_type="text/html"), policy=policy)

    async def _key(self, request: Request) -> Response:
        session = self._sessions.read(request)
        if not session.is_signed_in:
            return self._turned_away(request)
        try:
            await read_form(request, session)
            key = sources.write_key(self._desk, request.path_params["source"])
        except RegardError as error:
            return self._answering.error(request, session, error)
        if wants_json(request):
            return self._answering.json({"key": key})
        return self._answering.html("parts/key.html", {"key": key})

    async def _stream(self, request: Request) -> Response:
        if not self._sessions.read(request).is_signed_in:
            return self._turned_away(request)
        response = StreamingResponse(
            self._live.frames(_stream_start(request)), media_type="text/event-stream"
        )
        response.headers["X-Accel-Buffering"] = "no"
        return secured(response)

    def _static(self, request: Request) -> Response:
        return secured(self._assets.respond(request))

    def _turned_away(self, request: Request) -> Response:
        if wants_json(request) or request.headers.get("accept") == "text/event-stream":
            facts = {"code": "not_signed_in", "message": "Sign in first.", "hint": "GET /sign-in"}
            return self._answering.json(facts, 401)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        aim = f"/sign-in?next={quote(target)}" if request.method == "GET" else "/sign-in"
        return secured(RedirectResponse(aim, status_code=303))


def _stream_start(request: Request) -> int:
    """Return where a stream goes on: the browser's own memory, else what the page asks for."""
    for text in (request.headers.get("last-event-id"), request.query_params.get("after")):
        if text and text.isascii() and text.isdigit() and len(text) < 19:
            return int(text)
    return 0
