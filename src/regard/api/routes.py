"""All paths that machines call, as routes: intake, browser SDKs, people, journeys, health.

Every path is served with and without a trailing slash, because a redirect would break the CORS
preflight of a browser. The intake's paths are found by one look-up, before all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from regard.api.answering import Answers
from regard.api.browsers import Browsers
from regard.api.decide import DecideDoor, OfferDoor
from regard.api.desk import Desk
from regard.api.feed import Feed
from regard.api.identity import IdentityDoor, identity_routes
from regard.api.inbound import Inbound, ReadInbound
from regard.api.journeys import JourneyCaller
from regard.api.lying import Door
from regard.api.ofrep import FlagDoor
from regard.api.paths import PostPaths
from regard.api.people import PeopleReader
from regard.api.push import SCRIPTS, Push, script_endpoint
from regard.api.receipts import ReadReceipts, Receipts
from regard.api.replies import Endpoint, answering, preflight
from regard.api.watching import Health, scrapers, watching_routes
from regard.core.clock import Clock
from regard.core.ports import Answering, Intake, Library
from regard.core.program import Program
from regard.delivery import Links
from regard.intake import DEFAULT_LIMITS, CallType, Dialect, Limits

_TYPES: Mapping[CallType, str] = {
    "track": "t",
    "identify": "i",
    "page": "p",
    "screen": "s",
    "group": "g",
    "alias": "a",
}
_BATCHES: Mapping[str, Dialect] = {
    "/v1/batch": "segment",
    "/v1/b": "segment",
    "/v1/import": "segment",
    "/v1/events": "plain",
    "/batch": "posthog",
    "/e": "posthog",
    "/i/v0/e": "posthog",
    "/capture": "posthog",
    "/track": "posthog",
}


def routes(
    intake: Intake,
    program: Callable[[], Program],
    clock: Clock,
    library: Library,
    health: Health,
    *,
    api_token: str = "",
    console_secret: str = "",
    sdk_assets: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    receipts: Mapping[str, ReadReceipts] = MappingProxyType({}),
    bounces: Mapping[str, ReadReceipts] = MappingProxyType({}),
    inbound: Mapping[str, ReadInbound] = MappingProxyType({}),
    doors: Mapping[str, Door] = MappingProxyType({}),
    loop: Answering | None = None,
    links: Links | None = None,
    is_alive: Callable[[], bool] = lambda: True,
    measures: Sequence[Collector] = (),
) -> list[BaseRoute]:
    """Return the routes of the API.

    `program` gives the program in force at each call; `health` whether the house is well, with
    details; `sdk_assets` is a folder laid out like ``node_modules``. Without an `api_token`
    nobody can read people or hand in bounces; the `console_secret` opens what a terminal asks for.
    `receipts` and `bounces` read what comes back for messages, `inbound` what customers say,
    `doors` who may look, by channel id. With the `loop` and its `links` there are doors that decide
    at once. `is_alive` and `measures` are what `watching_routes` serves.
    """
    desk = Desk(intake, program, clock, limits)
    people = answering(PeopleReader(desk, library, api_token).read, is_cross_origin=False)
    returned = Receipts(
        desk, intake, library, receipts=receipts, bounces=bounces, api_token=api_token
    )
    deciding: list[Route] = []
    if loop is not None and links is not None:
        answers = Answers(desk, loop, library, program, links)
        offers = OfferDoor(desk, loop, library, program, api_token)
        deciding = _deciding_routes(answers, offers, desk, program, api_token)
    heard = Inbound(desk, intake, library, inbound)
    feed = Feed(desk, library, program, doors, links.token) if links is not None else None
    identity = IdentityDoor(desk, intake, library, program, (api_token, console_secret))
    tokens = scrapers(program, api_token)
    return [
        _intake_paths(desk),
        *_browser_routes(Browsers(desk, sdk_assets)),
        *deciding,
        Route("/v1/people/{kind}/{value:path}", people),
        *_returned_routes(returned),
        *_device_routes(heard, Push(desk, program, heard, doors), feed),
        *_both(
            "/v1/journeys/{id}/start",
            answering(JourneyCaller(desk, program).start, is_cross_origin=False),
            ["POST"],
        ),
        *identity_routes(identity),
        *watching_routes(health, is_alive, measures, tokens=tokens, refused=desk.refused_counts),
    ]


def _deciding_routes(
    answers: Answers, offers: OfferDoor, desk: Desk, program: Callable[[], Program], api_token: str
) -> list[Route]:
    """Return the doors that decide while somebody waits."""
    decide = DecideDoor(desk, answers, program, api_token).decide
    flags = FlagDoor(desk, answers, program, api_token)
    offer = offers.offer
    posts = ["POST", "OPTIONS"]
    return [
        *_both("/v1/decide", answering(decide), posts),
        *_both("/ofrep/v1/evaluate/flags", answering(flags.all), posts),
        *_both("/ofrep/v1/evaluate/flags/{key}", answering(flags.one), posts),
        *_both(
            "/v1/people/{kind}/{value:path}/offer",
            answering(offer, is_cross_origin=False),
            ["POST"],
        ),
    ]


def _intake_paths(desk: Desk) -> PostPaths:
    paths = {path: _taking(desk, dialect) for path, dialect in _BATCHES.items()}
    for call_type, letter in _TYPES.items():
        take = _taking(desk, "segment", call_type)
        for path in (f"/v1/{call_type}", f"/v1/{letter}", f"/api/s/{call_type}"):
            paths[path] = take
    paths["/v1/cloudevents"] = _cloudevents(desk)
    return PostPaths(paths)


def _browser_routes(browsers: Browsers) -> list[Route]:
    gets: Sequence[tuple[str, Endpoint]] = (
        ("/v1/projects/{key}/settings", browsers.segment_settings),
        ("/customerio/v1/projects/{key}/settings", browsers.customerio_settings),
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


def _returned_routes(returned: Receipts) -> list[Route]:
    receipt = answering(returned.take_receipt, is_cross_origin=False)
    bounce = answering(returned.take_bounce, is_cross_origin=False)
    return [
        *_both("/v1/receipts/{channel}", receipt, ["POST"]),
        *_both("/v1/bounces/{channel}", bounce, ["POST"]),
    ]


def _device_routes(heard: Inbound, push: Push, feed: Feed | None) -> list[Route]:
    """Return what providers pass on, and what pages and browsers ask and tell."""
    posts, gets = ["POST", "OPTIONS"], ["GET", "OPTIONS"]
    take = answering(heard.take, is_cross_origin=False)
    found = [
        *_both("/v1/inbound/{channel}", take, ["POST"]),
        *_both("/v1/push/subscribe", answering(push.say), posts),
        *_both("/v1/push/unsubscribe", answering(push.say), posts),
        *_both("/v1/push/key", answering(push.key), gets),
        *(Route(path, answering(script_endpoint(name))) for path, name in SCRIPTS.items()),
    ]
    if feed is not None:
        found += _both("/v1/feed", answering(feed.read), gets)
        found += _both("/v1/feed/live", answering(feed.live), gets)
    return found


def _taking(desk: Desk, dialect: Dialect, call_type: CallType | None = None) -> Endpoint:
    async def take(request: Request) -> Response:
        return await desk.take(request, dialect, call_type or "")

    return answering(take)


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


def _both(path: str, endpoint: Endpoint, methods: Sequence[str] = ("GET",)) -> list[Route]:
    return [Route(place, endpoint, methods=list(methods)) for place in (path, f"{path}/")]
