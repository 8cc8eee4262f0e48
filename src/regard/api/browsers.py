"""What browser SDKs ask before they send: settings, configurations and the SDK itself.

The replies are made per write key and point the SDK back at the host that it asked. Third-party
bundles are not part of Regard: they are served out of a folder of installed npm packages
(`sdk_assets`, laid out like ``node_modules``); without it the answer is 404 and says so.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from regard.api.desk import Desk
from regard.api.keys import write_key
from regard.api.replies import json_reply
from regard.core.errors import Refused
from regard.core.settings import Source

_SEGMENT_BUNDLES = Path("@segment/analytics-next/dist/umd")
_KEY_PLACEHOLDER = b"__WRITE_KEY__"
_FILE_NAME = re.compile(r"^[\w.-]+\.js$")
_CACHED = {"Cache-Control": "public, max-age=300"}

POSTHOG_FLAGS = {
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
    "quotaLimited": [],
}
"""Regard has no feature flags; the shape is what posthog 7 and posthog-js 1.4 read."""

POSTHOG_CONFIG = {
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": False,
    "sessionRecording": False,
    "surveys": False,
    "heatmaps": False,
    "autocaptureExceptions": False,
    "captureDeadClicks": False,
    "capturePerformance": False,
    "elementsChainAsString": True,
    "defaultIdentifiedOnly": True,
    "siteApps": [],
}


class Browsers:
    """Answers browser SDKs of the sources that `desk` knows."""

    def __init__(self, desk: Desk, sdk_assets: Path | None) -> None:
        self._desk = desk
        self._assets = sdk_assets

    async def segment_settings(self, request: Request) -> Response:
        """Return the settings of analytics-next: where to send, and with which key."""
        return self._settings(request, "Segment.io")

    async def customerio_settings(self, request: Request) -> Response:
        """Return the same for Customer.io's browser SDK, a cousin that knows another name."""
        return self._settings(request, "Customer.io Data Pipelines")

    def _settings(self, request: Request, integration: str) -> Response:
        """Return settings with one integration: two make these SDKs load legacy destinations."""
        key = self._source(request.path_params["key"]).key
        regard = {
            "apiKey": key,
            "apiHost": f"{request.url.netloc}/v1",
            "protocol": request.url.scheme,
        }
        return json_reply(
            {
                "integrations": {integration: regard},
                "plan": {},
                "edgeFunction": {},
                "enabledMiddleware": {},
                "middlewareSettings": {},
                "remotePlugins": [],
                "legacyVideoPluginsEnabled": False,
                # The SDK would report its own health to segment.io.
                "metrics": {"sampleRate": 0},
                "analyticsNextEnabled": True,
            },
            headers=_CACHED,
        )

    async def segment_script(self, request: Request) -> Response:
        """Return analytics-next's standalone bundle with the write key in it."""
        key = self._source(request.path_params["key"]).key
        script = self._bundle("standalone.js")
        # Inside a string literal of the bundle; JSON escapes all that could end it.
        quoted = msgspec.json.encode(key)[1:-1].replace(b"'", b"\\u0027")
        return _script(script.replace(_KEY_PLACEHOLDER, quoted))

    async def segment_chunk(self, request: Request) -> Response:
        """Return one of the parts that analytics-next loads when it needs them."""
        return _script(self._bundle(request.path_params["file"]))

    async def rudder_config(self, request: Request) -> Response:
        """Return RudderStack's source configuration: one source, no destinations."""
        key = write_key(request.headers, request.query_params.get("writeKey", ""))
        source = self._source(key)
        off = {"enabled": False}
        return json_reply(
            {
                "source": {
                    "id": source.id,
                    "name": source.title,
                    "writeKey": source.key,
                    "enabled": True,
                    "workspaceId": "regard",
                    "config": {"statsCollection": {"errors": off, "metrics": off}},
                    "connections": [],
                    "destinations": [],
                },
                "updatedAt": "1970-01-01T00:00:00.000Z",
            }
        )

    async def posthog_flags(self, _request: Request) -> Response:
        """Return that there are no feature flags."""
        return json_reply(POSTHOG_FLAGS)

    async def posthog_config(self, request: Request) -> Response:
        """Return posthog-js's remote configuration as JSON."""
        return json_reply(self._posthog_config(request), headers=_CACHED)

    async def posthog_config_script(self, request: Request) -> Response:
        """Return posthog-js's remote configuration as the script that it loads first."""
        config = self._posthog_config(request)
        name = msgspec.json.encode(config["token"])
        held = msgspec.json.encode({"config": config, "siteApps": []})
        place = b"window._POSTHOG_REMOTE_CONFIG"
        return _script(b"%b=%b||{};%b[%b]=%b;" % (place, place, place, name, held))

    def _posthog_config(self, request: Request) -> dict[str, Any]:
        key = self._source(request.path_params["key"]).key
        return {"token": key, **POSTHOG_CONFIG}

    def _source(self, key: str) -> Source:
        return self._desk.source(key)

    def _bundle(self, name: str) -> bytes:
        """Return a file of analytics-next; raise `Refused` when it is not installed here."""
        folder = self._assets / _SEGMENT_BUNDLES if self._assets else None
        if folder is not None and _FILE_NAME.match(name) and (folder / name).is_file():
            return (folder / name).read_bytes()
        raise Refused(
            f"The browser bundle {name!r} is not installed on this server.",
            code="no_sdk_assets",
            hint="Install the npm package @segment/analytics-next and set sdk_assets to the "
            "node_modules folder, or load the SDK from your own site.",
        )


def _script(content: bytes) -> Response:
    return Response(content, headers=_CACHED, media_type="text/javascript")
