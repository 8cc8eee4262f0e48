"""Checks that a request comes from the service: X-Twilio-Signature.

HMAC-SHA1 under the auth token, of the address as it was called (query included) followed by every
form field, name and value, in the order of names. Source: "Validating requests are coming from
Twilio" in Twilio's security documentation; its own package is the oracle of the tests.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from regard.channels.sms.settings import SmsSettings
from regard.core.errors import Refused

HEADER = "x-twilio-signature"
FIELDS_MAX = 200


def signed_form(body: bytes, headers: Mapping[str, str], settings: SmsSettings) -> dict[str, str]:
    """Return the fields of a signed request; raise `Refused` when the signature is not valid.

    The address is our public one: behind a proxy, the socket's would be another.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            max_num_fields=FIELDS_MAX,
        )
    except ValueError as error:
        raise Refused(f"The body is no form: {error}.", code="receipt") from error
    url = settings.callback_url + lowered.get(":path", "")
    given = lowered.get(HEADER, "").encode()
    if not hmac.compare_digest(given, signature_of(url, pairs, settings.auth_token).encode()):
        raise Refused(
            "The signature is not valid.",
            code="signature",
            hint="callback_url must be the address that the service calls, to the letter.",
        )
    return dict(pairs)


def signature_of(url: str, pairs: list[tuple[str, str]], auth_token: str) -> str:
    """Return the signature of a form that is posted to `url`."""
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    digest = hmac.digest(auth_token.encode(), text.encode(), "sha1")
    return base64.b64encode(digest).decode()
