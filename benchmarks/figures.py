"""What a benchmark returns: figures with the peer or limit they stand beside; shown and saved."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

WIDTH = 120
"""Columns of a table, whether a terminal or a file shows it."""


class Scale(Struct, frozen=True, kw_only=True):
    """How much to measure. `rounds` runs are made and their median is told."""

    is_quick: bool
    rounds: int

    def of(self, full: int, quick: int) -> int:
        """Return a size for this scale."""
        return quick if self.is_quick else full


class Figure(Struct, frozen=True, kw_only=True):
    """One measured number; `beside` names what it is compared with and `ratio` says how."""

    name: str
    value: float
    unit: str
    goal: str = ""
    beside: str = ""
    ratio: float | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """The figures of one benchmark, and the load of the machine while it ran.

    `python` is the interpreter's version and the compiler of its build: a build without
    profile-guided optimisation takes a quarter to a third more for the same code.
    """

    benchmark: str
    figures: tuple[Figure, ...]
    load: float
    seconds: float
    python: str = f"Python {platform.python_version()}, {platform.python_compiler()}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def show(outcome: Outcome) -> None:
    """Print one table."""
    title = (
        f"{outcome.benchmark}   "
        f"(load {outcome.load:.1f}, {outcome.seconds:.0f} s, {outcome.python})"
    )
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in ("figure", "value", "unit", "goal", "ratio", "beside"):
        table.add_column(column, justify="right" if column in ("value", "ratio") else "left")
    for figure in outcome.figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        value = f"{figure.value:,.1f}" if figure.value < 1_000 else f"{figure.value:,.0f}"
        table.add_row(figure.name, value, figure.unit, figure.goal, ratio, figure.beside)
    console = Console(width=WIDTH)
    console.print(table)
    console.print()


def save(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write outcomes as JSON; those of benchmarks that did not run this time stay."""
    kept: dict[str, Outcome] = {}
    if path.exists():
        kept = {o.benchmark: o for o in msgspec.json.decode(path.read_bytes(), type=list[Outcome])}
    kept |= {o.benchmark: o for o in outcomes}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(list(kept.values()))))
