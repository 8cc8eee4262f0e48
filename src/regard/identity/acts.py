"""Making acts: what somebody wishes to say about identifiers, checked against what is known.

In: a `Wish` from the API, the console or a terminal, and what is read. Out: an `IdentityAct` and
its draft, or `Refused` with what to do instead. An act only ever names identifiers that were seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from regard.core.errors import Refused
from regard.core.event import Identifier, IdentityAct, IdentityVerb
from regard.core.facts import PersonsMerged
from regard.core.graph import Node
from regard.core.ids import derived_id, identity_of, message_key
from regard.core.ports import Draft, GraphReader, Identities, Reading
from regard.core.rules import IdentityRules
from regard.core.rulings import undone
from regard.identity.preview import Preview, preview
from regard.identity.strength import Kinds, anchor
from regard.identity.union import Find

NAMED_MAX = 1_000
"""Identifiers that one act may name; nobody has more."""

_NO_REASONS: Mapping[str, float] = MappingProxyType({})


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody wishes to say. `wish_id` makes a retry harmless; `undoes` is the id of an act,
    `merge` the offset of a merge that evidence made. The other fields are those of `IdentityAct`.
    """

    wish_id: str
    verb: IdentityVerb
    left: tuple[Identifier, ...] = ()
    right: tuple[Identifier, ...] = ()
    by: str = ""
    why: str = ""
    rule: str = "human"
    confidence: float = 1.0
    reasons: Mapping[str, float] = _NO_REASONS
    answers: str = ""
    undoes: str = ""
    merge: int = 0


def act_of(wish: Wish, reading: Reading, rules: IdentityRules, now: datetime) -> IdentityAct:
    """Return the act that a wish comes to; raise `Refused` when it makes no sense now."""
    identities = reading.identities
    said = identities.act(_act_id(wish))
    if said is not None:
        return said.act  # a retry: its draft is a duplicate
    if wish.verb == "undo":
        return _undo(wish, identities) if wish.undoes else _unmerge(wish, reading, rules)
    if wish.verb == "dismiss":
        return _dismissal(wish, identities)
    sides = _sides(wish, identities.graph)
    act = _act(wish, *sides)
    if wish.verb == "link":
        _refuse_in_vain(preview(identities.graph, act, now, rules))
    return act


def draft_of(act: IdentityAct, now: datetime) -> Draft:
    """Return the input that journals an act; the same act again is a duplicate."""
    first = act.left[0] if act.left else None
    return Draft(
        key=message_key("identity", act.act_id),
        identity=identity_of(first.kind, first.value) if first else 0,
        at=now,
        received_at=now,
        body=act,
    )


def _act(
    wish: Wish, left: Sequence[Identifier], right: Sequence[Identifier], person_id: str = ""
) -> IdentityAct:
    return IdentityAct(
        act_id=_act_id(wish),
        act=wish.verb,
        left=tuple(left),
        right=tuple(right),
        by=wish.by,
        why=wish.why,
        rule=wish.rule,
        confidence=wish.confidence,
        reasons=dict(wish.reasons),
        person_id=person_id,
        answers=wish.answers,
    )


def _act_id(wish: Wish) -> str:
    return derived_id("act", wish.wish_id)


def _sides(
    wish: Wish, graph: GraphReader
) -> tuple[Sequence[Identifier], Sequence[Identifier], str]:
    """Return whom an act names on which side, and the person that a split is of."""
    if not wish.left or (not wish.right and wish.verb != "split"):
        raise Refused(
            "An act names identifiers on both sides.",
            code="bad_act",
            hint="left: [user_id:ada], right: [email:ada@example.com]",
        )
    if set(wish.left) & set(wish.right):
        raise Refused("An identifier stands on both sides.", code="bad_act")
    if len(wish.left) + len(wish.right) > NAMED_MAX:
        raise Refused(f"An act names at most {NAMED_MAX} identifiers.", code="bad_act")
    if not 0 < wish.confidence <= 1:
        raise Refused("A confidence is above 0, and at most 1.", code="bad_act")
    nodes = [_known(graph, identifier) for identifier in (*wish.left, *wish.right)]
    if wish.verb != "split":
        return wish.left, wish.right, ""
    persons = {node.person_id for node in nodes}
    if len(persons) > 1:
        raise Refused(
            "These identifiers are not one person.",
            code="not_one",
            hint="`never` says that they never shall be.",
        )
    person_id = persons.pop()
    members = graph.clusters([person_id])[person_id][1]
    stays = wish.right or [n.identifier for n in members if n.identifier not in wish.left]
    if not stays:
        raise Refused("Nothing of the person would stay.", code="bad_act")
    return wish.left, stays, person_id


