"""The declared as-is and what was seen of it: declared and seen, never seen, seen and not declared.

A model and a measure in, `Sight` records out. The key by which a store holds a fact
(``order: order_number``) tells which matters concern which need.
"""

from __future__ import annotations

from collections.abc import Iterator

from regard.core.lived import Sight
from regard.core.model import Model, Need
from regard.model.lived import EXAMPLES, Measure


def conformance(model: Model, measure: Measure) -> tuple[Sight, ...]:
    """Return channels, their organisations and the channels of needs, declared or seen."""
    channels = {name: (n, who) for name, n, who in measure.rows("seen_channels", examples=EXAMPLES)}
    return (*_of_channels(model, channels), *_of_needs(model, measure))


def _of_channels(model: Model, seen: dict[str, tuple[int, list[str]]]) -> Iterator[Sight]:
    for name in dict.fromkeys((*model.channels, *seen)):
        count, persons = seen.get(name, (0, []))
        means = model.channels.get(name)
        yield Sight(
            key=f"channel:{name}",
            title=means.title if means else name,
            is_declared=means is not None,
            person_count=count,
            persons=tuple(persons),
        )


def _of_needs(model: Model, measure: Measure) -> Iterator[Sight]:
    seen: dict[str, dict[str, tuple[int, list[str]]]] = {}
    for kind, channel, count, persons in measure.rows("seen", examples=EXAMPLES):
        seen.setdefault(kind, {})[channel] = (count, persons)
    for need in model.needs.values():
        kinds = _kinds_of(model, need)
        found: dict[str, tuple[int, list[str]]] = {}
        for kind in sorted(kinds):
            for channel, (count, persons) in seen.get(kind, {}).items():
                before, who = found.get(channel, (0, []))
                found[channel] = (before + count, (who + persons)[:EXAMPLES])
        for channel in dict.fromkeys((*need.channels, *found)):
            count, examples = found.get(channel, (0, []))
            named = model.channels[channel].title if channel in model.channels else channel
            yield Sight(
                key=f"need:{need.id}@channel:{channel}",
                title=f"{need.title} by {named}",
                is_declared=channel in need.channels,
                person_count=count,
                persons=tuple(examples),
            )


def _kinds_of(model: Model, need: Need) -> set[str]:
    """Return the kinds of matters that a need is about, by the keys of its facts."""
    return {
        key
        for store in model.stores.values()
        for fact, key in store.facts.items()
        if fact in need.facts
    }
