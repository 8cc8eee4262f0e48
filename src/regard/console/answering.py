"""From a view record to a response: HTML from a template, or JSON at the same address.

Every answer leaves with the security headers of this file. Pages are never stored by caches,
because they show persons. Errors become pages (or JSON) with what happened and what to do next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import Response

from regard.console import moments
from regard.console.assets import Assets
from regard.console.charts.evidence import evidence
from regard.console.charts.flow import flow_drawing
from regard.console.charts.interval import interval, reach_of
from regard.console.charts.shares import gauge, single, stacked
from regard.console.charts.spark import spark
from regard.console.charts.strip import counts_words, strip
from regard.console.charts.timeline import timeline
from regard.console.charts.waterfall import step
from regard.console.decision_words import alike, ends_of
from regard.console.identity_words import kind_words
from regard.console.marks import PLACE_ICONS, channel_icon, line_icon
from regard.console.money import money
from regard.console.pages.people import MACHINE_KINDS
from regard.console.pages.post_room import STATES
from regard.console.reasons import (
    STATUS_WORDS,
    channel_words,
    limit_words,
    reason_words,
    state_words,
)
from regard.console.records import Counted
from regard.console.session import Session
from regard.console.why import shown
from regard.core.errors import Broken, Refused, RegardError, Unavailable
from regard.drawing.durations import short_duration
from regard.model.saying import age_words

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SPAN_WORDS = (("day", "Day"), ("week", "Week"), ("fortnight", "2 weeks"), ("all", "All"))
THEMES = ("auto", "light", "dark")
THEME_COOKIE = "regard_theme"
_STATUS = {"not_found": 404, "bad_token": 403, "too_many_attempts": 429}
PLACES = (
    ("/", "Today", "t"),
    ("/now", "Now", "n"),
    ("/people", "People", "p"),
    ("/reviews", "Reviews", "i"),
    ("/promises", "Promises", "r"),
    ("/journeys", "Journeys", "j"),
    ("/audiences", "Audiences", "a"),
    ("/engagements", "Engagements", "o"),
    ("/decisions", "Decisions", "d"),
    ("/broadcasts", "Broadcasts", "b"),
    ("/post-room", "Post room", "m"),
    ("/sources", "Sources", "s"),
    ("/cases", "Cases", "c"),
    ("/versions", "Versions", "v"),
    ("/model", "Model", "e"),
)


def secured(response: Response, *, policy: str = CONTENT_SECURITY_POLICY) -> Response:
    """Return the response with the headers that every answer of the console carries."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def wants_json(request: Request) -> bool:
    """Tell whether the caller asks for the JSON twin."""
    if "format" in request.query_params:
        return request.query_params["format"] == "json"
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


class Answering:
    """Renders views with the templates of this package."""

    def __init__(self, assets: Assets, company: Callable[[], str]) -> None:
        self._assets = assets
        self._company = company
        self.templates = Environment(
            loader=PackageLoader("regard.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.globals.update(_names(assets))

    def view(self, request: Request, session: Session, template: str, view: Any) -> Response:
        """Return the page of a view record, or the record itself as JSON."""
        if wants_json(request):
            return self.json(view)
        return self.html(template, self._chrome(request, session) | {"view": view})

    def html(self, template: str, data: Mapping[str, Any], status: int = 200) -> Response:
        """Return a rendered template."""
        text = self.templates.get_template(template).render(data)
        response = Response(text, status, media_type="text/html")
        response.headers["Vary"] = "Accept, Cookie"
        return secured(response)

    def json(self, view: Any, status: int = 200) -> Response:
        """Return any record as JSON."""
        body = msgspec.json.encode(view)
        return secured(Response(body, status, media_type="application/json"))

    def error(self, request: Request, session: Session, error: RegardError) -> Response:
        """Return an error as a page or as JSON, with the status of its kind."""
        status = _status_of(error)
        facts = {"code": error.code, "message": error.message, "hint": error.hint}
        if wants_json(request):
            response = self.json(facts, status)
        else:
            page = {"problem": facts, "back": _came_from(request)}
            response = self.html("problem.html", self._chrome(request, session) | page, status)
        if isinstance(error, Unavailable):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    def theme(self, request: Request) -> str:
        """Return the theme that this browser asked for."""
        theme = request.cookies.get(THEME_COOKIE, "auto")
        return theme if theme in THEMES else "auto"

    def _chrome(self, request: Request, session: Session) -> dict[str, Any]:
        path = request.url.path
        here = max((p for p, _, _ in PLACES if _is_under(path, p)), key=len, default="")
        return {
            "session": session,
            "theme": self.theme(request),
            "places": PLACES,
            "here": here,
            "address": _address(request),
            "company": self._company() if session.is_signed_in else "Regard",
        }


def _is_under(path: str, place: str) -> bool:
    return path == place or (place != "/" and path.startswith(place + "/"))


def _address(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _came_from(request: Request) -> str:
    """Return the address of the page of ours that led here, or nothing."""
    came = URL(request.headers.get("referer", ""))
    if came.netloc != request.url.netloc or came.path == request.url.path:
        return ""
    return came.path + (f"?{came.query}" if came.query else "")


def _status_of(error: RegardError) -> int:
    if isinstance(error, Unavailable):
        return 429 if error.code == "too_many_attempts" else 503
    if isinstance(error, Broken):
        return 500
    return _STATUS.get(error.code, 400) if isinstance(error, Refused) else 500


def _names(assets: Assets) -> dict[str, Any]:
    return {
        "asset": assets.address,
        "local": moments.local,
        "utc": moments.utc,
        "distance": moments.distance,
        "span": moments.span,
        "shown": shown,
        "channel_words": channel_words,
        "reason_words": reason_words,
        "counts_words": counts_words,
        "kind_words": kind_words,
        "limit_words": limit_words,
        "money": money,
        "state_words": state_words,
        "machine_kinds": MACHINE_KINDS,
        "spans": SPAN_WORDS,
        "strip": strip,
        "alike": alike,
        "ends_of": ends_of,
        "evidence": evidence,
        "interval": interval,
        "reach_of": reach_of,
        "flow": flow_drawing,
        "short_duration": short_duration,
        "single": single,
        "gauge": gauge,
        "spark": spark,
        "stacked": stacked,
        "step": step,
        "timeline": timeline,
        "parts_of": _parts_of,
        "age_words": age_words,
        "channel_icon": channel_icon,
        "line_icon": line_icon,
        "place_icons": PLACE_ICONS,
        "message_states": STATES,
        "statuses": [(s, w.capitalize()) for s, w in STATUS_WORDS.items() if s != "expected"],
    }


def _parts_of(items: Iterable[Counted]) -> list[tuple[str, int, str]]:
    return [(item.words, item.count, item.tone) for item in items]
