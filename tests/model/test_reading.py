"""A broken model is refused with every slip: file, line, path and what to do next."""

from __future__ import annotations

import pytest

from tests.model.clean import CLEAN, read

BROKEN = [
    ("  phone.call: {title: Telephone", "  digital: {title: Telephone", "which is meant"),
    ("channels: [web.desktop, phone.call]", "channels: [online]", "which is meant"),
    ("uses: [desk_tool]", "uses: [desk_tol]", "did you mean 'desk_tool'"),
    ("from: orders, to: copies", "from: orders, to: orders", "from one store to another"),
    ("facts: [order, person], takes", "facts: [oder], takes", "did you mean 'order'"),
    ("worth: [10, 20]", "worth: [20, 10]", "from low to high"),
    ("at_risk: [0.1, 0.5]", "at_risk: 50", "part of 1"),
    ("takes: 5 minutes", "takes: soon", "soon"),
    ("count: 300", "counts: 300", "unknown key 'counts'"),
    ("trigger: order", "trigger: oder", "did you mean 'order'"),
    ("application: desk_tool", "application: nobody", "no application 'nobody'"),
]


@pytest.mark.parametrize(("old", "new", "message"), BROKEN)
def test_every_slip_is_told_with_its_place(old: str, new: str, message: str) -> None:
    assert old in CLEAN
    text = CLEAN.replace(old, new)
    model, problems = read(text)
    assert model is None
    told = [problem for problem in problems if message in str(problem)]
    assert told, problems
    assert told[0].file == "model/as_is.yaml"
    assert told[0].line == next(n for n, line in enumerate(text.splitlines(), 1) if new in line)


def test_many_slips_are_told_at_once() -> None:
    text = CLEAN.replace("uses: [shop]", "uses: [shp]").replace("takes: 5 minutes", "takes: soon")
    assert len(read(text)[1]) == 2


def test_a_preferred_channel_that_nobody_serves_is_no_slip() -> None:
    model, problems = read(CLEAN.replace("prefers: [phone.call]", "prefers: [chat.web]"))
    assert model is not None
    assert problems == ()
