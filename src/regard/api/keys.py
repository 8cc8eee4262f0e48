"""Where a request carries its key: the one order that serves every SDK (INTAKE rule 1).

Authorization Basic user, Bearer (the body's key goes before an OAuth token), X-Write-Key, then
the key in the body. The first that is there counts; the others are not tried.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence

from starlette.requests import Request

from regard.core.errors import Refused


def headers_of(request: Request) -> dict[str, str]:
    """Return the headers by name in lower case; one pass, where many are asked for."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}


def path_of(request: Request) -> str:
    """Return path and query as they were asked for: some providers sign them."""
    query = request.scope["query_string"].decode("latin-1")
    raw = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.decode("latin-1").partition("?")[0]
    return f"{path}?{query}" if query else path


def write_key(headers: Mapping[str, str], body_key: str) -> str:
    """Return the write key of a request, ``""`` when it has none."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "basic":
            key = _basic_user(credentials)
        case "bearer":
            key = body_key or credentials.strip()
        case _:
            key = ""
    return key or headers.get("x-write-key", "") or body_key


def bearer_token(headers: Mapping[str, str]) -> str:
    """Return the token of ``Authorization: Bearer``, ``""`` when there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def check_token(headers: Mapping[str, str], *api_tokens: str) -> None:
    """Raise `Refused` unless the request carries one of the tokens that are set."""
    if not any(api_tokens):
        raise Refused("This is closed: no API token is set on this server.", code="no_api_token")
    if not is_one_of(headers, api_tokens):
        raise Refused("The API token is missing or wrong.", code="unknown_token")


def is_one_of(headers: Mapping[str, str], tokens: Sequence[str]) -> bool:
    """Return whether the request carries one of some tokens, compared in constant time."""
    given = bearer_token(headers).encode()
    found = [hmac.compare_digest(given, token.encode()) for token in tokens if token]
    return any(found)


def _basic_user(credentials: str) -> str:
    """Return the user of Basic credentials.

    The password is empty in every SDK. A Jitsu key is ``id:secret``; it comes by X-Write-Key.
    """
    try:
        pair = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    user, _, password = pair.partition(":")
    return f"{user}:{password}" if password else user
