"""Random lives of a store: after every step all stores answer every question alike.

The in-memory twin stands in for the store on disk in stories and in the simulator. This is why
it may: the same transactions, some of them failing, and the same answers, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from regard.core.errors import Broken, Fenced
from regard.core.event import Identifier
from regard.core.graph import GraphChange
from regard.core.storage import Projection, Store, Writing
from tests.store.cast import (
    case,
    cluster,
    content,
    decided,
    edge,
    entry,
    identity,
    key,
    login,
    moment,
    node,
    outcome,
    person,
    promise,
    rejected,
    remark,
    run,
)
from tests.store.conftest import HOUSES
from tests.store.everything import (
    AUDIENCES,
    CAST,
    MESSAGES,
    PEOPLE,
    REMARKED,
    everything,
)

identifiers = st.sampled_from(CAST)
people = st.sampled_from(PEOPLE)
ids = st.sampled_from(MESSAGES)
minutes = st.integers(-2, 9)
moments = minutes.map(moment)
days = st.sampled_from(["2026-03-01", "2026-03-02", "2026-03-03"])
states = st.sampled_from(["delivered", "bounced"])
statuses = st.sampled_from(["expected", "missed", "kept"])
outcomes = st.sampled_from(["sent", "refused", "try_again", "unknown", "withdrawn"])
rules = st.sampled_from(["", "", "seen_with_two"])


def some(strategy: st.SearchStrategy[Any], count_max: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=count_max).map(tuple)


@st.composite
def graph_changes(draw: st.DrawFn) -> GraphChange:
    """Return a change of known identifiers; every end of an edge or login is one of them."""
    nodes = draw(
        some(st.builds(node, identifiers, people, minutes=minutes, offset=minutes, shared=rules))
    )
    pairs = st.lists(identifiers, min_size=2, max_size=2, unique=True)
    merged = draw(st.dictionaries(people, people, max_size=2))
    losers = {loser: winner for loser, winner in merged.items() if winner not in merged}
    clusters = some(st.builds(cluster, people.filter(lambda p: p not in losers)))
    return GraphChange(
        nodes=nodes,
        edges=tuple(edge(*pair, minutes=draw(minutes)) for pair in draw(some(pairs))),
        clusters=draw(clusters),
        merged=losers,
        stale=frozenset(draw(some(people))),
        gone=frozenset(draw(some(people, 1))),
        logins=draw(some(st.builds(login, identifiers, identifiers, minutes))),
    )


@st.composite
def projections(draw: st.DrawFn) -> Projection:
    """Return changes of the registers, in any order and about anything known or unknown."""
    here = st.tuples(identifiers.map(identity), moments)
    promises = st.builds(promise, st.sampled_from("123"), statuses, due=minutes)
    steps = st.sampled_from(["hello", "pause", "look"])
    ways = st.lists(steps, max_size=2).map(tuple)
    ends = st.sampled_from(["waiting", "waiting", "offering", "finished"])
    runs = st.tuples(st.sampled_from("123"), steps, ways, ends)
    refs = st.sampled_from(["run:1", "run:2"])
    timers = st.tuples(st.integers(1, 9), refs, here, st.none() | moments)
    retries = st.none() | moments
    said = st.tuples(st.integers(1, 9), moments, st.builds(remark, st.sampled_from(REMARKED)))
    sent = st.tuples(st.integers(1, 9), ids)
    results = st.builds(outcome, ids, outcomes, attempt=st.integers(1, 3), retry_at=retries)
    return Projection(
        timers=tuple((ref, *place, due, n) for n, ref, place, due in draw(some(timers))),
        promises=tuple((*draw(here), change) for change in draw(some(promises))),
        runs=tuple(
            (*draw(here), draw(moments), run(run_id, step, *way, status=status))
            for run_id, step, way, status in draw(some(runs))
        ),
        messages=tuple((n, *draw(here), draw(moments), decided(m)) for n, m in draw(some(sent))),
        outcomes=draw(some(st.tuples(moments, results), 2)),
        receipts=draw(some(st.tuples(moments, ids, states), 1)),
        cases=tuple((*draw(here), case(c)) for c in draw(some(st.sampled_from("12")))),
        remarks=draw(some(said)),
        tallies=tuple((day, "event", "Order", 1) for day in draw(some(days))),
    )


class Lives(RuleBasedStateMachine):
    """One house of every kind, living through the same."""

    @initialize()
    def move_in(self) -> None:
        self.folder = TemporaryDirectory()
        self.houses = {name: house(Path(self.folder.name)) for name, house in HOUSES.items()}
        self.stores = {name: house.open() for name, house in self.houses.items()}
        everybody = tuple(node(identifier, "p_a") for identifier in CAST)
        self.write(lambda writing: writing.graph.save(GraphChange(nodes=everybody)))

    def write(self, change: Callable[[Writing], object], *, is_kept: bool = True) -> None:
        """Do the same in one transaction of every store; all must end alike."""
        endings = set()
        for store in self.stores.values():
            try:
                self._write_one(store, change, is_kept=is_kept)
                endings.add("kept")
            except (Broken, Fenced, InterruptedError) as error:
                endings.add(type(error).__name__)
        assert len(endings) == 1

    def _write_one(
        self, store: Store, change: Callable[[Writing], object], *, is_kept: bool
    ) -> None:
        with store.writing() as writing:
            change(writing)
            if not is_kept:
                raise InterruptedError

    @rule(
        who=some(identifiers),
        at=minutes,
        cause=st.integers(0, 2),
        keys=st.lists(st.integers(0, 7), max_size=3),
        gap=st.sampled_from([0, 0, 0, 0, 1, -1]),
        is_kept=st.booleans(),
    )
    def append(
        self,
        who: tuple[Identifier, ...],
        at: int,
        cause: int,
        keys: list[int],
        gap: int,
        is_kept: bool,
    ) -> None:
        def change(writing: Writing) -> None:
            first = writing.journal.last() + 1 + gap
            derived = {"cause": cause, "part": first, "body": promise("1")} if cause else {}
            entries = [entry(first + n, i, minutes=at, **derived) for n, i in enumerate(who)]
            writing.journal.append(entries, [key(number) for number in keys])

        self.write(change, is_kept=is_kept)

    @rule(change=graph_changes(), is_kept=st.booleans())
    def save_graph(self, change: GraphChange, is_kept: bool) -> None:
        self.write(lambda writing: writing.graph.save(change), is_kept=is_kept)

    @rule(
        persons=some(
            st.builds(
                person,
                people,
                st.sampled_from(["", "Ada", "Bo"]),
                minutes=minutes,
                audiences=st.dictionaries(st.sampled_from(AUDIENCES), st.integers(-9, 9)),
            )
        ),
        gone=some(people, 2),
        seen=st.integers(0, 2),
        is_kept=st.booleans(),
    )
    def save_people(self, persons: Any, gone: Any, seen: int, is_kept: bool) -> None:
        def change(writing: Writing) -> None:
            writing.states.save(persons, gone)
            writing.states.advance("lake", seen, seen + 1)

        self.write(change, is_kept=is_kept)

    @rule(change=projections(), is_kept=st.booleans())
    def project(self, change: Projection, is_kept: bool) -> None:
        self.write(lambda writing: writing.registers.project(change), is_kept=is_kept)

    @rule(message_ids=some(ids), at=moments, is_kept=st.booleans())
    def claim(self, message_ids: Any, at: Any, is_kept: bool) -> None:
        self.write(lambda w: w.registers.claim(message_ids, w.token, at), is_kept=is_kept)

    @rule(
        contents=some(st.builds(content, ids, st.sampled_from(["One.", "Two."]))),
        items=some(st.builds(rejected, minutes)),
        at=moments,
        is_kept=st.booleans(),
    )
    def keep(self, contents: Any, items: Any, at: Any, is_kept: bool) -> None:
        counts = {"website": (1, 2, len(items))}
        self.write(lambda w: w.registers.keep(contents, items, counts, at), is_kept=is_kept)

    @rule(change=projections())
    def read_beside_a_writer(self, change: Projection) -> None:
        for store in self.stores.values():
            with store.reading() as reading:
                before = reading.registers.messages(), reading.registers.promises()
                with store.writing() as writing:
                    writing.registers.project(change)
                assert (reading.registers.messages(), reading.registers.promises()) == before

    @rule()
    def restart(self) -> None:
        old = self.stores
        self.stores = {name: house.open() for name, house in self.houses.items()}
        for store in old.values():
            with pytest.raises(Fenced), store.writing():
                pass
            store.close()

    @rule()
    def forget_views(self) -> None:
        for store in self.stores.values():
            store.forget_views()
        everybody = tuple(node(identifier, "p_a") for identifier in CAST)
        self.write(lambda writing: writing.graph.save(GraphChange(nodes=everybody)))

    @invariant()
    def all_answer_alike(self) -> None:
        first, *others = [everything(store) for store in self.stores.values()]
        for other in others:
            for question, answer in first.items():
                assert other[question] == answer, question

    def teardown(self) -> None:
        for store in self.stores.values():
            store.close()
        for house in self.houses.values():
            house.end()
        self.folder.cleanup()


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=8,
    stateful_step_count=16,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
