"""The engagement model: how a company is built against what its customers live, as declared.

Two of them make a conversation, as-is and future; the same id in both is the same thing. `project`
reads them from `model/*.yaml`, the room `model` draws them, compares them and finds disconnects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A number that is known only roughly: from `low` to `high` (equal: known)."""

    low: float
    high: float

    def times(self, factor: Range) -> Range:
        """Return the product of two ranges of numbers that are not negative."""
        return Range(low=self.low * factor.low, high=self.high * factor.high)

    def plus(self, other: Range) -> Range:
        """Return the sum of two ranges."""
        return Range(low=self.low + other.low, high=self.high + other.high)


NOTHING = Range(low=0.0, high=0.0)

A_TENTH = Range(low=0.05, high=0.2)
"""Of those whom a disconnect hurts so many give up, unless the model says better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerType:
    """A class of persons: how many there are and by which channels they prefer to be served."""

    id: str
    title: str
    count: int = 0
    prefers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What customers want to achieve, where they try to, and what whoever serves them must know.

    It comes up `per_year` times over all customers; each time `worth` is at stake, in the
    company's currency, and `at_risk` (part of 1) is lost when it goes wrong. What is known may be
    `tolerates` old. `answered_by` names an engagement or promise of the project, `organisation`
    whose capacity it takes (empty: nobody's).
    """

    id: str
    title: str
    customers: tuple[str, ...]
    channels: tuple[str, ...]
    facts: tuple[str, ...] = ()
    tolerates: timedelta = timedelta(hours=1)
    per_year: Range = NOTHING
    worth: Range = NOTHING
    at_risk: Range = A_TENTH
    answered_by: str = ""
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """One channel by its exact name: which organisation owns it, which applications serve it."""

    id: str
    title: str
    organisation: str = ""
    applications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who does the work: the applications that its people use, and how much they can do."""

    id: str
    title: str
    uses: tuple[str, ...] = ()
    capacity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A system: the stores that it reads and those whose facts it creates."""

    id: str
    title: str
    organisation: str = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    cost_per_year: Range = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStore:
    """Where facts lie: each fact with the key by which it is found there."""

    id: str
    title: str
    facts: Mapping[str, str] = field(default_factory=dict)
    cost_per_year: Range = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Facts that move from one store to another, and how long they take (0: live).

    `maps_keys`: it translates the key of the one store to that of the other.
    """

    source: str
    target: str
    facts: tuple[str, ...]
    takes: timedelta = timedelta(0)
    how: str = ""
    maps_keys: bool = False
    cost_per_year: Range = NOTHING

    @property
    def id(self) -> str:
        """Return its name: there is one flow each way between two stores."""
        return f"{self.source}>{self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPromise:
    """What customers may expect: `application` keeps it, and must know `trigger` `within` a time.

    `trigger` is a fact, created in store `store`.
    """

    id: str
    title: str
    need: str
    application: str
    trigger: str
    store: str
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """An element of the value chain: which customer needs it answers, and what it needs itself.

    `evolution` runs from 0 (genesis) over custom and product to 1 (commodity); after Wardley.
    `element` is what of the model it stands for, if anything.
    """

    id: str
    title: str
    answers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    evolution: float = 0.5
    element: str = ""


Kind = Literal["customer", "need", "channel", "organisation", "application", "store", "promise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a model under its full id (``channel:web.desktop``)."""

    kind: Kind
    id: str
    title: str

    @property
    def key(self) -> str:
        """Return the id that is its own over all kinds."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One declared model. All references in it are known to hold.

    `person` is the fact that says who somebody is: whoever sees it, sees the person.
    """

    name: Literal["as_is", "future"]
    title: str
    currency: str = ""
    person: str = "person"
    customers: Mapping[str, CustomerType] = field(default_factory=dict)
    needs: Mapping[str, Need] = field(default_factory=dict)
    channels: Mapping[str, Means] = field(default_factory=dict)
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    applications: Mapping[str, Application] = field(default_factory=dict)
    stores: Mapping[str, DataStore] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    promises: Mapping[str, DeclaredPromise] = field(default_factory=dict)
    components: Mapping[str, Component] = field(default_factory=dict)

    def elements(self) -> Iterator[Element]:
        """Yield every element that is drawn as a box or listed, in the order of the file."""
        kinds: tuple[tuple[Kind, Mapping[str, object]], ...] = (
            ("customer", self.customers),
            ("need", self.needs),
            ("channel", self.channels),
            ("organisation", self.organisations),
            ("application", self.applications),
            ("store", self.stores),
            ("promise", self.promises),
        )
        for kind, named in kinds:
            for id_, one in named.items():
                yield Element(kind=kind, id=id_, title=getattr(one, "title", id_))


Trouble = Literal[
    "separate_applications",
    "no_flow",
    "incompatible",
    "conflict",
    "late",
    "unowned_channel",
    "blind_organisation",
    "unsupported_preference",
    "deaf_promise",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """One disconnect: what is wrong in one sentence, along which elements, and for whom.

    `id` is of its kind and elements, so that the same one in two models is known as one. `path`
    are keys of elements (``channel:web.desktop``) and flows (``flow:a>b``) in order.
    `opportunity` and `running` are what it costs a year: what customers do not buy or do
    elsewhere, and what is spent on keeping things apart. Costs of several may overlap.
    """

    id: str
    trouble: Trouble
    title: str
    path: tuple[str, ...]
    needs: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    opportunity: Range = NOTHING
    running: Range = NOTHING


Fate = Literal["goes", "stays", "comes", "changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one element or flow between two models: its `key`, its fate, in words."""

    key: str
    title: str
    fate: Fate
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A disconnect of today, and what of the future model removes it (nothing: it stays)."""

    disconnect: Disconnect
    is_removed: bool
    by: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A named place on a value-chain map, both from 0 to 1; an anchor is a customer need.

    `rest` is what stood behind it in a text and says how it is drawn.
    """

    name: str
    visibility: float
    evolution: float
    is_anchor: bool = False
    rest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMap:
    """A value-chain map: spots, links from who needs to what is needed, and lines kept as read."""

    title: str
    spots: tuple[Spot, ...]
    links: tuple[tuple[str, str], ...]
    kept: tuple[str, ...] = ()
