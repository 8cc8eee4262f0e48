"""`regard move`: the other house goes on where the first one stopped, and that one never does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from regard.assembly import build_ledger
from regard.core.errors import Refused
from regard.core.storage import MOVED, Store
from regard.project import load
from regard.runtime.audit import audit
from regard.runtime.ledger import Ledger
from regard.runtime.moving import KEPT, Moving, begin, carry
from regard.runtime.rebuild import Progress
from regard.store import open_library, open_store
from tests.audit.serving import REGARD
from tests.operating.lived import NOW, TODAY, booking, hotel, live, regard
from tests.store.postgres import PostgresServer

Place = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return hotel(tmp_path / "harbour")


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """Return where a store of a kind may be."""
    taken = []

    def place_of(kind: str) -> str:
        if kind == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgresql")
            taken.append((server, server.database()))
            return taken[-1][1]
        return str(tmp_path / f"{kind}.db")

    yield place_of
    for server, location in taken:
        server.give_back(location)


@contextmanager
def opened(location: str, folder: Path) -> Iterator[Ledger]:
    program = load(folder, {})
    with closing(open_store(location)) as store:
        yield build_ledger(store, lambda: program)


def held(location: str) -> dict[str, str]:
    """Return digests of all that a store holds, views and the rest."""
    with closing(open_store(location, moves=True)) as store, store.writing() as writing:
        kept = {kind: writing.belongings.digest(kind) for kind in KEPT}
    with closing(open_store(location, moves=True)) as store:
        return kept | dict(store.digest())


@pytest.mark.parametrize(
    ("origin", "target"),
    [
        ("here", "there"),
        pytest.param("here", "postgresql", marks=pytest.mark.slow),
        pytest.param("postgresql", "there", marks=pytest.mark.slow),
        pytest.param("postgresql", "postgresql", marks=pytest.mark.slow),
    ],
)
def test_the_other_house_goes_on_where_the_first_one_stopped(
    origin: str, target: str, folder: Path, place: Place
) -> None:
    old, new = place(origin), place(target)
    live(folder, old)
    told = regard("move", old, new, "--folder", folder)
    assert told.exit_code == 0, told.output
    assert "Every view is the same to the byte on both sides." in told.output
    assert held(old) == held(new)
    with opened(new, folder) as ledger:
        assert [a.is_duplicate for a in ledger.append([booking("ada")], NOW)] == [True]
        assert ledger.settle_abandoned(TODAY) == 0  # what was in flight was told as unknown
        while ledger.advance():
            pass
        with ledger.store.reading() as reading:
            found = reading.registers.messages()
            states = sorted((row.state, row.unknowns) for row, _ in found)
            contents = [said for _, said in reading.registers.messages(state="sent")]
        assert not audit(ledger.store, NOW).findings
    assert states == [("queued", 0), ("queued", 0), ("queued", 1), ("sent", 0)]
    assert [said.subject for said in contents if said] == ["Your room"]
    assert "Every view is the same" in regard("rebuild", folder, "--store", new).output


def test_a_store_that_moved_never_opens_for_writing_again(folder: Path, place: Place) -> None:
    old, new = place("here"), place("there")
    live(folder, old)
    assert regard("move", f"sqlite:{old}", new, "--folder", folder).exit_code == 0
    for given in (
        ("serve", folder, "--port", 0),
        ("serve", folder, "--adopt"),
        ("rebuild", folder),
    ):
        told = regard(*given, "--store", old)
        assert told.exit_code == 1
        assert f"has moved to {new}" in told.output
        assert f'store = "{new}"' in told.output
    assert regard("move", old, place("elsewhere"), "--folder", folder).exit_code == 1
    assert regard("export", folder, "--store", old).exit_code == 0  # it can be read


def test_a_move_that_was_cut_off_goes_on_and_nobody_opens_half_of_it(
    folder: Path, place: Place
) -> None:
    old, new = place("here"), place("there")
    live(folder, old)
    moving = Moving(name="first", target=new)
    with opened(old, folder) as ledger, closing(open_store(new)) as target:
        _come_to_rest(ledger)
        assert not begin(ledger.store, target, moving)
        with pytest.raises(KeyboardInterrupt):
            _carry(ledger, target, cut_at="copying content")
    with pytest.raises(Refused, match="half of a move") as refused:
        open_store(new)
    assert refused.value.code == "unfinished_move"
    with opened(old, folder) as ledger:  # the source goes on meanwhile
        ledger.append([booking("okafor")], NOW)
    told = regard("move", old, new, "--folder", folder)
    assert told.exit_code == 0, told.output
    assert held(old) == held(new)


@pytest.mark.slow
def test_kill_9_at_any_part_loses_nothing(folder: Path, place: Place) -> None:
    old, new = place("here"), place("postgresql")
    live(folder, old, guests=tuple(f"guest-{n}" for n in range(200)))
    words = [*REGARD, "move", old, new, "--folder", str(folder)]
    for part in ("copying journal", "copying key", "rebuilding"):
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as moving:
            assert moving.stderr is not None
            told = next((line for line in moving.stderr if line.strip() == part), "")
            moving.kill()
        assert told, f"nothing was told of {part}"
        with pytest.raises(Refused, match="half of a move"):
            open_store(new)
        open_store(old).close()
    told = regard("move", old, new, "--folder", folder).output
    assert "Every view is the same to the byte on both sides." in told
    assert held(old) == held(new)


def test_a_move_that_died_between_the_marks_is_only_ended(folder: Path, place: Place) -> None:
    old, new = place("here"), place("there")
    live(folder, old)
    moving = Moving(name="first", target=new)
    with opened(old, folder) as ledger, closing(open_store(new)) as target:
        _come_to_rest(ledger)
        begin(ledger.store, target, moving)
        _carry(ledger, target)
        with ledger.store.writing() as writing:
            writing.marks.set(MOVED, new)
    for location in (old, new):
        with pytest.raises(Refused):
            open_store(location)
    told = regard("move", old, new, "--folder", folder)
    assert told.exit_code == 0, told.output
    assert "copying" not in told.output
    with opened(new, folder) as ledger:
        assert ledger.append([booking("ada")], NOW)[0].is_duplicate


def test_a_target_that_holds_something_is_left_alone(folder: Path, place: Place) -> None:
    old, new = place("here"), place("there")
    live(folder, old)
    live(folder, new, guests=("ada", "bruno"))
    before = held(new)
    told = regard("move", old, new, "--folder", folder)
    assert told.exit_code == 1
    assert "is not empty" in told.output
    assert held(new) == before
    assert "cannot move into itself" in regard("move", old, old, "--folder", folder).output
    assert "There is no store" in regard("move", place("none"), new, "--folder", folder).output
    open_store(old).close()


def test_views_that_the_journal_does_not_make_stop_a_move(folder: Path, place: Place) -> None:
    old, new = place("here"), place("there")
    live(folder, old)
    with opened(old, folder) as ledger, ledger.store.writing() as writing:
        person = next(iter(writing.states.load(writing.rollouts.walk("", 1)).values()))
        writing.states.save([], [person.id])
    told = regard("move", old, new, "--folder", folder)
    assert told.exit_code == 1
    assert "Views made anew from the copy differ" in told.output
    with open_library(old).reading() as reading:
        assert reading.tail.last()
    open_store(old).close()  # nothing was marked


def _come_to_rest(ledger: Ledger) -> None:
    ledger.settle_abandoned(TODAY)
    while ledger.advance():
        pass


def _carry(ledger: Ledger, target: Store, cut_at: str = "") -> None:
    @contextmanager
    def telling(part: str) -> Iterator[Progress]:
        if part == cut_at:
            raise KeyboardInterrupt
        yield lambda _done, _total: None

    carry(ledger.store, target, ledger.kernel, ledger.program().identity, telling)
