"""Bytes of records: deterministic JSON, so that equal records are equal bytes.

JSON rather than a denser form, because a journal that any tool can read is worth more than a
few bytes; object keys are sorted in persons (views are compared byte for byte).
"""

from __future__ import annotations

from typing import Any

import msgspec

from regard.core.facts import Body
from regard.core.person import Person

_body_encoder = msgspec.json.Encoder()
_body_decoder: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)
_person_encoder = msgspec.json.Encoder(order="deterministic")
_person_decoder = msgspec.json.Decoder(Person)


def encode_body(body: Body) -> bytes:
    """Return the journal bytes of a body."""
    return _body_encoder.encode(body)


def decode_body(data: bytes) -> Body:
    """Return the body of journal bytes; raise `msgspec.ValidationError` when they are not one."""
    return _body_decoder.decode(data)


def encode_person(person: Person) -> bytes:
    """Return the canonical bytes of a person: keys sorted, defaults left out."""
    return _person_encoder.encode(person)


def decode_person(data: bytes) -> Person:
    """Return the person of `encode_person` bytes."""
    return _person_decoder.decode(data)


def to_plain(record: Any) -> Any:
    """Return a record as plain dicts, lists and strings, for JSON pages and templates."""
    return msgspec.to_builtins(record)
