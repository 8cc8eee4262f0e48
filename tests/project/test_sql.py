"""The SQL of an expression says in DuckDB what its closure says, over whole scopes as rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest
import sqlglot

from regard.core.clock import to_us
from regard.core.codec import encode_person
from regard.core.facts import AudienceChanged
from regard.core.person import AudienceState, Claim, Consent, Person, Seen
from regard.core.scope import Scope
from regard.project.expressions import CompiledExpression, FactKinds, Names, compile_expression
from tests.project.hotel import NOW

FACTS = FactKinds(
    {
        "n": "number", "m": "number", "t": "text", "at": "timestamp", "ok": "boolean",
        "any": "any", "in": FactKinds({"t": "text"}, False),
    },
    False,
)  # fmt: skip
NAMES = Names(
    facts=FACTS, events={"Booked": FACTS}, purposes=("offers",), channels=("email",),
    audiences=("vip",),
)  # fmt: skip

EXPRESSIONS = [
    "facts.n > 1", "facts.n = facts.m", "facts.n + facts.m * 2 > 3", "facts.n / facts.m < 1",
    "-facts.n < 0", "facts.t = 'x'", "facts.t < 'y'", "facts.t like 'x%'", "facts.t not like '_'",
    "facts.t in ('x', 'it''s')", "facts.n not in (1, facts.m)", "facts.n between 1 and 2",
    "facts.ok", "not facts.ok", "facts.ok is true", "facts.ok = false", "facts.in.t = 'x'",
    "facts.t is null", "facts.any is null", "facts.any = 1", "facts.any = 'x'", "facts.any = true",
    "facts.any = traits.tier", "facts.any in (1, 2)", "traits.tier = 'gold'", "traits.miles >= 900",
    "traits.tier = 'gold' or facts.n > 1", "coalesce(facts.n, facts.m, 0) = 0",
    "lower(facts.t) = upper('x')", "facts.at > now()", "facts.at - now() > interval '1 day'",
    "facts.at + interval '1 day' * facts.n > now()", "facts.at - interval '90 minutes' <= now()",
    "facts.at = timestamp '2026-03-02T09:00:00Z'", "event.name = 'Booked'",
    "event.channel is null", "person.last_channel = 'email'", "person.last_seen_at < now()",
    "count_events('Booked') >= 2", "count_events('Booked', '30 days') = 2",
    "count_events('Booked', '1 hour') < 1", "last_event_at('Booked') < now() - interval '1 day'",
    "last_fact('Booked', 'n') = 5", "last_fact('Booked', 'in.t') = 'x'", "has_consent('offers')",
    "has_consent('offers', 'email')", "not has_consent('offers', 'email')",
    "in_audience('vip')", "not in_audience('vip') or facts.n > 1",
    "facts.t = 'back\\slash' or facts.t like '%\\%'",
]  # fmt: skip


def membership(*, is_member: bool) -> AudienceState:
    change = AudienceChanged(
        member_id="m", audience="vip", is_member=is_member, since=NOW, definition="d"
    )
    return AudienceState(change=change, stamp=1)


def scopes() -> list[Scope]:
    """Return situations with right, wrong and missing values, consents in every order."""
    values: list[dict[str, Any]] = [
        {}, {"n": 1, "m": 2, "t": "x", "ok": True, "at": "2026-03-02T09:00:00Z", "any": 1},
        {"n": 2.5, "m": 0, "t": "X", "ok": False, "at": "2026-03-05T09:00:00+01:00", "any": "x"},
        {"n": "2", "m": None, "t": 5, "ok": "yes", "at": "soon", "any": [1], "in": {"t": "x"}},
        {"n": True, "m": -1, "t": "it's", "ok": None, "at": 5, "any": True, "in": 3},
        {"n": 0, "m": 0, "t": "back\\slash", "at": "infinity", "any": "gold", "in": {"t": 1}},
        {"n": 10**12, "t": "", "at": "2026-03-01T09:00:00", "any": {"a": 1}},
    ]  # fmt: skip
    at = [NOW, NOW + timedelta(hours=1)]
    yes, no = (
        [Consent(True, m, "s", {}, 1) for m in at],
        [Consent(False, m, "s", {}, 1) for m in at],
    )
    recent = tuple(to_us(NOW - timedelta(days=days)) for days in (2, 30, 31))
    seen = Seen(3, NOW, NOW - timedelta(days=2), recent, {"n": 5, "in": {"t": "x"}}, 1)
    people = [
        Person(id="p_1", audiences={"vip": membership(is_member=True)}),
        Person(
            id="p_2",
            consents={"offers|*": yes[0]},
            seen={"Booked": seen},
            audiences={"vip": membership(is_member=False)},
        ),
        Person(id="p_3", consents={"offers|*": yes[0], "offers|email": no[0]}),
        Person(id="p_4", consents={"offers|*": no[0], "offers|email": yes[1]}),
        Person(
            id="p_5",
            consents={"offers|*": no[1], "offers|email": yes[0]},
            claims={"tier": Claim("gold", NOW, "s", 0, 1), "miles": Claim(900, NOW, "s", 0, 1)},
            last_channel="email",
            last_seen_at=NOW - timedelta(days=1),
        ),
    ]
    return [
        Scope(person=person, facts=facts, now=NOW, event_name=name)
        for person in people
        for facts, name in zip(values, ["", "Booked"] * 4, strict=False)
    ]


@pytest.fixture(scope="module")
def rows() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            'CREATE TABLE scopes (id INT, person JSON, facts JSON, "now" TIMESTAMP, '
            "event_name TEXT, channel TEXT)"
        )
        connection.executemany(
            "INSERT INTO scopes VALUES (?, ?, ?, ?, ?, ?)",
            [
                [
                    i,
                    encode_person(s.person).decode(),
                    json.dumps(s.facts),
                    s.now.replace(tzinfo=None),
                    s.event_name,
                    "",
                ]
                for i, s in enumerate(scopes())
            ],
        )
        yield connection


def compiled(text: str) -> CompiledExpression:
    expression, slips = compile_expression(text, NAMES, "value")
    assert expression is not None, slips
    return expression


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_duckdb_says_what_the_closure_says(rows: duckdb.DuckDBPyConnection, text: str) -> None:
    expression = compiled(text)
    sql = f"SELECT {expression.to_sql('duckdb')} FROM scopes ORDER BY id"
    answers = [answer for (answer,) in rows.execute(sql).fetchall()]
    assert answers == [expression(s) for s in scopes()]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_the_postgres_text_is_readable_sql(text: str) -> None:
    assert sqlglot.parse_one(compiled(text).to_sql("postgres"), dialect="postgres")
