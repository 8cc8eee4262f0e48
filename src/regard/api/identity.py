"""POST /v1/identity/{verb}: saying who is one person and who is not; GET: what is asked and said.

In: a wish as JSON (docs/identity.md), from a source that ``may = ["identity"]``, or with the API
token. Out: the act, durable; or a preview of what it would do, with nothing written. An act is an
input of the journal like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regard.api.bodies import read_body
from regard.api.desk import Desk
from regard.api.keys import check_token, headers_of, is_one_of, write_key
from regard.api.replies import Endpoint, answering, json_reply
from regard.core.codec import to_plain
from regard.core.errors import Refused
from regard.core.event import Identifier, IdentityAct, IdentityVerb
from regard.core.ports import Intake, Library
from regard.core.program import Program
from regard.identity import Preview, Wish, act_of, draft_of, preview
from regard.intake import DEFAULT_LIMITS, decode_item, open_body

FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "messageId": str,
    "id": str,
    "left": list,
    "right": list,
    "by": str,
    "why": str,
    "rule": str,
    "confidence": (int, float),
    "reasons": dict,
    "answers": str,
    "undoes": str,
    "merge": int,
}
"""What a wish may say, and of which JSON type it is."""

TEXT_CHARS_MAX = 1_000
REVIEWS_MAX = 1_000


class IdentityDoor:
    """The endpoints of identity. `secrets` are the tokens that open them beside write keys."""

    def __init__(
        self,
        desk: Desk,
        intake: Intake,
        library: Library,
        program: Callable[[], Program],
        secrets: Sequence[str],
    ) -> None:
        self._desk = desk
        self._intake = intake
        self._library = library
        self._program = program
        self._secrets = [secret for secret in secrets if secret]

    async def act(self, request: Request) -> Response:
        """Take one wish and return the act that it came to; raises `RegardError`."""
        verb = request.path_params["verb"]
        if verb not in get_args(IdentityVerb):
            raise Refused(f"There is no act {verb[:64]!r}.", code="not_found")
        wish = await self._wish(request, verb)
        act = await run_in_threadpool(self._act_of, wish)
        accepted = (await self._intake.append([draft_of(act, self._desk.now())]))[0]
        return json_reply(
            {
                "success": True,
                "status": "duplicate" if accepted.is_duplicate else "accepted",
                "offset": accepted.offset,
                "act": to_plain(act),
            }
        )

    async def preview(self, request: Request) -> Response:
        """Tell what a wish would do; nothing is written."""
        wish = await self._wish(request, request.path_params["verb"])
        return json_reply(await run_in_threadpool(self._preview_of, wish))

    async def reviews(self, request: Request) -> Response:
        """List the questions that nobody has answered; `kind` and `limit` narrow them."""
        check_token(request.headers, *self._secrets)
        kind, limit = request.query_params.get("kind", ""), request.query_params.get("limit", "200")
        if not limit.isdecimal():
            raise Refused("limit must be a whole number.", code="bad_query")
        return json_reply(await run_in_threadpool(self._reviews, kind, int(limit)))

    async def acts(self, request: Request) -> Response:
        """List what was said about a person, newest first, and whether it stands."""
        check_token(request.headers, *self._secrets)
        place = request.path_params
        identifier = self._identifier(f"{place['kind']}:{place['value']}")
        return json_reply(await run_in_threadpool(self._acts, identifier))

    async def _wish(self, request: Request, verb: IdentityVerb) -> Wish:
        headers = headers_of(request)
        by, rule = self._speaker(request)
        body = decode_item(
            open_body(await read_body(request, headers, DEFAULT_LIMITS), DEFAULT_LIMITS),
            DEFAULT_LIMITS,
        )
        fields = _checked(body)
        wish_id = fields.get("messageId") or fields.get("id") or ""
        if not wish_id:
            raise Refused(
                "The act has no messageId.",
                code="no_message_id",
                hint="Give each act an id of its own, and a retry the same one.",
            )
        return Wish(
            wish_id=f"{by}:{wish_id}",
            verb=verb,
            left=tuple(self._identifier(name) for name in fields.get("left", ())),
            right=tuple(self._identifier(name) for name in fields.get("right", ())),
            by=fields.get("by", by),
            why=fields.get("why", ""),
            rule=fields.get("rule", rule),
            confidence=float(fields.get("confidence", 1.0)),
            reasons=fields.get("reasons", {}),
            answers=fields.get("answers", ""),
            undoes=fields.get("undoes", ""),
            merge=fields.get("merge", 0),
        )

    def _speaker(self, request: Request) -> tuple[str, str]:
        """Return who speaks and by which rule; raise `Refused` when they may not."""
        if is_one_of(request.headers, self._secrets):
            return request.headers.get("x-regard-by", "api")[:80], "human"
        source = self._desk.source(write_key(headers_of(request), ""))
        if "identity" not in source.may:
            raise Refused(
                f"The source {source.id!r} may not do this.",
                code="not_allowed",
                hint=f'Add may = ["identity"] to [sources.{source.id}] if its key is kept secret.',
            )
        return source.id, "api"

    def _identifier(self, name: object) -> Identifier:
        kind, colon, value = name.partition(":") if isinstance(name, str) else ("", "", "")
        found = self._desk.drafter().identifier(kind, value) if colon else None
        if found is None:
            raise Refused(
                f"{str(name)[:64]!r} is no identifier here.",
                code="bad_identifier",
                hint="Write kind:value; kinds are in identity.yaml.",
            )
        return found

    def _act_of(self, wish: Wish) -> IdentityAct:
        with self._library.reading() as reading:
            return act_of(wish, reading, self._program().identity, self._desk.now())

    def _preview_of(self, wish: Wish) -> Preview:
        rules, now = self._program().identity, self._desk.now()
        with self._library.reading() as reading:
            act = act_of(wish, reading, rules, now)
            return preview(reading.identities.graph, act, now, rules)

    def _reviews(self, kind: str, limit: int) -> list[dict[str, Any]]:
        with self._library.reading() as reading:
            rows = reading.identities.reviews(kind, min(limit, REVIEWS_MAX))
            return [to_plain(row) for row in rows]

    def _acts(self, identifier: Identifier) -> list[dict[str, Any]]:
        with self._library.reading() as reading:
            person_id = reading.people.find(identifier)
            if person_id is None:
                raise Refused(f"Nobody is known by {identifier.kind}.", code="not_found")
            found = reading.identities.acts(person_id)
        return [{**to_plain(ruling), "stands": stands} for ruling, stands in found]


def identity_routes(door: IdentityDoor) -> list[Route]:
    """Return the routes of identity."""
    paths: tuple[tuple[str, str, Endpoint], ...] = (
        ("GET", "/v1/identity/reviews", door.reviews),
        ("GET", "/v1/identity/acts/{kind}/{value:path}", door.acts),
        ("POST", "/v1/identity/{verb}/preview", door.preview),
        ("POST", "/v1/identity/{verb}", door.act),
    )
    return [
        Route(path, answering(endpoint, is_cross_origin=False), methods=[method])
        for method, path, endpoint in paths
    ]


def _checked(body: object) -> dict[str, Any]:
    """Return the fields of a wish; raise `Refused` for what none can say."""
    if not isinstance(body, dict):
        raise Refused("The body is not a JSON object.", code="bad_json")
    for name, value in body.items():
        kind = FIELDS.get(name)
        if kind is None:
            raise Refused(
                f"An act has no field {name[:64]!r}.",
                code="unknown_field",
                hint=f"It has {', '.join(FIELDS)}.",
            )
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Refused(f"{name} is of another type.", code="bad_act")
        if isinstance(value, str) and len(value) > TEXT_CHARS_MAX:
            raise Refused(f"{name} is longer than {TEXT_CHARS_MAX} characters.", code="bad_act")
    try:
        reasons = msgspec.convert(body.get("reasons", {}), dict[str, float])
    except msgspec.ValidationError as error:
        raise Refused("reasons are numbers by name.", code="bad_act") from error
    return {**body, "reasons": reasons}
