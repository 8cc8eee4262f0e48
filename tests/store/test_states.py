"""Persons as folded, what must be mended before deciding on them, and cursors."""

from __future__ import annotations

import pytest

from regard.core.errors import Fenced
from regard.core.event import MessageOutcome
from regard.core.facts import Candidate
from regard.core.person import (
    Claim,
    Consent,
    Held,
    Person,
    PromiseState,
    Seen,
    Touch,
)
from regard.core.storage import Store
from regard.store.labels import folded, is_labelled_alike, label_of
from regard.store.outcomes import state_after
from tests.store.cast import (
    START,
    cluster,
    moment,
    outcome,
    person,
    promise,
    read,
    save_graph,
    save_people,
)

WHOLE = Person(
    id="p_a",
    claims={"name": Claim("Ada", START, "website", 0, 5), "tier": Claim(None, START, "crm", 3, 6)},
    consents={"offers|*": Consent(True, START, "website", {"text": "Yes", "version": 2}, 7)},
    seen={"Order": Seen(2, START, moment(5), (5, 1), {"total": 1.5, "lines": [{"n": 1}]}, 8)},
    touches={
        "m1": Touch(
            engagement="check_in",
            channel="email",
            message_class="service",
            purpose="travel",
            ref="promise:1",
            address="ada@example.com",
            at=START,
            state="sent",
            state_at=START,
            stamp=9,
        )
    },
    promises={"1": PromiseState(change=promise("1"), stamp=10)},
    held={
        "h": Held(
            candidate=Candidate(engagement="e", origin="journey", ref="run:1", made_at=START),
            wake_at=moment(9),
            stamp=11,
        )
    },
    suppressed={"ada@old.example": "bounced"},
    limits=("touches",),
    is_frozen=True,
    first_seen_at=START,
    last_seen_at=moment(5),
    last_channel="app.phone",
    stamp=11,
)


def test_persons_come_back_equal(store: Store) -> None:
    save_people(store, WHOLE, Person(id="p_b"))
    with store.writing() as writing:
        found = writing.states.load(["p_a", "p_b", "p_x"])
    assert found == {"p_a": WHOLE, "p_b": Person(id="p_b")}


def test_persons_are_replaced_and_removed(store: Store) -> None:
    save_people(store, person("p_a", "Ada"), person("p_b", "Bruno"))
    save_people(store, person("p_a", "Ada Lovelace"), gone=("p_b", "p_never"))
    with store.writing() as writing:
        assert writing.states.load(["p_a", "p_b"]) == {"p_a": person("p_a", "Ada Lovelace")}


def test_what_is_loaded_is_not_what_is_kept(store: Store) -> None:
    save_people(store, WHOLE)
    with store.writing() as writing:
        writing.states.load(["p_a"])["p_a"].claims.clear()
    with store.writing() as writing:
        assert writing.states.load(["p_a"]) == {"p_a": WHOLE}


def test_who_absorbs_a_stale_person_is_folded_again(store: Store) -> None:
    save_graph(store, stale=frozenset({"p_b"}))
    save_graph(store, merged={"p_b": "p_a"}, clusters=(cluster("p_a"),))
    with store.writing() as writing:
        assert writing.states.pending().stale == {"p_a", "p_b"}


def test_saving_ends_what_was_pending(store: Store) -> None:
    save_graph(
        store,
        merged={"p_b": "p_a", "p_c": "p_a"},
        clusters=(cluster("p_a"),),
        stale=frozenset({"p_a", "p_c", "p_d"}),
    )
    with store.writing() as writing:
        pending = writing.states.pending()
        assert pending.losers == {"p_a": ("p_b", "p_c")}
        assert pending.stale == {"p_a", "p_c", "p_d"}
        writing.states.save([person("p_a", "Ada")], ["p_c"])
        pending = writing.states.pending()
        assert pending.losers == {"p_a": ("p_b",)}
        assert pending.stale == {"p_d"}
        writing.states.save([], ["p_b", "p_d"])
        pending = writing.states.pending()
        assert (pending.losers, pending.stale) == ({}, frozenset())


