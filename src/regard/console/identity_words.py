"""Plain words for what is said and found out about who is one person.

Acts and identity facts in, one sentence each (or named texts) out. Pure; identifiers are told by
their values, since people know those.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from regard.console.reasons import rule_words
from regard.console.records import Line
from regard.core.event import Identifier, IdentityAct
from regard.core.facts import EvidenceRefused, IdentityShared, PersonsMerged, PersonSplit

NAMED_MAX = 3
"""Identifiers that a sentence names; the others are counted."""

NEARLY_SURE = 0.999
"""What stands for a probability nearer to 1: no evidence of this kind is certain."""

TOO_MANY = "too_many"

IdentityBody = IdentityAct | PersonsMerged | PersonSplit | IdentityShared | EvidenceRefused


def identity_line(body: IdentityBody) -> Line:
    """Return an act or a fact about identifiers in words."""
    match body:
        case IdentityAct():
            return Line(text=act_words(body), detail=_by(body), sort="identity", tone="accent")
        case PersonsMerged(left=left, right=right, rule=rule):
            text = f"Two records became one person: {left.value} and {right.value}"
            return Line(text=text, detail=rule_words(rule), sort="identity", tone="accent")
        case PersonSplit(identifiers=identifiers, rule=rule):
            text = f"One record became two people: {names(identifiers)} left"
            return Line(text=text, detail=rule_words(rule), sort="identity", tone="accent")
        case IdentityShared(identifier=identifier, persons=persons, rule=rule):
            text = f"{identifier.value} {_why_shared(rule, len(persons))} and stopped linking"
            return Line(text=text, detail=rule_words(rule), sort="identity", tone="warn")
        case EvidenceRefused(left=left, right=right, rule=rule):
            text = f"Not joined, though something says so: {left.value} and {right.value}"
            return Line(text=text, detail=rule_words(rule), sort="identity", tone="warn")


def act_words(act: IdentityAct) -> str:
    """Return what an act says."""
    left, right = names(act.left), names(act.right)
    every = names((*act.left, *act.right))
    return {
        "link": f"Said to be one person: {every}",
        "never": f"Said never to be one person: {left} and {right}",
        "split": f"Taken apart: {left} from {right}",
        "propose": f"Asked whether they are one person: {every}",
        "dismiss": f"Left as it is: {every}",
        "undo": f"An earlier word taken back: {every}",
    }[act.act]


def identity_pairs(
    body: IdentityAct | PersonSplit | EvidenceRefused,
) -> Iterable[tuple[str, str]]:
    """Return the named texts that tell why an act or a fact about identifiers is as it is."""
    match body:
        case IdentityAct():
            yield "By", body.by
            yield "Why", body.why
            yield "Known by", rule_words(body.rule)
            yield "Probability", "" if body.confidence >= 1 else percent(body.confidence)
            yield "Identifiers", "; ".join(map(_listed, filter(None, (body.left, body.right))))
            yield from (("for it" if w > 0 else "against it", n) for n, w in body.reasons.items())
        case PersonSplit():
            yield "Left", _listed(body.identifiers)
            yield "Stays", body.person_id
            yield "Are now", body.other
            yield "Rule", rule_words(body.rule)
        case EvidenceRefused():
            yield "Identifiers", _listed((body.left, body.right))
            yield "Forbidden by", rule_words(body.rule)


def percent(confidence: float) -> str:
    """Return a probability below 1 in words: never ``100.0%``."""
    return f"{min(confidence, NEARLY_SURE):.1%}"


def names(identifiers: Sequence[Identifier]) -> str:
    """Return ``a, b and 4 more``."""
    told = [identifier.value for identifier in identifiers[:NAMED_MAX]]
    more = len(identifiers) - len(told)
    if more:
        return f"{', '.join(told)} and {more} more"
    return " and ".join(filter(None, (", ".join(told[:-1]), *told[-1:]))) or "nobody"


def kind_words(identifier: Identifier) -> str:
    """Return an identifier with its kind: ``e-mail ada@example.com``."""
    return f"{identifier.kind.replace('_', ' ')} {identifier.value}"


def _why_shared(rule: str, persons_count: int) -> str:
    if rule == TOO_MANY:
        return "is one more than a person has of its kind"
    return f"is shared by {persons_count} people"


def _listed(identifiers: Iterable[Identifier]) -> str:
    return ", ".join(str(identifier) for identifier in identifiers)


def _by(act: IdentityAct) -> str:
    told = [f"by {act.by}" if act.by else rule_words(act.rule), act.why]
    if act.confidence < 1:
        told.append(f"probability {percent(act.confidence)}")
    return ", ".join(filter(None, told))
