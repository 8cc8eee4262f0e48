"""How facts travel between stores: the fastest way, and how long it takes at the worst.

A model in, for each fact the ways between the stores that hold it. A flow that carries a fact
from one key to another without mapping it carries nothing that anybody could find again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from heapq import heappop, heappush

from regard.core.model import Flow, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Stores from the origin of a fact to where it is read, and how old it may be there."""

    stores: tuple[str, ...]
    takes: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The flows of one fact by the store that they leave; made by `ways_of`."""

    fact: str
    flows: Mapping[str, tuple[Flow, ...]]

    def fastest(self, origins: Iterable[str], targets: Collection[str]) -> Way | None:
        """Return the fastest way from any origin to any target (Dijkstra), None: there is none.

        Of equally fast ways the one with fewer stores, then the first by name.
        """
        heap: list[tuple[timedelta, int, tuple[str, ...]]] = [
            (timedelta(0), 1, (origin,)) for origin in sorted(origins)
        ]
        settled: set[str] = set()
        while heap:
            takes, _, stores = heappop(heap)
            here = stores[-1]
            if here in targets:
                return Way(stores=stores, takes=takes)
            if here in settled:
                continue
            settled.add(here)
            for flow in self.flows.get(here, ()):
                if flow.target not in settled:
                    way = (*stores, flow.target)
                    heappush(heap, (takes + flow.takes, len(way), way))
        return None

    def reached(self, origin: str) -> frozenset[str]:
        """Return every store that the fact comes to from one, itself included."""
        found, waiting = {origin}, [origin]
        while waiting:
            for flow in self.flows.get(waiting.pop(), ()):
                if flow.target not in found:
                    found.add(flow.target)
                    waiting.append(flow.target)
        return frozenset(found)


def ways_of(model: Model, fact: str, *, is_strict: bool = True) -> Ways:
    """Return the ways of a fact; strictly only over flows that keep or map its key."""
    flows: dict[str, list[Flow]] = {}
    for flow in model.flows.values():
        if fact in flow.facts and not (is_strict and loses_key(model, flow, fact)):
            flows.setdefault(flow.source, []).append(flow)
    return Ways(fact=fact, flows={source: tuple(found) for source, found in flows.items()})


def loses_key(model: Model, flow: Flow, fact: str) -> bool:
    """Return whether a fact arrives under another key than it left, and nobody maps them."""
    keys = {model.stores[store].facts.get(fact) for store in (flow.source, flow.target)}
    return len(keys) > 1 and None not in keys and not flow.maps_keys


def holders(model: Model, fact: str) -> tuple[str, ...]:
    """Return the stores that hold a fact, in the order of the file."""
    return tuple(store.id for store in model.stores.values() if fact in store.facts)


def readable(model: Model, applications: Iterable[str], fact: str) -> frozenset[str]:
    """Return the stores with a fact that any of the applications reads or writes."""
    return frozenset(
        store
        for name in applications
        for store in (*model.applications[name].reads, *model.applications[name].writes)
        if fact in model.stores[store].facts
    )


def created(model: Model, applications: Iterable[str], fact: str) -> frozenset[str]:
    """Return the stores in which any of the applications creates a fact."""
    return frozenset(
        store
        for name in applications
        for store in model.applications[name].writes
        if fact in model.stores[store].facts
    )
