"""What people at the desk say about who is one person: merge, split, never, undo, answers.

A form in, an `IdentityAct` appended through the intake, the address to go on to out. Refused: an
act without a reason, about people who are not as they were shown, or one that makes no sense now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from regard.console.acts import SOURCE
from regard.console.desk import Desk
from regard.console.pages.dossier import person_known, ranks
from regard.core.errors import Refused
from regard.core.event import Identifier, IdentityAct, IdentityVerb
from regard.core.graph import Node
from regard.core.ids import derived_id
from regard.core.ports import GraphReader, Reading
from regard.core.rules import IdentityRules
from regard.identity import Wish, act_of, draft_of

BY_CHARS_MAX, WHY_CHARS_MAX = 80, 500

Form = Mapping[str, str]
VERBS: Mapping[str, IdentityVerb] = {"one": "link", "never": "never", "leave": "dismiss"}
"""Answers to a question, and what they say."""


async def split(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Let the chosen identifiers leave the person."""
    person_id = request.path_params["person_id"]
    _check_why(form)

    def read(reading: Reading) -> Wish:
        return split_wish(own_nodes(reading.identities.graph, alive(reading, person_id)), form)

    await _say(desk, read)
    return f"/people/{person_id}/identity#past"


async def merge(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Say that the person is one with another."""
    person_id = request.path_params["person_id"]
    _check_why(form)

    def read(reading: Reading) -> Wish:
        people = (alive(reading, person_id), alive(reading, form.get("with", "")))
        return merge_wish(reading.identities.graph, people, desk.program().identity, form)

    await _say(desk, read)
    return f"/people/{person_id}/identity#past"


async def undo(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Take an act back."""
    act_id = request.path_params["act_id"]
    _check_why(form)
    await _say(desk, lambda _reading: undo_wish(act_id, form))
    return f"/identity/{quote(act_id, safe='')}"


async def answer(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Answer a question of the queue: one person, never one, or leave it as it is."""
    review_id = request.path_params["review_id"]
    act = await _say(desk, lambda reading: _answer_wish(reading, review_id, form))
    then = {"open": form.get("next", ""), "kind": form.get("kind", ""), "done": act.act_id}
    return "/reviews?" + "&".join(f"{k}={quote(v, safe='')}" for k, v in then.items() if v)


def split_wish(nodes: Sequence[Node], form: Form) -> Wish:
    """Return the wish to split a person whose own identifiers are `nodes`, by the sides of a form.

    `form` gives identities by comma as ``leaves`` and ``stays``; what is in neither belongs to
    both and will stand apart. Raises `Refused` unless something leaves and something stays.
    """
    known = {str(node.identity): node.identifier for node in nodes}
    sides = [[i for i in form.get(name, "").split(",") if i] for name in ("leaves", "stays")]
    if any(i not in known for side in sides for i in side):
        raise Refused(
            "This person is not as they were when the page was shown.",
            code="moved_on",
            hint="Look at their identifiers again.",
        )
    if not all(sides):
        raise Refused(
            "A split needs an identifier that leaves and one that stays.",
            code="nothing_to_split",
            hint="Choose again.",
        )
    left, right = (tuple(known[i] for i in side) for side in sides)
    return _wish("split", form, left=left, right=right)


def merge_wish(
    graph: GraphReader, people: tuple[str, str], rules: IdentityRules, form: Form
) -> Wish:
    """Return the wish that two persons are one, named by their strongest identifiers."""
    if people[0] == people[1]:
        raise Refused("They are one person already.", code="same_person", hint="Choose another.")
    left, right = ((strongest(own_nodes(graph, one), rules),) for one in people)
    return _wish("link", form, left=left, right=right)


def undo_wish(act_id: str, form: Form) -> Wish:
    """Return the wish to take an act back."""
    return _wish("undo", form, undoes=act_id)


def own_nodes(graph: GraphReader, person_id: str) -> Sequence[Node]:
    """Return the identifiers of a person; raise `Refused` when there are none."""
    found = graph.clusters([person_id]).get(person_id)
    if found is None or not found[1]:
        raise Refused(
            f"No identifier leads to {person_id}.",
            code="not_found",
            hint="Search for the person again.",
        )
    return found[1]


def strongest(nodes: Sequence[Node], rules: IdentityRules) -> Identifier:
    """Return the strongest of some identifiers, by kind and by who was seen first."""
    rank = ranks(rules)
    first = min(nodes, key=lambda n: (rank(n), n.first_at, n.identity))
    return first.identifier


def alive(reading: Reading, person_id: str) -> str:
    """Return the id that a person bears now; raise `Refused` when nobody is known by it."""
    return person_known(reading, person_id).id


def _wish(verb: IdentityVerb, form: Form, **fields: Any) -> Wish:
    named = map(str, (*fields.get("left", ()), "|", *fields.get("right", ())))
    # The moment at which the form was shown: sent twice, it is one act.
    wish_id = derived_id(
        SOURCE,
        verb,
        form.get("shown", ""),
        fields.get("undoes", ""),
        fields.get("answers", ""),
        *named,
    )
    return Wish(
        wish_id=wish_id,
        verb=verb,
        by=form.get("by", "").strip()[:BY_CHARS_MAX] or SOURCE,
        why=form.get("why", "").strip()[:WHY_CHARS_MAX],
        **fields,
    )


async def _say(desk: Desk, read: Callable[[Reading], Wish]) -> IdentityAct:
    now = desk.clock.now()

    def make() -> IdentityAct:
        with desk.library.reading() as reading:
            return act_of(read(reading), reading, desk.program().identity, now)

    act = await run_in_threadpool(make)
    await desk.intake.append([draft_of(act, now)])
    return act


def _check_why(form: Form) -> None:
    if not form.get("why", "").strip():
        raise Refused(
            "Who is one person is never changed without a reason.",
            code="why_missing",
            hint="Say why, for those who look at it later.",
        )


def _answer_wish(reading: Reading, review_id: str, form: Form) -> Wish:
    row = reading.identities.review(review_id)
    if row is None:
        raise Refused("There is no such question.", code="not_found", hint="Look at Reviews.")
    verb = VERBS.get(form.get("answer", ""))
    if verb is None:
        raise Refused("That is no answer.", code="no_answer", hint="Send one, never or leave.")
    left, right = row.review.left, row.review.right
    if verb != "dismiss" and not right:
        left, right = (_identifiers(form.get(name, "")) for name in ("left", "right"))
    if verb != "dismiss" and not (left and right):
        raise Refused(
            "It is not said who is meant.", code="no_sides", hint="Open the question again."
        )
    why = form.get("why", "").strip() or "answered in the review queue"
    return _wish(verb, {**form, "why": why}, left=left, right=right, answers=review_id)


def _identifiers(text: str) -> tuple[Identifier, ...]:
    kind, colon, value = text.partition(":")
    return (Identifier(kind, value),) if colon and value else ()
