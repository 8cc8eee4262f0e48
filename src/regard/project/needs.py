"""needs/*.yaml -> what people want to achieve, and what is evidence of it.

Read in two goes: curves first (prior and half-life), since conditions anywhere may ask for a
belief, then the lines of evidence. Refused beside wrong values: a need that everybody feels
without a reason, a line that is of two sorts or of none, evidence that no event can bring.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from regard.core.belief import Curve
from regard.core.flows import Trigger
from regard.core.ids import derived_id
from regard.core.needs import NEEDS_MAX, EvidenceLine, Need, Silence
from regard.core.phrases import words_of
from regard.project.findings import did_you_mean, one_of
from regard.project.reading import Table
from regard.project.triggers import Known, read_trigger, read_triggers
from regard.project.words import id_of

WEIGHTS = {"strong": 3.0, "some": 1.5, "weak": 0.5}
"""Weights of evidence in words, as log-odds: 20 to 1, 4.5 to 1, 1.6 to 1."""

WEIGHT_MAX = 10.0
"""Log-odds of 10 are 22,000 to 1: who is that sure needs no belief."""

HALF_LIFE = timedelta(days=1)
HALF_LIFE_LEAST = timedelta(minutes=1)
PRIOR = 0.05
FELT_AT = 0.6
PROBABILITY_LEAST, PROBABILITY_MOST = 0.0001, 0.9999

LINES_MAX = 100
PHRASES_MAX = 500
"""Phrases of one line; who needs more wants a model of language, not a list."""

TEXTS = ("text", "message", "query", "search", "note", "subject", "comment", "transcript")
"""Facts in which words are looked for where a line does not say which."""


def read_curves(tables: Iterable[Table]) -> dict[str, Curve]:
    """Return prior and half-life of each need by id; a slip is one finding, however often read."""
    curves: dict[str, Curve] = {}
    for table in tables:
        name = table.data.get("id")
        if isinstance(name, str):
            curves.setdefault(name, _curve(table))
    return curves


def read_needs(tables: Iterable[Table], known: Known) -> dict[str, Need]:
    """Return the needs of all files by id; every slip is reported."""
    needs: dict[str, Need] = {}
    owners: dict[str, str] = {}
    for table in tables:
        need = _need(table, known)
        if need.id in owners:
            table.at("id").problem(f"{need.id!r} is defined in {owners[need.id]} too")
        elif need.id and len(needs) == NEEDS_MAX:
            table.place.problem(f"at most {NEEDS_MAX:,} needs, this is one more")
        elif need.id:
            owners[need.id] = table.place.document.file
            needs[need.id] = need
    return needs


def _need(table: Table, known: Known) -> Need:
    need_id = table.word("id", id_of, "", required=True)
    curve = _curve(table)
    felt_at = _probability(table, "felt_at", FELT_AT)
    if felt_at <= curve.prior:
        table.at("felt_at").problem(
            f"everybody would feel it: {felt_at:g} is not above the prior {curve.prior:g}",
            "a belief returns to its prior when all evidence has faded",
        )
    need = Need(
        id=need_id,
        title=table.text("title") or need_id,
        curve=curve,
        felt_at=felt_at,
        lines=_lines(table, known),
        met_by=read_triggers(table, "met_by", known),
    )
    table.close()
    return need


def _curve(table: Table) -> Curve:
    half_life = table.duration("half_life", HALF_LIFE) or HALF_LIFE
    if half_life < HALF_LIFE_LEAST:
        table.at("half_life").problem("evidence that is gone within a minute moves nobody")
        half_life = HALF_LIFE
    return Curve(prior=_probability(table, "prior", PRIOR), half_life=half_life)


def _probability(table: Table, key: str, default: float) -> float:
    return float(table.number(key, default, low=PROBABILITY_LEAST, high=PROBABILITY_MOST))


def _lines(table: Table, known: Known) -> tuple[EvidenceLine, ...]:
    given = table.table("evidence")
    if given is None:
        return ()
    found: dict[str, EvidenceLine] = {}
    for key, sign in (("for", 1.0), ("against", -1.0)):
        for entry in given.tables(key):
            line = _line(entry, known, sign)
            if line is not None and line.id in found:
                entry.place.problem("this is evidence already", "say it once, with one weight")
            elif line is not None:
                found[line.id] = line
    given.close()
    if len(found) > LINES_MAX:
        given.place.problem(f"at most {LINES_MAX} lines of evidence, here are {len(found)}")
    return tuple(found.values())


def _line(table: Table, known: Known, sign: float) -> EvidenceLine | None:
    sorts = [key for key in ("words", "silence") if key in table]
    is_event = any(key in table for key in ("event", "audience", "promise", "rhythm"))
    if len(sorts) + is_event != 1:
        table.place.problem(
            "evidence is one of an event, words or a silence",
            "{event: …}, {words: […]} or {silence: …, after: …, for: 3 hours}",
        )
        return None
    weight = sign * _weight(table)
    if "words" in sorts:
        return _words(table, known, weight)
    if "silence" in sorts:
        return _silence(table, known, weight)
    trigger = read_trigger(table, known)
    return None if trigger is None else _of_event(trigger, weight)


def _weight(table: Table) -> float:
    value = table.any("weight")
    if value is None:
        table.missing("weight", one_of([*WEIGHTS, "a number"]))
        return 1.0
    if isinstance(value, str):
        if value not in WEIGHTS:
            hint = did_you_mean(value, WEIGHTS, one_of([*WEIGHTS, "a number"]))
            table.at("weight").problem(f"{value!r} is not known here", hint)
        return WEIGHTS.get(value, 1.0)
    return float(table.number("weight", 1.0, low=0.01, high=WEIGHT_MAX))


def _of_event(trigger: Trigger, weight: float) -> EvidenceLine:
    condition = "" if trigger.when is None else trigger.when.text
    return EvidenceLine(
        id=derived_id("event", trigger.event, condition),
        told=trigger.event.replace("|", ": "),
        weight=weight,
        trigger=trigger,
    )


def _words(table: Table, known: Known, weight: float) -> EvidenceLine | None:
    phrases: dict[tuple[str, ...], None] = {}
    for index, text in enumerate(table.texts("words")):
        words = tuple(words_of(text))
        place = table.at("words").under(index)
        if not words:
            place.problem(f"{text!r} holds no word")
        elif words in phrases:
            place.problem(f"{text!r} is the same words as another", "case and accents do not count")
        else:
            phrases[words] = None
    if len(phrases) > PHRASES_MAX:
        table.at("words").problem(f"at most {PHRASES_MAX} phrases, here are {len(phrases)}")
    events, keys = table.texts("events"), table.texts("in") or TEXTS
    for index, event in enumerate(events):
        if known.events and event not in known.events:
            hint = did_you_mean(event, known.events, "describe it in events/")
            table.at("events").under(index).warn(f"no file describes the event {event!r}", hint)
    table.close()
    if not phrases:
        return None
    return EvidenceLine(
        id=derived_id("words", *sorted(" ".join(words) for words in phrases), *events, *keys),
        told="words",
        weight=weight,
        phrases=tuple(phrases),
        keys=keys,
        events=frozenset(events),
    )


def _silence(table: Table, known: Known, weight: float) -> EvidenceLine | None:
    event, after = table.text("silence", required=True), table.text("after", required=True)
    wait = table.duration("for")
    for key, name in (("silence", event), ("after", after)):
        if name and known.events and name not in known.events:
            hint = did_you_mean(name, known.events, "describe it in events/")
            table.at(key).warn(f"no file describes the event {name!r}", hint)
    if wait is None or wait <= timedelta(0):
        table.place.problem("a silence needs a length", "for: 3 hours")
    table.close()
    if not (event and after and wait):
        return None
    return EvidenceLine(
        id=derived_id("silence", event, after, str(wait)),
        told=f"no {event} after {after}",
        weight=weight,
        silence=Silence(event=event, after=after, wait=wait),
    )
