"""A small airline's program, made directly from the core records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from regard.core.flows import Journey, PromiseDefinition, Step, Trigger
from regard.core.offers import Engagement
from regard.core.program import Program
from regard.core.rules import IdentifierKind, IdentityRules, Purpose
from regard.core.scope import Scope
from regard.core.settings import Channel, Company, Department, Source


@dataclass(frozen=True)
class Fact:
    """An expression that reads one fact."""

    text: str

    def __call__(self, scope: Scope) -> Any:
        return scope.facts.get(self.text)


WORTH = {"gate_change_notice": 30.0, "disruption_options": 62.5}


def _kinds() -> tuple[IdentifierKind, ...]:
    names = ("user_id", "email", "phone", "order_number", "anonymous_id")
    return tuple(IdentifierKind(kind=name, priority=i + 1) for i, name in enumerate(names))


def _channel(name: str, reaches_by: str, **settings: str) -> Channel:
    return Channel(
        id=name,
        adapter="post_room",
        settings=settings,
        reaches_by=reaches_by,
        disturbs=name != "email",
    )


def _promise(name: str, title: str, objective: float, engagement: str) -> PromiseDefinition:
    return PromiseDefinition(
        id=name,
        title=title,
        made_by=Trigger(event="Booking Confirmed"),
        about=Fact("booking_number"),
        act_at=Fact("departure_at"),
        due_at=Fact("departure_at"),
        grace=timedelta(minutes=15),
        engagement=engagement,
        kept_by=(),
        kept_by_receipt="sent",
        void_when=(),
        repairs=(),
        objective=objective,
        worth=WORTH.get(name, 0.0),
    )


def _engagement(name: str, title: str, message_class: Any = "service") -> Engagement:
    return Engagement(
        id=name,
        title=title,
        need="travel",
        purpose="travel" if message_class == "service" else "offers",
        message_class=message_class,
        value_customer=5,
        value_company=2,
        propensity=0.5,
        channels=("email", "sms"),
        variants=(),
    )


def _source(name: str, title: str, channel: str, trust: Any = 2) -> Source:
    return Source(id=name, key=f"skylark-{name}-7f3a", title=title, channel=channel, trust=trust)


def airline() -> Program:
    """Return Skylark Air."""
    sources = (
        _source("website", "Web shop", "web.desktop"),
        _source("app", "Phone app", "app.phone"),
        _source("call_centre", "Call centre", "phone.call", 1),
        _source("operations", "Operations", "operations", 1),
    )
    promises = (
        _promise("check_in_reminder", "Check-in reminder", 0.999, "check_in"),
        _promise("gate_change_notice", "Gate change notice", 0.995, "gate_change"),
        _promise("bag_update", "A word about the missing bag", 0.99, "bag_update"),
        _promise("disruption_options", "Options after a disruption", 0.99, "options"),
    )
    engagements = (
        _engagement("check_in", "Check in now"),
        _engagement("gate_change", "Your gate has changed"),
        _engagement("bag_update", "News of your bag"),
        _engagement("mileage_offer", "Mileage offer", "marketing"),
        _engagement("welcome", "Welcome aboard", "marketing"),
    )
    return Program(
        hash="3f9a0c" * 8,
        company=Company(
            id="airline",
            name="Skylark Air",
            zone="Europe/Vienna",
            languages=("en", "de"),
            currency="EUR",
        ),
        sources={source.key: source for source in sources},
        identity=IdentityRules(
            kinds=_kinds(),
            blocked_values=frozenset(),
            blocked_patterns=(),
            phone_region="AT",
        ),
        purposes={
            "travel": Purpose(id="travel", title="Your journeys", needs_consent=False),
            "offers": Purpose(id="offers", title="Offers and miles", needs_consent=True),
        },
        events={},
        channels={
            "email": _channel("email", "email", **{"from": "Skylark Air <hello@skylark.example>"}),
            "sms": _channel("sms", "phone"),
        },
        departments={
            "call_centre": Department(
                id="call_centre", title="Call centre", opens=time(8), closes=time(20)
            )
        },
        engagements={engagement.id: engagement for engagement in engagements},
        promises={promise.id: promise for promise in promises},
        journeys={
            "welcome": Journey(
                id="welcome",
                title="Welcome aboard",
                start=Trigger(event="Signed Up"),
                steps=(Step(id="pause", kind="wait", wait_for=timedelta(days=3)),),
            )
        },
        quiet_hours=(),
        caps=(),
        silence_value=0.5,
        fatigue_per_touch=0.2,
    )
