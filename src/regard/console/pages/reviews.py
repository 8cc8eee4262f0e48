"""Reviews: who might be who? Questions that wait for a human, side by side.

What a linker proposes, what evidence could not join and what reached a limit. Every answer is an
act with who and why; one is taken back like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from starlette.requests import Request

from regard.console.charts.waterfall import weights_of
from regard.console.desk import Desk
from regard.console.identity_views import Facet, ReviewDetail, ReviewItem, ReviewsView
from regard.console.identity_words import act_words, kind_words, names
from regard.console.moments import local
from regard.console.pages.dossier import label_of
from regard.console.pages.identity import neighbours
from regard.console.reasons import limit_words, rule_words, who_words
from regard.console.records import Tone
from regard.console.why import shown
from regard.console.wording import Wording
from regard.core.event import Identifier
from regard.core.ids import identity_of
from regard.core.person import Person
from regard.core.ports import Reading
from regard.core.program import Program
from regard.core.rows import Review, ReviewRow

REVIEWS_MAX = 200
"""Questions in the queue; the newest come first, the others when these are answered."""

KINDS: Mapping[str, tuple[str, Tone]] = {
    "proposed": ("probable", "accent"),
    "refused": ("contradiction", "warn"),
    "shared": ("shared", "warn"),
    "limit": ("limit", "bad"),
}
ASKS: Mapping[str, str] = {
    "proposed": "Are they one person?",
    "refused": "Something says that they are one, something stronger that they are not.",
    "shared": "More than one person has it, so it links nobody. Are they one person after all?",
    "limit": "A limit was reached. The person is served as before; should something change?",
}
ANSWERS = (("a", "one", "One person"), ("n", "never", "Never one"), ("d", "leave", "Leave it"))
KIND_WORDS = (("", "All"), ("proposed", "Probable"), ("refused", "Contradictions"),
              ("shared", "Shared"), ("limit", "Limits"))  # fmt: skip
ALWAYS_SHOWN = ("name", "first_name", "last_name", "email", "phone")


def view(request: Request, desk: Desk) -> ReviewsView:
    """Return the queue; ``kind`` filters, ``open`` shows one, ``done`` is the act just said."""
    program, query = desk.program(), request.query_params
    kind = query.get("kind", "") if query.get("kind") in KINDS else ""
    with desk.library.reading() as reading:
        said = reading.identities.act(query["done"]) if query.get("done") else None
        done = said.act if said else None
        rows = [
            row
            for row in reading.identities.reviews(kind, REVIEWS_MAX)
            if done is None or done.answers != row.review.review_id
        ]
        chosen = _chosen(rows, query.get("open", ""), reading)
        detail = _detail(chosen, reading, program) if chosen else None
    order = [row.review.review_id for row in rows]
    here = order.index(chosen.review.review_id) if chosen and chosen in rows else -1
    return ReviewsView(
        now=desk.clock.now(),
        zone=program.company.zone,
        kind=kind,
        kinds=KIND_WORDS,
        items=tuple(_item(row) for row in rows),
        open=detail,
        before_id=order[here - 1] if here > 0 else "",
        next_id=order[here + 1] if 0 <= here < len(order) - 1 else "",
        done=act_words(done) if done else "",
        done_act=done.act_id if done else "",
        is_full=len(rows) == REVIEWS_MAX,
    )


def _chosen(rows: Sequence[ReviewRow], review_id: str, reading: Reading) -> ReviewRow | None:
    asked = next((row for row in rows if row.review.review_id == review_id), None)
    if asked is None and review_id:
        asked = reading.identities.review(review_id)
    return asked or (rows[0] if rows else None)


def _item(row: ReviewRow) -> ReviewItem:
    review, (word, tone) = row.review, KINDS[row.review.kind]
    who = [who_words(label, person_id) for person_id, label in row.persons]
    if not review.right:
        who = [identifier.value for identifier in review.left]  # a place has no name of its own
    about = (kind_words(i) if not review.right else i.value for i in (*review.left, *review.right))
    return ReviewItem(
        review_id=review.review_id,
        kind=review.kind,
        word=word,
        tone=tone,
        who=" and ".join(dict.fromkeys(who[:2])) or "somebody",
        about=" and ".join([*about][:2]) or limit_words(review.rule),
        confidence=review.confidence if review.kind == "proposed" else None,
        opened_at=review.opened_at,
    )


def _detail(row: ReviewRow, reading: Reading, program: Program) -> ReviewDetail:
    review = row.review
    left, right, more_count = _sides(review, reading)
    people = [_person(side, reading) for side in (left, right) if side]
    is_settled = len(people) == 2 and people[0].id == people[1].id
    answered = reading.identities.act(row.answered_by) if row.answered_by else None
    return ReviewDetail(
        item=_item(row),
        asks=ASKS[review.kind],
        detail=_words(review),
        left=left,
        right=right,
        people=tuple((person.id, _label(person, review)) for person in people),
        more_count=more_count,
        facets=_facets(people, (left, right), reading, program) if len(people) == 2 else (),
        weights=weights_of(review.reasons),
        forbidden_by=review.act_id if review.kind == "refused" else "",
        is_settled=is_settled,
        answered=act_words(answered.act) if answered else "",
        answers=_answers(review, left, right, more_count, is_settled=is_settled),
    )


def _sides(
    review: Review, reading: Reading
) -> tuple[tuple[Identifier, ...], tuple[Identifier, ...], int]:
    """Return the identifiers of both sides, and how many more people a shared one concerns."""
    if review.right or not review.left:
        return review.left, review.right, 0
    only = review.left[0]
    found = neighbours(identity_of(only.kind, only.value), reading)
    if review.kind == "limit" or not found:
        return review.left, (), 0
    sides = [(one.identifier,) for one in found[:2]]
    return sides[0], sides[1] if len(sides) > 1 else (), max(len(found) - 2, 0)


def _answers(
    review: Review,
    left: Sequence[Identifier],
    right: Sequence[Identifier],
    more_count: int,
    *,
    is_settled: bool,
) -> tuple[tuple[str, str, str], ...]:
    if not right or more_count or is_settled:
        return ANSWERS[2:]
    if review.kind == "refused" and review.rule == "never":
        return ANSWERS[2:]  # a link would be said in vain while the other act stands
    return ANSWERS if left else ANSWERS[2:]


def _words(review: Review) -> str:
    what = kind_words(review.left[0]) if review.left and not review.right else ""
    why = limit_words(review.rule) if review.kind == "limit" else rule_words(review.rule)
    return ", ".join(filter(None, (what, why, review.detail)))


def _person(side: Sequence[Identifier], reading: Reading) -> Person:
    person_id = reading.people.find(side[0]) or ""
    return reading.people.read(person_id) or Person(id=person_id)


def _label(person: Person, review: Review) -> str:
    return label_of(person) if person.id else names(review.left)


def _facets(
    people: Sequence[Person],
    sides: Sequence[Sequence[Identifier]],
    reading: Reading,
    program: Program,
) -> tuple[Facet, ...]:
    """Return what is known of two persons beside each other: traits, identifiers, moments."""
    wording, zone = Wording(program), program.company.zone
    left, right = people
    traits = {*left.claims, *right.claims}
    order = sorted(traits, key=lambda n: (_rank(n), n))
    several = {kind.kind for kind in program.identity.kinds if not kind.is_exclusive}

    def told(name: str, one: str, other: str) -> Facet:
        facet = _facet(name.replace("_", " "), one, other)
        # One person may have several of most kinds: that they differ says nothing.
        is_quiet = name in several and facet.state == "differs"
        return replace(facet, state="one") if is_quiet else facet

    found = [told(n, _trait(left, n), _trait(right, n)) for n in order]
    known = [_known(person, side, reading) for person, side in zip(people, sides, strict=True)]
    for kind in sorted({*known[0], *known[1]} - traits):
        found.append(told(kind, *(", ".join(sorted(side.get(kind, ()))) for side in known)))
    consents = [_consents(person, wording) for person in people]
    seen = [local(p.last_seen_at, zone) if p.last_seen_at else "" for p in people]
    for name, (one, other) in (("consents", consents), ("last seen", seen)):
        found.append(Facet(name=name, left=one, right=other, state="one"))
    return tuple(facet for facet in found if facet.left or facet.right)


def _rank(name: str) -> int:
    return ALWAYS_SHOWN.index(name) if name in ALWAYS_SHOWN else len(ALWAYS_SHOWN)


def _trait(person: Person, name: str) -> str:
    value = person.trait(name)
    return "" if value is None else shown(value)


def _facet(name: str, left: str, right: str) -> Facet:
    if not left or not right:
        return Facet(name=name, left=left, right=right, state="one")
    same = left.casefold() == right.casefold()
    return Facet(name=name, left=left, right=right, state="same" if same else "differs")


def _known(person: Person, side: Sequence[Identifier], reading: Reading) -> dict[str, set[str]]:
    rows, _ = reading.people.identifiers(person.id)
    named = [row.identifier for row in rows if not row.is_shared] or side
    found: dict[str, set[str]] = {}
    for identifier in named:
        found.setdefault(identifier.kind, set()).add(identifier.value)
    return found


def _consents(person: Person, wording: Wording) -> str:
    granted = {
        wording.purpose(key.partition("|")[0])
        for key, word in person.consents.items()
        if word.is_granted
    }
    return ", ".join(sorted(granted))
