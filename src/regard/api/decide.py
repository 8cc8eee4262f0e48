"""POST /v1/decide: what to offer somebody who is there now; and an agent's own offer.

In: who it is about, on which channel, for which place, and facts of the moment. Out: the chosen
engagements with their contents, or silence with its reason and when to ask again. The answer is
the hand-over: it counts as a touch. Whoever holds the API token also sees how it was weighed.
`POST /v1/people/{kind}/{value}/offer` lets an agent propose; the gate decides and says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from regard.api.answering import Answers
from regard.api.asking import Caller, caller_of, introduced
from regard.api.bodies import read_body
from regard.api.desk import Desk
from regard.api.keys import check_token, headers_of
from regard.api.replies import json_reply
from regard.core.codec import to_plain
from regard.core.errors import Refused
from regard.core.event import AgentOffered, Identifier
from regard.core.facts import Answered, Decided, PassedOver, Shown
from regard.core.ids import derived_id, identity_of, message_key
from regard.core.ports import Answering, Draft, Library
from regard.core.program import Program
from regard.decisions import moment
from regard.intake import Limits, decode_item

LIMITS = Limits(body_bytes_max=64_000)
"""A request says who, where and a few facts."""

TEXT_MAX = 200
"""Characters of a request id, a channel, a placement."""

TIMELINE_MAX = 200
"""Entries among which the decision about an agent's offer is found: it was made just now."""

NAMES = {
    "requestId": "request_id",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "writeKey": "write_key",
}
"""Spellings of SDKs, and what they are called here."""

FIELDS = frozenset(
    {
        *NAMES.values(),
        "identifiers",
        "channel",
        "placement",
        "count",
        "context",
    }
)
OFFER_FIELDS = frozenset({"id", "engagement", "channels", "facts", "by"})

_JSON_OBJECT = re.compile(r"\s*\{.*\}\s*", re.DOTALL)


class DecideDoor:
    """Answers what to offer now."""

    def __init__(
        self, desk: Desk, answers: Answers, program: Callable[[], Program], api_token: str
    ) -> None:
        self._desk = desk
        self._answers = answers
        self._program = program
        self._api_token = api_token
        self._unnamed = count(1)

    async def decide(self, request: Request) -> Response:
        """Take one request and return the answer; raises `RegardError`."""
        headers = headers_of(request)
        asked = read_fields(await read_body(request, headers, LIMITS), FIELDS)
        key = _text(asked, "write_key")
        caller = caller_of(self._desk, headers, key, self._api_token)
        wish = self._wish(asked, caller)
        who = {name: asked[name] for name in ("user_id", "anonymous_id") if asked.get(name)}
        who |= {"identifiers": asked.get("identifiers") or {}, "channel": wish.channel}
        introduction = introduced(self._desk, self._program(), caller, wish.request_id, who)
        answered = await self._answers.answer(wish, introduction, is_believed=caller.is_believed)
        return json_reply(_reply(answered, self._program(), is_open=caller.is_trusted))

    def _wish(self, asked: Mapping[str, Any], caller: Caller) -> moment.Request:
        channel = _text(asked, "channel") or caller.source.channel
        if channel not in self._program().channels:
            known = ", ".join(sorted(self._program().channels)) or "none"
            raise Refused(
                f"There is no channel {channel!r}." if channel else "The request has no channel.",
                code="bad_channel",
                hint=f"Channels of regard.toml: {known}.",
            )
        wanted = asked.get("count", 1)
        if type(wanted) is not int or not 1 <= wanted <= moment.COUNT_MAX:
            raise Refused(f"count is not from 1 to {moment.COUNT_MAX}.", code="bad_field")
        return moment.Request(
            request_id=_text(asked, "request_id") or self._own_id(),
            source=caller.source.id,
            channel=channel,
            placement=_text(asked, "placement"),
            count=wanted,
            facts=_object(asked, "context"),
        )

    def _own_id(self) -> str:
        """Return an id for a request without one, which then can not be repeated."""
        return derived_id("unnamed", self._desk.now().isoformat(), str(next(self._unnamed)))


