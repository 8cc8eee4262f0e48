"""Named scenarios: what went wrong elsewhere, played here, with the numbers of this very run.

`@scenario` makes a test of a function that plays the trigger, asserts what people got and returns
one sentence of what was measured. The page (docs/pains.md) is made of the same records, so a
sentence on it is a sentence that the suite has just said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from types import ModuleType

Play = Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One failure of other systems, and what becomes of it here.

    `threads` are where it was reported or documented. `here` says in one sentence what Regard
    does. `play` returns what was measured; it runs once a process. `waits_for` names the issue
    of a capability that is not there yet: the row is then listed as not yet, not as passed.
    `also` are other tests and stories that play it, over real processes for the most part.
    """

    name: str
    threads: tuple[str, ...]
    elsewhere: str
    here: str
    play: Play
    test: str
    waits_for: str = ""
    also: tuple[str, ...] = ()


def scenario(
    name: str,
    *,
    threads: tuple[str, ...],
    elsewhere: str,
    here: str,
    waits_for: str = "",
    also: tuple[str, ...] = (),
) -> Callable[[Play], Callable[[], None]]:
    """Make a test of a function that returns what it measured; the test carries its record."""

    def register(play: Play) -> Callable[[], None]:
        once = cache(play)

        @wraps(play)
        def test() -> None:
            assert once(), f"{name}: nothing was measured"

        test.scenario = Scenario(  # type: ignore[attr-defined]
            name=name,
            threads=threads,
            elsewhere=elsewhere,
            here=here,
            play=once,
            test=f"{play.__module__.replace('.', '/')}.py::{play.__name__}",
            waits_for=waits_for,
            also=also,
        )
        return test

    return register


def scenarios_of(module: ModuleType) -> list[Scenario]:
    """Return the scenarios of a module, in the order in which they stand there."""
    return [found.scenario for found in vars(module).values() if hasattr(found, "scenario")]
