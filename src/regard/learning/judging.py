"""What would have been earned by the policies that could be in force: for the console and the CLI.

Occasions of the log in, `Evaluation`s out, on the newer half of them: of what is written in the
folder, and of what the older half teaches, so that nothing is judged by what taught it. Brings
numpy; imported by name where somebody judges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regard.core.program import Program
from regard.learning.evaluating import Evaluation, by_policy, evaluate
from regard.learning.occasions import Occasion
from regard.learning.policy import LearnedPolicy, policy_of
from regard.learning.training import Learner


def halves(
    program: Program, occasions: Sequence[Occasion], now: datetime, other: Program | None = None
) -> list[Evaluation]:
    """Judge, on the newer half, what is written and what the older half teaches.

    With the values, weights and silence of `other` as well, if it is given.
    """
    older, newer = occasions[: len(occasions) // 2], occasions[len(occasions) // 2 :]
    learned = taught(program, older, now)
    found = [
        evaluate("as written", newer, by_policy(None, program, program)),
        evaluate("learned from the older half", newer, by_policy(learned, program, program)),
    ]
    if other is not None:
        found += [
            evaluate("the other folder, as written", newer, by_policy(None, program, other)),
            evaluate("the other folder, learned", newer, by_policy(learned, program, other)),
        ]
    return found


def taught(program: Program, occasions: Sequence[Occasion], now: datetime) -> LearnedPolicy | None:
    """Return the policy that occasions teach."""
    learner = Learner(program)
    for occasion in occasions:
        learner.study(occasion)
    return policy_of(program, "older half", learner.lesson(now).snapshot)


def judged(
    program: Program, occasions: Sequence[Occasion], now: datetime
) -> Iterable[Mapping[str, Any]]:
    """Return `halves` as plain records."""
    return [msgspec.to_builtins(found) for found in halves(program, occasions, now)]
