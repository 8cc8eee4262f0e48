"""The rules that hold for everybody: identifiers, purposes of consent, quiet hours and caps.

Parts of a `Program`; `project` makes them, everybody else only reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal

from regard.core.facts import MessageClass

Linking = Literal["every", "first", "new", "never"]
"""Which evidence links an identifier to a stronger one: every sight of the two together; only the
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
    """What consent is given for."""

    id: str
    title: str
    needs_consent: bool


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
