"""What is disconnected in a declared model: nine rules, each a function.

A model in, `core.model.Disconnect` records out, in the order of the rules and then of the file.
Rules of one need ask what passes between its channels; rules of one fact, where it lies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, permutations

from regard.core.model import DeclaredPromise, Disconnect, Flow, Model, Need
from regard.model.harm import report, share_of, share_on, total
from regard.model.paths import (
    Way,
    created,
    holders,
    loses_key,
    readable,
    ways_of,
)
from regard.model.saying import channels_named, joined, latency_words, stores_named

Late = dict[tuple[str, Way], list[tuple[Need, str, str]]]
"""By fact and way: the needs that it is too slow for, and from which channel to which."""


def find(model: Model) -> tuple[Disconnect, ...]:
    """Return every disconnect of a model. Deterministic."""
    rules: tuple[Callable[[Model], Iterable[Disconnect]], ...] = (
        _separate_applications,
        _without_flow,
        _incompatible,
        _conflicts,
        _late,
        _unowned,
        _blind,
        _unsupported,
        _deaf,
    )
    return tuple(found for rule in rules for found in rule(model))


def _separate_applications(model: Model) -> Iterator[Disconnect]:
    """A need is served by an application per channel, and nothing passes between them."""
    for need in model.needs.values():
        served = [c for c in _known(model, need) if model.channels[c].applications]
        groups = _groups(served, lambda a, b, need=need: _share(model, need, a, b))  # type: ignore[misc]
        if len(groups) < 2:
            continue
        told = " and ".join(channels_named(model, group) for group in groups)
        applications = dict.fromkeys(a for c in served for a in model.channels[c].applications)
        yield report(
            model,
            "separate_applications",
            need.id,
            f"{need.title}: {told} know nothing of each other",
            [*(f"channel:{c}" for c in served), *(f"application:{a}" for a in applications)],
            needs=[need],
            running=total(model.applications[a].cost_per_year for a in list(applications)[1:]),
        )


def _share(model: Model, need: Need, first: str, second: str) -> bool:
    """Return whether two channels of a need know of each other at all, however late."""
    one, two = (model.channels[c].applications for c in (first, second))
    if {*one} & {*two}:
        return True
    if not need.facts:
        return bool(_stores(model, one) & _stores(model, two))
    for fact in need.facts:
        mine, theirs = readable(model, one, fact), readable(model, two, fact)
        ways = ways_of(model, fact, is_strict=False)
        if mine & theirs or ways.fastest(mine, theirs) or ways.fastest(theirs, mine):
            return True
    return False


def _without_flow(model: Model) -> Iterator[Disconnect]:
    """The same fact lies in several stores, and nothing keeps them the same."""
    for fact in dict.fromkeys(f for store in model.stores.values() for f in store.facts):
        stores = holders(model, fact)
        ways = ways_of(model, fact, is_strict=False)
        reached = {store: ways.reached(store) for store in stores}
        groups = _groups(stores, lambda a, b, r=reached: b in r[a] or a in r[b])  # type: ignore[misc]
        if len(groups) < 2:
            continue
        keys = sorted({model.stores[store].facts[fact] for store in stores})
        kept = f", by {joined(keys)}" if len(keys) > 1 else ""
        told = " and ".join(stores_named(model, group) for group in groups)
        yield report(
            model,
            "no_flow",
            fact,
            f"{fact} lies in {told}{kept}, with no flow between them",
            [f"store:{store}" for store in stores],
            needs=_needing(model, fact),
            running=total(model.stores[group[0]].cost_per_year for group in groups[1:]),
        )


def _incompatible(model: Model) -> Iterator[Disconnect]:
    """A flow carries a fact from one key to another, and nobody maps them."""
    for flow in model.flows.values():
        for fact in flow.facts:
            if not loses_key(model, flow, fact):
                continue
            source, target = model.stores[flow.source], model.stores[flow.target]
            yield report(
                model,
                "incompatible",
                f"{flow.id}:{fact}",
                f"{fact} leaves {source.title} by {source.facts[fact]} and is looked for in "
                f"{target.title} by {target.facts[fact]}",
                _along(flow),
                needs=_needing(model, fact),
                running=flow.cost_per_year,
            )


def _conflicts(model: Model) -> Iterator[Disconnect]:
    """A fact is created on both sides of flows that lead both ways: which one wins is chance."""
    for flow in model.flows.values():
        back = model.flows.get(f"{flow.target}>{flow.source}")
        if back is None or flow.source > flow.target:
            continue
        for fact in sorted({*flow.facts} & {*back.facts}):
            here, there = (_writers(model, store) for store in (flow.source, flow.target))
            if not here or not there or here == there:
                continue
            both = stores_named(model, (flow.source, flow.target))
            yield report(
                model,
                "conflict",
                f"{flow.id}:{fact}",
                f"{fact} is changed in {both} and copied both ways",
                [*_along(flow), f"flow:{back.id}"],
                needs=_needing(model, fact),
                running=flow.cost_per_year.plus(back.cost_per_year),
            )


def _late(model: Model) -> Iterator[Disconnect]:
    """What was done on one channel is known on another, but later than a need tolerates."""
    slow: Late = {}
    for need in model.needs.values():
        for first, second in permutations(_known(model, need), 2):
            for fact in need.facts:
                way = _way(model, fact, first, second)
                if way is not None and way.takes > need.tolerates:
                    slow.setdefault((fact, way), []).append((need, first, second))
    for (fact, way), hurt in slow.items():
        needs = list({need.id: need for need, _, _ in hurt}.values())
        starts = list(dict.fromkeys(first for _, first, _ in hurt))
        ends = list(dict.fromkeys(second for _, _, second in hurt))
        least = min(need.tolerates for need in needs)
        yield report(
            model,
            "late",
            f"{fact}:{'>'.join(way.stores)}",
            f"{channels_named(model, ends)} {'learns' if len(ends) == 1 else 'learn'} of {fact} "
            f"from {channels_named(model, starts)} after {latency_words(way.takes)}; "
            f"{joined(need.title for need in needs)} tolerates {latency_words(least)}",
            [*(f"channel:{c}" for c in starts), *_through(way), *(f"channel:{c}" for c in ends)],
            needs=needs,
            share=share_on(needs, starts),
        )


def _way(model: Model, fact: str, first: str, second: str) -> Way | None:
    """Return how a fact that is created on one channel comes to be known on another."""
    one, two = (model.channels[c].applications for c in (first, second))
    return ways_of(model, fact).fastest(created(model, one, fact), readable(model, two, fact))


def _unowned(model: Model) -> Iterator[Disconnect]:
    for channel in model.channels.values():
        if not channel.organisation:
            needs = _tried_on(model, [channel.id])
            yield report(
                model,
                "unowned_channel",
                channel.id,
                f"nobody owns {channel.title}",
                [f"channel:{channel.id}"],
                needs=needs,
                share=share_on(needs, [channel.id]),
            )


def _blind(model: Model) -> Iterator[Disconnect]:
    """Who serves a channel sees no store that says who the person is."""
    for organisation in model.organisations.values():
        blind = [
            channel.id
            for channel in model.channels.values()
            if channel.organisation == organisation.id
            and not readable(model, (*organisation.uses, *channel.applications), model.person)
        ]
        if not blind:
            continue
        needs = _tried_on(model, blind)
        yield report(
            model,
            "blind_organisation",
            organisation.id,
            f"{organisation.title} serves {channels_named(model, blind)} without seeing who "
            "the person is",
            [
                f"organisation:{organisation.id}",
                *(f"channel:{c}" for c in blind),
                *(f"application:{a}" for c in blind for a in model.channels[c].applications),
            ],
            needs=needs,
            share=share_on(needs, blind),
        )


def _unsupported(model: Model) -> Iterator[Disconnect]:
    """A customer type cannot do what it needs by any means that it prefers."""
    for customer in model.customers.values():
        unmet = [
            need
            for need in model.needs.values()
            if customer.prefers
            and customer.id in need.customers
            and not {*customer.prefers} & {*_known(model, need)}
        ]
        if not unmet:
            continue
        wanted = channels_named(model, customer.prefers)
        yield report(
            model,
            "unsupported_preference",
            customer.id,
            f"{customer.title} prefer {wanted}, where they cannot: "
            f"{joined(need.title for need in unmet)}",
            [
                f"customer:{customer.id}",
                *(f"channel:{c}" for c in customer.prefers if c in model.channels),
            ],
            needs=unmet,
            share=share_of(model, customer.id, unmet),
            customers=[customer.id],
        )


def _deaf(model: Model) -> Iterator[Disconnect]:
    """Who keeps a promise cannot know in time that it was made."""
    for promise in model.promises.values():
        reason = _deafness(model, promise)
        if reason:
            application = model.applications[promise.application]
            yield report(
                model,
                "deaf_promise",
                promise.id,
                f"{promise.title}: {application.title} {reason}",
                [
                    f"promise:{promise.id}",
                    f"store:{promise.store}",
                    f"application:{promise.application}",
                ],
                needs=[model.needs[promise.need]] if promise.need else [],
            )


def _deafness(model: Model, promise: DeclaredPromise) -> str:
    targets = readable(model, [promise.application], promise.trigger)
    way = ways_of(model, promise.trigger).fastest([promise.store], targets)
    if way is None:
        return f"never learns of {promise.trigger}"
    if way.takes <= promise.within:
        return ""
    told, wanted = latency_words(way.takes), latency_words(promise.within)
    return f"learns of {promise.trigger} after {told}, and should within {wanted}"


def _groups(names: Iterable[str], is_joined: Callable[[str, str], bool]) -> list[list[str]]:
    """Return names in groups that are joined, directly or over others, in their order."""
    groups: list[list[str]] = []
    for name in names:
        near = [group for group in groups if any(is_joined(other, name) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([*(other for group in near for other in group), name])
    return groups


def _known(model: Model, need: Need) -> list[str]:
    return [c for c in need.channels if c in model.channels]


def _needing(model: Model, fact: str) -> list[Need]:
    return [need for need in model.needs.values() if fact in need.facts]


def _tried_on(model: Model, channels: Iterable[str]) -> list[Need]:
    wanted = {*channels}
    return [need for need in model.needs.values() if wanted & {*need.channels}]


def _stores(model: Model, applications: Iterable[str]) -> set[str]:
    found = (model.applications[name] for name in applications)
    return {store for application in found for store in (*application.reads, *application.writes)}


def _writers(model: Model, store: str) -> set[str]:
    return {
        application.id for application in model.applications.values() if store in application.writes
    }


def _along(flow: Flow) -> tuple[str, ...]:
    return (f"store:{flow.source}", f"flow:{flow.id}", f"store:{flow.target}")


def _through(way: Way) -> list[str]:
    steps = [f"store:{way.stores[0]}"]
    for source, target in pairwise(way.stores):
        steps += [f"flow:{source}>{target}", f"store:{target}"]
    return steps
