"""YAML and TOML as values with lines; hostile and broken texts are problems, never crashes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.project.documents import DEPTH_MAX, NODES_MAX, parse_toml, parse_yaml


def test_every_key_and_item_has_its_line() -> None:
    document, problems = parse_yaml("a: 1\nb:\n  - x: 1\n  - {y: 2}\n", "f.yaml")
    assert not problems
    assert document.data == {"a": 1, "b": [{"x": 1}, {"y": 2}]}
    assert document.line(("b", 1, "y")) == 4
    assert document.line(("b", 0, "missing", "deeper")) == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("21:00", "21:00"), ("+436641234567", "+436641234567"),
        ("0043664", "0043664"), ("true", True), ("1.5", 1.5), ("1e3", 1000.0), ("~", None),
        ("", None), ("12", 12), ("'12'", "12"), ("1_000", "1_000"), (".", "."), ("-", [None]),
    ],
)  # fmt: skip
def test_texts_without_quotes_are_read_as_yaml_1_2_does(text: str, value: object) -> None:
    assert parse_yaml(f"a:\n  {text}")[0].data == {"a": value}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3", 3, "given twice"),
        ("a: [1\nb: 2", 2, "not readable YAML"),
        ("a: 1\nb: !!python/object:os.system x", 2, "tag"),
        ("a: 1\n5: x", 2, "not a text"),
        ("a: 1\n[1, 2]: x", 2, "not a text"),
        ("a: *nobody", 1, "no anchor"),
        ("a: 1\n---\nb: 2", 2, "one document"),
        ("a: 2026-02-31", 1, "not valid"),
        ("a: " + "9" * 6_000, 1, "not valid"),
        ("[" * 10_000, 1, f"more than {DEPTH_MAX}"),
        ("a: &a [*a]", 1, "no anchor"),
    ],
)
def test_slips_are_problems_with_a_line(text: str, line: int, message: str) -> None:
    problems = parse_yaml(text, "f.yaml")[1]
    assert (problems[0].file, problems[0].line) == ("f.yaml", line)
    assert message in problems[0].message


def test_a_billion_laughs_is_refused_before_they_are_counted() -> None:
    levels = zip("abcdefgh", "bcdefghi", strict=True)
    laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    laughs += "".join(f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n" for old, new in levels)
    assert f"{NODES_MAX:,}" in parse_yaml(laughs)[1][0].message


def test_a_file_over_a_million_characters_is_refused() -> None:
    assert "longer than" in parse_yaml("a" * 1_000_001, "f.yaml")[1][0].message
    assert "longer than" in parse_toml("#" * 1_000_001, "f.toml")[1][0].message


def test_an_alias_is_what_it_stands_for() -> None:
    document, problems = parse_yaml("a: &x {k: 1}\nb: *x\n")
    assert not problems
    assert document.data == {"a": {"k": 1}, "b": {"k": 1}}


def test_toml_lines_are_found_for_tables_and_keys() -> None:
    text = 'a = 1\n[channels."push.web"]\nx = 2\n[sources]\nw.key = "k"\n'
    document, problems = parse_toml(text)
    assert not problems
    assert document.line(("channels", "push.web", "x")) == 3
    assert document.line(("sources", "w", "key")) == 5


@pytest.mark.parametrize("text", ["a = ", "a = 1\na = 2", "[a\n", "a = " + "[" * 20_000])
def test_broken_toml_is_a_problem(text: str) -> None:
    document, problems = parse_toml(text, "regard.toml")
    assert document.data is None
    assert "not readable TOML" in problems[0].message


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"#?,\n \t%@`\x00é1", max_size=60))
def test_no_text_crashes_the_reader(text: str) -> None:
    parse_yaml(text)
    parse_toml(text)
