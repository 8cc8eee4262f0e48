"""A small hotel as texts: a project with every kind of file, and ways to break it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from regard.core.errors import Problem
from regard.core.person import Person
from regard.core.scope import Scope
from regard.project import check_text

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

MAIL = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Hello {{ person.first_name }}, {{ facts.booking_number }}</mj-text>
<mj-button href="{{ company.website }}/b/{{ facts.booking_number }}">See it</mj-button>
</mj-column></mj-section></mj-body></mjml>"""

HOTEL = {
    "regard.toml": """
id = "hotel"
name = "Harbour Hotel"
zone = "Europe/Vienna"
languages = ["en", "de"]
website = "https://hotel.example"

[channels.email]
from = "Desk <desk@hotel.example>"
[channels.sms]
[channels."push.web"]

[sources.website]
key = "hotel-website"
channel = "web.desktop"

[departments.desk]
title = "Front desk"
""",
    "consent.yaml": "purposes:\n  stay: {title: Stay, needs_consent: false}\n  offers: {}\n",
    "policies.yaml": (
        "quiet_hours: [{from: 21:00, to: 08:00, for: [marketing]}]\n"
        "caps: [{id: week, at_most: 3, within: 7 days, for: [marketing]}]\n"
        "silence: {value: 0.5, fatigue_per_touch: 0.2}\n"
    ),
    "events/booking_confirmed.yaml": """
name: Booking Confirmed
properties:
  type: object
  required: [booking_number]
  properties:
    booking_number: {type: string}
    arrival_at: {type: string, format: date-time}
    total: {type: number}
    guest:
      type: object
      properties: {tier: {type: string}}
""",
    "events/booking_cancelled.yaml": """
name: Booking Cancelled
properties: {properties: {booking_number: {type: string}}}
""",
    "events/signed_up.yaml": "name: Signed Up\n",
    "promises/reminder.yaml": """
id: reminder
made_by: {event: Booking Confirmed, when: "facts.arrival_at > now() + interval '2 days'"}
about: facts.booking_number
due_at: facts.arrival_at - interval '2 days'
engagement: reminder
void_when: [{event: Booking Cancelled, about: facts.booking_number}]
if_missed:
  - offer: reminder
  - case: {department: desk, title: Call the guest}
    wait: 1 hour
""",
    "journeys/welcome.yaml": """
id: welcome
start: {event: Signed Up}
steps:
  - {id: hello, offer: welcome}
  - {id: pause, wait: 3 days}
  - {id: booked, wait_until: [{event: Booking Confirmed}], within: 14 days, on_timeout: ask}
  - {id: happy, exit: true}
  - id: ask
    branch: [{when: "has_consent('offers')", goto: hello_again}]
    otherwise: look
  - {id: hello_again, offer: welcome, goto: done}
  - {id: look, case: {department: desk, title: Look}}
  - {id: done, exit: true}
""",
    "engagements/reminder/engagement.yaml": """
id: reminder
purpose: stay
class: service
channels: [email, sms]
subject: "Booking {{ facts.booking_number }}"
useful_until: facts.arrival_at
eligibility: facts.total > 0
""",
    "engagements/reminder/core.email.mjml": MAIL,
    "engagements/reminder/core.txt": "{{ company.name }}: {{ facts.booking_number }}\n",
    "engagements/welcome/engagement.yaml": """
purpose: offers
class: marketing
channels: [email]
subject: Welcome
""",
    "engagements/welcome/core.email.mjml": MAIL.replace("{{ facts.booking_number }}", "you"),
}


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """Return the hotel with one piece of one file replaced."""
    assert old in HOTEL[file], old
    return {**HOTEL, file: HOTEL[file].replace(old, new)}


def found(files: dict[str, str], **environ: str) -> list[Problem]:
    """Return what `check` says, warnings left out."""
    return [p for p in check_text(files, environ) if not p.is_warning]


def warned(files: dict[str, str]) -> list[Problem]:
    """Return the warnings alone."""
    return [p for p in check_text(files, {}) if p.is_warning]


def scope(person: Person | None = None, **facts: Any) -> Scope:
    """Return a moment with these facts."""
    return Scope(person=person or Person(id="p_ada"), facts=facts, now=NOW)
