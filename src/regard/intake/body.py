"""Bytes of a request body to an `Envelope` of items.

Headers are not believed (INTAKE rule 2): gzip is known by its magic, JSON by its first ``{`` or
``[``. What is too large, too deep, not UTF-8 or not JSON raises `Refused` with a code of its own.
Items stay raw here, so one broken item spoils nobody else's. Called by the API and by imports.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import Any
from urllib.parse import parse_qs

import msgspec

from regard.core.errors import Refused
from regard.intake.shapes import DEFAULT_LIMITS, Dialect, Envelope, Limits

_GZIP_MAGIC = b"\x1f\x8b"
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_LIST_FIELD: dict[Dialect, str] = {
    "segment": "batch",
    "posthog": "batch",
    "plain": "events",
    "cloudevents": "",
}
_KEY_FIELDS = ("writeKey", "api_key", "token")
_LONE_SURROGATE = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Half an emoji, which JavaScript writes when it cuts a text. It would spoil a whole batch, so it
becomes U+FFFD; group 1 is what must stay: an escaped backslash, a whole pair."""

_TEXT_OR_NO_NUMBER = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|(-?Infinity|NaN)', re.DOTALL)
"""A JSON text (to be skipped), or in group 1 what Python writes for a number that is none and JSON
does not know. It would spoil a whole batch (PAINS: the poisoned batch), so it becomes null.
Possessive, and a text may lack its end: so this takes linear time whatever a sender writes."""

REPAIR_BYTES_MAX = 512 * 1024
"""Longer texts are not repaired but refused: Segment's SDKs fill 500 kB, and a repair costs up to
half a microsecond a byte, for which nobody has shown a key yet."""

GZIP_MEMBERS_MAX = 64
"""Streams behind one another in one gzip body. Each costs a copy of what follows, so thousands of
empty ones would hold up everybody."""

_fields_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_any_decoder = msgspec.json.Decoder()


