"""Rebuilding every view from the journal alone: the proof that the journal is the only truth.

Reads the journal twice: first identity is resolved for all inputs, then every entry, input and
derived, is folded and projected in order. Nothing is decided again and nothing is sent.
`verify` compares the bytes of every view before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from regard.core.attribution import owners_by_offset
from regard.core.errors import Refused
from regard.core.event import MessageClaimed, PolicyTrained
from regard.core.facts import Entry
from regard.core.joining import heard
from regard.core.ports import LOOP
from regard.core.rules import IdentityRules
from regard.core.storage import Store, Writing
from regard.identity import resolve
from regard.runtime.folding import END, blanks, set_aside
from regard.runtime.kernel import Kernel
from regard.runtime.learner import keep_place
from regard.runtime.projection import Projector

PAGE = 1_000

Progress = Callable[[int, int], None]


def rebuild(store: Store, kernel: Kernel, rules: IdentityRules, progress: Progress) -> int:
    """Empty all views and fold the journal again; return the number of entries folded.

    `progress` gets (entries done, entries in all), counting both passes. Raises `Refused` when
    inputs still wait to be stepped: what they will cause is not in the journal yet.
    """
    with store.writing() as writing:
        cursor, total = writing.states.cursor(LOOP), writing.journal.last()
        waiting = writing.queue.take(1)
    if waiting:
        raise Refused(
            f"Input {waiting[0][0].offset} has not been stepped yet.",
            hint="Let `regard serve` catch up, stop it, and rebuild again.",
        )
    store.forget_views()
    failed: set[int] = set()
    for entries in _pages(store, total):
        failed |= set_aside(entries)
        with store.writing() as writing:
            _resolve(writing, [e for e in entries if e.cause == 0], rules)
        progress(entries[-1].offset, 2 * total)
    for entries in _pages(store, total):
        learned = [e.offset for e in entries if isinstance(e.body, PolicyTrained)]
        with store.writing() as writing:
            _fold(writing, entries, kernel, failed)
            if learned:
                keep_place(writing, learned[-1])
        progress(total + entries[-1].offset, 2 * total)
    with store.writing() as writing:
        pending = writing.states.pending()
        merged = [loser for losers in pending.losers.values() for loser in losers]
        writing.states.save((), sorted({*merged, *pending.stale}))
        if cursor:
            writing.states.advance(LOOP, 0, cursor)
    return total


def verify(store: Store, kernel: Kernel, rules: IdentityRules, progress: Progress) -> Sequence[str]:
    """Rebuild and return the names of the views whose bytes changed (none: all is well)."""
    before = store.digest()
    rebuild(store, kernel, rules, progress)
    after = store.digest()
    return sorted(name for name in before if before[name] != after.get(name))


def _pages(store: Store, total: int) -> Iterator[list[Entry]]:
    offset = 0
    while offset < total:
        with store.reading() as reading:
            found = reading.tail.after(offset, PAGE)
        offset = found[-1][0].offset
        yield [entry for entry, _, _ in found]


def _resolve(writing: Writing, inputs: Sequence[Entry], rules: IdentityRules) -> None:
    if not inputs:
        return

    def history(identities: Sequence[int]) -> Sequence[Entry]:
        return writing.journal.of_identities(identities, END)

    resolve(inputs, writing.graph, rules, history)


def _fold(
    writing: Writing, entries: Sequence[Entry], kernel: Kernel, failed: Collection[int]
) -> None:
    owners = owners_by_offset(writing.graph, entries)
    persons = dict(writing.states.load(sorted(set(owners.values()))))
    persons |= blanks(writing.graph, sorted(set(owners.values()) - persons.keys()))
    for entry in entries:
        person_id = owners.get(entry.offset)
        if person_id is not None and entry.offset not in failed:
            person = heard(writing.graph, kernel, persons[person_id], entry)
            persons[person_id] = kernel.fold(person, entry)
    changed = [persons[p] for p in sorted(set(owners.values())) if p in persons]
    writing.states.save([person for person in changed if person.stamp], ())
    _project(writing, entries)


def _project(writing: Writing, entries: Sequence[Entry]) -> None:
    """Project in order; a claim changes its message between what was decided and settled."""
    projector = Projector()
    for entry in entries:
        if isinstance(entry.body, MessageClaimed):
            writing.registers.project(projector.done())
            projector = Projector()
            claim = entry.body
            writing.registers.claim([claim.message_id], claim.token, entry.received_at)
        projector.add(entry)
    writing.registers.project(projector.done())
