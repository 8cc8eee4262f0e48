"""Balancing the books of a bounded world: what the house says against what the world knows.

The world counts what it sent and got; the house counts what it took, promised and said. `tell_day`
prints both; any finding means that the day is not accounted for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from regard.cli.telling import tell_counts
from regard.core.ports import Library
from regard.core.rows import Books
from regard.world import WorldSummary

OUR_SOURCE = "regard"
"""Source of events that the house itself takes: one-click unsubscribes, console edits."""

FINDINGS_SHOWN = 20


def differences(library: Library, summary: WorldSummary) -> list[str]:
    """Return where the house's counts differ from the world's; an unanswered request may count."""
    with library.reading() as reading:
        rows = {row.source: row for row in reading.registers.sources(limit=1)[0]}
    found = []
    for source, count in sorted(summary.accepted.items()):
        row = rows.get(source)
        taken = row.accepted_count if row else 0
        lost = summary.lost.get(source, 0)
        if not count <= taken <= count + lost:
            found.append(f"source {source}: the world had {count} acknowledged, the house {taken}")
    for source, count in sorted(summary.refused.items()):
        if count:
            found.append(f"source {source}: {count} items were refused against expectation")
    if summary.doubled_letters:
        found.append(f"people got {summary.doubled_letters} messages twice")
    return found


def tell_day(
    library: Library, summary: WorldSummary, books: Books, findings: Sequence[str], pace: str
) -> None:
    """Print the day: events in, persons known, promises, messages, silences, pace, the balance."""
    letters = {"Read by the world": dict(sorted(summary.letters.items()))}
    tell_seen("The day", library, books, {"people in the world": summary.people}, letters)
    click.echo(pace)
    if not findings:
        click.secho("The books balance.", fg="green", bold=True)
        return
    click.secho(f"The books do not balance: {len(findings)} findings.", fg="red", bold=True)
    for finding in findings[:FINDINGS_SHOWN]:
        click.echo(f"  {finding}")


def tell_seen(
    title: str,
    library: Library,
    books: Books,
    people: dict[str, int],
    more: dict[str, dict[str, int]],
) -> None:
    """Print what the house saw and did; `people` and `more` are what the world adds to it."""
    with library.reading() as reading:
        tallies = reading.registers.tallies(names=["silence"])
        persons_count = len(reading.people.search("", limit=1_000_000))
    silences: Counter[str] = Counter()
    for tally in tallies:
        silences[tally.key] += tally.count
    counts = books.counts
    click.echo()
    tell_counts(
        title,
        {
            "events in": counts.get("events", 0),
            "duplicates dropped": counts.get("duplicates dropped", 0),
            "items rejected, kept for the source debugger": counts.get("items rejected", 0),
            "persons known": persons_count,
            **people,
        },
    )
    tell_counts("Promises", _named(counts, "promises ") | {"made": counts.get("promises", 0)})
    tell_counts("Messages", _named(counts, "messages "))
    for name, found in more.items():
        tell_counts(name, found)
    tell_counts("Silences by reason", dict(silences.most_common()))


def _named(counts: dict[str, int], start: str) -> dict[str, int]:
    return {name.removeprefix(start): n for name, n in counts.items() if name.startswith(start)}
