"""Which words of consent stand, where a person was several before evidence made them one.

In: words by ``purpose|channel``, each said on an identity, and since when those are one (`joints`).
Of what was one when it was said the latest word wins, at one moment the one that withdraws. What
was said in parts before is weighed: a refusal in one fells the grants of others that it covers, and
stands against wider ones. What probability alone joins grants nothing. A function of the set of
words and joints: no order of arrival matters. Called by `stage`, and by pages that tell why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from regard.core.graph import Apart, Joint
from regard.core.joining import reduced
from regard.core.person import RESUBSCRIBED, Consent, Person
from regard.profiles.limits import CONSENTS_MAX

EVERY = "*"
"""Every purpose, or every channel."""

Word = tuple[str, Consent]
"""What a word is about (``purpose|channel``), and the word."""


class Fallen(Struct, frozen=True, kw_only=True):
    """A grant about `about` that does not stand, because of what another part had refused.

    `since` is when the two became one (None: nothing known joins them).
    """

    about: str
    grant: Consent
    refused: str
    refusal: Consent
    since: datetime | None


def with_consents(
    current: Mapping[str, Consent], words: Mapping[str, Consent]
) -> tuple[dict[str, Consent], bool]:
    """Return what stands of one identity's words, at most `CONSENTS_MAX`; was that reached?"""
    merged = dict(current)
    for key, word in words.items():
        old = merged.get(key)
        # Nearly always a later page of one browser: its weight need not be built.
        if old is None or word.at > old.at or weight(word) > weight(old):
            merged[key] = word
    if len(merged) <= CONSENTS_MAX:
        return merged, False
    ranked = sorted(merged, key=lambda key: (weight(merged[key]), key), reverse=True)
    return {key: merged[key] for key in ranked[:CONSENTS_MAX]}, True


def with_words(
    person: Person, words: Mapping[str, Consent], identity: int
) -> tuple[dict[str, Any], bool]:
    """Return the parts of a person that hold words, with more of them; was the limit reached?"""
    if not person.apart and _is_alone(person, identity):
        consents, is_over = with_consents(person.consents, words)
        return {"consents": consents}, is_over
    if _are_repeated(person, words, identity):
        return {"consents": {**person.consents, **words}}, False
    return weighed([*words_of(person), *words.items()], person.joints, person.apart)


def speakers_of(person: Person) -> set[int]:
    """Return the identities on which the words of a person were said."""
    found = {word.identity for word in person.consents.values()}
    return found.union(map(int, person.spoken)) if person.spoken else found


def has_spoken(person: Person, identity: int) -> bool:
    """Return whether words of the person were said on an identity."""
    # Plain loops here and in `_is_alone`: browsers ask with every page.
    for word in person.consents.values():
        if word.identity == identity:
            return True
    return bool(person.spoken) and str(identity) in person.spoken


def words_of(person: Person) -> list[Word]:
    """Return all words of a person that may count, as they were said."""
    spoken = person.spoken
    found = [(key, word) for pool in spoken.values() for key, word in pool.items()]
    for key, word in person.consents.items():
        if not spoken or key not in spoken.get(str(word.identity), ()):
            found.append((key, word))
    return found


def weighed(
    words: Iterable[Word],
    joints: Sequence[Joint],
    apart: Mapping[str, Apart],
    awaited: Collection[int] = (),
) -> tuple[dict[str, Any], bool]:
    """Return the parts of a person that hold words, and whether `CONSENTS_MAX` was reached.

    `joints` are kept of those who still speak, and of `awaited` ones. A refusal that stands against
    a later, wider grant of another part is kept at that grant's moment in `consents`, so that
    whoever reads the latest word hears it, and as it was said in `spoken`.
    """
    scales = _Scales(joints, apart)
    kept = _undominated(words, scales)
    is_over = len(kept) > CONSENTS_MAX
    if is_over:
        kept.sort(key=lambda word: (weight(word[1]), word[0]), reverse=True)
        del kept[CONSENTS_MAX:]
    stands, raised = _standing(kept, scales)
    spoken: dict[str, dict[str, Consent]] = {}
    for key, word in kept:
        if stands.get(key) is not word or key in raised:
            spoken.setdefault(str(word.identity), {})[key] = word
    for key, at in raised.items():
        stands[key] = replace(stands[key], at=at)
    speakers = {word.identity for _, word in kept}.union(awaited)
    return {"consents": stands, "spoken": spoken, "joints": reduced(joints, speakers)}, is_over


def fallen(person: Person) -> list[Fallen]:
    """Return the grants that another part's refusal keeps from standing, by what they are about."""
    if not person.spoken:
        return []
    scales = _Scales(person.joints, person.apart)
    words = words_of(person)
    refusals = _refusals(words, scales)
    found = []
    for about, grant in words:
        if not grant.is_granted or scales.is_unsure(grant) or _ends_only(grant):
            continue
        against = [(k, r) for k, r in refusals if _is_against(k, r, about, grant, scales)]
        if against:
            refused, refusal = max(against, key=lambda word: weight(word[1]))
            since = scales.since(grant, refusal)
            found.append(
                Fallen(about=about, grant=grant, refused=refused, refusal=refusal, since=since)
            )
    return sorted(found, key=lambda one: (one.about, weight(one.grant)))


