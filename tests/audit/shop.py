"""The project folder that the audit runs: one source, one promise, one e-mail for each order.

A promise rather than a bare offer, so that the books also tell whether each one was kept. Every
`Order Placed` carries a `token`; the subject of its e-mail is that token.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

KEY = "shop-key"
SOURCE = "shop"
EVENT = "Order Placed"
ENGAGEMENT = "receipt"

_FILES = {
    "regard.toml": """
id = "shop"
name = "Bruno's Lamps"
address = "Bruno's Lamps, 1 Light Street, Graz"

[channels.email]
adapter = "smtp"
from = "Bruno's Lamps <hello@lamps.example>"
host = "127.0.0.1"
port = {mail_port}
tls = "none"
bulk_per_day = 0
retry_first_s = 0.2
pace_per_s = {pace_per_s}

[sources.shop]
key = "shop-key"
may = ["receipts"]
""",
    "consent.yaml": """
purposes:
  orders: {title: "Your orders", needs_consent: false}
""",
    "events/order_placed.yaml": """
name: Order Placed
properties:
  type: object
  required: [token]
  properties:
    token: {type: string}
""",
    "promises/receipt.yaml": """
id: receipt
made_by: {event: Order Placed}
about: facts.token
act_at: now()
due_at: now() + interval '1 hour'
engagement: receipt
""",
    "engagements/receipt/engagement.yaml": """
purpose: orders
class: service
value: {customer: 8, company: 2}
channels: [email]
if_unknown: {if_unknown}
subject: "{{ facts.token }}"
""",
    "engagements/receipt/core.email.txt": "Thank you for {{ facts.token }}.\n",
    "engagements/receipt/core.email.mjml": """
<mjml><mj-body><mj-section><mj-column>
<mj-text>Thank you for {{ facts.token }}.</mj-text>
</mj-column></mj-section></mj-body></mjml>
""",
}


def write_shop(
    folder: Path, mail_port: int, *, pace_per_s: int = 0, if_unknown: str = "resend"
) -> Path:
    """Write the folder, with its e-mail going to a server on loopback, and return it."""
    places = {"mail_port": mail_port, "pace_per_s": pace_per_s, "if_unknown": if_unknown}
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_placed(text, places))
    return folder


def _placed(text: str, places: Mapping[str, object]) -> str:
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def identify(user: str, email: str) -> dict[str, object]:
    """Return the item that tells a person's address."""
    return {"id": f"identify-{user}-{email}", "identify": {"email": email}, "user_id": user}


def order(token: str, user: str) -> dict[str, object]:
    """Return the item whose message has `token` as its subject; the token is the event's id."""
    return {"id": token, "event": EVENT, "user_id": user, "properties": {"token": token}}
