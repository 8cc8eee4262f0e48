"""The measured as-is: what customers lived, from touches alone, by DuckDB.

Touches in, a `Lived` out: hand-overs between channels with their times, what was asked again, who
was sent away, dead ends, late knowledge, the directly-follows graph and variants. Nothing here
reads the declared model; `conforming` lays the two on each other. Needs the extra
``regard[lake]``. Method of the directly-follows graph: van der Aalst, Process Mining (2016).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec

from regard.core.clock import from_us, to_us
from regard.core.errors import Refused
from regard.core.lived import Finding, Lived, LivedFlow, LivedTouch, Passing, Variant
from regard.core.statements import named_statements
from regard.model.latecomers import late_knowledge

HANDOVER_WITHIN = timedelta(days=7)
REPEAT_WITHIN = timedelta(days=1)
ASKED_WITHIN = timedelta(days=30)
SENT_AWAY_WITHIN = timedelta(days=2)
DEAD_AFTER = timedelta(days=7)

ASKED_ON = r"^(phone|store|chat|desk)"
"""Channels on which a human asks. On others an SDK sends what it knows with everything."""

EXAMPLES = 3
FLOWS_MAX, VARIANTS_MAX = 500, 50


class Measure:
    """Touches in an in-process database, asked by named statements. Made by `measuring`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._sql = _statements()

    def rows(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a named statement."""
        return self._connection.execute(self._sql[name], values).fetchall()


@contextmanager
def measuring(touches: Iterable[LivedTouch]) -> Iterator[Measure]:
    """Yield a measure over touches; raise `Refused` when there is none."""
    with TemporaryDirectory(prefix="regard-lived-") as folder, duckdb.connect() as connection:
        path = Path(folder) / "touches.jsonl"
        if not _written(touches, path):
            raise Refused(
                "Nobody was in touch in this stretch of the journal.",
                code="nothing_lived",
                hint="Choose a longer stretch, or look whether events come in: regard audit.",
            )
        measure = Measure(connection)
        measure.rows("load", path=str(path))
        measure.rows("load_told", path=str(path))
        yield measure


def measure_lived(measure: Measure, endings: Sequence[str] = ()) -> Lived:
    """Return everything that is measured; `endings` are activities that end a matter well."""
    count, persons, first_us, last_us = measure.rows("extent")[0]
    until = from_us(last_us)
    return Lived(
        since=from_us(first_us),
        until=until,
        touch_count=count,
        person_count=persons,
        handovers=_passings(measure, HANDOVER_WITHIN),
        repeats=_passings(measure, REPEAT_WITHIN),
        findings=(*_asked_again(measure), *_sent_away(measure), *_dead(measure, until, endings)),
        late=late_knowledge(measure.rows("ages"), EXAMPLES),
        flows=tuple(
            LivedFlow(source=a, target=b, count=n, median=_length(gap))
            for a, b, n, gap in measure.rows("flows", limit=FLOWS_MAX)
        ),
        variants=tuple(
            Variant(kind=kind, steps=tuple(steps), count=n, persons=tuple(who))
            for kind, steps, n, who in measure.rows(
                "variants", limit=VARIANTS_MAX, examples=EXAMPLES
            )
        ),
        channels=tuple((name, n) for name, n in measure.rows("channels")),
    )


def _passings(measure: Measure, within: timedelta) -> tuple[Passing, ...]:
    rows = measure.rows("passings", within_us=_us(within), examples=EXAMPLES)
    return tuple(
        Passing(
            source=source,
            target=target,
            count=count,
            median=_length(median),
            p90=_length(p90),
            persons=tuple(persons),
        )
        for source, target, count, median, p90, persons in rows
    )


def _asked_again(measure: Measure) -> Iterator[Finding]:
    within_us = _us(ASKED_WITHIN)
    for name, channel, count, persons in measure.rows(
        "asked_again", within_us=within_us, asked_on=ASKED_ON, examples=EXAMPLES
    ):
        yield Finding(
            what="asked_again",
            title=f"{name.replace('_', ' ')} is asked again on {channel}",
            channel=channel,
            count=count,
            persons=tuple(persons),
        )


def _sent_away(measure: Measure) -> Iterator[Finding]:
    rows = measure.rows("sent_away", within_us=_us(SENT_AWAY_WITHIN), examples=EXAMPLES)
    for channel, referred, count, persons in rows:
        yield Finding(
            what="sent_away",
            title=f"{channel} sends people to {referred.partition(':')[2]}",
            channel=channel,
            count=count,
            persons=tuple(persons),
        )


def _dead(measure: Measure, until: datetime, endings: Sequence[str]) -> Iterator[Finding]:
    rows = measure.rows(
        "dead_ends",
        before_us=to_us(until - DEAD_AFTER),
        endings=list(endings),
        examples=EXAMPLES,
    )
    for channel, activity, count, persons in rows:
        yield Finding(
            what="dead_end",
            title=f"after {activity} on {channel} nothing follows",
            channel=channel,
            count=count,
            persons=tuple(persons),
        )


def _written(touches: Iterable[LivedTouch], path: Path) -> int:
    """Write touches as JSON lines; return how many there were."""
    encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
    count = 0
    with path.open("wb") as file:
        for touch in touches:
            count += 1
            file.write(encode(_row(touch)) + b"\n")
    return count


def _row(touch: LivedTouch) -> Mapping[str, Any]:
    return {
        "person": touch.person,
        "at_us": to_us(touch.at),
        "channel": touch.channel,
        "direction": touch.direction,
        "activity": touch.activity,
        "matter": touch.matter,
        "referred": touch.referred,
        "told": [{"name": name, "value": value} for name, value in touch.told],
    }


def _us(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def _length(gap_us: float) -> timedelta:
    return timedelta(microseconds=round(gap_us))


def _statements() -> Mapping[str, str]:
    text = (files("regard.model") / "sql" / "lived.sql").read_text(encoding="utf-8")
    return named_statements(text, "lived.sql")
