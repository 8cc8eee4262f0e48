"""What to change first: every move is tried, and what it takes away is really gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from regard.core.model import Model
from regard.model import advise, find
from regard.model.firsts import Move, cost_of, first_moves, headline
from regard.project.model import load_models
from tests.model.clean import model_of

EXAMPLES = Path(__file__).parents[2] / "examples"


def moves_of(as_is: Model, future: Model) -> tuple[Move, ...]:
    return first_moves(as_is, future, advise(as_is, future))


@pytest.mark.parametrize("example", ["airline", "lamps"])
def test_the_moves_of_the_examples_lead_to_the_future(example: str) -> None:
    models, _ = load_models(EXAMPLES / example)
    assert models.as_is is not None
    assert models.future is not None
    moves = moves_of(models.as_is, models.future)
    today = {one.id for one in find(models.as_is)}
    left = {one.id for one in find(models.future)}
    gone: set[str] = set()
    for move in moves:
        gone = (gone | {one.id for one in move.removes}) - {one.id for one in move.brings}
        assert move.saves == cost_of(move.removes)
    assert gone >= today - left
    changed = [change.key for move in moves for change in move.changes]
    assert len(changed) == len(set(changed)), "nothing is changed twice"


def test_one_change_that_takes_most_away_comes_first() -> None:
    broken = model_of(
        ("web.desktop: {title: Web, organisation: web_team,", "web.desktop: {title: Web,"),
        ("takes: 5 minutes", "takes: 2 days"),
    )
    fixed = replace(model_of(), name="future")
    moves = moves_of(broken, fixed)
    assert [[change.key for change in move.changes] for move in moves] == [
        ["flow:orders>copies"],
        ["channel:web.desktop"],
    ]
    assert headline(moves[1]) == "Web changes"
    assert not any(move.brings for move in moves)


def test_nothing_is_gained_by_throwing_away_what_is_read() -> None:
    late = model_of(("takes: 5 minutes", "takes: 2 days"))
    one_store = model_of(
        ("reads: [copies], writes: [copies]", "reads: [orders], writes: [orders]"),
        (
            "  copies: {facts: {order: order_number, person: person_id}, cost_per_year: 20}\n",
            "",
        ),
        (
            "flows:\n  - {from: orders, to: copies, facts: [order, person], takes: 5 minutes, "
            "cost_per_year: 7}\n",
            "",
        ),
    )
    (move,) = moves_of(late, replace(one_store, name="future"))
    assert [change.key for change in move.changes] == ["application:desk_tool"], (
        "who reads the copy is led to the original; the copy alone is not thrown away"
    )


def test_without_a_difference_there_is_no_move() -> None:
    model = model_of(("takes: 5 minutes", "takes: 2 days"))
    assert moves_of(model, replace(model, name="future")) == ()