def _known(graph: GraphReader, identifier: Identifier) -> Node:
    identity = identity_of(identifier.kind, identifier.value)
    node = graph.nodes([identity]).get(identity)
    if node is None or node.identifier != identifier:
        raise Refused(
            f"Nobody is known by this {identifier.kind}.",
            code="not_found",
            hint="An act is about identifiers that some event named.",
        )
    return node


def _refuse_in_vain(outlook: Preview) -> None:
    if not outlook.refused:
        return
    refused = outlook.refused[0]
    hint = "Two of what a person has one of are made one by a human only."
    if refused.act_id:
        hint = f"Act {refused.act_id} says that they are not one: undo it first."
    raise Refused("Something stronger is against it.", code="contradicted", hint=hint)


def _undo(wish: Wish, identities: Identities) -> IdentityAct:
    ruling = identities.act(wish.undoes)
    if ruling is None or ruling.act.act == "undo":
        raise Refused(
            f"There is no act {wish.undoes!r} to take back.",
            code="not_found",
            hint="What an undo took back is said again by a new act.",
        )
    act = ruling.act
    ids = [identity_of(i.kind, i.value) for i in (*act.left, *act.right)]
    if act.act_id in undone(identities.graph.rulings(ids)):
        raise Refused(f"Act {act.act_id} was taken back already.", code="undone")
    taken = replace(wish, answers=act.answers)
    return replace(_act(taken, act.left, act.right), undoes=act.act_id)


def _dismissal(wish: Wish, identities: Identities) -> IdentityAct:
    row = identities.review(wish.answers)
    if row is None:
        raise Refused(f"There is no question {wish.answers!r}.", code="not_found")
    return _act(wish, row.review.left, row.review.right)


def _unmerge(wish: Wish, reading: Reading, rules: IdentityRules) -> IdentityAct:
    """Return the split that takes back a merge which evidence made."""
    is_place = 0 < wish.merge <= reading.tail.last()
    found = reading.tail.after(wish.merge - 1, 1) if is_place else ()
    entry = found[0][0] if found else None
    if entry is None or not isinstance(entry.body, PersonsMerged):
        raise Refused(
            f"There is no merge at {wish.merge}." if wish.merge else "Nothing is named to undo.",
            code="not_found",
            hint="Say `undoes`: the id of an act, or `merge`: the offset of a merge.",
        )
    kinds = {kind.kind: kind for kind in rules.kinds}
    left, right, person_id = _parts_of(entry.body, entry.cause, reading.identities.graph, kinds)
    split = replace(wish, verb="split")
    return _act(split, left, right, person_id)


def _parts_of(
    merged: PersonsMerged, cause: int, graph: GraphReader, kinds: Kinds
) -> tuple[list[Identifier], list[Identifier], str]:
    """Return who leaves and who stays when the evidence of one event is left out."""
    one, two = (_known(graph, identifier) for identifier in (merged.left, merged.right))
    if one.person_id != two.person_id:
        raise Refused("They are not one any more.", code="not_one")
    members = {n.identity: n for n in graph.clusters([one.person_id])[one.person_id][1]}
    rest = Find()
    for edge in graph.edges(identities=sorted(members)):
        if edge.offset != cause and edge.left in members and edge.right in members:
            rest.unite(edge.pair)
    if rest.root(one.identity) == rest.root(two.identity):
        raise Refused(
            "Other evidence joins them as well.",
            code="still_one",
            hint="Split by naming the identifiers that shall leave.",
        )
    parts = {
        root: [i for i in members if rest.root(i) == root]
        for root in (rest.root(one.identity), rest.root(two.identity))
    }
    leaves = max(parts.values(), key=lambda part: min(anchor(members[i], kinds) for i in part))
    left = [members[i].identifier for i in leaves]
    stays = [node.identifier for i, node in members.items() if i not in leaves]
    return left, stays, one.person_id
