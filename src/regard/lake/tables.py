"""The tables of the lake: which kinds of journal entries each holds, and its typed columns.

Every entry is in exactly one table. What analysts ask for has a column with a fixed type; all else
of the body is in `rest` (JSON), so nothing is lost. **Evolution**: a column is only ever added,
never renamed, retyped or removed; `SCHEMA` grows by one then, and older files answer NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from regard.core.event import (
    AgentOffered,
    Event,
    Identifier,
    IdentityAct,
    MessageClaimed,
    MessageOutcome,
    ModelRemark,
    PersonRevised,
    PolicyTrained,
    ProgramPublished,
    Retained,
    RolloutChanged,
    RolloutReached,
    TimerDue,
)
from regard.core.facts import (
    Answered,
    AnswerTaken,
    AudienceChanged,
    CaseOpened,
    Decided,
    EvidenceRefused,
    IdentityShared,
    LimitReached,
    NeedChanged,
    NeedEvidence,
    Noted,
    PersonsMerged,
    PersonSplit,
    PromiseChanged,
    RhythmArmed,
    RunChanged,
    SilenceWatched,
    StepFailed,
)

SCHEMA = 1
"""The version of all tables together; written into the manifest and into every file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its DuckDB type, and where the value stands in a body (default: its name).

    `told` turns the value into what JSON of that type looks like, where it does not already.
    """

    name: str
    type: str
    place: str = ""
    told: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: `kinds` are the bodies that it holds; more than one are told by column `kind`."""

    name: str
    kinds: tuple[type, ...]
    columns: tuple[Column, ...] = ()

    @property
    def schema(self) -> Mapping[str, str]:
        """Return the type of every column of its files by name, in order."""
        own = {column.name: column.type for column in self.columns}
        kind = {"kind": TEXT} if len(self.kinds) > 1 else {}
        return {**JOURNAL, **kind, **own, "rest": JSON}


TEXT, JSON, MOMENT, FLAG = "VARCHAR", "JSON", "TIMESTAMP", "BOOLEAN"
WHOLE, NUMBER, TEXTS = "INTEGER", "DOUBLE", "VARCHAR[]"
IDENTIFIERS = "STRUCT(kind VARCHAR, value VARCHAR)[]"

JOURNAL: Mapping[str, str] = MappingProxyType(
    {
        "journal_offset": "BIGINT",
        "happened_at": MOMENT,
        "received_at": MOMENT,
        "cause": "BIGINT",
        "part": WHOLE,
        "identity": "BIGINT",
        "person_id": TEXT,
        "person_key": "BIGINT",
    }
)
"""Columns of every table: the place in the journal, and whose it was when it was written.

Moments are UTC. `person_key` is `person_id` as a number, which counts several times faster.
"""


def _pairs(identifiers: tuple[Identifier, ...]) -> list[dict[str, str]]:
    return [{"kind": one.kind, "value": one.value} for one in identifiers]


def _columns(type_: str, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, type=type_) for name in names)


