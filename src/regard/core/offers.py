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

OfferWhen = Literal["named", "needed", "asked"]
"""Who brings an engagement forth: what names it, its need as well, or a request as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message as the recipient sees it. `html` is empty on text-only channels."""

    subject: str
    text: str
    html: str


class Variant(Protocol):
    """A compiled template for one channel family and language (``*``: any).

    `id` names the variant of the engagement that it belongs to (empty: the core).
    """

    @property
    def id(self) -> str: ...

    @property
    def channel(self) -> str: ...

    @property
    def language(self) -> str: ...

    def render(self, data: Mapping[str, Any]) -> Rendered:
        """Render with `data` (person, facts, company, links); raise `Refused` when it cannot."""
        ...

    def missing(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names that the template reads and `data` does not have (``facts.gate``)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRule:
    """Whom a variant is for: all that is said must hold. Nothing said: whom an experiment draws.

    `devices` are those of exact channels (``phone``), `regions` ISO 3166 codes (``AT``), `ages`
    full years from and to, both included.
    """

    id: str
    when: Expression | None = None
    devices: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    ages: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """What shows that an offer was taken up: `event` (of whose facts `when` holds) in `within`.

    An event that names a message (``message_id`` in its facts) counts for that message only.
    """

    event: str
    within: timedelta
    when: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Variants that are compared: `shares` (parts of 1, in order) of the people get an arm each.

    An arm is a variant by its id; ``core`` is the engagement's own texts. A new `version` draws
    people anew.
    """

    id: str
    shares: tuple[tuple[float, str], ...]
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an engagement asks the person: for a trait, or whether they have a need.

    `choices` are the answers that count. A trait is known when the person said it or it was
    verified, with `known_if` ``any`` as soon as anybody claims it; what is known is not asked.
    """

    trait: str = ""
    need: str = ""
    choices: tuple[str, ...] = ("yes", "no")
    known_if: Literal["said", "any"] = "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """Something worth offering: a need it answers, its values, its channels and variants.

    Values are on one scale for all engagements (0: none). `propensity` is the prior chance that
    it is taken up. `channels` in order of preference; variants by channel and language, the first
    of `variant_rules` that holds (else the core) says which of them. `offer_when` says who brings
    it forth beside those that name it: ``needed`` its need, when it is felt; ``asked`` a request
    of another system, for one of `placements` (empty: any). `asks` makes it a question; of
    `context` each weight counts while its condition holds.
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
    variant_rules: tuple[VariantRule, ...] = ()
    success: Success | None = None
    experiment: Experiment | None = None
    offer_when: OfferWhen = "named"
    placements: tuple[str, ...] = ()
    asks: Question | None = None
    context: tuple[tuple[Expression, float], ...] = ()


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
