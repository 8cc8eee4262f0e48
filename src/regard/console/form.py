"""Reading a small form safely: bounded while it streams in, and only with its CSRF token.

A request and its session in, the fields out. Refused: bodies over `FORM_MAX_BYTES`, other
encodings, a token that is missing or not the session's.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request

from regard.console.session import Session, is_same
from regard.core.errors import Refused

FORM_MAX_BYTES = 16_384
"""Console forms hold a secret or a choice; anything larger is not one of ours."""


async def read_form(request: Request, session: Session) -> dict[str, str]:
    """Return the first value of every field; raise `Refused` (``bad_form``, ``bad_token``)."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_MAX_BYTES:
            raise Refused("The form is too large.", code="bad_form", hint="Send it again, shorter.")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise Refused("The form cannot be read.", code="bad_form", hint=str(error)) from error
    form = {name: values[0] for name, values in fields.items()}
    if not is_same(form.get("csrf", ""), session.csrf):
        raise Refused(
            "This form has no valid token of your session.",
            code="bad_token",
            hint="Open the page again and repeat it there.",
        )
    return form
