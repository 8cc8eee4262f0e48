"""What the answer to one of our questions tells: a trait that the customer said, or a need.

A ``Question Answered`` event in: from our own page it names the engagement that asked, from
another system the message. Refused without a word: answers to what was never asked of this person,
and answers that were not among the choices.
"""

from __future__ import annotations

from regard.core.event import Event
from regard.core.facts import AnswerTaken, NeedEvidence
from regard.core.offers import Question
from regard.core.person import Person
from regard.core.program import Program
from regard.needs.register import ANSWER

SAID = 6.0
"""Log-odds of what a person says themselves when asked: it moves belief from 2 to 89 per cent."""

NO = "no"

OWN_SOURCE = "regard"
"""Source of our own answer page, whose link was signed for one engagement and one answer."""


def taken(person: Person, event: Event, program: Program) -> AnswerTaken | None:
    """Return the answer that an event brings; None when it answers nothing that we asked."""
    engagement = _asked_by(person, event)
    definition = program.engagements.get(engagement)
    question = None if definition is None else definition.asks
    answer = _answer(event.facts.get("answer"))
    if question is None or answer not in question.choices:
        return None
    return AnswerTaken(
        message_id=str(event.facts.get("message_id", "")),
        engagement=engagement,
        answer=answer,
        source=event.source,
        at=event.at,
        trait=question.trait,
        need=question.need,
    )


def evidence_of(answer: AnswerTaken, question: Question) -> NeedEvidence | None:
    """Return what an answer says about a need; None when it was about a trait."""
    if not question.need:
        return None
    weight = -SAID if answer.answer == NO else SAID
    return NeedEvidence(
        need=question.need,
        line=ANSWER,
        weight=weight,
        at=answer.at,
        told=f"answered “{answer.answer}”",
    )


def _asked_by(person: Person, event: Event) -> str:
    named = event.facts.get("engagement")
    if event.source == OWN_SOURCE and isinstance(named, str):
        return named
    message_id = event.facts.get("message_id")
    touch = person.touches.get(message_id) if isinstance(message_id, str) else None
    return "" if touch is None else touch.engagement


def _answer(given: object) -> str:
    """Return an answer as text; SDKs send yes and no as booleans."""
    if isinstance(given, bool):
        return "yes" if given else NO
    return given if isinstance(given, str) else ""
