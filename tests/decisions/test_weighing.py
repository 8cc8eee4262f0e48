"""What is worth saying: each factor seen and switchable, learned chances drawn, silence an arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.facts import Decided
from regard.core.person import Person
from regard.core.program import Program
from regard.core.rules import Arbitration
from regard.core.scope import Scope
from regard.core.standing import Standing
from regard.decisions.weighing import PROBABILITY_MIN
from regard.project import check_text, load_text
from tests.decisions.house import GATE, NOON, ada, candidate, decide_one, offer, program, timer

GOOD, POOR = offer("good", value_customer=4), offer("poor", value_customer=3)
BOTH = program(GOOD, POOR)


@dataclass(frozen=True)
class Coins:
    """A policy that knows the chance of some engagements, more or less surely."""

    chances: dict[str, float]
    spread: float = 0.1
    version: str = "v1"

    def features(self, scope: Scope) -> tuple[float, ...]:
        return (1.0, float(len(scope.person.touches)))

    def chance(self, engagement: str, features: Sequence[float]) -> tuple[float, float] | None:
        known = self.chances.get(engagement)
        return None if known is None else (known, self.spread)


def compete(
    rules: Program, policy: Coins | None = None, person: Person | None = None, offset: int = 1
) -> dict[str, Decided]:
    wishes = [candidate(name, ref=name) for name in rules.engagements]
    standing = Standing(policy=policy)
    found = GATE.decide(person or ada(), wishes, timer(NOON, offset), rules, standing)
    return {d.candidate.engagement: d for d in found if isinstance(d, Decided)}


def test_every_factor_of_a_score_is_written_down() -> None:
    decided = compete(BOTH)["good"]
    assert decided.factors == {
        "propensity": 0.5,
        "context": 1.0,
        "value_customer": 4,
        "value_company": 2,
        "fatigue": 0.0,
        "silence": 0.5,
    }
    assert decided.score == 3.0
    assert (decided.probability, decided.policy, decided.features) == (1.0, "", ())


@pytest.mark.parametrize(
    ("weights", "score"),
    [
        (Arbitration(), 0.5 * 6),
        (Arbitration(propensity=0), 6),
        (Arbitration(propensity=2), 0.25 * 6),
        (Arbitration(value_company=0), 0.5 * 4),
        (Arbitration(value_company=0.5), 0.5 * 5),
        (Arbitration(value_customer=0), 0.5 * 2),
    ],
)
def test_a_factor_counts_as_much_as_the_company_says(weights: Arbitration, score: float) -> None:
    assert compete(replace(BOTH, arbitration=weights))["good"].score == pytest.approx(score)


def test_what_is_switched_off_can_turn_the_choice() -> None:
    greedy = offer("greedy", value_customer=0.1, value_company=9)
    kind = offer("kind", value_customer=8, value_company=0)
    assert compete(program(greedy, kind))["greedy"].reason == "best_value"
    fair = replace(program(greedy, kind), arbitration=Arbitration(value_company=0.5))
    assert compete(fair)["kind"].reason == "best_value"


def test_weights_are_read_from_policies() -> None:
    files = {"regard.toml": 'id = "x"\nname = "X"\n'}
    policies = "arbitration: {factors: {propensity: off, context: on, value_company: 0.5}}\n"
    read = load_text(files | {"policies.yaml": policies}, {}).arbitration
    assert read == Arbitration(propensity=0, value_company=0.5)
    bad = "arbitration: {factors: {propensity: maybe, luck: 3, fatigue: 99}}\n"
    told = " ".join(str(p) for p in check_text(files | {"policies.yaml": bad}, {}))
    assert all(word in told for word in ("'maybe'", "luck", "99 is not from 0 to 10"))


@settings(max_examples=60)
@given(
    customer=st.floats(-1_000, -1e-9),
    company=st.floats(-1_000, 1_000),
    propensity=st.floats(0, 1),
    weights=st.builds(Arbitration, **{f.name: st.floats(0, 10) for f in fields(Arbitration)}),
    silence=st.floats(0, 1),
    origin=st.sampled_from(("journey", "need", "agent", "broadcast", "request", "promise")),
    message_class=st.sampled_from(("service", "marketing")),
)
def test_what_costs_the_customer_is_never_offered(
    customer: float, company: float, propensity: float, weights: Arbitration, **about: object
) -> None:
    """However profitable, however the factors are weighed, and whoever wants it."""
    trap = offer(
        "trap",
        value_customer=customer,
        value_company=company,
        propensity=propensity,
        message_class=about["message_class"],
    )
    rules = replace(program(trap), arbitration=weights, silence_value=about["silence"])
    decided = decide_one(ada(), rules, candidate("trap", origin=about["origin"], ref=""))
    assert decided.verdict == "silence"


def test_what_was_learned_takes_the_place_of_the_prior() -> None:
    """The prior prefers what is worth more; what was learned knows that nobody takes it."""
    found = compete(BOTH, Coins({"good": 0.05, "poor": 0.9}, spread=0.02))
    assert (found["poor"].verdict, found["good"].verdict) == ("send", "silence")
    sent = found["poor"]
    assert (sent.policy, sent.features) == ("v1", (1.0, 0.0))
    assert sent.factors["propensity"] == pytest.approx(0.9, abs=0.1)
    assert sent.probability == pytest.approx(1.0)


def test_the_chance_of_a_verdict_is_how_often_it_comes_out_so() -> None:
    """Over many decisions each is sent about as often as it says; and one of them wins each."""
    coins = Coins({"good": 0.5, "poor": 0.6}, spread=0.15)
    sends, told = 0, 0.0
    for offset in range(1, 201):
        found = compete(BOTH, coins, offset=offset)
        good = found["good"]
        sends += good.verdict == "send"
        told += good.probability if good.verdict == "send" else 1 - good.probability
        both = [d.probability if d.verdict == "send" else 1 - d.probability for d in found.values()]
        assert sum(both) == pytest.approx(1, abs=0.001)
    assert 20 < sends < 180
    assert sends / 200 == pytest.approx(told / 200, abs=0.1)


def test_silence_is_an_arm_that_may_be_drawn() -> None:
    weak = program(offer("good", value_customer=0.5, value_company=0.5))
    found = [compete(weak, Coins({"good": 0.5}, 0.2), offset=n)["good"] for n in range(1, 101)]
    told = {decided.reason for decided in found}
    assert told == {"best_value", "silence_worth_more"}
    assert all(PROBABILITY_MIN <= d.probability < 1 for d in found)


def test_a_verdict_that_was_all_but_impossible_has_a_chance_nevertheless() -> None:
    found = compete(BOTH, Coins({"good": 1.0, "poor": 0.0}, spread=0.0))
    assert {d.probability for d in found.values()} == {1.0}
    assert (
        min(d.probability for d in compete(BOTH, Coins({"poor": 0.5})).values()) >= PROBABILITY_MIN
    )


def test_the_same_decision_is_drawn_alike_and_the_next_one_anew() -> None:
    coins = Coins({"good": 0.5, "poor": 0.55}, spread=0.2)
    assert compete(BOTH, coins) == compete(BOTH, coins)
    drawn = {compete(BOTH, coins, offset=n)["good"].factors["propensity"] for n in range(1, 9)}
    assert len(drawn) == 8


def test_what_is_owed_is_certain_whatever_was_learned() -> None:
    rules = program(offer("due", message_class="service", purpose="travel"))
    decided = compete(rules, Coins({"due": 0.0}))["due"]
    assert (decided.verdict, decided.reason, decided.probability) == ("send", "owed", 1.0)
