"""What a merge, a split or an undo makes of words of consent: who gains one, whose falls, and why.

In: the parts of a rehearsal. Out: one `ConsentMove` for each word that is not for somebody then as
it is now for all who become them. Pure; what stands is what `profiles.weighing` made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regard.console.identity_views import ConsentMove
from regard.console.pages.dossier import label_of, purpose_words, stricter
from regard.console.reasons import channel_words, who_words
from regard.console.rehearsal import Part
from regard.console.wording import Wording
from regard.core.person import Person
from regard.profiles import fallen


def consent_moves(
    before: Sequence[Part], after: Sequence[Part], wording: Wording, zone: str
) -> tuple[ConsentMove, ...]:
    """Return what becomes of consent, person by person, by what it is about."""
    return tuple(
        move
        for part in after
        if not part.is_place
        for move in _moves(_origins(part, before), part, wording, zone)
    )


def part_label(part: Part) -> str:
    """Return what a headline shows for a part: a name, else an identifier."""
    if part.is_place:
        return part.nodes[0].identifier.value
    label = label_of(part.person)
    return label if label != who_words("", part.person.id) else part.nodes[0].identifier.value


def _origins(part: Part, before: Sequence[Part]) -> list[Part]:
    """Return the persons of now of whom something is in a part."""
    own = {node.identity for node in part.nodes}
    return [old for old in before if not own.isdisjoint(node.identity for node in old.nodes)]


def _moves(
    origins: Sequence[Part], part: Part, wording: Wording, zone: str
) -> Iterator[ConsentMove]:
    fell = fallen(part.person)
    for key in sorted({key for one in (*origins, part) for key in one.person.consents}):
        then = _state(part.person, key)
        now = tuple((part_label(old), _state(old.person, key)) for old in origins)
        if any(state != then for _, state in now):
            purpose, _, channel = key.partition("|")
            yield ConsentMove(
                label=part_label(part),
                about=f"{purpose_words(purpose, wording)} by {channel_words(channel)}",
                now=now,
                then=then,
                why="; ".join(stricter(one, wording, zone) for one in fell if one.about == key),
            )


def _state(person: Person, key: str) -> str:
    word = person.consents.get(key)
    return "not said" if word is None else "granted" if word.is_granted else "withdrawn"
