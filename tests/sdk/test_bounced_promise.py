"""A promise that was kept by a mail is taken back by its bounce, and repaired by SMS.

Through the real server: an event by HTTP, a mail to a real mail server, the bounce as the mail
system posts it, the SMS to a real webhook receiver, and that one's signed receipt.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from queue import Queue

import httpx
import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regard.core.facts import PromiseChanged
from regard.core.program import Program
from regard.project import load_text
from tests.audit.mailbox import Mailbox
from tests.sdk.conftest import KEYS
from tests.sdk.serving import served

pytestmark = pytest.mark.slow

SECRET = "whsec_c2VjcmV0IG9mIHRoZSBzbXMgcHJvdmlkZXI="
WITHIN_S = 20
SHOP = {
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

[channels.sms]
adapter = "webhook"
url = "{sms_url}/send"
secret_env = "SMS_SECRET"
allow_internal = true

[sources.shop]
key = "shop-key"
""",
    "identity.yaml": """
kinds:
  user_id: {paths: [userId], exclusive: true, count_max: 1}
  email: {paths: [traits.email], normalise: email}
  phone: {paths: [traits.phone], normalise: phone}
phone_region: AT
""",
    "consent.yaml": 'purposes: {orders: {title: "Your orders", needs_consent: false}}\n',
    "promises/receipt.yaml": """
id: receipt
made_by: {event: Order Placed}
about: facts.token
act_at: now()
due_at: now() + interval '1 hour'
engagement: receipt
if_missed:
  - offer: receipt
""",
    "engagements/receipt/engagement.yaml": """
purpose: orders
class: service
value: {customer: 8, company: 2}
channels: [email, sms]
subject: "{{ facts.token }}"
""",
    "engagements/receipt/core.txt": "Thank you for {{ facts.token }}.\n",
    "engagements/receipt/core.email.txt": "Thank you for {{ facts.token }}.\n",
    "engagements/receipt/core.email.mjml": """
<mjml><mj-body><mj-section><mj-column>
<mj-text>Thank you for {{ facts.token }}.</mj-text>
</mj-column></mj-section></mj-body></mjml>
""",
}
ORDER = {
    "event": "Order Placed",
    "user_id": "ada",
    "traits": {"email": "ada@example.com", "phone": "+436641234567"},
    "properties": {"token": "SK1"},
}
BOUNCE = """\
From: MAILER-DAEMON@mx.example
Message-ID: <bounce-1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}

--b--
"""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox().serve() as mailbox:
        yield mailbox


@pytest.fixture
def texts() -> Queue[dict[str, str]]:
    """Return where the messages arrive that the provider of text messages takes."""
    return Queue()


@pytest.fixture
def sms_url(texts: Queue[dict[str, str]]) -> Iterator[str]:
    async def take(request: Request) -> Response:
        body = await request.body()
        Webhook(SECRET).verify(body, dict(request.headers))
        texts.put(json.loads(body)["data"])
        return Response()

    with served(Starlette(routes=[Route("/send", take, methods=["POST"])])) as url:
        yield url


@pytest.fixture
def environ() -> dict[str, str]:
    return {"SMS_SECRET": SECRET}


@pytest.fixture
def program(mailbox: Mailbox, sms_url: str, environ: dict[str, str]) -> Program:
    head = SHOP["regard.toml"].replace("{mail_port}", str(mailbox.port))
    return load_text({**SHOP, "regard.toml": head.replace("{sms_url}", sms_url)}, environ)


def test_a_bounce_takes_the_promise_back_and_an_sms_repairs_it(server, mailbox, texts) -> None:
    with httpx.Client(base_url=server.base_url, trust_env=False, timeout=WITHIN_S) as client:
        key = {"x-write-key": "shop-key"}
        assert client.post("/v1/events", json=ORDER, headers=key).status_code == 200
        mailbox.wait_count(1, WITHIN_S)
        mail = BOUNCE.replace("{message_id}", mailbox.mails[0].message_id)
        token = {"authorization": f"Bearer {KEYS.api_token}"}
        wait_for(client, token, "kept")
        for _ in range(2):
            assert client.post("/v1/bounces/email", content=mail, headers=token).is_success
        text = texts.get(timeout=WITHIN_S)
        assert (text["channel"], text["address"]) == ("sms", "+436641234567")
        wait_for(client, token, "repaired")
        assert client.post("/v1/receipts/sms", **delivered(text)).status_code == 200
    bounce, receipt = [e for e in server.events() if e.source.startswith("receipts.")]
    assert (bounce.name, receipt.name) == ("Email Bounced", "Message Delivered")
    assert str(bounce.identifiers[0]) == str(receipt.identifiers[0]) == "user_id:ada"
    server.stop()
    assert statuses(server) == ["expected", "kept", "missed", "repaired"]
    assert (len(mailbox.mails), texts.qsize()) == (1, 0)


def wait_for(client: httpx.Client, token: dict[str, str], status: str) -> None:
    """Return when Ada's promise has come to `status`; fail when it does not."""
    end_s = time.monotonic() + WITHIN_S
    found = []
    while time.monotonic() < end_s:
        profile = client.get("/v1/people/user_id/ada", headers=token).json()
        found = [promise["status"] for promise in profile["promises"]]
        if found == [status]:
            return
    raise AssertionError(f"the promise is {found}, not {status}")


def delivered(text: dict[str, str]) -> dict[str, object]:
    """Return body and headers of the provider's receipt."""
    now = datetime.now(UTC)
    about = {"message_id": text["message_id"], "address": text["address"]}
    body = json.dumps({"type": "message.delivered", "timestamp": now.isoformat(), "data": about})
    headers = {
        "webhook-id": "receipt-1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("receipt-1", now, body),
    }
    return {"content": body, "headers": headers}


def statuses(server) -> list[str]:
    """Return the statuses that the promise went through, each once in a row."""
    with server.house.plan.store.reading() as reading:
        entries = [entry for entry, _, _ in reading.tail.after(0, 10_000)]
    found = [e.body.status for e in entries if isinstance(e.body, PromiseChanged)]
    return [s for number, s in enumerate(found) if number == 0 or s != found[number - 1]]
