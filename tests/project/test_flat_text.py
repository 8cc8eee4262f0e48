"""A text without tags is rendered apart; it says what python-liquid says, byte for byte."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.errors import Refused
from regard.project.liquid_text import OUTPUT_MAX, compile_liquid

TAG = "{% comment %}with a tag the library renders{% endcomment %}"
PIECES = (
    *("Dear ", "<b>", "\n", "é", "{{ facts.token }}", "{{ person.first_name }}"),
    *("{{ facts.list }}", "{{ facts.token | upcase }}", "{{ facts.none }}", "{{ facts.gone }}"),
    *("{{ gone.x.y }}", "{{ facts.list.size }}", "{{ facts.list[0] }}", "{{ facts.size }}"),
    *("{{ facts['token'] }}", "{{ facts.inner.token }}", "{{ facts.token.size }}", "{{ 'k' }}"),
    *("{{ 3 }}", "{{- facts.b -}}", "{{ facts[person.first_name] }}", "{{ facts }}"),
    *("{{ facts.token | default: 'x' | append: '<' }}",),
)
VALUES = st.one_of(
    st.text(max_size=8), st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False)
)


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from(PIECES), max_size=8),
    VALUES,
    st.lists(VALUES, max_size=3),
    st.booleans(),
)
def test_a_text_without_tags_says_what_the_library_says(pieces, value, values, is_html) -> None:
    source = "".join(pieces)
    facts = {"token": value, "list": values, "none": None, "b": True, "inner": {"token": value}}
    data: dict[str, Any] = {"facts": MappingProxyType(facts), "person": {"first_name": "token"}}
    own = compile_liquid(source, "t", is_html=is_html)
    library = compile_liquid(source + TAG, "t", is_html=is_html)
    assert own.render(data) == library.render(data)


def test_too_much_output_of_a_text_without_tags_is_refused() -> None:
    text = compile_liquid("{{ facts.long }}" * 100, "t", is_html=False)
    assert len(text.render({"facts": {"long": "x" * (OUTPUT_MAX // 100)}})) == OUTPUT_MAX
    with pytest.raises(Refused, match="cannot be rendered"):
        text.render({"facts": {"long": "ü" * (OUTPUT_MAX // 100)}})
