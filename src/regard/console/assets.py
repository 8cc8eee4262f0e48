"""Static files: our style sheets, icons and small script, and htmx out of its installed package.

htmx and our own script are joined into ONE response: two deferred scripts lost the live stream on
7 of 56 loads in a trial. The package's SSE extension is for htmx 1 and broken under htmx 2, so
`console.js` reads the stream itself. Addresses carry a digest, so that browsers may keep a file
for ever.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response

from regard import drawing
from regard.core.errors import Broken
from regard.model import page

PREFIX = "/static/"
_STYLES = ("tokens.css", "frame.css", "parts.css", "places.css", "identity.css", "model.css")


class Assets:
    """All static files in memory, by name."""

    def __init__(self) -> None:
        own = files("regard.console") / "static"
        styles = "\n".join(
            [*(_text(own / name) for name in _STYLES), drawing.style(), page.style()]
        )
        script = _text(_htmx()) + "\n" + _text(own / "console.js")
        self._files: dict[str, tuple[bytes, str]] = {
            "console.css": (styles.encode(), "text/css"),
            "console.js": (script.encode(), "text/javascript"),
            "icons.svg": ((own / "icons.svg").read_bytes(), "image/svg+xml"),
        }
        self._digests = {
            name: sha256(body).hexdigest()[:12] for name, (body, _) in self._files.items()
        }

    def address(self, name: str) -> str:
        """Return the address of a file, with its digest."""
        return f"{PREFIX}{name}?v={self._digests[name]}"

    def respond(self, request: Request) -> Response:
        """Return a static file, or 404."""
        found = self._files.get(request.path_params["name"])
        if found is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        response = Response(found[0], media_type=found[1])
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _htmx() -> Traversable:
    found = files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js"
    if not found.is_file():
        raise Broken(
            "htmx is missing from the installed package django-js-lib-htmx.",
            hint="Install Regard's dependencies again.",
        )
    return found


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
