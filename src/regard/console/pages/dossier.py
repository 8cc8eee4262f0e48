"""What is known about one person, in the order that a reader wants it.

A `Person`, its identifiers and their evidence in, the items of the person page out. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from regard.console.moments import local
from regard.console.reasons import channel_words, rule_words, who_words
from regard.console.views import (
    ConsentItem,
    EvidenceItem,
    IdentifierItem,
    TraitItem,
)
from regard.console.why import flat
from regard.console.wording import Wording
from regard.core.errors import Refused
from regard.core.graph import Node
from regard.core.person import Person
from regard.core.ports import Reading
from regard.core.reaching import HOUSE_CLAIM
from regard.core.rows import Evidence, IdentifierRow
from regard.core.rules import IdentityRules
from regard.profiles import Fallen, fallen

UNRANKED = 99
"""Where a kind stands that the program no longer knows."""
TRUST_WORDS = ("said by the customer", "verified", "observed", "inferred")
_SHOWN_FIRST = ("name", "first_name", "last_name", "email", "phone", "language", "time_zone")


def person_known(reading: Reading, person_id: str) -> Person:
    """Return who bears an id now; raise `Refused` when nobody is known by it."""
    person = reading.people.read(person_id)
    if person is None:
        raise Refused("Nobody is known by this id.", code="not_found", hint="Search under People.")
    return person


def label_of(person: Person) -> str:
    """Return what a headline shows for a person: their name, else an address, else the id."""
    names = [person.trait("first_name"), person.trait("last_name")]
    joined = " ".join(str(name) for name in names if name)
    best = person.trait("name") or joined or person.trait("email") or person.trait("phone")
    return who_words(str(best or ""), person.id)


def place_word(rows: Sequence[IdentifierRow], rules: IdentityRules) -> str:
    """Return what a shared identifier stands for, ``household`` or ``place``; nothing of a person.

    `rows` are what somebody is known by: whatever is shared is nobody's in particular.
    """
    if not rows or not all(row.is_shared for row in rows):
        return ""
    kind = next((kind for kind in rules.kinds if kind.kind == rows[0].identifier.kind), None)
    return "place" if kind is not None and kind.is_device else "household"


def headline(person: Person, rows: Sequence[IdentifierRow], place: str) -> str:
    """Return what a headline shows for a person, or for the identifier that is a place."""
    return rows[0].identifier.value if place else label_of(person)


def ranks(rules: IdentityRules) -> Callable[[IdentifierRow | Node], int]:
    """Return what sorts the strongest kinds first; those that the program no longer knows last."""
    rank = {kind.kind: kind.priority for kind in rules.kinds}
    return lambda one: rank.get(one.identifier.kind, UNRANKED)


def traits(person: Person, wording: Wording) -> tuple[TraitItem, ...]:
    """Return the traits, names and addresses first, the rest by name."""
    rank = {name: place for place, name in enumerate(_SHOWN_FIRST)}
    claims = sorted(person.claims.items(), key=lambda c: (rank.get(c[0], len(rank)), c[0]))
    return tuple(
        TraitItem(
            name=name,
            value=claim.value,
            source=wording.source(claim.source),
            at=claim.at,
            trust=TRUST_WORDS[claim.trust] if claim.trust < len(TRUST_WORDS) else "",
        )
        for name, claim in claims
        if not name.startswith(HOUSE_CLAIM)
    )


def consents(person: Person, wording: Wording, zone: str) -> tuple[ConsentItem, ...]:
    """Return the word that stands per purpose and channel, by purpose, as it was said."""
    items, fell = [], fallen(person)
    for key, stands in sorted(person.consents.items()):
        consent = person.word(key) or stands
        purpose, _, channel = key.partition("|")
        items.append(
            ConsentItem(
                purpose=purpose,
                title=purpose_words(purpose, wording),
                channel=channel or "*",
                is_granted=consent.is_granted,
                at=consent.at,
                source=wording.source(consent.source),
                proof=flat(consent.proof, zone),
                despite=tuple(stricter(f, wording, zone) for f in fell if f.refused == key),
            )
        )
    return tuple(items)


def weighed_at(
    fell: Iterable[Fallen], at: datetime, wording: Wording, zone: str
) -> tuple[tuple[str, str], ...]:
    """Return which of `fell` did when parts of a person became one `at`: about what, and why."""
    found = []
    for one in fell:
        if one.since == at:
            purpose, _, channel = one.about.partition("|")
            about = f"{purpose_words(purpose, wording)} {channel_words(channel)}"
            found.append((about, stricter(one, wording, zone)))
    return tuple(found)


def stricter(fell: Fallen, wording: Wording, zone: str) -> str:
    """Return in words why a refusal stands against a grant: which two were weighed."""
    no, yes = fell.refusal, fell.grant
    return (
        f"The stricter of two who became one later: {wording.source(no.source)} said no on "
        f"{local(no.at, zone)}, {wording.source(yes.source)} said yes on {local(yes.at, zone)}"
    )


def purpose_words(purpose: str, wording: Wording) -> str:
    """Return how a purpose of consent is spoken of; ``*`` is every one."""
    return "Everything" if purpose == "*" else wording.purpose(purpose)


def identifiers(
    rows: Sequence[IdentifierRow], evidence: Iterable[Evidence], wording: Wording
) -> tuple[IdentifierItem, ...]:
    """Return the identifiers with every piece of evidence that links each of them."""
    by_key: dict[str, list[EvidenceItem]] = {}
    for piece in evidence:
        for own, other in ((piece.left, piece.right), (piece.right, piece.left)):
            item = EvidenceItem(
                other=other,
                offset=piece.offset,
                at=piece.at,
                source=piece.source if piece.act_id else wording.source(piece.source),
                rule=rule_words(piece.rule),
                is_active=piece.is_active,
                confidence=piece.confidence,
                act_id=piece.act_id,
            )
            by_key.setdefault(str(own), []).append(item)
    return tuple(
        IdentifierItem(
            identifier=row.identifier,
            first_at=row.first_at,
            is_shared=row.is_shared,
            evidence=tuple(by_key.get(str(row.identifier), ())),
            why=rule_words(row.rule) if row.rule else "",
            is_unconfirmed=row.is_unconfirmed,
        )
        for row in rows
    )
