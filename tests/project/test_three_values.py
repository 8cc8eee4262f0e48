"""Three-valued logic: closures agree with SQLite over numbers, texts and NULL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regard.project.expressions import FactKinds, Names, compile_expression
from tests.project.hotel import scope

NAMES = Names(facts=FactKinds({"a": "number", "b": "number", "t": "text", "u": "text"}, False))
NUMBERS = st.sampled_from(["facts.a", "facts.b", "0", "1", "-2", "(facts.a + 1)", "(facts.b * 2)"])
TEXTS = st.sampled_from(["facts.t", "facts.u", "'x'", "'Xy'", "''", "lower(facts.u)", "upper('x')"])
SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def leaves(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Conditions over values of one kind."""
    return st.one_of(
        st.tuples(values, SIGNS, values).map(" ".join),
        st.tuples(values, values, values).map(lambda v: f"{v[0]} between {v[1]} and {v[2]}"),
        st.tuples(values, values, values).map(lambda v: f"{v[0]} not in ({v[1]}, {v[2]})"),
        st.tuples(values, values).map(lambda v: f"{v[0]} in ({v[1]}, NULL)"),
        values.map(lambda v: f"{v} is null"),
        st.tuples(values, values, values).map(lambda v: f"coalesce({v[0]}, {v[1]}) = {v[2]}"),
    )


PATTERNS = st.sampled_from(["x%", "%y", "_", "X_", "%", "", "%x%y%"])
LIKES = st.tuples(TEXTS, PATTERNS).map(lambda v: f"{v[0]} like '{v[1]}'")
CONDITIONS = st.recursive(
    st.one_of(leaves(NUMBERS), leaves(TEXTS), LIKES),
    lambda inner: st.one_of(
        inner.map(lambda c: f"not ({c})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda c: f"({c[0]}) {c[1]} ({c[2]})"
        ),
        inner.map(lambda c: f"({c}) is not null"),
        inner.map(lambda c: f"({c}) is true"),
    ),
    max_leaves=5,
)
INTS = st.one_of(st.none(), st.integers(-3, 3))
WORDS = st.one_of(st.none(), st.sampled_from(["", "x", "Xy", "xy", "X"]))


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE facts (a INTEGER, b INTEGER, t TEXT, u TEXT)")
    connection.execute("PRAGMA case_sensitive_like = ON")
    yield connection
    connection.close()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(condition=CONDITIONS, a=INTS, b=INTS, t=WORDS, u=WORDS)
def test_closures_agree_with_sqlite(
    database: sqlite3.Connection,
    condition: str,
    a: int | None,
    b: int | None,
    t: str | None,
    u: str | None,
) -> None:
    database.execute("DELETE FROM facts")
    database.execute("INSERT INTO facts VALUES (?, ?, ?, ?)", (a, b, t, u))
    answer = database.execute(f"SELECT {condition} FROM facts").fetchone()[0]
    expression, slips = compile_expression(condition, NAMES, "value")
    assert expression is not None, (condition, slips)
    expected = None if answer is None else bool(answer)
    assert expression(scope(a=a, b=b, t=t, u=u)) is expected, condition
