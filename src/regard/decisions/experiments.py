"""Experiments: which arm a person is in, and what a decision keeps of it.

A person and an experiment in, an arm out, by a stable hash of experiment, version and person: the
same person sees the same texts for as long as the version lasts. Shares are laid side by side in
the order of the file, so that one which grows keeps those who were in it.
"""

from __future__ import annotations

from regard.core.ids import point_of
from regard.core.offers import Experiment
from regard.decisions import reasons
from regard.decisions.holdouts import name_of, withholding
from regard.decisions.records import Case


def arm_of(experiment: Experiment, person_id: str) -> str:
    """Return the arm that a person is in; shares add up to 1."""
    left = point_of("experiment", experiment.id, str(experiment.version), person_id)
    for share, arm in experiment.shares:
        left -= share
        if left < 0:
            return arm
    return experiment.shares[-1][1]  # what rounding left over


def drawn(case: Case, reason: str, *, is_sent: bool) -> tuple[str, str]:
    """Return experiment (or holdout) and arm that a decision keeps; empty: it has none."""
    experiment = case.engagement.experiment
    if is_sent and experiment is not None:
        name = f"{experiment.id}@{experiment.version}"
        return name, arm_of(experiment, case.person.id)
    if reason in (reasons.HOLDOUT, reasons.HOLDOUT_GLOBAL):
        found = withholding(case.program.holdouts, case.engagement, case.candidate, case.person.id)
        return (name_of(found), "") if found is not None else ("", "")
    return "", ""
