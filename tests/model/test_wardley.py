"""The value chain: anchored in customer needs, read and written as OnlineWardleyMaps does."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from regard.core.model import Spot, ValueMap
from regard.model.page import Seen, screen_style
from regard.model.wardley import (
    as_components,
    draw_map,
    read_map,
    stage_of,
    value_map,
    warnings,
    write_map,
)
from regard.project.model import load_models
from tests.model.clean import CLEAN, read

EXAMPLES = Path(__file__).parents[2] / "examples"

TEA_SHOP = """title Tea Shop
anchor Business [0.95, 0.63]
component Cup of Tea [0.79, 0.61] label [19, -4]
component Kettle [0.43, 0.35] label [-57, 4]
component Power [0.1, 0.7]
Business->Cup of Tea
Cup of Tea->Kettle
Kettle->Power
evolve Kettle 0.62 label [16, 7]
pipeline Power [0.15, 0.65]
note a note [0.23, 0.33]
style wardley
"""

CHAIN = """
value_chain:
  view: {title: One view, answers: [change_order], needs: [hosting], evolution: 0.5}
  hosting: {title: Hosting, evolution: 0.95, element: "application:shop"}
  brand: {title: Brand book, needs: [hosting], evolution: 0.3}
"""


def test_a_text_comes_back_as_it_was() -> None:
    assert write_map(read_map(TEA_SHOP)) == TEA_SHOP


names = st.text("abcdefg hij", min_size=1, max_size=12).map(lambda t: " ".join(t.split()) or "x")
parts = st.integers(0, 100).map(lambda n: n / 100)


@given(st.data())
def test_any_map_survives_writing_and_reading(data: st.DataObject) -> None:
    titles = data.draw(st.lists(names, min_size=1, max_size=8, unique=True))
    spots = tuple(
        Spot(
            name=name,
            visibility=data.draw(parts),
            evolution=data.draw(parts),
            is_anchor=data.draw(st.booleans()),
        )
        for name in titles
    )
    pair = st.tuples(st.sampled_from(titles), st.sampled_from(titles))
    drawn = ValueMap(title="any", spots=spots, links=tuple(data.draw(st.lists(pair, max_size=6))))
    assert read_map(write_map(drawn)) == drawn


def test_needs_are_anchors_and_visibility_falls_with_the_distance() -> None:
    model, problems = read(CLEAN + CHAIN)
    assert model is not None, problems
    drawn = value_map(model)
    at = {spot.name: spot for spot in drawn.spots}
    assert at["Change an order"].is_anchor
    assert at["Change an order"].visibility > at["One view"].visibility > at["Hosting"].visibility
    assert ("Change an order", "One view") in drawn.links


def test_what_is_suspicious_is_said() -> None:
    model, _ = read(CLEAN + CHAIN)
    assert model is not None
    told = warnings(model)
    assert "Brand book is built inside-out: no customer need reaches it" in told
    assert "Hosting is a commodity, and Shop is ours" in told
    alike = "\nvalue_chain:\n" + "".join(
        f"  c{n}: {{answers: [change_order], evolution: 0.6}}\n" for n in range(4)
    )
    model, _ = read(CLEAN + alike)
    assert model is not None
    assert warnings(model) == ("one size fits all: all 4 components are treated as Product",)


def test_the_examples_have_no_warning_in_the_future() -> None:
    for example in ("lamps", "airline"):
        models, _ = load_models(EXAMPLES / example)
        assert models.future is not None
        assert warnings(models.future) == ()
        drawn = draw_map(value_map(models.future), Seen(own_style=screen_style()))
        assert drawn.startswith("<svg")


def test_an_imported_map_becomes_components() -> None:
    found = as_components(read_map(TEA_SHOP))
    assert found["cup_of_tea"] == {"title": "Cup of Tea", "needs": ["kettle"], "evolution": 0.61}
    assert stage_of(0.61) == "Product"
