"""The rules that hold for everybody: identifiers, purposes of consent, quiet hours and caps.

Parts of a `Program`; `project` makes them, everybody else only reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal

from regard.core.facts import MessageClass
from regard.core.offers import Success

Linking = Literal["every", "one", "first", "new", "never"]
"""Which evidence links an identifier to a stronger one: every sight of the two together; every one,
as long as it makes no person of two who each have a value of the same stronger kind; only the
first sight with a stronger one; only if the stronger one is new with it; none."""


Validator = Literal["none", "luhn", "uuid", "digits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierKind:
    """A kind of identifier: how strong it is and how it is recognised in an event.

    `priority` 1 is strongest. `is_exclusive`: one value per person, two never merge by
    themselves. `paths` are dotted places in an event (``traits.email``). `is_device`: held by
    whoever used it last, so a second known person starts a new session. One person has at most
    `count_max` values (first seen within any `count_window`, if there is one). A value that is seen
    with more values of a stronger kind than `persons_max` persons have is shared. `linking` says
    which evidence links it. A value that `pattern` does not match as a whole, or that the
    `validator` refuses, is no identifier, nor is one of `blocked_values` or `blocked_patterns`.
    """

    kind: str
    priority: int
    normalise: Literal["none", "email", "phone", "lower", "upper"] = "none"
    paths: tuple[str, ...] = ()
    is_exclusive: bool = False
    is_device: bool = False
    count_max: int = 10
    count_window: timedelta | None = None
    persons_max: int = 1
    linking: Linking = "every"
    pattern: re.Pattern[str] | None = None
    validator: Validator = "none"
    blocked_values: frozenset[str] = frozenset()
    blocked_patterns: tuple[re.Pattern[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRules:
    """All kinds, strongest first, and the values that are never an identifier."""

    kinds: tuple[IdentifierKind, ...]
    blocked_values: frozenset[str]
    blocked_patterns: tuple[re.Pattern[str], ...]
    phone_region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What consent is given for; `titles` say it in other languages (BCP 47)."""

    id: str
    title: str
    needs_consent: bool
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """No touch on disturbing channels from `start` to `end`, in the person's local time."""

    start: time
    end: time
    message_classes: tuple[MessageClass, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `count` touches in any rolling `window`; empty filters match every touch.

    Every touch counts; the cap refuses only the classes in `message_classes`.
    """

    id: str
    count: int
    window: timedelta
    message_classes: tuple[MessageClass, ...] = ("marketing",)
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arbitration:
    """How much each factor of a score counts: 1 as it is, 0 not at all.

    Propensity and context are raised to their weight (they multiply), both values and fatigue are
    multiplied by theirs (they add up).
    """

    propensity: float = 1.0
    context: float = 1.0
    value_customer: float = 1.0
    value_company: float = 1.0
    fatigue: float = 1.0


AS_THEY_ARE = Arbitration()
"""Every factor counts as it is: what holds unless `policies.yaml` says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """People from whom marketing is withheld, to see what it does: a `share` (part of 1) of all.

    Of `engagements`, or of all of them (empty). Who is in it follows from `id`, `version` and the
    person alone: another share moves only those at the border, another version draws anew.
    `success` is what is compared (None: that of the engagement that was withheld).
    """

    id: str
    share: float
    version: int = 1
    engagements: frozenset[str] = frozenset()
    success: Success | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How the company lets Regard learn: `every` so long (None: only when told to).

    `customer_type` is the trait that names a person's type (empty: there are none); `traits` are
    looked at, each over its scale; what was seen weighs half after `memory`.
    """

    every: timedelta | None = timedelta(minutes=15)
    customer_type: str = ""
    traits: tuple[tuple[str, float], ...] = ()
    memory: timedelta = timedelta(days=90)
