"""The engagement model in words: what kinds, links and troubles are called, opinions counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from regard.console.model_views import Link, OpinionItem, RemarkItem
from regard.core.model import Disconnect, Model
from regard.core.rows import RemarkRow
from regard.model.comparing import title_of
from regard.model.consensus import DISCONNECT, Opinion
from regard.model.lanes import links_of
from regard.model.saying import money_words

KINDS: Mapping[str, str] = {
    "customer": "customer type",
    "need": "need",
    "channel": "channel",
    "organisation": "organisation",
    "application": "application",
    "store": "data store",
    "flow": "flow",
    "promise": "promise",
    "disconnect": "disconnect",
}
TROUBLES: Mapping[str, str] = {
    "separate_applications": "separate applications",
    "no_flow": "no flow",
    "incompatible": "incompatible keys",
    "conflict": "conflict",
    "late": "late",
    "unowned_channel": "nobody owns it",
    "blind_organisation": "does not see the person",
    "unsupported_preference": "preference not served",
    "deaf_promise": "promise cannot know",
}
LINKS: Mapping[str, tuple[str, str]] = {
    "prefers": ("turns to", "turned to by"),
    "owned": ("owned by", "owns"),
    "uses": ("uses", "used by"),
    "serves": ("served by", "serves"),
    "reads": ("reads", "read by"),
    "writes": ("creates facts in", "facts created by"),
}
"""What a link is called from its upper and from its lower end."""


def href_of(about: str, which: str) -> str:
    """Return the address of a thing's page."""
    version = "?which=future" if which == "future" else ""
    return f"/model/about/{quote(about, safe='')}{version}"


def link_of(about: str, titles: Mapping[str, str], which: str) -> Link:
    """Return the link to a thing; one that is not there any more is called by its key."""
    title = titles.get(about, about.removeprefix(DISCONNECT))
    return Link(key=about, title=title, href=href_of(about, which))


def titles_of(model: Model) -> dict[str, str]:
    """Return the titles of all elements and flows by key."""
    titles = {one.key: one.title for one in model.elements()}
    flows = {f"flow:{f.id}": title_of(model, "flow", f) for f in model.flows.values()}
    return titles | flows


def neighbours_of(model: Model) -> Mapping[str, Mapping[str, list[str]]]:
    """Return by key and by what the link is called the keys of the elements that it leads to."""
    found: dict[str, dict[str, list[str]]] = {}
    for link in links_of(model):
        down, up = LINKS[link.verb]
        found.setdefault(link.upper, {}).setdefault(down, []).append(link.lower)
        found.setdefault(link.lower, {}).setdefault(up, []).append(link.upper)
    for key, words, other in _more_links(model):
        found.setdefault(key, {}).setdefault(words, []).append(other)
    return found


def _more_links(model: Model) -> Iterator[tuple[str, str, str]]:
    for flow in model.flows.values():
        key, source, target = f"flow:{flow.id}", f"store:{flow.source}", f"store:{flow.target}"
        yield from ((key, "from", source), (key, "to", target))
        yield from ((source, "flows to", target), (target, "filled from", source))
    for need in model.needs.values():
        key = f"need:{need.id}"
        for customer in need.customers:
            yield key, "of", f"customer:{customer}"
            yield f"customer:{customer}", "needs", key
        for channel in need.channels:
            if channel in model.channels:
                yield key, "tried on", f"channel:{channel}"
    for promise in model.promises.values():
        yield f"promise:{promise.id}", "kept by", f"application:{promise.application}"


def cost_words(one: Disconnect, currency: str) -> str:
    """Return what a disconnect costs a year; empty when nothing was stated."""
    cost = one.opportunity.plus(one.running)
    return f"{money_words(cost, currency)} a year" if cost.high else ""


def opinion_item(opinion: Opinion | None) -> OpinionItem:
    """Return an opinion in numbers; nobody said anything: nothing."""
    if opinion is None:
        return OpinionItem()
    return OpinionItem(
        agree=opinion.count("agree"),
        disagree=opinion.count("disagree"),
        unsure=opinion.count("unsure"),
        comment_count=len(opinion.comments),
        is_disputed=opinion.is_disputed,
        decided=opinion.decisions[-1].remark.words if opinion.decisions else "",
    )


def remark_item(row: RemarkRow, titles: Mapping[str, str]) -> RemarkItem:
    """Return a remark as it is shown."""
    said = row.remark
    return RemarkItem(
        offset=row.offset,
        at=row.at,
        by=said.by,
        act=said.act,
        vote=said.vote,
        words=said.words,
        why=said.why,
        about=link_of(said.about, titles, said.model),
    )
