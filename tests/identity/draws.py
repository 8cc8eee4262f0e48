"""What hypothesis draws for identity: lives over few identifiers, words about them, house rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hypothesis import strategies as st

from regard.core.event import Event, IdentityAct
from tests.identity.house import Input, event, said

VALUES = {
    "u": ["", "", "ada", "bruno", "chen"],
    "l": ["", "", "", "L1", "L2"],
    "e": ["", "", "e1@x.at", "e2@x.at", "e3@x.at"],
    "p": ["", "", "", "1", "2"],
    "a": ["", "a1", "a2", "a3"],
}

NARROW = """
  user_id: {paths: [userId], exclusive: true, count_max: 1}
  loyalty_number: {paths: [traits.loyalty_number], exclusive: true, count_max: 1}
  email: {paths: [traits.email], normalise: email, count_max: 2}
  phone: {paths: [traits.phone], normalise: lower, count_max: 1}
  order_number: {paths: [properties.order_number], count_max: 1000}
  device_id: {paths: [context.device.id], device: true}
  anonymous_id: {paths: [anonymousId], device: true, count_max: 1, within: 3 minutes}
"""
"""Limits so narrow that they are reached in lives of nine events."""


@st.composite
def lives(draw: st.DrawFn, count_max: int = 9) -> list[Event]:
    """Draw events of a few people over shared and own identifiers, each at its own minute."""
    events = []
    for number in range(draw(st.integers(2, count_max))):
        named = [
            f"{kind}:{value}" for kind in VALUES if (value := draw(st.sampled_from(VALUES[kind])))
        ]
        events.append(event(number, " ".join(named or ["a:a1"]), f"E{number}"))
    return events


@st.composite
def words(draw: st.DrawFn, names: list[str], minute: float) -> tuple[datetime, IdentityAct]:
    """Draw something that is said about two or three of the names."""
    chosen = draw(st.lists(st.sampled_from(names), min_size=2, max_size=3, unique=True))
    verb = draw(st.sampled_from(["link", "link", "never", "split"]))
    confidence = draw(st.sampled_from([1.0, 1.0, 0.9])) if verb == "link" else 1.0
    return said(minute, verb, chosen[0], " ".join(chosen[1:]), confidence=confidence)


def names_in(events: list[Event]) -> list[str]:
    """Return all identifiers as ``kind:value``."""
    return sorted({str(i) for one in events for i in one.identifiers})


@st.composite
def stories(draw: st.DrawFn) -> list[Input]:
    """Draw a life in which things are said, and taken back."""
    events = draw(lives())
    names = names_in(events)
    found: list[Input] = list(events)
    if len(names) < 2:
        return found
    for number in range(draw(st.integers(0, 3))):
        act = draw(words(names, 20 + number))
        found.append(act)
        if draw(st.booleans()):
            found.append(undo_of(act, 40 + number))
    return found


def undo_of(act: tuple[datetime, IdentityAct], minute: float) -> Input:
    """Return the word that takes another one back."""
    left = " ".join(str(i) for i in act[1].left)
    right = " ".join(str(i) for i in act[1].right)
    return said(minute, "undo", left, right, undoes=act[1].act_id)


def told(inputs: Sequence[Input]) -> str:
    """Return inputs as short words, for whoever reads a failure."""
    found = []
    for one in inputs:
        if isinstance(one, Event):
            found.append(f"{' '.join(str(i) for i in one.identifiers)} @{one.at.minute}")
        else:
            left, right = (" ".join(map(str, side)) for side in (one[1].left, one[1].right))
            found.append(f"{one[1].act}[{left} | {right}] {one[1].confidence} @{one[0].minute}")
    return " / ".join(found)
