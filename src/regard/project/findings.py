"""What is wrong with a folder: problems and warnings, collected while everything is still read.

Readers report here and go on, so that one run shows every finding. `load` refuses when there is a
problem; warnings only appear in `check`.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from regard.core.errors import Problem

FINDINGS_MAX = 1_000
"""A folder with more findings has one cause; the rest would only hide it."""


class Findings:
    """An ordered, bounded collection of problems without repetitions."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, str, str], Problem] = {}
        self._left_out = 0
        self._has_problem = False

    def add(self, problem: Problem) -> None:
        """Keep a finding; beyond `FINDINGS_MAX` only count it."""
        self._has_problem = self._has_problem or not problem.is_warning
        key = (problem.file, problem.line, problem.path, problem.message)
        if len(self._found) < FINDINGS_MAX:
            self._found.setdefault(key, problem)
        else:
            self._left_out += 1

    @property
    def has_problem(self) -> bool:
        """Tell whether anything found is more than a warning."""
        return self._has_problem

    def tells_of(self, file: str) -> bool:
        """Tell whether anything was found in a file so far."""
        return any(found == file for found, *_ in self._found)

    def sorted(self) -> tuple[Problem, ...]:
        """Return findings by file and line; a last one says how many were left out.

        What all files build upon comes first: ``regard.toml``, then the others beside it. One slip
        there is the cause of much that is told of the rest.
        """
        found = sorted(self._found.values(), key=_place)
        if self._left_out:
            told = f"{self._left_out} more findings are not shown"
            found.append(Problem(message=told, is_warning=not self._has_problem))
        return tuple(found)


def _place(problem: Problem) -> tuple[bool, bool, str, int, str]:
    file = problem.file
    return (file != "regard.toml", "/" in file, file, problem.line, problem.path)


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a hint with the closest known name, or `otherwise`."""
    options = sorted(known)
    close = get_close_matches(name, options, n=1, cutoff=0.6)
    if not close:
        folded = {option.casefold(): option for option in options}
        close = [folded[c] for c in get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)]
    return f"did you mean {close[0]!r}?" if close else otherwise


def one_of(options: Iterable[str]) -> str:
    """Return a hint that lists what is allowed, shortened when it is long."""
    names = sorted(options)
    shown = ", ".join(names[:12])
    return f"one of: {shown}{', …' if len(names) > 12 else ''}" if names else ""
