"""Any other system over signed HTTP (Standard Webhooks), both directions.

`adapter` posts messages to an endpoint, `receipts` reads what the other system tells back.
"""

from regard.channels.webhook.adapter import WebhookAdapter
from regard.channels.webhook.receipts import read_receipts

__all__ = ["WebhookAdapter", "read_receipts"]
