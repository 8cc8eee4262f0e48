"""CloudEvents 1.0 over HTTP, for tills, call centres and back offices: to a `Call`.

A binary-mode request becomes the structured form first (`from_headers`), so there is one path.
``source`` and ``id`` together are the message id (spec, section 3.1.1). The person is named by
identity paths over the data (``properties.email``), by the extension attributes ``userid`` and
``anonymousid``, or by a subject of the form ``kind:value``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from regard.core.errors import Refused
from regard.intake import segment
from regard.intake.shapes import Call, CallType

_REQUIRED = ("id", "source", "type", "specversion")


def is_binary(headers: Mapping[str, str]) -> bool:
    """Return True when the attributes are in ``ce-`` headers (names in lower case)."""
    is_structured = headers.get("content-type", "").startswith("application/cloudevents")
    return "ce-specversion" in headers and not is_structured


def from_headers(headers: Mapping[str, str], data: bytes) -> bytes:
    """Return the structured JSON of a binary-mode request: `data` is the body as opened.

    Header values are percent-decoded (HTTP binding, section 3.1.3.2).
    """
    event: dict[str, Any] = {
        name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")
    }
    if data:
        event["data"] = msgspec.Raw(data) if data[:1] in (b"{", b"[") else _text(data)
    return msgspec.json.encode(event)


def translate(item: Any, type_hint: CallType | Literal[""] = "") -> Call:
    """Return the `Call` of one structured CloudEvent: a track named like its ``type``.

    Raises `Refused`: ``bad_cloudevent`` when a required attribute is missing, and whatever
    `segment.translate` raises.
    """
    if not isinstance(item, dict):
        raise segment.wrong_type("The CloudEvent", "an object", item)
    for name in _REQUIRED:
        if not isinstance(item.get(name), str) or not item[name]:
            raise Refused(
                f"The CloudEvent has no {name}.",
                code="bad_cloudevent",
                hint=f"Send the attributes {', '.join(_REQUIRED)}.",
            )
    message = {
        "type": type_hint or "track",
        "event": item["type"],
        # A source is a URI reference, so it holds no blank and the pair stays unambiguous.
        "messageId": f"{item['source']} {item['id']}",
        "timestamp": item.get("time"),
        "userId": item.get("userid"),
        "anonymousId": item.get("anonymousid"),
        "properties": _data(item),
        "context": _context(item),
    }
    call = segment.translate(message)
    channel = item.get("channel")
    return replace(call, channel=channel if isinstance(channel, str) else "", hinted=_subject(item))


def _data(item: dict[str, Any]) -> dict[str, Any]:
    data = item.get("data")
    if data is None and isinstance(item.get("data_base64"), str):
        data = _from_base64(item["data_base64"])
    if data is None:
        return {}
    return data if isinstance(data, dict) else {"data": data}


def _from_base64(text: str) -> Any:
    """Return base64 data: decoded when it is JSON, else as the text it came as."""
    try:
        return msgspec.json.decode(base64.b64decode(text, validate=True))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text


def _subject(item: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    subject = item.get("subject")
    kind, colon, value = subject.partition(":") if isinstance(subject, str) else ("", "", "")
    return ((kind, value),) if colon else ()


def _context(item: dict[str, Any]) -> dict[str, Any]:
    parent = item.get("traceparent")
    return {"traceparent": parent} if isinstance(parent, str) else {}


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()
