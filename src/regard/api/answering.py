"""Deciding while somebody waits: read the person, weigh, render, journal, answer.

In: what is asked and who it is about. Out: an `Answered`, durable, the same for a repeat of the
same request. The deciding itself is `regard.decisions.moment`, on the person of one read session;
the loop journals the answer and says so when others were faster to the last capacity. Somebody
whom nobody knows is served, too; they are born when something is offered to them. Who asks with a
public key about a browser of somebody known gets an offer, and nothing that is theirs in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace as dataclass_replace
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool

from regard.api.asking import is_known
from regard.api.desk import Desk
from regard.core.errors import Refused
from regard.core.event import Event, MessageOutcome
from regard.core.facts import Answered, Decided, PassedOver, Shown
from regard.core.ids import identity_of, message_key
from regard.core.person import Person
from regard.core.ports import Answering, Draft, Library
from regard.core.program import Program
from regard.core.standing import Standing
from regard.decisions import moment, reasons
from regard.delivery import Links, compose
from regard.delivery.compose import in_hand

TRIES_MAX = 3
"""How often it is decided anew because others took the capacity meanwhile."""

NOBODY = Person(id="")

SPOKEN = frozenset({"language", "locale", "languages"})
"""Traits that a text heeds for whoever may be reading: they say what their browser says as well."""


class Found(Struct, frozen=True, kw_only=True):
    """Whom a request is about: the person, and the identity by which they were found.

    Of `NOBODY` the event `born_by` makes somebody. `is_own`: who asks may see what is theirs.
    """

    person: Person
    identity: int
    born_by: Draft | None = None
    is_own: bool = True

    @property
    def reader(self) -> Person:
        """Return who the texts are written for: nobody in particular, when anybody may read."""
        if self.is_own:
            return self.person
        return Person(id="", claims={k: v for k, v in self.person.claims.items() if k in SPOKEN})


class Answers:
    """Answers requests of one running house."""

    def __init__(
        self,
        desk: Desk,
        loop: Answering,
        library: Library,
        program: Callable[[], Program],
        links: Links,
    ) -> None:
        self._desk = desk
        self._loop = loop
        self._library = library
        self._program = program
        self._links = links

    async def answer(
        self,
        request: moment.Request,
        introduction: Draft,
        *,
        is_believed: bool,
        keeps_silence: bool = True,
    ) -> Answered:
        """Return the answer to a request about whom `introduction` names; durable.

        Who is not `is_believed` gets nothing that is about a known person. Without `keeps_silence`
        only an offer is journaled, and only that is sure to be repeated.
        """
        request = dataclass_replace(request, about=introduction.identity)
        for _ in range(TRIES_MAX):
            drafts, answered = await run_in_threadpool(
                self._weighed,
                request,
                introduction,
                is_believed=is_believed,
                keeps_silence=keeps_silence,
            )
            if not drafts:
                return answered
            accepted = await self._loop.answer(drafts)
            if accepted is None:
                continue
            place = next(n for n, draft in enumerate(drafts) if isinstance(draft.body, Answered))
            if accepted[place].is_duplicate:
                return await run_in_threadpool(self._kept, accepted[place].offset)
            return answered
        return Answered(
            request_id=request.request_id,
            source=request.source,
            channel=request.channel,
            placement=request.placement,
            reason=reasons.NO_CAPACITY,
        )

    async def looked(
        self, requests: Sequence[moment.Request], introduction: Draft
    ) -> list[tuple[moment.Request, Answered | None]]:
        """Return what several requests would be answered, journaling nothing.

        None: it was offered by an earlier request of the same id, which stands.
        """
        return await run_in_threadpool(self._looked, requests, introduction)

    def _looked(
        self, requests: Sequence[moment.Request], introduction: Draft
    ) -> list[tuple[moment.Request, Answered | None]]:
        # Flags tell no texts, and what is held is none.
        found = self._found(introduction, is_believed=True)
        program, now, standing = self._program(), self._desk.now(), self._loop.standing
        requests = [dataclass_replace(request, about=introduction.identity) for request in requests]
        return [
            (
                request,
                None
                if _is_repeat(found.person, request)
                else moment.answer(found.person, request, program, standing, now),
            )
            for request in requests
        ]

    def _weighed(
        self,
        request: moment.Request,
        introduction: Draft,
        *,
        is_believed: bool,
        keeps_silence: bool,
    ) -> tuple[list[Draft], Answered]:
        """Decide and render; return what is to be journaled (nothing: it is not worth it)."""
        program, now = self._program(), self._desk.now()
        found = self._found(introduction, is_believed=is_believed)
        answered = self._answered(found, request, program, self._loop.standing, now)
        is_known = found.born_by is None and answered.reason != reasons.NOTHING_TO_OFFER
        is_kept = not answered.reason or (is_known and keeps_silence)
        if not is_kept and not _is_repeat(found.person, request):
            return [], answered
        drafts = [found.born_by] if found.born_by is not None else []
        key = message_key("request", moment.ref_of(request))
        drafts.append(_draft(key, found.identity, now, answered))
        drafts += [
            _draft(message_key("outcome", f"{d.decision_id}:1"), found.identity, now, _handed(d))
            for d in answered.decisions
            if d.verdict == "send" and d.candidate.origin == "promise"
        ]
        return drafts, answered

    def _answered(
        self,
        found: Found,
        request: moment.Request,
        program: Program,
        standing: Standing,
        now: datetime,
    ) -> Answered:
        """Return the answer with its contents; what cannot be rendered is not offered."""
        answered = moment.answer(found.person, request, program, standing, now)
        decisions: list[Decided] = []
        shown: list[Shown] = []
        failed: list[PassedOver] = []
        for decided in answered.decisions:
            if decided.verdict != "send":
                decisions.append(decided)
                continue
            try:
                shown.append(self._shown(found, decided, program, now))
                decisions.append(decided)
            except Refused as error:
                failed.append(PassedOver(decided.candidate.engagement, error.code))
        if not failed:
            return replace(answered, shown=tuple(shown))
        return replace(
            answered,
            decisions=tuple(decisions),
            shown=tuple(shown),
            passed_over=(*answered.passed_over, *failed),
            reason="" if shown else failed[0].reason,
        )

    def _shown(self, found: Found, decided: Decided, program: Program, now: datetime) -> Shown:
        claimed = in_hand(
            decided,
            found.reader,
            now,
            identity=found.identity if found.is_own else 0,
            address=None if found.is_own else "",
        )
        message = compose(claimed, program, self._links)
        return Shown(decided.decision_id, message.subject, message.text, message.html)

    def _found(self, introduction: Draft, *, is_believed: bool) -> Found:
        """Return the person behind the strongest identifier that is known.

        For who is not believed nothing waits there: what is held tells of the person, and would be
        taken from them.
        """
        assert isinstance(introduction.body, Event)
        with self._library.reading() as reading:
            for identifier in introduction.body.identifiers:
                person_id = reading.people.find(identifier)
                if person_id:
                    person = reading.people.read(person_id) or Person(id=person_id)
                    identity = identity_of(identifier.kind, identifier.value)
                    if is_believed or not is_known(reading, self._program(), person_id):
                        return Found(person=person, identity=identity)
                    return Found(person=replace(person, held={}), identity=identity, is_own=False)
        return Found(person=NOBODY, identity=introduction.identity, born_by=introduction)

    def _kept(self, offset: int) -> Answered:
        """Return the answer that was given before."""
        with self._library.reading() as reading:
            entry, _, _ = reading.tail.after(offset - 1, 1)[0]
        assert isinstance(entry.body, Answered)
        return entry.body


def _is_repeat(person: Person, request: moment.Request) -> bool:
    """Return whether the very request offered something before."""
    ref = moment.ref_of(request)
    return any(touch.ref == ref for touch in person.touches.values())


def _draft(key: bytes, identity: int, now: datetime, body: Answered | MessageOutcome) -> Draft:
    return Draft(key=key, identity=identity, at=now, received_at=now, body=body)


def _handed(decided: Decided) -> MessageOutcome:
    """Return that a promise's message was handed over: its promise waits to hear so."""
    return MessageOutcome(message_id=decided.decision_id, channel=decided.channel, outcome="sent")
