"""Runs benchmarks by name, all of them without one: ``python -m benchmarks [name …] [--quick]``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import (
    console_reads,
    decide,
    event_to_message,
    flatness,
    fleet,
    fleet_flatness,
    gates,
    identity,
    intake_to_decided,
    lake,
    latency,
    learner,
    linking,
    model_drawing,
    off_policy,
    plan_replay,
    profile_read,
    project_check,
    stores,
)
from benchmarks.figures import Figure, Outcome, Scale, save, show

BENCHMARKS: Mapping[str, Callable[[Scale], Sequence[Figure]]] = {
    "decide": decide.run,
    "console_reads": console_reads.run,
    "intake_to_decided": intake_to_decided.run,
    "event_to_message": event_to_message.run,
    "latency": latency.run,
    "identity": identity.run,
    "lake": lake.run,
    "linking": linking.run,
    "learner": learner.run,
    "gates": gates.run,
    "off_policy": off_policy.run,
    "profile_read": profile_read.run,
    "flatness": flatness.run,
    "model_drawing": model_drawing.run,
    "plan_replay": plan_replay.run,
    "project_check": project_check.run,
    "stores": stores.run,
    "fleet": fleet.run,
    "fleet_flatness": fleet_flatness.run,
}
RESULTS = Path(".regard/bench.json")


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments name; return the exit code."""
    scale = Scale(is_quick="--quick" in arguments, rounds=1 if "--quick" in arguments else 3)
    names = [a for a in arguments if a != "--quick"] or list(BENCHMARKS)
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"No benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.")
        return 2
    outcomes = []
    for name in names:
        began = time.monotonic()
        figures = tuple(BENCHMARKS[name](scale))
        seconds = time.monotonic() - began
        outcome = Outcome(benchmark=name, figures=figures, load=os.getloadavg()[0], seconds=seconds)
        outcomes.append(outcome)
        show(outcome)
        save(outcomes, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
