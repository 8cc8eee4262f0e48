"""Persons folded from nothing: who has no state yet, and who must be folded again.

A person is the fold of their own entries (`core.attribution`), by the parts that only somebody's
word joins (`Cluster.apart`). The loop and a rebuild begin with the same blank person, so that they
come to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from regard.core.attribution import own_entries
from regard.core.event import PersonRevised
from regard.core.facts import Entry, StepFailed
from regard.core.graph import Apart, Cluster, Login
from regard.core.ids import message_key
from regard.core.joining import heard
from regard.core.person import Person
from regard.core.storage import GraphDrawer, Writing
from regard.runtime.kernel import Kernel

END = 2**62
"""A stamp above all others."""


def set_aside(entries: Iterable[Entry]) -> set[int]:
    """Return the offsets of inputs that deciding failed on: no person knows of them."""
    return {entry.cause for entry in entries if type(entry.body) is StepFailed}


def blanks(graph: GraphDrawer, person_ids: Sequence[str]) -> dict[str, Person]:
    """Return persons who have no state yet, blank but for what joins them."""
    found = graph.clusters(person_ids, with_members=False) if person_ids else {}
    persons = {}
    for person_id in person_ids:
        apart: Mapping[str, Apart] = {}
        disowned: tuple[str, ...] = ()
        if person_id in found:
            disowned = found[person_id][0].disowned
        if person_id in found and found[person_id][0].apart:
            cluster, members = graph.clusters([person_id])[person_id]
            logins = _logins(graph, [node.identity for node in members])
            apart = _apart(cluster, logins)
        persons[person_id] = Person(id=person_id, apart=dict(apart), disowned=disowned)
    return persons


def refolded(writing: Writing, kernel: Kernel, person_id: str) -> Person | None:
    """Return a person folded again from all that was stepped about them; None: there is nothing."""
    found = writing.graph.clusters([person_id], with_members=False)
    if person_id not in found:
        return None
    cluster = found[person_id][0]
    own = writing.graph.identities_of(person_id)
    logins = _logins(writing.graph, own)
    devices = sorted({login.device for login in logins})
    anchors = writing.graph.nodes(sorted({login.anchor for login in logins}))
    entries = writing.journal.of_identities(sorted({*own, *devices}), END)
    person = Person(id=person_id, apart=_apart(cluster, logins), disowned=cluster.disowned)
    failed = set_aside(entries)
    waiting = writing.queue.waiting({entry.cause or entry.offset for entry in entries})
    for entry in own_entries(person_id, entries, devices, logins, anchors):
        if entry.offset not in failed and (entry.cause or entry.offset) not in waiting:
            person = kernel.fold(person, entry)
    return heard(writing.graph, kernel, person) if person.stamp else None


def mend(writing: Writing, kernel: Kernel) -> list[str]:
    """Absorb merged persons and fold stale ones again, before anything is decided on them.

    Return the ids of those who are there now.
    """
    pending = writing.states.pending()
    if not pending.losers and not pending.stale:
        return []
    writing.alone()
    pending = writing.states.pending()
    mended: list[str] = []
    for winner, losers in pending.losers.items():
        states = writing.states.load([winner, *losers])
        person = states.get(winner) or blanks(writing.graph, [winner])[winner]
        for loser in losers:
            if loser in states:
                person = kernel.join(person, states[loser])
        person = heard(writing.graph, kernel, person)
        writing.states.save([person] if person.stamp else [], losers)
        mended += [winner] if person.stamp else []
    for person_id in sorted(pending.stale):
        folded = refolded(writing, kernel, person_id)
        writing.states.save([folded] if folded else [], [] if folded else [person_id])
        mended += [person_id] if folded else []
    return mended


def revised(
    writing: Writing, mended: Iterable[str], now: datetime
) -> tuple[list[Entry], list[bytes]]:
    """Return the inputs, and their keys, that tell that persons are others than they were."""
    found = writing.graph.clusters(sorted(set(mended)))
    offset = writing.journal.last()
    entries, keys = [], []
    for person_id, (_, members) in sorted(found.items()):
        own = min(members, key=lambda node: (bool(node.shared), node.identity))
        offset += 1
        body = PersonRevised(person_id=person_id)
        entries.append(
            Entry(offset=offset, identity=own.identity, at=now, received_at=now, body=body)
        )
        keys.append(message_key("revised", f"{person_id}@{offset}"))
    return entries, keys


def _logins(graph: GraphDrawer, own: Sequence[int]) -> Sequence[Login]:
    """Return the logins on the shared devices that some identities logged in on, or are."""
    near = sorted({*own, *graph.devices_of(own)})
    shared = [i for i, node in graph.nodes(near).items() if node.shared]
    return graph.logins(shared) if shared else ()


def _apart(cluster: Cluster, logins: Iterable[Login]) -> dict[str, Apart]:
    """Return who is apart in a person; of a shared device, whoever of them logged in there."""
    if not cluster.apart:
        return {}
    on_devices = {
        str(login.device): cluster.apart[str(login.anchor)]
        for login in logins
        if str(login.anchor) in cluster.apart
    }
    return on_devices | cluster.apart
