"""Who and what the house consists of: company, sources, tracking plan, channels, departments.

Parts of a `Program`; `project` makes them, everybody else only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, Literal

from regard.core.backoff import FIRST_S

Trust = Literal[0, 1, 2, 3]


Permission = Literal["receipts", "rights", "journeys", "identity", "decisions", "cases"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One system that sends events, known by its write key.

    `may` lists the reserved kinds of events that it is trusted with: receipts of our messages,
    changes of people's rights, starting journeys, saying who is one person, asking what to offer
    whomever they name. `limit_per_s` is how
    many events it may send (0: no limit).
    """

    id: str
    key: str
    title: str
    channel: str
    trust: Trust = 2
    may: frozenset[Permission] = frozenset()
    limit_per_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlan:
    """The tracking plan of one event: its schema, and what happens when an event breaks it.

    `violations` returns messages, empty when the properties are valid.
    """

    name: str
    description: str
    mode: Literal["allow", "flag", "block"]
    violations: Callable[[Mapping[str, Any]], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An exact means of touch, the adapter that serves it and that adapter's settings.

    `reaches_by` is the trait that holds the address (``email``, ``phone``). `disturbs` makes
    quiet hours apply. `pace_per_s` 0 is no limit. `retry_first_s` is the wait after a failure.
    `domain_paces` are paces by the recipient's mail domain, beside the channel's own.
    `unproven_kinds` are the kinds of identifiers that name nobody: whoever is known by another kind
    is reached only by devices that were proven to be theirs (`core.reaching`).
    """

    id: str
    adapter: str
    settings: Mapping[str, Any]
    reaches_by: str
    disturbs: bool
    pace_per_s: float = 0.0
    retry_first_s: float = FIRST_S
    domain_paces: Mapping[str, float] = field(default_factory=dict)
    unproven_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMail:
    """Where mail of customers comes in for `channel`.

    By LMTP on `lmtp_host` and `lmtp_port` (empty: not), and out of a `maildir` (empty: none).
    A mail above `bytes_max` is not read.
    """

    channel: str
    lmtp_host: str
    lmtp_port: int
    maildir: str
    bytes_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """Where the journal's Parquet files go (empty: beside the store), and how often while serving.

    `is_open`: what is there of the day under way as well.
    """

    folder: str
    every: timedelta
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """How the house is watched: who may read its metrics, and what is late.

    With a `metrics_token` (empty: none) or the API token, or everybody when `is_metrics_open`. A
    timer, a message or a channel that waits for `late_after` makes the house not ready.
    """

    is_metrics_open: bool = False
    metrics_token: str = field(default="", repr=False)
    late_after: timedelta = timedelta(minutes=1)


USUAL_OPERATING = Operating()
"""How a house is watched whose folder says nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long is kept what stands beside the journal (None: for ever).

    `contents` are messages as they were said, `rejected` the items that intake refused.
    """

    contents: timedelta | None = None
    rejected: timedelta | None = None


KEEP_ALL = Retention()
"""How long a house keeps what it has whose folder says nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Who does the work of cases; open hours in the company's zone (empty: always).

    `addresses` are its traits that channels reach by (``email``): alerts can be sent there.
    It can take `capacity` pieces of work in any rolling `capacity_window` (None: as many as come).
    """

    id: str
    title: str
    opens: time | None = None
    closes: time | None = None
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    addresses: Mapping[str, str] = field(default_factory=dict)
    capacity: int | None = None
    capacity_window: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Who speaks: names, zone and languages of the brand; `currency` (ISO 4217) may be empty."""

    id: str
    name: str
    zone: str
    languages: tuple[str, ...]
    address: str = ""
    website: str = ""
    currency: str = ""