class _Scales:
    """Since when two words were said by one; paths over the joints are walked once for each."""

    def __init__(self, joints: Sequence[Joint], apart: Mapping[str, Apart]) -> None:
        self._apart = apart
        self._near: dict[int, list[tuple[int, datetime]]] = {}
        for joint in joints:
            self._near.setdefault(joint.left, []).append((joint.right, joint.since))
            self._near.setdefault(joint.right, []).append((joint.left, joint.since))
        self._since: dict[int, dict[int, datetime]] = {}

    def are_one(self, left: Consent, right: Consent, at: datetime) -> bool:
        """Return whether two words were said on identities that were one at a moment."""
        if left.identity == right.identity:
            return True
        since = self.since(left, right)
        return since is not None and since <= at

    def since(self, left: Consent, right: Consent) -> datetime | None:
        """Return since when two identities are one on which words were said; None: unknown."""
        if left.identity not in self._since:
            self._since[left.identity] = self._walk(left.identity)
        return self._since[left.identity].get(right.identity)

    def is_unsure(self, word: Consent) -> bool:
        """Return whether probability alone makes a word the person's."""
        own = self._apart.get(str(word.identity)) if self._apart else None
        return own is not None and not own.is_confirmed

    def may_end(self, later: Consent, word: Consent) -> bool:
        """Return whether a later word may take the place of another: no hunch grants for others."""
        if not later.is_granted or not self.is_unsure(later):
            return True
        own = self._apart.get(str(word.identity))
        return own is not None and own.part == self._apart[str(later.identity)].part

    def _walk(self, start: int) -> dict[int, datetime]:
        found: dict[int, datetime] = {}
        ahead = list(self._near.get(start, ()))
        while ahead:
            identity, since = ahead.pop()
            if identity != start and identity not in found:
                found[identity] = since
                ahead += [(n, max(since, own)) for n, own in self._near[identity]]
        return found


def _undominated(words: Iterable[Word], scales: _Scales) -> list[Word]:
    """Return the words that no later one about the same has ended, said by who was one by then."""
    by_key: dict[str, dict[int, Consent]] = {}
    for key, word in words:
        pool = by_key.setdefault(key, {})
        old = pool.get(word.identity)
        if old is None or weight(word) > weight(old):
            pool[word.identity] = word
    return [
        (key, word)
        for key, pool in by_key.items()
        for word in pool.values()
        if len(pool) == 1 or not any(_ends(x, word, scales) for x in pool.values())
    ]


def _ends(later: Consent, word: Consent, scales: _Scales) -> bool:
    return (
        weight(later) > weight(word)
        and scales.are_one(later, word, later.at)
        and scales.may_end(later, word)
    )


def _standing(
    words: Sequence[Word], scales: _Scales
) -> tuple[dict[str, Consent], dict[str, datetime]]:
    """Return the word that stands about each, and refusals to be heard as if said later."""
    stands: dict[str, Consent] = {}
    raised: dict[str, datetime] = {}
    refusals = _refusals(words, scales)
    for key, word in words:
        if word.is_granted:
            against = [k for k, r in refusals if _is_against(k, r, key, word, scales)]
            if scales.is_unsure(word) or any(_covers(k, key) for k in against):
                continue
            for narrower in against:
                raised[narrower] = max(word.at, raised.get(narrower, word.at))
        old = stands.get(key)
        if old is None or weight(word) > weight(old):
            stands[key] = word
    return stands, {key: at for key, at in raised.items() if at > stands[key].at}


def _refusals(words: Sequence[Word], scales: _Scales) -> list[Word]:
    """Return the refusals that nobody of their own part took back by a wider grant."""
    grants = [(k, w) for k, w in words if w.is_granted and not _ends_only(w)]
    return [
        (key, word)
        for key, word in words
        if not word.is_granted
        and not any(_covers(k, key) and _ends(grant, word, scales) for k, grant in grants)
    ]


def _is_against(
    refused: str, refusal: Consent, granted: str, grant: Consent, scales: _Scales
) -> bool:
    """Return whether a refusal was said by another than who then said the grant."""
    return _overlap(refused, granted) and not scales.are_one(grant, refusal, grant.at)


def _ends_only(word: Consent) -> bool:
    """Return whether a word ends an objection and grants nothing by itself."""
    return word.proof.get("event") == RESUBSCRIBED


def _overlap(left: str, right: str) -> bool:
    """Return whether two keys may be about the same purpose on the same channel."""
    pairs = zip(left.split("|", 1), right.split("|", 1), strict=True)
    return all(one == two or EVERY in (one, two) for one, two in pairs)


def _covers(wide: str, narrow: str) -> bool:
    """Return whether a key is about all that another is about."""
    pairs = zip(wide.split("|", 1), narrow.split("|", 1), strict=True)
    return all(one in (two, EVERY) for one, two in pairs)


def _is_alone(person: Person, identity: int) -> bool:
    """Return whether no word of the person was said on another identity."""
    if person.spoken:
        return False
    for word in person.consents.values():  # noqa: SIM110
        if word.identity != identity:
            return False
    return True


def _are_repeated(person: Person, words: Mapping[str, Consent], identity: int) -> bool:
    """Return whether words only repeat later, on the same identity, what stands unopposed.

    That is what browsers do with every page; it changes no other word.
    """
    pools = [person.consents, *person.spoken.values()]
    for key, word in words.items():
        old = person.consents.get(key)
        if (
            old is None
            or old.identity != identity
            or old.is_granted != word.is_granted
            or weight(old) > weight(word)
            or any(key in pool for pool in pools[1:])
            # What speaks against it takes its weight from when it was said last.
            or any(_is_opposed(key, word, pool) for pool in pools)
        ):
            return False
    return True


def _is_opposed(key: str, word: Consent, pool: Mapping[str, Consent]) -> bool:
    """Return whether a word of the other kind is about what may be the same."""
    return any(
        other.is_granted != word.is_granted and _overlap(key, about)
        for about, other in pool.items()
    )


def weight(word: Consent) -> tuple[datetime, bool, int]:
    """Return what orders words: the later one, of one moment the one that withdraws."""
    return (word.at, not word.is_granted, word.stamp)