class OfferDoor:
    """Takes what agents of the house want to offer."""

    def __init__(
        self,
        desk: Desk,
        loop: Answering,
        library: Library,
        program: Callable[[], Program],
        api_token: str,
    ) -> None:
        self._desk = desk
        self._loop = loop
        self._library = library
        self._program = program
        self._api_token = api_token

    async def offer(self, request: Request) -> Response:
        """Bring an agent's offer to the gate; return what was decided. Raises `RegardError`."""
        headers = headers_of(request)
        check_token(headers, self._api_token)
        kind, value = request.path_params["kind"], request.path_params["value"]
        identifier = self._desk.identifier(kind, value)
        person_id = await run_in_threadpool(self._known, identifier) if identifier else None
        if identifier is None or not person_id:
            raise Refused(f"Nobody is known by this {kind[:64]!r}.", code="not_found")
        offered = self._offered(
            read_fields(await read_body(request, headers, LIMITS), OFFER_FIELDS)
        )
        now = self._desk.now()
        draft = Draft(
            key=message_key("agent", offered.offer_id),
            identity=identity_of(identifier.kind, identifier.value),
            at=now,
            received_at=now,
            body=offered,
        )
        accepted = await self._loop.step(draft)
        decided = await run_in_threadpool(self._decided, person_id, offered.offer_id)
        return json_reply(
            {
                "success": True,
                "status": "duplicate" if accepted.is_duplicate else "accepted",
                "offset": accepted.offset,
                "decision": _weighed(decided) if decided else None,
            }
        )

    def _offered(self, told: Mapping[str, Any]) -> AgentOffered:
        engagement, channels = _text(told, "engagement"), told.get("channels") or []
        if engagement not in self._program().engagements:
            raise Refused(f"There is no engagement {engagement[:64]!r}.", code="not_found")
        if not isinstance(channels, list) or not all(isinstance(c, str) for c in channels):
            raise Refused("channels is not a list of channels.", code="bad_field")
        offer_id = _text(told, "id")
        if not offer_id:
            raise Refused(
                "The offer has no id.",
                code="no_message_id",
                hint="Give each offer an id of its own, and a retry the same one.",
            )
        return AgentOffered(
            offer_id=offer_id,
            engagement=engagement,
            channels=tuple(channels),
            facts=_object(told, "facts"),
            by=_text(told, "by"),
        )

    def _known(self, identifier: Identifier) -> str | None:
        with self._library.reading() as reading:
            return reading.people.find(identifier)

    def _decided(self, person_id: str, offer_id: str) -> Decided | None:
        """Return the first decision about an offer: the answer to it."""
        with self._library.reading() as reading:
            entries = reading.people.timeline(person_id, 0, TIMELINE_MAX)
        found = [
            entry.body
            for entry in entries
            if isinstance(entry.body, Decided)
            and entry.body.candidate.ref == offer_id
            and entry.body.candidate.origin == "agent"
        ]
        return found[-1] if found else None


def read_fields(body: bytes, known: frozenset[str]) -> dict[str, Any]:
    """Return the fields of a request by their names here; raise `Refused` for what is not one."""
    found = decode_item(body, LIMITS)
    if not isinstance(found, dict):
        raise Refused("The body is not a JSON object.", code="bad_json")
    told: dict[str, Any] = {NAMES.get(str(n), str(n)): value for n, value in found.items()}
    unknown = sorted(set(told) - known)
    if unknown:
        raise Refused(
            f"There is no field {unknown[0][:64]!r}.",
            code="unknown_field",
            hint=f"There are {', '.join(sorted(known))}.",
        )
    return told


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise Refused(f"{name} is not a text of at most {TEXT_MAX} characters.", code="bad_field")
    return value


def _object(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = told.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"{name} is not an object.", code="bad_field")
    return value


def _reply(answered: Answered, program: Program, *, is_open: bool) -> dict[str, Any]:
    """Return the answer as JSON; `is_open` adds how it was weighed."""
    shown = {content.decision_id: content for content in answered.shown}
    offers = [
        _offer(decided, shown[decided.decision_id], program, is_open=is_open)
        for decided in answered.decisions
        if decided.decision_id in shown
    ]
    reply: dict[str, Any] = {
        "decision": "offer" if offers else "silence",
        "request_id": answered.request_id,
        "channel": answered.channel,
        "placement": answered.placement,
        "offers": offers,
        "reason": answered.reason,
        "next_allowed_at": answered.next_allowed_at,
    }
    if is_open:
        silent = (d for d in answered.decisions if d.verdict != "send")
        reply["passed_over"] = [_passed(one) for one in answered.passed_over]
        reply["passed_over"] += [
            {"engagement": d.candidate.engagement, "next_allowed_at": None, **_weighed(d)}
            for d in silent
        ]
    return reply


def _offer(decided: Decided, shown: Shown, program: Program, *, is_open: bool) -> dict[str, Any]:
    engagement = program.engagements.get(decided.candidate.engagement)
    offer: dict[str, Any] = {
        "decision_id": decided.decision_id,
        "engagement": decided.candidate.engagement,
        "title": engagement.title if engagement else "",
        "arm": decided.arm,
        "subject": shown.subject,
        "text": shown.text,
        "html": shown.html,
        "data": _data(shown.text),
    }
    return offer | _weighed(decided) if is_open else offer


def _data(text: str) -> Any:
    """Return the object that a text is, when its template writes JSON; else None."""
    if not _JSON_OBJECT.fullmatch(text):
        return None
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None


def _passed(one: PassedOver) -> dict[str, Any]:
    return {
        "engagement": one.engagement,
        "reason": one.reason,
        "next_allowed_at": one.next_allowed_at,
    }


def _weighed(decided: Decided) -> dict[str, Any]:
    """Return how a candidate was weighed, for those who may see it."""
    return {
        "decision_id": decided.decision_id,
        "verdict": decided.verdict,
        "reason": decided.reason,
        "channel": decided.channel,
        "score": decided.score,
        "factors": decided.factors,
        "rivals": decided.rivals,
        "probability": decided.probability,
        "policy": decided.policy,
        "refusals": [
            dict(zip(("channel", "reason", "next_allowed_at"), to_plain(refusal), strict=False))
            for refusal in decided.refusals
        ],
        "wake_at": decided.wake_at,
    }
