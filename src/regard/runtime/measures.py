"""What the house measures of itself, as Prometheus metrics, made when somebody asks.

Totals that the store keeps (events, decisions, promises) are read from it, so they cost the loop
nothing and go on after a restart; every process over one store tells the same ones. What only a
process knows (latencies, hand-overs, warnings) is counted by it. Labels are ids of the project and
codes of ours: never a person, an address or an id of a message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from regard.core.clock import EPOCH, Clock
from regard.core.ports import LOOP, Library, Reading
from regard.core.program import Program
from regard.runtime.counting import CountedEngine, CountedWarnings
from regard.runtime.ledger import WAITING_MAX
from regard.runtime.spread import Spread

Health = Callable[[], tuple[bool, dict[str, Any]]]

DAY = timedelta(days=1)

Key = TypeVar("Key", bound=tuple[str, ...])


class StoreMeasures(Collector):
    """Totals of the store. One scrape reads the counts of two days, the first one all days."""

    def __init__(self, library: Library, clock: Clock) -> None:
        self._library = library
        self._clock = clock
        self._closed_to = EPOCH
        self._decided: Counter[tuple[str, ...]] = Counter()
        self._kept: Counter[tuple[str, ...]] = Counter()

    def describe(self) -> Iterable[Metric]:
        """Name nothing: the registry need not read the store to know what is in it."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the totals as they are in the store now."""
        with self._library.reading() as reading:
            self._close(reading, self._clock.now())
            yield from _places(reading)
            yield _events(reading)
            yield _family(
                "regard_decisions",
                "What the gate concluded about candidates.",
                ("verdict", "reason", "channel"),
                self._decided + _decided(reading, self._closed_to),
            )
            yield _family(
                "regard_promises",
                "What became of promises: the latest status of each.",
                ("promise", "status"),
                self._kept + _kept(reading, self._closed_to),
            )

    def _close(self, reading: Reading, now: datetime) -> None:
        """Remember the counts of the days to which nothing is added any more."""
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if today - DAY <= self._closed_to:
            return
        until = today - DAY
        self._decided += _decided(reading, self._closed_to) - _decided(reading, until)
        self._kept += _kept(reading, self._closed_to) - _kept(reading, until)
        self._closed_to = until


class ProcessMeasures(Collector):
    """What one process knows of itself: how late it is, how long it takes, what it hands over."""

    def __init__(
        self,
        *,
        version: str,
        program: Callable[[], Program],
        health: Health,
        engine: CountedEngine,
        warnings: CountedWarnings,
    ) -> None:
        self._version = version
        self._program = program
        self._health = health
        self._engine = engine
        self._warnings = warnings

    def describe(self) -> Iterable[Metric]:
        """Name nothing, as above."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield what is known now."""
        is_well, told = self._health()
        info = {"version": self._version, "program": self._program().hash[:12]}
        yield InfoMetricFamily("regard", "What runs here.", info)
        gauges = (
            ("regard_ready", "1: everything is dealt with in time.", float(is_well)),
            ("regard_events_unwritten", "Events that wait to be written.", told["queued"]),
            ("regard_behind_seconds", "How long the oldest event waits for the loop.", "behind_s"),
            ("regard_timers_late_seconds", "How late the first due timer is.", "timers_late_s"),
            (
                "regard_messages_late_seconds",
                "How long the first message waits that may go.",
                "messages_late_s",
            ),
            ("regard_refusing", "1: events could not be written.", float(told["refusing"])),
        )
        for name, says, value in gauges:
            yield GaugeMetricFamily(name, says, told[value] if isinstance(value, str) else value)
        yield _lagging(told["lags"])
        yield from self._counted()

    def _counted(self) -> Iterator[Metric]:
        yield _histogram(
            "regard_append_seconds",
            "From a request's events to their being durable.",
            self._engine.appends,
        )
        yield _histogram("regard_turn_seconds", "One turn of the loop.", self._engine.turns)
        refused = Counter({(code,): count for code, count in self._engine.refused.copy().items()})
        yield _family(
            "regard_appends_refused",
            "Requests whose events could not be taken, by why; too_many_requests is a 429.",
            ("code",),
            refused,
        )
        yield _family(
            "regard_message_outcomes",
            "What became of attempts to hand messages over.",
            ("channel", "outcome", "reason"),
            self._engine.outcomes.copy(),
        )
        under_way = GaugeMetricFamily(
            "regard_messages_under_way", "Messages being handed over now.", labels=("channel",)
        )
        for channel, count in sorted(self._engine.under_way.copy().items()):
            under_way.add_metric((channel,), count)
        yield under_way
        yield _family(
            "regard_warnings",
            "Lines of the log from a warning on, by event.",
            ("level", "event"),
            self._warnings.counts.copy(),
        )


def _places(reading: Reading) -> Iterator[Metric]:
    last, stepped = reading.tail.last(), reading.tail.stepped(LOOP)
    yield GaugeMetricFamily("regard_journal_offset", "The last entry of the journal.", last)
    yield GaugeMetricFamily("regard_loop_offset", "Up to where no input waits.", stepped)
    says = f"Inputs that wait to be stepped, at most {WAITING_MAX:,}."
    yield GaugeMetricFamily("regard_inputs_waiting", says, reading.tail.waiting(WAITING_MAX))


def _events(reading: Reading) -> Metric:
    rows, _ = reading.registers.sources(limit=0)
    counts: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        counts[row.source, "accepted"] = row.accepted_count
        counts[row.source, "duplicate"] = row.duplicate_count
        counts[row.source, "rejected"] = row.rejected_count
    return _family(
        "regard_events", "What came of items that sources sent.", ("source", "outcome"), counts
    )


def _decided(reading: Reading, since: datetime) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for row in reading.decisions.totals(f"{since:%Y-%m-%d}"):
        found[row.kind.verdict, row.kind.reason, row.kind.channel] += row.count
    return found


def _kept(reading: Reading, since: datetime) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for row in reading.runs.outcomes(since):
        found[row.definition, row.status] += row.count
    return found


def _lagging(lags: Iterable[dict[str, Any]]) -> Metric:
    family = GaugeMetricFamily(
        "regard_lag_seconds",
        "How late what lags is; /health/ready says more.",
        labels=("what", "name"),
    )
    worst: dict[tuple[str, str], float] = {}
    for lag in lags:
        key = lag["what"], lag.get("name", "")
        worst[key] = max(worst.get(key, 0.0), lag.get("late_s", 0.0))
    for key, late_s in worst.items():
        family.add_metric(key, late_s)
    return family


def _family(name: str, says: str, labels: tuple[str, ...], counts: Mapping[Key, int]) -> Metric:
    family = CounterMetricFamily(name, says, labels=labels)
    for key, count in sorted(counts.items()):
        family.add_metric(key, count)
    return family


def _histogram(name: str, says: str, spread: Spread) -> Metric:
    family = HistogramMetricFamily(name, says)
    family.add_metric((), spread.buckets(), spread.sum)
    return family
