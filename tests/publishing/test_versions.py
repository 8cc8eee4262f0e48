"""Which version decides: published, brought back, withdrawn; and what follows for people."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from regard.cli.process import chosen_edition
from regard.core.errors import Refused
from regard.core.event import ProgramPublished, RolloutChanged
from regard.core.program import Program
from regard.core.rows import VersionRow
from regard.project import Edition, edition_in, load_text, pack, unpack
from regard.steering.acts import Acts
from regard.steering.publishing import InForce, before, follow_ups, undone
from regard.testing import VirtualClock
from tests.broadcasts.house import FILES, Shop

NOW = VirtualClock().now()

WELCOME = """
id: welcome
start: {event: Signed Up}
steps:
  - {id: pause, wait: 9 days}
  - {id: hello, offer: receipt}
"""


def texts(welcome: str = WELCOME, **others: str) -> dict[str, str]:
    """Return the shop's folder with a journey; `others` are texts of audiences by id."""
    audiences = {f"audiences/{name}.yaml": text for name, text in others.items()}
    return {**FILES, "journeys/welcome.yaml": welcome, **audiences}


def program(welcome: str = WELCOME, **others: str) -> Program:
    return load_text(texts(welcome, **others), {})


def rows(*published: tuple[str, str]) -> list[VersionRow]:
    """Return versions newest first, of (hash, hash that it undoes) oldest first."""
    made = [
        VersionRow(
            offset=number, at=NOW, published=ProgramPublished(hash=name, name="", undoes=undoes)
        )
        for number, (name, undoes) in enumerate(published)
    ]
    return made[::-1]


def test_an_archive_is_the_same_bytes_for_the_same_texts() -> None:
    packed = pack(texts())
    assert packed == pack(dict(reversed(texts().items())))
    assert unpack(packed) == texts()
    assert edition_in(packed, {}).program.hash == program().hash


@pytest.mark.parametrize("broken", [b"", b"no tar", pack({})[:100], pack(texts())[:900]])
def test_what_is_no_archive_is_refused(broken: bytes) -> None:
    with pytest.raises(Refused):
        edition_in(broken, {})


def test_an_undo_goes_back_and_further_back() -> None:
    assert before(rows(("a", ""), ("b", ""), ("c", ""))) == ("c", "b")
    assert before(rows(("a", ""), ("b", ""), ("c", ""), ("b", "c"))) == ("b", "a")
    assert before(rows(("a", ""), ("b", ""), ("a", "b"), ("b", ""))) == ("b", "a")


@pytest.mark.parametrize("versions", [[], [("a", "")], [("a", ""), ("b", ""), ("a", "b")]])
def test_there_is_nothing_before_the_first(versions: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused, match="no version before"):
        before(rows(*versions))


def test_what_was_withdrawn_is_known_until_it_is_published_again() -> None:
    assert undone(rows(("a", ""), ("b", ""), ("a", "b")), "b")
    assert not undone(rows(("a", ""), ("b", ""), ("a", "b"), ("b", "")), "b")
    assert not undone(rows(("a", "")), "b")


def told(
    old: Program | None, new: Program, *, running: tuple[RolloutChanged, ...] = ()
) -> list[tuple[str, str, str]]:
    found = follow_ups(old, new, {"welcome"}, running, NOW)
    return [(change.rollout, change.subject, change.status) for change in found]


def test_only_what_changed_is_walked() -> None:
    shorter = program(WELCOME.replace("9 days", "1 day"))
    assert told(program(), program()) == []
    assert told(program(), shorter) == [("reread", "welcome", "running")]


def test_of_an_unknown_version_everything_counts_as_changed() -> None:
    graz = "{id: graz, members: traits.city = 'Graz'}"
    found = told(None, program(graz=graz))
    assert found == [("reread", "welcome", "running"), ("audience", "graz", "running")]


def test_a_newer_edit_ends_the_walk_of_the_older() -> None:
    shorter = program(WELCOME.replace("9 days", "1 day"))
    (first,) = follow_ups(program(), shorter, {"welcome"}, (), NOW)
    assert told(shorter, program(), running=(first,)) == [
        ("reread", "welcome", "cancelled"),
        ("reread", "welcome", "running"),
    ]


class House(Shop):
    """The shop, with a program that can be replaced while people are in flight."""

    def __init__(self) -> None:
        self.in_force = InForce(program())
        super().__init__(program=self.in_force())
        self.ledger.program = self.in_force
        self.acts = Acts(self.ledger, self.in_force)
        self.publish(program())

    def publish(self, new: Program, files: dict[str, str] | None = None) -> ProgramPublished:
        edition = Edition(program=new, archive=pack(files or texts()))
        told = self.acts.take_over(edition, {}, self.clock.now(), "ada")
        self.settle()
        return told

    def sign_up(self, *names: str) -> None:
        for name in names:
            self.customer(name)
            self.take("website", {"id": f"s-{name}", "event": "Signed Up", "user_id": name})

    def waiting_until(self) -> set[datetime | None]:
        with self.ledger.store.reading() as reading:
            return {row.change.wake_at for row in reading.runs.standing("welcome")}


def test_a_shortened_wait_is_let_go_at_a_pace() -> None:
    house = House()
    house.sign_up("ada", "bruno", "chen")
    house.run_until(house.clock.now() + timedelta(days=2))
    slow = texts(WELCOME.replace("9 days", "1 day"))
    slow["regard.toml"] += "[publishing]\npace_per_s = 1\n"
    house.publish(load_text(slow, {}), slow)
    began = house.clock.now()
    house.run_until(began + timedelta(seconds=1.5))
    assert sum(house.got().values()) == 1
    house.run_until(began + timedelta(seconds=10))
    assert sum(house.got().values()) == 3


def test_an_undo_does_the_same_in_reverse() -> None:
    house = House()
    house.sign_up("ada")
    parked = house.waiting_until()
    longer = texts(WELCOME.replace("9 days", "12 days"))
    first = house.publish(load_text(longer, {}), longer)
    house.run_until(house.clock.now() + timedelta(minutes=1))
    assert house.waiting_until() != parked
    back = house.acts.undo({}, house.clock.now(), "bruno")
    house.run_until(house.clock.now() + timedelta(minutes=1))
    assert house.waiting_until() == parked
    assert (back.undoes, back.previous, back.by) == (first.hash, first.hash, "bruno")
    assert house.in_force().hash == program().hash


def test_publishing_what_is_in_force_changes_nothing() -> None:
    house = House()
    with house.ledger.store.reading() as reading:
        last = reading.tail.last()
    same = house.publish(program())
    assert same.previous == same.hash
    with house.ledger.store.reading() as reading:
        assert reading.tail.last() == last


def test_a_start_runs_the_published_version_while_its_folder_is_withdrawn() -> None:
    house = House()
    store = house.ledger.store
    longer = texts(WELCOME.replace("9 days", "12 days"))
    own = edition_in(pack(longer), {})
    assert chosen_edition(own, store) is own
    house.publish(own.program, longer)
    assert chosen_edition(own, store) is own
    house.acts.undo({}, house.clock.now(), "")
    assert chosen_edition(own, store).program.hash == program().hash
    house.publish(own.program, longer)
    assert chosen_edition(own, store) is own
