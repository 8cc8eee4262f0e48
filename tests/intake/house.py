"""A small company for intake tests: its rules of identity, its tracking plan, its sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs

from regard.core.program import Program
from regard.core.rules import IdentifierKind, IdentityRules
from regard.core.settings import Company, EventPlan, Source

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEBSITE = Source(id="website", key="web-key", title="Web shop", channel="web.desktop")
TILL = Source(id="till", key="till-key", title="Till", channel="store.pos", trust=1)
MOBILE = Source(id="mobile", key="id:secret", title="App", channel="app.phone")

_KINDS: Mapping[str, dict[str, Any]] = {
    "user_id": {"paths": ("userId",), "is_exclusive": True},
    "loyalty_number": {
        "paths": ("traits.loyalty_number", "properties.loyalty_number"),
        "normalise": "upper",
    },
    "email": {
        "paths": ("traits.email", "context.traits.email", "properties.email"),
        "normalise": "email",
    },
    "phone": {
        "paths": ("traits.phone", "context.traits.phone", "properties.phone"),
        "normalise": "phone",
    },
    "device_id": {"paths": ("context.device.id",), "is_device": True},
    "anonymous_id": {"paths": ("anonymousId",), "is_device": True},
}


def plan(name: str, mode: Any, schema: Mapping[str, Any]) -> EventPlan:
    """Return the plan of one event, checked as in real projects."""
    validator = jsonschema_rs.validator_for(dict(schema))
    return EventPlan(
        name=name,
        description="",
        mode=mode,
        violations=lambda facts: tuple(e.message for e in validator.iter_errors(dict(facts))),
    )


def make_program() -> Program:
    """Return a program with three sources and one planned event of each mode."""
    schema = {"required": ["booking_number"], "properties": {"total": {"type": "number"}}}
    plans = [
        plan("Booking Confirmed", "flag", schema),
        plan("Booking Paid", "block", schema),
        plan("Booking Seen", "allow", schema),
    ]
    kinds = tuple(
        IdentifierKind(kind=kind, priority=priority, **rules)
        for priority, (kind, rules) in enumerate(_KINDS.items(), 1)
    )
    return Program(
        hash="test",
        company=Company(id="airline", name="Skylark", zone="Europe/Vienna", languages=("en",)),
        sources={source.key: source for source in (WEBSITE, TILL, MOBILE)},
        identity=IdentityRules(
            kinds=kinds,
            blocked_values=frozenset({"null", "anonymous", "test@example.com"}),
            blocked_patterns=(re.compile("^0+$"),),
            phone_region="AT",
        ),
        purposes={},
        events={one.name: one for one in plans},
        channels={},
        departments={},
        engagements={},
        promises={},
        journeys={},
        quiet_hours=(),
        caps=(),
        silence_value=0.5,
        fatigue_per_touch=0.2,
    )
