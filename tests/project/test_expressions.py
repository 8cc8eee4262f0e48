"""Expressions: what they mean, what is refused before anything runs, and how fast they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regard.core.clock import to_us
from regard.core.person import RECENT_MAX, Claim, Consent, Person, Seen
from regard.core.scope import Scope
from regard.project.expressions import (
    CompiledExpression,
    FactKinds,
    Names,
    Slip,
    Want,
    compile_expression,
    kinds_of_schema,
)
from tests.project.hotel import NOW, scope

FACTS = FactKinds(
    {
        "total": "number", "nights": "number", "number": "text", "arrival_at": "timestamp",
        "is_paid": "boolean", "guest": FactKinds({"tier": "text"}, False), "extra": "any",
    },
    False,
)  # fmt: skip
NAMES = Names(
    facts=FACTS, events={"Booked": FACTS}, purposes=("offers",), channels=("email", "sms")
)
ARRIVAL = "2026-03-07T14:00:00+01:00"


def compiled(text: str, want: Want = "condition") -> CompiledExpression:
    expression, slips = compile_expression(text, NAMES, want)
    assert expression is not None, slips
    return expression


def slips_of(text: str, want: Want = "condition") -> tuple[Slip, ...]:
    expression, slips = compile_expression(text, NAMES, want)
    assert expression is None
    return slips


def ada() -> Person:
    recent = tuple(to_us(NOW - timedelta(days=days)) for days in (1, 10, 29, 31, 200))
    seen = Seen(7, NOW - timedelta(days=900), NOW - timedelta(days=1), recent, {"total": 5}, 1)
    return Person(
        id="p_ada",
        claims={"tier": Claim("gold", NOW, "s", 0, 1), "miles": Claim(900, NOW, "s", 0, 1)},
        seen={"Booked": seen},
        last_channel="email",
        last_seen_at=NOW,
    )


@pytest.mark.parametrize(
    "text",
    [
        "facts.total > 100",
        "facts.total >= 120",
        "100 < facts.total",
        "facts.total = 120.0",
        "facts.total <> 1",
        "facts.total != 1",
        "not facts.total < 100",
        "facts.number = 'SK1'",
        "facts.number like 'SK%'",
        "facts.number like '_K_'",
        "facts.number not like '%2'",
        "lower(facts.number) = 'sk1'",
        "facts.number in ('a', 'SK1')",
        "facts.number not in ('a', 'b')",
        "facts.total between 100 and 200",
        "facts.total not between 1 and 2",
        "facts.is_paid",
        "facts.is_paid = true",
        "facts.is_paid is true",
        "facts.nights is null",
        "facts.total is not null",
        "facts.arrival_at > now() + interval '2 days'",
        "facts.arrival_at - now() > interval '1 day'",
        "facts.arrival_at = timestamp '2026-03-07T13:00:00Z'",
        "facts.arrival_at < timestamp '2026-03-08'",
        "facts.guest.tier = 'gold'",
        "facts.guest.tier = traits.tier",
        "traits.tier = 'gold' and traits.miles >= 900",
        "traits.nobody = 1 or facts.total > 1",
        "coalesce(facts.nights, 3) = 3",
        "coalesce(traits.a, traits.miles) = 900",
        "facts.total / 2 * 3 - 1 = 179",
        "-facts.total < 0",
        "facts.total + -20 = 100",
        "count_events('Booked') = 7",
        "count_events('Booked', '30 days') = 3",
        "count_events('Nothing') = 0",
        "last_event_at('Booked') < now()",
        "last_fact('Booked', 'total') = 5",
        "event.name is null",
        "person.last_channel = 'email'",
        "person.last_seen_at <= now()",
        "facts.total > 1 and (facts.is_paid or facts.nights > 1)",
        "interval '1 day' * 2 = interval '48 hours'",
        'facts."total" > 1',
    ],
)
def test_these_are_true_of_ada(text: str) -> None:
    at_hand = scope(
        ada(),
        total=120, number="SK1", arrival_at=ARRIVAL, is_paid=True, guest={"tier": "gold"},
        nights=None,
    )  # fmt: skip
    assert compiled(text)(at_hand) is True


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("facts.total > 100", {"total": "lots"}), ("facts.total > 100", {"total": True}),
        ("facts.number = '1'", {"number": 1}), ("facts.is_paid", {"is_paid": "yes"}),
        ("facts.arrival_at > now()", {"arrival_at": "soon"}),
        ("facts.arrival_at > now()", {"arrival_at": 5}), ("facts.guest.tier = 'x'", {"guest": 1}),
        ("facts.total / 0 > 1", {"total": 1}), ("facts.total * facts.total > 1", {"total": 1e300}),
        ("facts.arrival_at + interval '3000 days' > now()", {"arrival_at": "9999-01-01T00:00:00Z"}),
        ("facts.extra > 1", {"extra": [1]}), ("lower(facts.number) = 'a'", {"number": None}),
        ("facts.arrival_at > now()", {"arrival_at": "0001-01-01T00:00:00+14:00"}),
    ],
)  # fmt: skip
def test_a_wrong_value_is_null_and_null_is_false(text: str, facts: dict[str, Any]) -> None:
    at_hand = scope(**facts)
    assert compiled(text)(at_hand) is False
    assert compiled(f"not ({text})")(at_hand) is False
    assert compiled(f"({text}) is null")(at_hand) is True


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("facts.total > '1'", "a number with a text", "single quotes"),
        ("facts.arrival_at > '2026-01-01'", "a moment with a text", "write timestamp"),
        ("facts.totl > 1", "no fact 'totl'", "did you mean 'total'?"),
        ("facts.guest.teir = 'a'", "no fact 'guest.teir'", ""),
        ("facts.total.x = 'a'", "no fact", ""),
        ("total > 1", "no 'total'", "facts.total"),
        ("person.lastchannel = 'x'", "no 'person.lastchannel'", "person.last_channel"),
        ("shout(facts.number) = 'A'", "no function 'shout'", "coalesce"),
        ("counts_events('A') = 1", "no function", "count_events"),
        ("sum(facts.total) > 1", "no function 'sum'", ""),
        ("count_events(facts.number) > 1", "texts in single quotes", "write count_events"),
        ("count_events('Booked', 'ever') > 1", "not a duration", ""),
        ("count_events() > 1", "takes 1 or 2", ""),
        ("has_consent('offer')", "no purpose 'offer'", "offers"),
        ("has_consent('offers', 'mail')", "no channel 'mail'", "email"),
        ("last_fact('Booked', 'totl') = 1", "no fact 'totl'", "total"),
        ("lower(facts.total) = 'a'", "a number where a text", ""),
        ("facts.total and true", "a number where a condition", ""),
        ("facts.total + facts.number > 1", "does not work with", ""),
        ("facts.arrival_at + 1 > now()", "does not work with", ""),
        ("coalesce(facts.total, 'a') = 1", "mixes", ""),
        ("facts.total in (1, 'a')", "compares", ""),
        ("facts.total = null", "never true", "is null"),
        ("facts.is_paid > false", "no order", ""),
        ("facts.extra < interval '1 day'", "an untyped value with an interval", ""),
        ("facts.number like facts.number", "pattern is not a text", "like 'SK%'"),
        ("facts.number ilike 'a'", "ILIKE", "lower"),
        ("current_timestamp > facts.arrival_at", "CURRENT_TIMESTAMP", "now()"),
        ("cast(facts.total as text) = 'a'", "casts", ""),
        ("facts.total in (select 1)", "list of values", ""),
        ("facts.number || 'a' = 'b'", "not part of the language", ""),
        ("facts.total >", "not a readable expression", ""),
        ("facts.number = 'open", "not a readable expression", "quote"),
        ("interval '1 month' > interval '1 day'", "no fixed length", ""),
        ("timestamp 'soon' > now()", "not a moment", ""),
        ("facts.total", "not a condition", ""),
        ("select 1", "not a readable expression", ""),
        ("drop table people", "not a readable expression", ""),
        ("", "empty", ""),
        ("(" * 5_000, "longer than", ""),
        ("(" * 3_000 + ")", "nested more than", "split"),
        ("{" * 3_000, "nested more than", "split"),
        ("not " * 900 + "true", "nested more than", "split"),
    ],
)  # fmt: skip
def test_slips_are_found_before_anything_runs(text: str, message: str, hint: str) -> None:
    slips = slips_of(text)
    assert any(message in slip.message and hint in slip.hint for slip in slips), slips


def test_a_long_chain_is_not_deep() -> None:
    assert compiled(" and ".join(["facts.total > 1"] * 200))(scope(total=2)) is True


@pytest.mark.parametrize(
    ("text", "is_fine"),
    [
        (f">= {RECENT_MAX}", True), (f">= {RECENT_MAX + 1}", False), (f"> {RECENT_MAX}", False),
        (f"< {RECENT_MAX}", True), (f"= {RECENT_MAX}", False), (f"= {RECENT_MAX - 1}", True),
        (f"between 1 and {RECENT_MAX}", False), (f"in (1, {RECENT_MAX})", False),
    ],
)  # fmt: skip
def test_a_window_cannot_be_compared_with_more_than_it_can_count(text: str, is_fine: bool) -> None:
    expression, slips = compile_expression(
        f"count_events('Booked', '9 days') {text}", NAMES, "value"
    )
    assert (expression is not None) is is_fine
    assert is_fine or f"ends at {RECENT_MAX}" in slips[0].message
    assert compiled("count_events('Booked') >= 1000")(scope()) is False


def test_an_event_that_nobody_describes_is_a_warning() -> None:
    expression, slips = compile_expression("count_events('Bookd') > 1", NAMES, "condition")
    assert expression is not None
    assert [(s.is_warning, s.hint) for s in slips] == [(True, "did you mean 'Booked'?")]


def test_moments_and_values_are_given_as_they_are() -> None:
    moment = compiled("facts.arrival_at - interval '2 days'", "moment")(scope(arrival_at=ARRIVAL))
    assert moment == datetime(2026, 3, 5, 13, tzinfo=UTC)
    assert moment.utcoffset() == timedelta(0)
    assert compiled("facts.number", "value")(scope(number="SK1")) == "SK1"
    assert compiled("facts.extra", "value")(scope(extra={"a": 1})) is None
    assert compiled("facts.extra", "moment")(scope(extra=ARRIVAL)) is not None
    assert slips_of("facts.total", "moment")
    assert slips_of("now() - facts.arrival_at", "value")


@pytest.mark.parametrize(
    ("everywhere", "here", "expected"),
    [
        (None, None, False),
        ((True, 1), None, True),
        ((False, 1), None, False),
        (None, (True, 1), True),
        ((True, 1), (False, 2), False),
        ((False, 1), (True, 2), True),
        ((False, 2), (True, 1), False),
        ((True, 1), (False, 1), False),
        ((False, 1), (True, 1), False),
    ],
)
def test_the_latest_word_wins_and_a_tie_is_no(
    everywhere: tuple[bool, int] | None, here: tuple[bool, int] | None, expected: bool
) -> None:
    said = {"offers|*": everywhere, "offers|email": here}
    consents = {
        key: Consent(word[0], NOW + timedelta(hours=word[1]), "s", {}, 1)
        for key, word in said.items()
        if word is not None
    }
    person = Person(id="p_ada", consents=consents)
    assert compiled("has_consent('offers', 'email')")(scope(person)) is expected
    always = everywhere is not None and everywhere[0]
    assert compiled("has_consent('offers')")(scope(person)) is always


def test_a_pattern_with_many_percents_stays_fast() -> None:
    text = compiled(f"facts.number like '{'%a' * 30}%b'")
    assert text(scope(number="a" * 30_000)) is False


def test_kinds_come_from_the_schema() -> None:
    kinds = kinds_of_schema(
        {
            "properties": {
                "a": {"type": ["integer", "null"]},
                "b": {"type": "string", "format": "date"},
                "c": {"anyOf": []},
                "d": {"type": "object", "properties": {"e": {"type": "boolean"}}},
            }
        }
    )
    names = [("a",), ("b",), ("c",), ("d", "e"), ("d", "x"), ("x",), ("a", "b")]
    expected = ["number", "timestamp", "any", "boolean", None, None, None]
    assert [kinds.kind_at(name) for name in names] == expected
    opened = kinds_of_schema({"properties": {"a": {}}, "additionalProperties": True})
    assert opened.kind_at(("x",)) == "any"


def test_equal_texts_over_equal_kinds_are_equal() -> None:
    assert compiled("facts.total > 1") == compiled("facts.total > 1")
    assert compiled("facts.total > 1") != compiled("facts.total > 2")


def test_a_scope_is_all_that_an_expression_sees() -> None:
    named = Scope(person=Person(id="p"), facts={}, now=NOW, event_name="Booked", channel="email")
    assert compiled("event.name = 'Booked' and event.channel = 'email'")(named) is True