TABLES: tuple[Table, ...] = (
    Table(
        name="events",
        kinds=(Event,),
        columns=(
            *_columns(TEXT, "message_id", "source", "type", "name", "channel"),
            Column(name="trust", type=WHOLE),
            Column(name="is_history", type=FLAG),
            Column(name="identifiers", type=IDENTIFIERS, told=_pairs),
            *_columns(JSON, "facts", "traits", "context"),
            Column(name="violations", type=TEXTS),
        ),
    ),
    Table(
        name="decisions",
        kinds=(Decided,),
        columns=(
            Column(name="decision_id", type=TEXT),
            Column(name="engagement", type=TEXT, place="candidate.engagement"),
            Column(name="origin", type=TEXT, place="candidate.origin"),
            Column(name="ref", type=TEXT, place="candidate.ref"),
            *_columns(TEXT, "verdict", "reason", "message_class", "purpose", "channel", "address"),
            *_columns(NUMBER, "score", "probability"),
            *_columns(TEXT, "policy", "experiment", "arm", "department"),
            Column(name="is_answer", type=FLAG),
            Column(name="wake_at", type=MOMENT),
            *_columns(JSON, "factors", "refusals"),
        ),
    ),
    Table(
        name="messages",
        kinds=(MessageClaimed, MessageOutcome),
        columns=(
            *_columns(TEXT, "message_id", "channel", "outcome"),
            Column(name="attempt", type=WHOLE),
            *_columns(TEXT, "reason", "detail", "provider_id"),
            Column(name="retry_at", type=MOMENT),
            Column(name="is_answer", type=FLAG),
        ),
    ),
    Table(
        name="promises",
        kinds=(PromiseChanged,),
        columns=(
            *_columns(TEXT, "promise_id", "definition", "status", "about", "reason"),
            *_columns(MOMENT, "made_at", "act_at", "due_at"),
            Column(name="kept_by", type=TEXT),
            Column(name="kept_at", type=MOMENT),
            Column(name="repair_step", type=WHOLE),
            Column(name="facts", type=JSON),
        ),
    ),
    Table(
        name="runs",
        kinds=(RunChanged,),
        columns=(
            *_columns(TEXT, "run_id", "journey", "step", "status", "reason"),
            *_columns(MOMENT, "started_at", "wake_at", "parked_at"),
            Column(name="path", type=TEXTS),
            Column(name="facts", type=JSON),
        ),
    ),
    Table(
        name="needs",
        kinds=(NeedChanged,),
        columns=(
            *_columns(TEXT, "need_id", "need", "spell", "reason"),
            *_columns(FLAG, "is_felt", "has_moved"),
            *_columns(MOMENT, "since", "met_at"),
            Column(name="belief", type=NUMBER),
        ),
    ),
    Table(
        name="evidence",
        kinds=(NeedEvidence,),
        columns=(
            *_columns(TEXT, "need", "line", "told"),
            Column(name="weight", type=NUMBER),
            Column(name="told_at", type=MOMENT, place="at"),
        ),
    ),
    Table(
        name="audiences",
        kinds=(AudienceChanged,),
        columns=(
            *_columns(TEXT, "member_id", "audience", "reason"),
            *_columns(FLAG, "is_member", "has_moved"),
            Column(name="since", type=MOMENT),
        ),
    ),
    Table(
        name="cases",
        kinds=(CaseOpened,),
        columns=(
            *_columns(TEXT, "case_id", "department", "title", "ref", "reason"),
            Column(name="due_at", type=MOMENT),
        ),
    ),
    Table(
        name="notes",
        kinds=(Noted,),
        columns=(*_columns(TEXT, "note_id", "name", "about"), Column(name="facts", type=JSON)),
    ),
    Table(
        name="answers",
        kinds=(AnswerTaken,),
        columns=(
            *_columns(TEXT, "message_id", "engagement", "answer", "source", "trait", "need"),
            Column(name="told_at", type=MOMENT, place="at"),
        ),
    ),
    Table(
        name="requests",
        kinds=(Answered,),
        columns=_columns(TEXT, "request_id", "source", "channel", "placement", "reason"),
    ),
    Table(
        name="identity_changes",
        kinds=(
            PersonsMerged,
            PersonSplit,
            IdentityShared,
            EvidenceRefused,
            IdentityAct,
            PersonRevised,
        ),
        columns=_columns(TEXT, "rule", "winner", "loser", "act_id", "act", "by"),
    ),
    Table(
        name="rollouts",
        kinds=(RolloutChanged, RolloutReached),
        columns=(
            *_columns(TEXT, "rollout_id", "rollout", "subject", "audience", "status"),
            Column(name="is_test", type=FLAG),
        ),
    ),
    Table(
        name="others",
        kinds=(
            TimerDue,
            AgentOffered,
            ProgramPublished,
            PolicyTrained,
            ModelRemark,
            Retained,
            RhythmArmed,
            SilenceWatched,
            LimitReached,
            StepFailed,
        ),
    ),
)
"""Every table, in the order in which one meets them."""

BY_NAME: Mapping[str, Table] = MappingProxyType({table.name: table for table in TABLES})