def test_cursor_moves_only_from_where_it_stands(store: Store) -> None:
    with store.writing() as writing:
        assert writing.states.cursor("policy") == 0
        writing.states.advance("policy", 0, 5)
        writing.states.advance("lake", 0, 2)
        assert (writing.states.cursor("policy"), writing.states.cursor("lake")) == (5, 2)
    for seen in (0, 4, 6):
        with pytest.raises(Fenced), store.writing() as writing:
            writing.states.advance("policy", seen, 9)
    with pytest.raises(Fenced), store.writing() as writing:
        writing.states.advance("new", 3, 9)
    with store.writing() as writing:
        assert (writing.states.cursor("policy"), writing.states.cursor("new")) == (5, 0)
        writing.states.advance("policy", 5, 5)
    with read(store) as reading:
        assert (reading.tail.stepped("policy"), reading.tail.stepped("new")) == (5, 0)


@pytest.mark.parametrize(
    ("traits", "label"),
    [
        ({"name": "Ada Lovelace", "email": "ada@example.com"}, "Ada Lovelace"),
        ({"first_name": "Ada", "last_name": "Lovelace"}, "Ada Lovelace"),
        ({"last_name": "Lovelace", "email": "ada@example.com"}, "Lovelace"),
        ({"name": "", "email": "ada@example.com"}, "ada@example.com"),
        ({"phone": "+436641234567"}, "+436641234567"),
        ({"name": 42}, "42"),
        ({"name": "x" * 500}, "x" * 120),
        ({}, "p_a"),
    ],
)
def test_label_is_the_best_known_name(traits: dict[str, object], label: str) -> None:
    claims = {name: Claim(value, START, "website", 2, 1) for name, value in traits.items()}
    assert label_of(Person(id="p_a", claims=claims)) == label


@pytest.mark.parametrize(
    ("before", "now", "is_alike"),
    [
        ({"name": "Ada"}, {"name": "Ada", "time_zone": "Europe/Vienna"}, True),
        ({"name": "Ada"}, {"name": "Ada B."}, False),
        ({"first_name": "Ada"}, {"first_name": "Ada", "last_name": "Berg"}, False),
        ({"first_name": "Ada"}, {"first_name": "Ina"}, False),
        ({"email": "a@b.example"}, {"email": "a@b.example", "phone": "+43 1"}, True),
        ({"phone": "+43 1"}, {"phone": "+43 1", "email": "a@b.example"}, False),
        ({}, {"phone": "+43 1"}, False),
        ({"name": "Ada"}, {}, False),
    ],
)
def test_labels_are_compared_without_making_them(
    store: Store, before: dict[str, str], now: dict[str, str], *, is_alike: bool
) -> None:
    persons = []
    for stamp, traits in enumerate((before, now), 1):
        claims = {name: Claim(value, START, "website", 2, stamp) for name, value in traits.items()}
        persons.append(Person(id="p_a", claims=claims, stamp=stamp))
        save_people(store, persons[-1])
    assert is_labelled_alike(persons[1], persons[0]) is is_alike
    assert is_labelled_alike(persons[1], persons[1])
    with store.reading() as reading:
        assert [row.label for row in reading.people.search("")] == [label_of(persons[1])]


def test_folding_knows_every_script() -> None:
    assert folded("ÖSTERREICH Straße") == folded("österreich strasse")


@pytest.mark.parametrize(
    ("result", "state", "not_before"),
    [
        (outcome("m", "sent"), "sent", None),
        (outcome("m", "refused"), "refused", None),
        (outcome("m", "withdrawn"), "withdrawn", None),
        (outcome("m", "unknown"), "unknown", None),
        (outcome("m", "try_again"), "refused", None),
        (outcome("m", "try_again", retry_at=START), "queued", START),
        (outcome("m", "unknown", retry_at=START), "queued", START),
        (outcome("m", "sent", retry_at=START), "sent", None),
    ],
)
def test_outcome_gives_the_next_state(
    result: MessageOutcome, state: str, not_before: object
) -> None:
    assert state_after(result) == (state, not_before)
