"""GET /metrics: what the house measures of itself, for Prometheus.

In: a scrape. Out: the text form of Prometheus or OpenMetrics, whichever is asked for. How much a
company sends is its own business, so a token opens it unless `[operating] metrics = "open"` says
that nobody from outside can come here. Made in a thread, because it reads the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from regard.api.keys import check_token, headers_of
from regard.api.replies import Endpoint


class RefusedRequests(Collector):
    """Requests that the intake desk refused as a whole, by code."""

    def __init__(self, refused: Mapping[str, int]) -> None:
        self._refused = refused

    def describe(self) -> Iterable[Metric]:
        """Name nothing: one family, known when it is asked for."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the counts of now."""
        family = CounterMetricFamily(
            "regard_requests_refused",
            "Requests to intake that were refused as a whole; too_many_requests is a 429.",
            labels=("code",),
        )
        for code, count in sorted(dict(self._refused).items()):
            family.add_metric((code,), count)
        yield family


def metrics_endpoint(
    refused: Mapping[str, int],
    measures: Sequence[Collector],
    tokens: Callable[[], Sequence[str] | None],
) -> Endpoint:
    """Return the endpoint of ``/metrics``.

    `refused` are counts of requests by code. `tokens` are those that open it now; None: it is open
    to everybody who gets here.
    """
    registry = CollectorRegistry(auto_describe=False)
    for collector in (*measures, RefusedRequests(refused)):
        registry.register(collector)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)

    async def endpoint(request: Request) -> Response:
        headers = headers_of(request)
        allowed = tokens()
        if allowed is not None:
            check_token(headers, *allowed)
        encode, media_type = choose_encoder(headers.get("accept", ""))
        text = await run_in_threadpool(encode, registry)
        return Response(text, media_type=media_type)

    return endpoint
