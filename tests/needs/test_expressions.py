"""Beliefs and the moment in expressions: closures, SQL that agrees, horizons, clear refusals."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import duckdb
import pytest
import sqlglot
from hypothesis import assume, given
from hypothesis import strategies as st

from regard.core.belief import Curve, believed
from regard.core.clock import to_us
from regard.core.codec import encode_person
from regard.core.errors import Refused
from regard.core.person import (
    Claim,
    Device,
    Looking,
    Moment,
    NeedState,
    Person,
    Stretch,
    Weighed,
    Whereabouts,
)
from regard.core.scope import Scope
from regard.project.expressions import CompiledExpression, Names, Want, compile_expression
from tests.needs.house import START

CURVE = Curve(prior=0.1, half_life=timedelta(hours=6))
NAMES = Names(needs={"rebook": CURVE}, zone="Europe/Vienna")
NOW_US = to_us(START)


def compiled(text: str, want: Want = "value") -> CompiledExpression:
    expression, slips = compile_expression(text, NAMES, want)
    assert expression is not None, slips
    return expression


def slips_of(text: str, want: Want = "condition") -> list[str]:
    return [slip.message for slip in compile_expression(text, NAMES, want)[1]]


def person_of(*pieces: tuple[int, float], **parts: object) -> Person:
    evidence = tuple(
        Weighed(NOW_US - age_s * 1_000_000, weight, "a", "said", n)
        for n, (age_s, weight) in enumerate(pieces)
    )
    return Person(id="p_ada", needs={"rebook": NeedState(evidence=evidence)}, **parts)


HERE = Moment(
    device=Device("phone", "iOS", "iPhone", "Safari", "wifi", "de-AT", NOW_US, 1),
    place=Whereabouts("AT", "", None, None, NOW_US, 1),
    looking=Looking("/change", "", "", NOW_US, 1),
    stretches=(Stretch("", NOW_US - 600_000_000, NOW_US - 60_000_000),),
)
PEOPLE = [
    Person(id="p_nobody"),
    person_of((0, 3.0), (3_600, 1.5), (90_000, -2.0)),
    person_of((-50, 2.5), last_channel="web.desktop", last_seen_at=START - timedelta(minutes=10)),
    person_of(last_channel="web.desktop", last_seen_at=START - timedelta(minutes=10, seconds=1)),
    Person(id="p_here", moment=HERE, last_channel="app.phone", last_seen_at=START),
    Person(id="p_there", moment=Moment(place=Whereabouts("AT", "Wien", 48.2, 16.4, NOW_US, 1))),
]
EXPRESSIONS = [
    "need('rebook') > 0.1", "need('rebook') >= 0.5", "need('rebook') < 0.0999",
    "is_here('web.desktop')", "not is_here('app.phone')", "context.device = 'phone'",
    "context.place in ('AT', 'Wien')", "context.page like '/ch%'", "context.app is null",
    "context.system = 'iOS' and context.browser = 'Safari'", "context.network = 'wifi'",
    "context.city = 'Wien' or context.country = 'AT'",
]  # fmt: skip


def test_duckdb_says_what_the_closures_say() -> None:
    with duckdb.connect() as connection:
        connection.execute('CREATE TABLE scopes (id INT, person JSON, facts JSON, "now" TIMESTAMP)')
        rows = [
            [n, encode_person(person).decode(), json.dumps({}), START.replace(tzinfo=None)]
            for n, person in enumerate(PEOPLE)
        ]
        connection.executemany("INSERT INTO scopes VALUES (?, ?, ?, ?)", rows)
        for text in EXPRESSIONS:
            expression = compiled(text)
            sql = f"SELECT {expression.to_sql('duckdb')} FROM scopes ORDER BY id"
            answers = [answer for (answer,) in connection.execute(sql).fetchall()]
            told = [expression(Scope(person=one, facts={}, now=START)) for one in PEOPLE]
            assert answers == told, text
        belief = compiled("need('rebook')").to_sql("duckdb")
        sql = f"SELECT {belief} FROM scopes ORDER BY id"
        beliefs = [belief for (belief,) in connection.execute(sql).fetchall()]
    states = [one.needs.get("rebook", NeedState()) for one in PEOPLE]
    assert beliefs == pytest.approx([believed(s.evidence, CURVE, START) for s in states], abs=1e-12)


@pytest.mark.parametrize("text", ["need('rebook')", *EXPRESSIONS])
def test_postgres_can_read_it(text: str) -> None:
    assert sqlglot.parse_one(compiled(text).to_sql("postgres"), dialect="postgres") is not None


@pytest.mark.parametrize("text", ["local_hour() >= 18", "session_minutes() > 5"])
def test_what_has_no_sql_says_so(text: str) -> None:
    with pytest.raises(Refused, match="cannot be written as SQL") as refused:
        compiled(text).to_sql("duckdb")
    assert refused.value.code == "no_sql"
    assert "nobody can be a member by it" in slips_of(text, "watched")[0]


def test_the_hour_is_that_of_the_person_or_else_of_the_company() -> None:
    hour = compiled("local_hour()")
    assert hour(Scope(person=Person(id="p_1"), facts={}, now=START)) == 10
    for zone, expected in (("Asia/Tokyo", 18), ("Nowhere/At_All", 10), (5, 10)):
        claims = {"time_zone": Claim(zone, START, "s", 2, 1)}
        person = Person(id="p_1", claims=claims)
        assert hour(Scope(person=person, facts={}, now=START)) == expected


def test_a_session_lasts_from_its_first_sign_and_ends_after_half_an_hour() -> None:
    minutes = compiled("session_minutes()")
    for later, expected in ((0, 10), (29, 39), (30, None)):
        now = START + timedelta(minutes=later)
        assert minutes(Scope(person=PEOPLE[4], facts={}, now=now)) == expected
    assert minutes(Scope(person=PEOPLE[0], facts={}, now=START)) is None


def test_slips_say_what_is_wrong() -> None:
    assert slips_of("need('rebok') > 0.5") == ["there is no need 'rebok'"]
    assert slips_of("need() > 0.5") == ["need() takes 1 arguments, not 0"]
    assert slips_of("is_here('The Web')") == ["'The Web' is not an exact channel"]
    assert slips_of("context.mood = 'good'") == ["there is no 'context.mood'"]
    assert slips_of("need('rebook') > traits.x", "watched") == [
        "a belief is compared with a number"
    ]


pieces = st.lists(st.tuples(st.integers(0, 200_000), st.sampled_from([3.0, 1.5, 0.5, -3.0, -1.5])))


@given(
    pieces.filter(lambda found: len(found) < 6),
    st.sampled_from([">=", ">", "<", "<="]),
    st.floats(0.01, 0.99),
)
def test_a_belief_does_not_turn_before_its_horizon(
    found: list[tuple[int, float]], op: str, level: float
) -> None:
    # Belief comes ever nearer to its prior and never there, but for the rounding of numbers.
    assume(abs(level - CURVE.prior) > 1e-6)
    condition = compiled(f"need('rebook') {op} {level!r}", "watched")
    person = person_of(*found)

    def holds(after_us: int) -> bool:
        now = START + timedelta(microseconds=after_us)
        return bool(condition(Scope(person=person, facts={}, now=now)))

    assert condition.horizon is not None
    at = condition.horizon(Scope(person=person, facts={}, now=START))
    until = 10**13 if at is None else to_us(at) - NOW_US - 1
    looks = sorted({0, until, *(until * k // 7 for k in range(7))})
    assert {holds(one) for one in looks} == {holds(0)}
    if at is not None:
        assert holds(until + 10_000) is not holds(0)
        assert all(before < after for before, after in pairwise(looks))


def test_leaving_is_foreseen() -> None:
    condition = compiled("is_here('app.phone')", "watched")
    scope = Scope(person=PEOPLE[4], facts={}, now=START)
    assert condition.horizon is not None
    assert condition.horizon(scope) == START + timedelta(minutes=10, microseconds=1)
