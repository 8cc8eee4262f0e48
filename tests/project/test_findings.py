"""Many findings: bounded in what is shown, never in what refuses."""

from __future__ import annotations

from regard.core.errors import Problem
from regard.project.findings import FINDINGS_MAX, Findings


def filled(*, is_warning: bool) -> Findings:
    findings = Findings()
    for number in range(FINDINGS_MAX + 5):
        findings.add(Problem(line=number, message="odd", is_warning=is_warning))
    return findings


def test_more_warnings_than_are_shown_refuse_nothing() -> None:
    findings = filled(is_warning=True)
    assert not findings.has_problem
    assert all(problem.is_warning for problem in findings.sorted())


def test_a_problem_behind_all_that_is_shown_still_refuses() -> None:
    findings = filled(is_warning=True)
    findings.add(Problem(message="wrong"))
    assert findings.has_problem
    assert [p.message for p in findings.sorted() if not p.is_warning] == [
        "6 more findings are not shown"
    ]