def open_body(data: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the JSON text inside a body: inflated, unwrapped and beginning with ``{`` or ``[``.

    Raises `Refused`: ``too_large``, ``bad_gzip``, ``empty_body`` or ``bad_json``.
    """
    text = inflate(data, limits).removeprefix(_BOM).lstrip(_BLANK)
    if text.startswith(b"data="):
        text = _unwrap_form(text)
    if not text:
        raise Refused("The body is empty.", code="empty_body", hint="Send JSON.")
    if text[0] not in b"{[":
        raise Refused(
            "The body is not JSON: it must begin with { or [.", code="bad_json", hint="Send JSON."
        )
    return text


def inflate(data: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return `data`, or what is in it when it is gzip; `Refused` when over the body limit."""
    if len(data) > limits.body_bytes_max:
        raise too_large(limits)
    if not data.startswith(_GZIP_MAGIC):
        return data
    parts: list[bytes] = []
    room = limits.body_bytes_max
    while data.startswith(_GZIP_MAGIC):
        if len(parts) == GZIP_MEMBERS_MAX:
            raise Refused(
                f"The gzip body has more than {GZIP_MEMBERS_MAX} members.", code="bad_gzip"
            )
        stream = zlib.decompressobj(wbits=31)
        try:
            part = stream.decompress(data, room + 1)
        except zlib.error as error:
            raise Refused(f"The body is broken gzip: {error}.", code="bad_gzip") from error
        if len(part) > room:
            raise too_large(limits)
        if not stream.eof:
            raise Refused("The gzip body is cut off.", code="bad_gzip", hint="Send it again.")
        room -= len(part)
        parts.append(part)
        data = stream.unused_data
    return b"".join(parts)


def too_large(limits: Limits) -> Refused:
    """Return the error for a body over the limit."""
    return Refused(
        f"The body is larger than {limits.body_bytes_max} bytes.",
        code="too_large",
        hint="Send fewer events in one batch.",
    )


def read_envelope(
    text: bytes, dialect: Dialect = "segment", limits: Limits = DEFAULT_LIMITS
) -> Envelope:
    """Return the items of a JSON `text`: a batch, a bare list, or the object itself as the one.

    Raises `Refused`: ``bad_json``, ``bad_utf8`` or ``too_deep``.
    """
    if text.startswith(b"["):
        items = decode(text, _list_decoder)
        key = _key_of_first(items) if dialect == "posthog" else ""
        return Envelope(items=tuple(items[: limits.items_max]), count=len(items), key=key)
    fields = decode(text, _fields_decoder)
    listed = fields.get(_LIST_FIELD[dialect])
    if listed is not None and _starts(listed, b"["):
        items = decode(listed, _list_decoder)
    else:
        items = [msgspec.Raw(text)]
    return Envelope(
        items=tuple(items[: limits.items_max]),
        count=len(items),
        key=_key_in(fields),
        sent_at=_plain(fields, "sentAt") or _plain(fields, "sent_at"),
    )


def decode_item(raw: msgspec.Raw | bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Return the value of one item; raise `Refused` when it is too long, too deep or no JSON."""
    view = memoryview(raw)
    if view.nbytes > limits.item_bytes_max:
        raise Refused(
            f"The event has {view.nbytes} bytes; {limits.item_bytes_max} are allowed.",
            code="item_too_large",
            hint="Send what the event means, not whole documents.",
        )
    data = bytes(view)
    value = decode(data, _any_decoder)
    # Fewer brackets than the limit cannot nest deeper than it: most events skip the walk.
    if data.count(b"{") + data.count(b"[") > limits.depth_max and _is_deeper(
        value, limits.depth_max
    ):
        raise _too_deep()
    return value


def decode(data: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Decode JSON, turning every way that it can fail into `Refused`."""
    try:
        return decoder.decode(data)
    except RecursionError as error:
        raise _too_deep() from error
    except UnicodeDecodeError as error:
        raise Refused(
            f"The text is not UTF-8 at byte {error.start}.", code="bad_utf8", hint="Send UTF-8."
        ) from error
    except msgspec.DecodeError as error:
        text = bytes(memoryview(data))
        repaired = _repaired(text)
        if repaired != text:
            return decode(repaired, decoder)
        raise Refused(f"The JSON cannot be read: {error}.", code="bad_json") from error


def _repaired(text: bytes) -> bytes:
    """Return `text` without what JavaScript and Python write although JSON does not know it."""
    if len(text) > REPAIR_BYTES_MAX:
        return text
    whole = _LONE_SURROGATE.sub(lambda found: found[1] or b"\\ufffd", text)
    if b"NaN" not in whole and b"Infinity" not in whole:
        return whole
    return _TEXT_OR_NO_NUMBER.sub(lambda found: b"null" if found[1] else found[0], whole)


def _is_deeper(value: Any, depth: int) -> bool:
    """Return True when lists and objects nest deeper than `depth`."""
    level = [value]
    for _ in range(depth):
        level = [child for part in level for child in _children(part)]
        if not level:
            return False
    return any(isinstance(part, dict | list) for part in level)


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep() -> Refused:
    return Refused(
        "The JSON is nested too deeply.", code="too_deep", hint="Flatten the properties."
    )


def _unwrap_form(text: bytes) -> bytes:
    """Return the JSON of a ``data=<base64>`` form, which older posthog-js sends by beacon."""
    try:
        value = parse_qs(text.decode("ascii"))["data"][0]
        return base64.b64decode(value.replace(" ", "+"), validate=True).lstrip(_BLANK)
    except (UnicodeDecodeError, KeyError, ValueError, binascii.Error) as error:
        raise Refused("The form field data is not base64 JSON.", code="bad_json") from error


def _key_in(fields: dict[str, msgspec.Raw]) -> str:
    for name in _KEY_FIELDS:
        value = _plain(fields, name)
        if isinstance(value, str) and value:
            return value
    return ""


def _key_of_first(items: list[msgspec.Raw]) -> str:
    """Return the key that a bare PostHog list carries in its first event's properties."""
    if not items or not _starts(items[0], b"{"):
        return ""
    fields = decode(items[0], _fields_decoder)
    properties = fields.get("properties")
    if properties is not None and _starts(properties, b"{"):
        fields = fields | decode(properties, _fields_decoder)
    return _key_in(fields)


def _starts(raw: msgspec.Raw, mark: bytes) -> bool:
    return bytes(memoryview(raw)[:1]) == mark


def _plain(fields: dict[str, msgspec.Raw], name: str) -> Any:
    raw = fields.get(name)
    return None if raw is None else decode(raw, _any_decoder)
