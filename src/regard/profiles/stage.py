"""The stage of `profiles`: events in, the single view out; it concludes nothing.

Called by the kernel for every entry. Most entries are page views by people we know, so the path
of an event touches each part once and builds one new person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from regard.core.event import DEPARTMENT, Event, IdentityAct, MessageOutcome
from regard.core.facts import AnswerTaken, Candidate, Derived, Entry, Noted
from regard.core.graph import Joint
from regard.core.person import Claim, Person
from regard.core.program import Program
from regard.core.signal import CASE_DONE, CASE_REOPENED, CASE_TAKEN, signal_of
from regard.profiles.claims import CUSTOMER_SAID, FROZEN, claims_of, with_claims
from regard.profiles.consents import consents_of, may_speak
from regard.profiles.seen import with_event, with_seen
from regard.profiles.suppressed import (
    SUPPRESSING,
    suppressed_by_event,
    suppressed_by_outcome,
    with_suppressed,
)
from regard.profiles.weighing import has_spoken, speakers_of, weighed, with_words, words_of

ABSENT = frozenset(
    (
        *("Email Delivered", "Message Delivered", "Email Bounced", "Message Bounced"),
        *("Automatic Reply Received", "Machine Opened", "Machine Clicked"),
        *("Person Frozen", "Person Unfrozen", CASE_TAKEN, CASE_DONE, CASE_REOPENED),
    )
)
"""Events by a provider, a machine or our own desk: the person was not there."""


class Profiles:
    """Claims, consents, what was seen, suppressed addresses, frozen and erased."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person with one entry taken in; the same object for most derived facts.

        `Person.stamp` is kept here: the highest stamp of an input. Derived facts do not move it,
        since some of them are journaled before the person is folded and some after.
        """
        body = entry.body
        if type(body) is Event:
            return _with_event(person, body, entry)
        if type(body) is Noted:
            return _with_noted(person, body, entry)
        if type(body) is AnswerTaken:
            return _with_answer(person, body, entry)
        if entry.cause or type(body) is IdentityAct:
            return person  # what was said about identifiers is no life: undone, nothing is left
        if type(body) is MessageOutcome:
            person = _with_outcome(person, body)
        return replace(person, stamp=max(person.stamp, entry.stamp))

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` knowing all that was known of `loser`."""
        claims, is_over_traits = with_claims(winner.claims, loser.claims)
        consents, is_over_consents = _joined_consents(winner, loser)
        seen, over = with_seen(winner.seen, loser.seen)
        suppressed, is_over_suppressed = with_suppressed(winner.suppressed, loser.suppressed)
        reached = {*over, *loser.limits}
        _note(reached, traits=is_over_traits, consents=is_over_consents)
        _note(reached, suppressed=is_over_suppressed)
        changes: dict[str, Any] = {}
        first, last = loser.first_seen_at, loser.last_seen_at
        if first is not None and last is not None:
            _move_moments(changes, winner, first, last, loser.last_channel)
        return replace(
            winner,
            claims=claims,
            **consents,
            seen=seen,
            suppressed=suppressed,
            known_by=_kinds(winner.known_by, loser.known_by),
            limits=_limits(winner, reached),
            is_frozen=_is_frozen(claims),
            is_erased=winner.is_erased or loser.is_erased,
            is_department=winner.is_department or loser.is_department,
            stamp=max(winner.stamp, loser.stamp),
            **changes,
        )

    def unjoined(self, person: Person, entry: Entry | None = None) -> Collection[int]:
        """Return whose joints must be read before an entry is folded; nearly always none.

        Without an entry those of all who spoke of consent, if they are several. Whoever speaks
        first on an identity, evidence from before the latest joint, and what somebody says about
        identifiers may change since when those who spoke are one.
        """
        if not person.consents and not person.spoken:
            return ()
        if entry is None:
            return _several(person)
        body = entry.body
        if type(body) is Event:
            if not has_spoken(person, entry.identity) and _speaks(entry):
                return {*speakers_of(person), entry.identity}
            joints = person.joints
            if not joints or body.at > joints[-1].since or len(body.identifiers) == 1:
                return ()
        elif type(body) is not IdentityAct:
            return ()
        return _several(person)

    def weighed(
        self, person: Person, joints: Sequence[Joint], ahead: Iterable[Entry] = ()
    ) -> Person:
        """Return the person with joints, and the words of consent that stand then.

        Joints are kept of those whose words count, and of who speaks in the entries `ahead`.
        """
        awaited = {entry.identity for entry in ahead if _speaks(entry)}
        words, is_over = weighed(words_of(person), joints, person.apart, awaited)
        reached: set[str] = set()
        _note(reached, consents=is_over)
        return replace(person, limits=_limits(person, reached), **words)

    def react(
        self,
        person: Person,  # noqa: ARG002 - the verbs of core.ports.Stage are fixed
        entry: Entry,  # noqa: ARG002
        program: Program,  # noqa: ARG002
    ) -> Sequence[Derived | Candidate]:
        """Return nothing: what a profile says is for others to act on."""
        return ()


