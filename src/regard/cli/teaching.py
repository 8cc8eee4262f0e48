"""What `regard learn` and `regard evaluate` do: read the journal, learn or judge, tell it.

Learning writes one entry, through the running house if there is one. Judging only reads. A policy
is never judged by what taught it: either by what came after it, or by the newer half of the log
when the older half has taught it.
"""

from __future__ import annotations

import os
from collections import deque
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from regard.assembly import build_ledger
from regard.cli.place import data_folder, store_path, writer_lock
from regard.cli.running import program_in_force, running_house, whoami
from regard.core.errors import Refused
from regard.core.event import PolicyTrained
from regard.core.ports import Library
from regard.core.program import Program
from regard.learning import decode_snapshot, policy_of, scheme_of
from regard.learning.estimating import Estimate
from regard.learning.evaluating import Evaluation, Gain, by_policy
from regard.learning.evaluating import evaluate as evaluated
from regard.learning.judging import halves
from regard.learning.occasions import Occasion, Occasions
from regard.learning.reports import Comparison, Reporter
from regard.learning.sample import SAMPLE_MAX
from regard.project import load
from regard.runtime.teaching import SETTLE_FOR, Teacher, records
from regard.steering.publishing import InForce
from regard.store import open_library, open_store


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned, as `regard learn --json` tells it; no version: nothing new."""

    version: str
    counts: dict[str, int] = {}
    gates: dict[str, str] = {}


def learn(folder: Path, store: str, *, as_json: bool) -> None:
    """Learn from the journal of a project and tell what came of it."""
    running = running_house(folder, store)
    if running is not None:
        with closing(running):
            learned = msgspec.convert(running.learn(), Learned)
    else:
        learned = _learned_alone(folder, store)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(learned)).decode())
        return
    if not learned.version:
        click.echo("Nothing new was learned: no outcome has come since, or none at all.")
        return
    click.secho(f"Learned version {learned.version}.", bold=True)
    for name, count in learned.counts.items():
        click.echo(f"  {name:<28} {count:>8,} outcomes")
    for name, told in learned.gates.items():
        click.echo(f"  {name:<28} {told}")


def _learned_alone(folder: Path, store: str) -> Learned:
    """Learn on a store that nobody serves."""
    location = store_path(folder, store)
    data_folder(folder)
    with writer_lock(location), closing(open_store(location)) as opened:
        in_force = InForce(program_in_force(folder, store))
        ledger = build_ledger(opened, in_force)
        ledger.policies.read(opened)
        before, now = ledger.policies.trained, datetime.now(UTC)
        version = before.version if before is not None else ""
        draft, lesson = Teacher(opened, in_force).teach(now, whoami(), version)
        if draft is None:
            return Learned(version="")
        ledger.append([draft], now)
        while ledger.advance():
            pass
        assert isinstance(draft.body, PolicyTrained)
        return Learned(version=draft.body.version, counts=lesson.counts, gates=lesson.gates)


def evaluate(folder: Path, store: str, policy: str, against: Path | None, *, as_json: bool) -> bool:
    """Judge and tell; return whether anything could be told."""
    program = program_in_force(folder, store)
    log = _Log(open_library(store_path(folder, store)), program)
    if policy:
        found = [log.since(policy)]
    else:
        found = log.halves(None if against is None else load(against, os.environ))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        for one in found:
            _tell(one)
    return not any(one.refusal for one in found)


class _Log:
    """The newest occasions of a journal, and what was learned on the way."""

    def __init__(self, library: Library, program: Program) -> None:
        scheme = scheme_of(program)
        if scheme is None:
            raise Refused(
                "This project does not learn, so its decisions cannot be judged.",
                code="learning_off",
                hint="Say `learning: on` in policies.yaml; what is decided from then on can.",
            )
        self._program = program
        self._occasions: deque[Occasion] = deque(maxlen=SAMPLE_MAX)
        self._trained: dict[str, tuple[datetime, PolicyTrained]] = {}
        reader = Occasions(program, scheme.id)
        for entry, person_id in records(library):
            if isinstance(entry.body, PolicyTrained):
                self._trained[entry.body.version] = entry.received_at, entry.body
            self._keep(reader, entry.received_at)
            reader.take(entry, person_id)
        self._keep(reader, datetime.now(UTC) - SETTLE_FOR)

    def since(self, version: str) -> Evaluation:
        """Judge a version on what was decided after it was learned."""
        named = [found for found in self._trained if found.startswith(version)]
        if len(named) != 1:
            told = ", ".join(sorted(self._trained)[-5:]) or "none yet"
            raise Refused(
                f"There is {'no' if not named else 'more than one'} version {version!r}.",
                code="no_version",
                hint=f"Versions learned here: {told}.",
            )
        at, trained = self._trained[named[0]]
        policy = policy_of(self._program, named[0], decode_snapshot(trained.parameters))
        later = [occasion for occasion in self._occasions if occasion.at > at]
        choices = by_policy(policy, self._program, self._program)
        return evaluated(f"learned, version {named[0]}", later, choices)

    def halves(self, other: Program | None) -> list[Evaluation]:
        """Judge, on the newer half, what is written and what the older half teaches."""
        return halves(self._program, list(self._occasions), datetime.now(UTC), other)

    def _keep(self, reader: Occasions, now: datetime) -> None:
        self._occasions.extend(found for found in reader.ended(now) if found.is_whole)


def _tell(found: Evaluation) -> None:
    click.secho(found.name, bold=True)
    counts = f"{found.occasions:,} occasions, effective sample {found.effective_sample:,.0f}"
    click.echo(f"  {counts}, {found.positives:,} successes to compare")
    if found.refusal:
        click.secho(f"  Not told: {found.refusal}.", fg="yellow")
        return
    for name, gain in (("success rate", found.rate), ("value", found.value)):
        if gain is not None:
            _tell_gain(name, gain)


def _tell_gain(name: str, gain: Gain) -> None:
    click.echo(f"  {name:<14} {'as it was':<16} {_told(gain.logged)}")
    click.echo(f"  {'':<14} {'SNIPS':<16} {_told(gain.snips)}")
    click.echo(f"  {'':<14} {'doubly robust':<16} {_told(gain.doubly_robust)}")


def _told(estimate: Estimate) -> str:
    return f"{estimate.value:>9.4f}  [{estimate.low:.4f}, {estimate.high:.4f}]"


def report(folder: Path, store: str, *, as_json: bool) -> None:
    """Tell what experiments and holdouts of a project came to."""
    reporter = Reporter(program_in_force(folder, store))
    for entry, person_id in records(open_library(store_path(folder, store))):
        reporter.take(entry, person_id)
    found = reporter.report(datetime.now(UTC))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    if not found:
        click.echo("There is no experiment and no holdout whose success is said.")
    for comparison in found:
        _tell_comparison(comparison)


def _tell_comparison(comparison: Comparison) -> None:
    click.secho(f"{comparison.kind} {comparison.name}", bold=True)
    if comparison.is_mismatched:
        told = f"Shares are not as asked for (p = {comparison.shares_p_value:.2g}): find out why"
        click.secho(f"  {told} before you believe the rates.", fg="red")
    for arm in comparison.arms:
        rate = arm.rate
        people = f"{arm.people:>8,} people ({arm.waiting:,} waiting)"
        told = f"{rate.value:.4f} [{rate.low:.4f}, {rate.high:.4f}]"
        click.echo(f"  {arm.name:<20} {arm.share:>6.1%} {people}  {told}")
        if arm.against is not None:
            more = arm.against
            interval = f"{more.value:+.4f} [{more.low:+.4f}, {more.high:+.4f}]"
            click.echo(
                f"  {'':<20} against {comparison.arms[0].name}: {interval}, any-time ", nl=False
            )
            click.echo(f"p = {more.p_value:.3g}")
