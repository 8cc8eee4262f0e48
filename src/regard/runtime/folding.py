"""Persons folded from nothing: who has no state yet, and who must be folded again.

A person is the fold of their own entries (`core.attribution`), by the parts that only somebody's
word joins (`Cluster.apart`). The loop and a rebuild begin with the same blank person, so that they
come to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from regard.core.attribution import own_entries
from regard.core.facts import Entry, StepFailed
from regard.core.graph import Apart, Cluster, Login
from regard.core.person import Person
from regard.core.storage import GraphDrawer, Writing
from regard.runtime.kernel import Kernel


def set_aside(entries: Iterable[Entry]) -> set[int]:
    """Return the offsets of inputs that deciding failed on: no person knows of them."""
    return {entry.cause for entry in entries if type(entry.body) is StepFailed}


def blanks(graph: GraphDrawer, person_ids: Sequence[str]) -> dict[str, Person]:
    """Return persons who have no state yet, blank but for what joins them."""
    found = graph.clusters(person_ids, with_members=False) if person_ids else {}
    persons = {}
    for person_id in person_ids:
        apart: Mapping[str, Apart] = {}
        if person_id in found and found[person_id][0].apart:
            cluster, members = graph.clusters([person_id])[person_id]
            logins = _logins(graph, [node.identity for node in members])
            apart = _apart(cluster, logins)
        persons[person_id] = Person(id=person_id, apart=dict(apart))
    return persons


def refolded(writing: Writing, kernel: Kernel, person_id: str, below: int) -> Person | None:
    """Return a person folded again from all their entries below a stamp; None: there are none."""
    found = writing.graph.clusters([person_id])
    if person_id not in found:
        return None
    cluster, members = found[person_id]
    own = [node.identity for node in members]
    logins = _logins(writing.graph, own)
    devices = sorted({login.device for login in logins})
    anchors = writing.graph.nodes(sorted({login.anchor for login in logins}))
    entries = writing.journal.of_identities(sorted({*own, *devices}), below)
    person = Person(id=person_id, apart=_apart(cluster, logins))
    failed = set_aside(entries)
    for entry in own_entries(person_id, entries, devices, logins, anchors):
        if entry.offset not in failed:
            person = kernel.fold(person, entry)
    return person if person.stamp else None


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
