"""OFREP, the OpenFeature Remote Evaluation Protocol: engagements as flags.

`POST /ofrep/v1/evaluate/flags/{key}` and `POST /ofrep/v1/evaluate/flags` (all, with an ETag). A
flag is an engagement with ``offer_when: asked``; it is on when it is offered to the person now, by
the same gate. One evaluation that is on counts as a touch, once in a visit of half an hour, and
stays on so long; asking for all flags only looks. Specification: open-feature/protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from regard.api.answering import Answers
from regard.api.asking import Caller, caller_of, introduced
from regard.api.bodies import read_body
from regard.api.decide import LIMITS
from regard.api.desk import Desk
from regard.api.keys import headers_of
from regard.api.replies import json_reply, raw_reply
from regard.core.clock import EPOCH
from regard.core.errors import Refused
from regard.core.facts import Answered, Decided
from regard.core.ids import derived_id
from regard.core.offers import Engagement
from regard.core.ports import Draft
from regard.core.program import Program
from regard.decisions import moment, reasons
from regard.intake import decode_item

VISIT = timedelta(minutes=30)
"""How long a flag that is on stays on and counts as one touch: a visit, as web analytics say."""

ON, OFF = "on", "off"

FLAGS_MAX = moment.CONSIDERED_MAX * 10
"""Flags that are looked at at once; at some 20 µs each."""

SWITCHED_OFF = (reasons.ENGAGEMENT_GONE, reasons.CHANNEL_GONE, reasons.NO_CUSTOMER_VALUE)
"""Reasons that lie in the engagement, whoever asks: OpenFeature calls such a flag disabled."""


class FlagDoor:
    """Evaluates flags."""

    def __init__(
        self, desk: Desk, answers: Answers, program: Callable[[], Program], api_token: str
    ) -> None:
        self._desk = desk
        self._answers = answers
        self._program = program
        self._api_token = api_token

    async def one(self, request: Request) -> Response:
        """Evaluate one flag; raises `RegardError` for who may not ask."""
        key = request.path_params["key"]
        headers = headers_of(request)
        caller = caller_of(self._desk, headers, "", self._api_token)
        engagement = self._program().engagements.get(key)
        if engagement is None or engagement.offer_when != "asked":
            return _failure(
                404, "FLAG_NOT_FOUND", f"No engagement {key!r} is offered on request.", key
            )
        try:
            context = _context(await read_body(request, headers, LIMITS))
            introduction = self._introduced(caller, context)
        except _Unusable as error:
            return _failure(400, error.code, str(error), key)
        wish = self._wish(engagement, caller, context)
        answered = await self._answers.answer(
            wish, introduction, is_believed=caller.is_believed, keeps_silence=False
        )
        return json_reply(_evaluated(engagement, answered))

    async def all(self, request: Request) -> Response:
        """Evaluate every flag that may be asked for; 304 when nothing is new."""
        headers = headers_of(request)
        caller = caller_of(self._desk, headers, "", self._api_token)
        try:
            context = _context(await read_body(request, headers, LIMITS))
            introduction = self._introduced(caller, context)
        except _Unusable as error:
            return _failure(400, error.code, str(error))
        engagements = self._program().engagements
        asked = [engagements[key] for key in sorted(engagements)]
        asked = [engagement for engagement in asked if engagement.offer_when == "asked"]
        wishes = [self._wish(engagement, caller, context) for engagement in asked[:FLAGS_MAX]]
        looked = await self._answers.looked(wishes, introduction)
        flags = [_looked(engagements[next(iter(w.only))], answered) for w, answered in looked]
        content = msgspec.json.encode({"flags": flags})
        etag = f'"{blake2b(content, digest_size=16).hexdigest()}"'
        known = [tag.strip() for tag in headers.get("if-none-match", "").split(",")]
        if etag in known or "*" in known:
            return Response(status_code=304, headers={"ETag": etag})
        return raw_reply(content, headers={"ETag": etag})

    def _introduced(self, caller: Caller, context: Mapping[str, Any]) -> Draft:
        spelled = (("user_id", "targetingKey"), ("anonymous_id", "anonymousId"))
        given = ((name, context.get(spelling)) for name, spelling in spelled)
        who = {name: value for name, value in given if isinstance(value, str) and value}
        if not who:
            raise _Unusable("TARGETING_KEY_MISSING", "The context has no targetingKey.")
        named = derived_id(*who, *who.values(), str(self._visit()))
        try:
            return introduced(self._desk, self._program(), caller, named, who)
        except Refused as error:
            if error.code == "not_allowed":
                raise
            raise _Unusable("INVALID_CONTEXT", str(error)) from error

    def _wish(
        self, engagement: Engagement, caller: Caller, context: Mapping[str, Any]
    ) -> moment.Request:
        """Return the request for one flag: the same in one visit of one person."""
        told = context.get("channel")
        channels = [c for c in (told, caller.source.channel) if c in engagement.channels]
        who = f"{context.get('targetingKey')}\x00{context.get('anonymousId')}"
        channel = str((channels or engagement.channels)[0])
        return moment.Request(
            request_id=derived_id("flag", engagement.id, channel, who, str(self._visit())),
            source=caller.source.id,
            channel=channel,
            placement="flag",
            facts={k: v for k, v in context.items() if k not in ("targetingKey", "anonymousId")},
            only=frozenset({engagement.id}),
        )

    def _visit(self) -> int:
        return (self._desk.now() - EPOCH) // VISIT


class _Unusable(Exception):
    """The context cannot be used; `code` as OpenFeature calls it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _context(body: bytes) -> dict[str, Any]:
    try:
        found = decode_item(body, LIMITS) if body.strip() else {}
    except Refused as error:
        raise _Unusable("PARSE_ERROR", str(error)) from error
    context = found.get("context", {}) if isinstance(found, dict) else None
    if not isinstance(context, dict):
        raise _Unusable("INVALID_CONTEXT", "The body has no object `context`.")
    return context


def _evaluated(engagement: Engagement, answered: Answered) -> dict[str, Any]:
    """Return one flag with the decision behind it."""
    flag = _looked(engagement, answered)
    decided = _sent(answered)
    if decided is not None:
        flag["metadata"]["decisionId"] = decided.decision_id
    return flag


def _looked(engagement: Engagement, answered: Answered | None) -> dict[str, Any]:
    """Return one flag; without an answer it was offered before, in this visit."""
    decided = _sent(answered) if answered is not None else None
    is_on = decided is not None or answered is None
    reason = "DEFAULT"
    if is_on:
        is_drawn = decided is not None and (bool(decided.arm) or decided.probability < 1)
        reason = "SPLIT" if is_drawn else "TARGETING_MATCH"
    elif answered is not None and answered.reason in SWITCHED_OFF:
        reason = "DISABLED"
    why = decided.reason if decided else answered.reason if answered else reasons.BEST_VALUE
    metadata: dict[str, Any] = {"reason": why, "title": engagement.title}
    if answered is not None and answered.next_allowed_at is not None:
        metadata["nextAllowedAt"] = answered.next_allowed_at.isoformat()
    arm = decided.arm if decided is not None else ""
    return {
        "key": engagement.id,
        "value": is_on,
        "variant": arm or (ON if is_on else OFF),
        "reason": reason,
        "metadata": metadata,
    }


def _sent(answered: Answered) -> Decided | None:
    return next((d for d in answered.decisions if d.verdict == "send"), None)


def _failure(status: int, code: str, details: str, key: str = "") -> Response:
    told = {"errorCode": code, "errorDetails": details}
    return json_reply({"key": key, **told} if key else told, status=status)
