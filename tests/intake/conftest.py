"""Fixtures: what the intake of a small company makes of items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regard.core.event import Event
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import Rejected
from regard.core.settings import Source
from regard.intake import Arrival, Dialect, Drafter, Outcome, open_body, read_envelope
from tests.intake.house import NOW, WEBSITE, make_program

Take = Callable[..., list[Outcome]]


@pytest.fixture(scope="session")
def program() -> Program:
    return make_program()


@pytest.fixture(scope="session")
def drafter(program: Program) -> Drafter:
    return Drafter(program)


@pytest.fixture(scope="session")
def take(drafter: Drafter) -> Take:
    """Return the outcomes of a whole body (bytes, or a value to encode)."""

    def outcomes(
        body: Any, dialect: Dialect = "segment", source: Source = WEBSITE, **arrival: Any
    ) -> list[Outcome]:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        envelope = read_envelope(open_body(data), dialect)
        about = {"received_at": NOW} | arrival
        return drafter.read(envelope, Arrival(source=source, dialect=dialect, **about))

    return outcomes


@pytest.fixture(scope="session")
def event_of(take: Take) -> Callable[..., Event]:
    """Return the event that one item becomes; fail when it is refused."""

    def event(item: Any, dialect: Dialect = "segment", **about: Any) -> Event:
        [outcome] = take(item, dialect, **about)
        assert isinstance(outcome, Draft), outcome
        assert isinstance(outcome.body, Event)
        return outcome.body

    return event


@pytest.fixture(scope="session")
def refusal_of(take: Take) -> Callable[..., Rejected]:
    """Return the refusal of one item; fail when it is taken."""

    def refusal(item: Any, dialect: Dialect = "segment", **about: Any) -> Rejected:
        [outcome] = take(item, dialect, **about)
        assert isinstance(outcome, Rejected), outcome
        return outcome

    return refusal
