"""What monitoring asks: whether all is well, whether the process turns, and how much of everything.

In: GET requests. Out: 200 or 503 with what lags, or metrics. Nothing here concerns a person, so
health is open; metrics tell how much a company does and take a token (`metrics`). Served beside the
other doors, and alone by processes that have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regard.api.metrics import metrics_endpoint
from regard.api.replies import Endpoint, answering, json_reply
from regard.core.program import Program

Health = Callable[[], tuple[bool, dict[str, Any]]]


def watching_routes(
    health: Health,
    is_alive: Callable[[], bool],
    measures: Sequence[Collector],
    *,
    tokens: Callable[[], Sequence[str] | None],
    refused: Mapping[str, int],
) -> list[Route]:
    """Return the routes; `refused` counts requests that intake refused, by code.

    `tokens` as `metrics.metrics_endpoint` wants them, `health` and `is_alive` from any thread.
    """
    ready = _ready(health, refused)
    metrics = metrics_endpoint(refused, measures, tokens)
    endpoints = {
        "/health": ready,
        "/health/ready": ready,
        "/health/live": _live(is_alive),
        "/metrics": metrics,
    }
    return [
        Route(place, answering(endpoint, is_cross_origin=False), methods=["GET"])
        for path, endpoint in endpoints.items()
        for place in (path, f"{path}/")
    ]


def scrapers(program: Callable[[], Program], api_token: str) -> Callable[[], Sequence[str] | None]:
    """Return what tells the tokens that open the metrics by the program in force."""

    def tokens() -> Sequence[str] | None:
        operating = program().operating
        return None if operating.is_metrics_open else (api_token, operating.metrics_token)

    return tokens


def _ready(health: Health, refused: Mapping[str, int]) -> Endpoint:
    async def endpoint(_request: Request) -> Response:
        is_well, details = await run_in_threadpool(health)
        return json_reply(
            {"ok": is_well, **details, "refused_requests": dict(refused)},
            status=200 if is_well else 503,
        )

    return endpoint


def _live(is_alive: Callable[[], bool]) -> Endpoint:
    async def endpoint(_request: Request) -> Response:
        is_well = is_alive()
        return json_reply({"ok": is_well}, status=200 if is_well else 503)

    return endpoint
