"""Bytes from any SDK, webhook or file to drafts for the journal: one contract, many dialects.

In: a request body or a file. Out: per item a `Draft` or a `Rejected` with code and message.
Pure and synchronous; the API and `regard import` call it:

    text = open_body(body)                                  # raises Refused
    envelope = read_envelope(text, "segment")               # raises Refused
    outcomes = Drafter(program).read(envelope, arrival)     # Draft | Rejected, in order
"""

from regard.intake.body import decode_item, inflate, open_body, read_envelope, too_large
from regard.intake.cloudevents import from_headers, is_binary
from regard.intake.drafts import Drafter
from regard.intake.files import read_file, summarise
from regard.intake.shapes import (
    DEFAULT_LIMITS,
    Arrival,
    CallType,
    Dialect,
    Envelope,
    FileReport,
    Limits,
    Line,
    Outcome,
)

__all__ = [
    "DEFAULT_LIMITS",
    "Arrival",
    "CallType",
    "Dialect",
    "Drafter",
    "Envelope",
    "FileReport",
    "Limits",
    "Line",
    "Outcome",
    "decode_item",
    "from_headers",
    "inflate",
    "is_binary",
    "open_body",
    "read_envelope",
    "read_file",
    "summarise",
    "too_large",
]
