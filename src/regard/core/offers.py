"""What can be offered: engagements with their variants, and broadcasts of one.

Templates arrive as compiled callables, so that no pure room parses text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol

from regard.core.facts import MessageClass
from regard.core.scope import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message as the recipient sees it. `html` is empty on text-only channels."""

    subject: str
    text: str
    html: str


class Variant(Protocol):
    """A compiled template for one channel family and language (``*``: any)."""

    @property
    def channel(self) -> str: ...

    @property
    def language(self) -> str: ...

    def render(self, data: Mapping[str, Any]) -> Rendered:
        """Render with `data` (person, facts, company, links); raise `Refused` when it cannot."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """Something worth offering: a need it answers, its values, its channels and variants.

    Values are on one scale for all engagements (0: none). `propensity` is the prior chance that
    it is taken up. `channels` in order of preference; variants by channel and language.
    """

    id: str
    title: str
    need: str
    purpose: str
    message_class: MessageClass
    value_customer: float
    value_company: float
    propensity: float
    channels: tuple[str, ...]
    variants: tuple[Variant, ...]
    eligibility: Expression | None = None
    applicability: Expression | None = None
    suitability: Expression | None = None
    useful_for: timedelta | None = None
    useful_until: Expression | None = None
    department: str = ""
    if_unknown: Literal["resend", "ask"] = "resend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A one-off: engagement `engagement`, once, to the members of `audience` of whom `to` holds.

    Without an audience it goes to everybody. It reaches at most `pace_per_s` people a second (0:
    no limit) and nobody `expires_after` its start. `seeds` name whom it may be shown to before:
    user ids, or ``kind:value``. `facts` are what its texts see.
    """

    id: str
    title: str
    engagement: str
    audience: str = ""
    to: Expression | None = None
    pace_per_s: float = 0.0
    expires_after: timedelta | None = None
    seeds: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
