"""Refusing a folder: one error that tells every problem, or the Program when there is none."""

from __future__ import annotations

from collections.abc import Sequence

from regard.core.errors import Problem, Refused
from regard.core.program import Program
from regard.project.findings import Findings


def accepted(program: Program | None, findings: Findings, name: str) -> Program:
    """Return the Program of the folder `name`; raise `Refused` with all that is wrong with it."""
    problems: Sequence[Problem] = [p for p in findings.sorted() if not p.is_warning]
    if program is not None and not problems:
        return program
    count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
    listed = "".join(f"\n  {problem}" for problem in problems[:20])
    more = f"\n  … and {len(problems) - 20} more" if len(problems) > 20 else ""
    raise Refused(
        f"The project {name} has {count}:{listed}{more}",
        code="project_refused",
        problems=problems,
    )
