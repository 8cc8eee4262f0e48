"""All paths that machines call, as Starlette routes: intake, browser SDKs, people, health.

Every path is served with and without a trailing slash, because a redirect would break the CORS
preflight of a browser. The busiest paths stand first: routes are tried in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regard.api.browsers import Browsers
from regard.api.desk import Desk
from regard.api.people import PeopleReader
from regard.api.replies import Endpoint, answering, json_reply, preflight
from regard.core.clock import Clock
from regard.core.ports import Intake, Library
from regard.core.program import Program
from regard.intake import DEFAULT_LIMITS, CallType, Dialect, Limits

Health = Callable[[], tuple[bool, dict[str, Any]]]

_TYPES: Sequence[tuple[CallType, str]] = (
    ("track", "t"),
    ("identify", "i"),
    ("page", "p"),
    ("screen", "s"),
    ("group", "g"),
    ("alias", "a"),
)
_BATCHES: Sequence[tuple[str, Dialect]] = (
    ("/v1/batch", "segment"),
    ("/v1/events", "plain"),
    ("/batch", "posthog"),
    ("/e", "posthog"),
    ("/v1/b", "segment"),
    ("/v1/import", "segment"),
    ("/i/v0/e", "posthog"),
    ("/capture", "posthog"),
    ("/track", "posthog"),
)


def routes(
    intake: Intake,
    program: Callable[[], Program],
    clock: Clock,
    library: Library,
    health: Health,
    *,
    api_token: str = "",
    sdk_assets: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Route]:
    """Return the routes of the API.

    `program` gives the program in force at each call; `health` whether the house is well, with
    details; `sdk_assets` is a folder laid out like ``node_modules``. Without an `api_token`
    nobody can read people.
    """
    desk = Desk(intake, program, clock, limits)
    people = answering(PeopleReader(desk, library, api_token).read, is_cross_origin=False)
    return [
        *_intake_routes(desk),
        *_browser_routes(Browsers(desk, sdk_assets)),
        Route("/v1/people/{kind}/{value:path}", people),
        *_both("/health", _health(desk, health)),
    ]


def _intake_routes(desk: Desk) -> list[Route]:
    found = [route for path, dialect in _BATCHES for route in _taking(desk, path, dialect)]
    for call_type, letter in _TYPES:
        for path in (f"/v1/{call_type}", f"/v1/{letter}", f"/api/s/{call_type}"):
            found += _taking(desk, path, "segment", call_type)
    found += _both("/v1/cloudevents", _cloudevents(desk), ["POST", "OPTIONS"])
    return found


def _browser_routes(browsers: Browsers) -> list[Route]:
    gets: Sequence[tuple[str, Endpoint]] = (
        ("/v1/projects/{key}/settings", browsers.segment_settings),
        ("/analytics.js/v1/{key}/analytics.min.js", browsers.segment_script),
        ("/analytics.js/v1/{key}/analytics.js", browsers.segment_script),
        ("/analytics-next/bundles/{file}", browsers.segment_chunk),
        ("/sourceConfig", browsers.rudder_config),
        ("/array/{key}/config", browsers.posthog_config),
        ("/array/{key}/config.js", browsers.posthog_config_script),
    )
    found = [
        route
        for path, endpoint in gets
        for route in _both(path, answering(endpoint), ["GET", "OPTIONS"])
    ]
    for path in ("/flags", "/decide"):
        found += _both(path, answering(browsers.posthog_flags), ["GET", "POST", "OPTIONS"])
    return found


def _taking(
    desk: Desk, path: str, dialect: Dialect, call_type: CallType | None = None
) -> list[Route]:
    async def take(request: Request) -> Response:
        return await desk.take(request, dialect, call_type or "")

    return _both(path, answering(take), ["POST", "OPTIONS"])


def _cloudevents(desk: Desk) -> Endpoint:
    """Return the CloudEvents endpoint: POST takes events, OPTIONS also answers the handshake.

    The handshake is section 4 of the CloudEvents web hook specification: a sender asks whether
    it may deliver here, and is told yes. What opens the door is still the write key.
    """

    async def take(request: Request) -> Response:
        return await desk.take(request, "cloudevents")

    posted = answering(take)

    async def endpoint(request: Request) -> Response:
        origin = request.headers.get("webhook-request-origin")
        if request.method != "OPTIONS" or origin is None:
            return await posted(request)
        reply = preflight(request)
        reply.headers["WebHook-Allowed-Origin"] = origin
        reply.headers["WebHook-Allowed-Rate"] = "*"
        reply.headers["Allow"] = "POST"
        return reply

    return endpoint


def _health(desk: Desk, health: Health) -> Endpoint:
    async def endpoint(_request: Request) -> Response:
        is_well, details = health()
        refused = dict(desk.refused_counts)
        return json_reply(
            {"ok": is_well, **details, "refused_requests": refused},
            status=200 if is_well else 503,
        )

    return answering(endpoint, is_cross_origin=False)


def _both(path: str, endpoint: Endpoint, methods: Sequence[str] = ("GET",)) -> list[Route]:
    return [Route(place, endpoint, methods=list(methods)) for place in (path, f"{path}/")]
