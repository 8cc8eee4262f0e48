"""What decided each branch of a run, on the facts of that moment.

The journey, the person as they were then and the change of the run in, the conditions with what
each was and the values that it looked at out. Evaluated again by the same compiled expressions;
nothing is stored for it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from regard.console.flow_views import Arm, Choice, Verdict
from regard.console.steps import title_of
from regard.console.why import shown
from regard.core.facts import Entry, RunChanged
from regard.core.flows import Journey, Step
from regard.core.person import Person
from regard.core.program import Program
from regard.core.scope import Expression, Scope
from regard.drawing import END, Flow
from regard.project.expressions import Names, compile_expression

_TERM = re.compile(
    r"(?:facts|traits|event|person)\.\w+(?:\.\w+)*"
    r"|(?:has_consent|count_events|last_event_at|last_fact|in_audience)\([^()]*\)"
)
"""What an expression looks at: names and questions about the person."""

NOTHING = "–"


def choices(
    entry: Entry, journey: Journey | None, flow: Flow, person: Person | None, program: Program
) -> tuple[Choice, ...]:
    """Return the choices made on the way to a change of a run, in their order.

    `person` is who they were just before (None: nobody can tell any more).
    """
    change = entry.body
    if journey is None or not isinstance(change, RunChanged):
        return ()
    scope = None
    if person is not None:
        scope = Scope(person=person, facts=change.facts, now=entry.received_at)
    judge = _Judge(journey, flow, scope, program)
    steps = {step.id: step for step in journey.steps}
    way = [*change.path, END] if change.reason == "end" else change.path
    return tuple(
        judge.choice(steps[one], other)
        for one, other in pairwise(way)
        if one in steps and steps[one].kind in ("branch", "split")
    )


class _Judge:
    """Evaluates the branches of one journey in one scope (None: too long ago)."""

    def __init__(self, journey: Journey, flow: Flow, scope: Scope | None, program: Program) -> None:
        self._journey = journey
        self._scope = scope
        self._names = Names(
            purposes=program.purposes,
            channels=program.channels,
            audiences=program.audiences,
            needs={need.id: need.curve for need in program.needs.values()},
            zone=program.company.zone,
        )
        self._titles = {station.id: title_of(station) for station in flow.stations}

    def choice(self, step: Step, target: str) -> Choice:
        """Return what one branch decided; of a split only where it led."""
        verdicts = [self._verdict(condition) for condition, _ in step.arms]
        first = verdicts.index("true") if "true" in verdicts else -1
        expected = step.arms[first][1] if first >= 0 else self._otherwise(step)
        is_known = self._scope is not None and step.kind == "branch"
        arms = tuple(
            Arm(
                condition=condition.text,
                target=self._titles.get(leads_to, leads_to),
                verdict=verdicts[n],
                is_taken=n == first and leads_to == target,
                values=tuple(self._values(condition.text)),
            )
            for n, (condition, leads_to) in enumerate(step.arms)
        )
        return Choice(
            step=self._titles.get(step.id, step.id),
            target=self._titles.get(target, target),
            arms=arms,
            is_changed=is_known and expected != target,
        )

    def _otherwise(self, step: Step) -> str:
        place = self._journey.position(step.id) + 1
        steps = self._journey.steps
        following = steps[place].id if place < len(steps) else END
        return step.otherwise or step.goto or following

    def _verdict(self, condition: Expression) -> Verdict:
        if self._scope is None:
            return "unknown"
        return "true" if condition(self._scope) is True else "false"

    def _values(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield what each name and question in a condition was, as text."""
        if self._scope is None:
            return
        for term in dict.fromkeys(found for found in _TERM.findall(text) if found != text):
            found, _ = compile_expression(term, self._names, "value")
            value = None if found is None else found(self._scope)
            yield term, NOTHING if value is None else shown(value)