def _speaks(entry: Entry) -> bool:
    """Return whether an entry holds words of consent; nearly none does."""
    body = entry.body
    return type(body) is Event and may_speak(body) and bool(consents_of(body, entry))


def _several(person: Person) -> Collection[int]:
    """Return the identities on which words of consent were said, if there are several."""
    found = speakers_of(person)
    return found if len(found) > 1 else ()


def _with_event(person: Person, event: Event, entry: Entry) -> Person:
    stamp, name = entry.stamp, event.name
    seen, over = with_event(person.seen, event, stamp)
    reached = {*over}
    changes: dict[str, Any] = {"seen": seen, "known_by": _known_by(person, event)}
    if stamp > person.stamp:
        changes["stamp"] = stamp
    claims, is_over = claims_of(event, stamp, person.disowned)
    if is_over:
        reached.add("trait_size")
    if claims:
        changes["claims"], is_over = with_claims(person.claims, claims)
        if is_over:
            reached.add("traits")
        if FROZEN in claims:
            changes["is_frozen"] = _is_frozen(changes["claims"])
    words = consents_of(event, entry)
    if words:
        consents, is_over = with_words(person, words, entry.identity)
        changes |= consents
        _note(reached, consents=is_over)
    if name in SUPPRESSING and (addresses := suppressed_by_event(person, event)):
        changes["suppressed"], is_over = with_suppressed(person.suppressed, addresses)
        _note(reached, suppressed=is_over)
    if name == "Person Erased":
        changes["is_erased"] = True
    if event.identifiers[0].kind == DEPARTMENT:
        changes["is_department"] = True
    if reached:
        changes["limits"] = _limits(person, reached)
    if name not in ABSENT:
        _move_moments(changes, person, event.at, event.at, event.channel)
    return replace(person, **changes)


def _joined_consents(winner: Person, loser: Person) -> tuple[dict[str, Any], bool]:
    """Return the parts of a person that hold words of consent, joined.

    Since when the two are one the graph knows: `weighed` is told of it next.
    """
    if not loser.consents and not loser.spoken and not loser.apart:
        return {}, False
    apart = winner.apart | loser.apart
    joints = (*winner.joints, *loser.joints)
    words, is_over = weighed([*words_of(winner), *words_of(loser)], joints, apart)
    return {"apart": apart, **words}, is_over


def _with_noted(person: Person, noted: Noted, entry: Entry) -> Person:
    """Count what Regard noted like an event, under both its names; the person was not there."""
    signal, seen, reached = signal_of(noted, entry.received_at), person.seen, set[str]()
    for name in noted.keys:
        seen, over = with_event(seen, replace(signal, name=name), entry.stamp)
        reached.update(over)
    return replace(person, seen=seen, limits=_limits(person, reached))


def _with_answer(person: Person, answer: AnswerTaken, entry: Entry) -> Person:
    """Take what the person said when asked: nobody knows it better."""
    if not answer.trait:
        return person
    claim = Claim(answer.answer, answer.at, answer.source, CUSTOMER_SAID, entry.stamp)
    claims, is_over = with_claims(person.claims, {answer.trait: claim})
    reached: set[str] = set()
    _note(reached, traits=is_over)
    return replace(person, claims=claims, limits=_limits(person, reached))


def _with_outcome(person: Person, outcome: MessageOutcome) -> Person:
    addresses = suppressed_by_outcome(person, outcome)
    if not addresses:
        return person
    suppressed, is_over = with_suppressed(person.suppressed, addresses)
    reached: set[str] = set()
    _note(reached, suppressed=is_over)
    return replace(person, suppressed=suppressed, limits=_limits(person, reached))


def _move_moments(
    changes: dict[str, Any], person: Person, first: datetime, last: datetime, channel: str
) -> None:
    """Note the first and last moments of two views; of one moment the later channel by name."""
    if person.first_seen_at is None or first < person.first_seen_at:
        changes["first_seen_at"] = first
    known = person.last_seen_at
    if known is None or last > known or (last == known and channel > person.last_channel):
        changes["last_seen_at"] = last
        changes["last_channel"] = channel


def _is_frozen(claims: dict[str, Claim]) -> bool:
    return FROZEN in claims and claims[FROZEN].value is True


def _limits(person: Person, reached: set[str]) -> tuple[str, ...]:
    if not reached:
        return person.limits
    return tuple(sorted({*person.limits, *reached}))


def _known_by(person: Person, event: Event) -> tuple[str, ...]:
    """Return the kinds that the person is known by; nearly always those that were known."""
    known = person.known_by
    for identifier in event.identifiers:
        if identifier.kind not in known:
            known = _kinds(known, (identifier.kind,))
    return known


def _kinds(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*known, *more}))


def _note(reached: set[str], **limits: bool) -> None:
    reached.update(name for name, is_over in limits.items() if is_over)
