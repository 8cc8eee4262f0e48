"""Writes single e-mail headers as bytes: encoded when needed, never with a line break inside.

In: texts from templates and traits, which nobody checked. Out: header bytes that end in CRLF.
Control characters become spaces, so a trait cannot add a header (RFC 5322 2.2); non-ASCII text
becomes encoded words of at most 75 characters (RFC 2047). Refused: names that are not header names
and values that cannot fit one line.
"""

from __future__ import annotations

import re
from binascii import b2a_base64

import idna

from regard.core.errors import Refused

LINE_MAX = 998
"""Characters in a line without its CRLF (RFC 5322 2.1.1)."""

PLAIN_MAX = 66
"""Longer ASCII texts are written as encoded words, which can be folded anywhere."""

_WORD_BYTES = 39
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,75}")
_PHRASE_SPECIAL = re.compile(r'[()<>\[\]:;@\\,."]')
_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f-\x9f()<>\[\]:;@\\,\"]+")
_LITERAL = re.compile(r"\[[0-9A-Za-z:.]+\]")


def one_line(text: str) -> str:
    """Return `text` without control characters and outer spaces."""
    return _CONTROL.sub(" ", text).strip()


def text_header(name: bytes, text: str) -> bytes:
    """Return an unstructured header such as Subject."""
    return name + b": " + _words(one_line(text)) + b"\r\n"


def mailbox_header(name: bytes, display_name: str, address: str) -> bytes:
    """Return a header with one mailbox; `address` comes from `deliverable`."""
    shown = one_line(display_name)
    target = address.encode()
    if not shown:
        return name + b": " + target + b"\r\n"
    phrase = _words(shown)
    if _PHRASE_SPECIAL.search(shown) and not phrase.startswith(b"=?"):
        phrase = b'"' + phrase.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    space = b"\r\n " if len(phrase) + len(target) > PLAIN_MAX else b" "
    return name + b": " + phrase + space + b"<" + target + b">\r\n"


def extra_header(name: str, value: str) -> bytes:
    """Return a header that came with a message; raise `Refused` when it cannot be written."""
    if not _NAME.fullmatch(name):
        raise Refused(f"{name!r} is not a header name.", code="content_header")
    line = one_line(value)
    raw = line.encode("ascii") if line.isascii() else _words(line)
    if len(name) + 2 + len(line) > LINE_MAX and line.isascii():
        raise Refused(f"Header {name} is longer than a line may be.", code="content_header")
    return name.encode() + b": " + raw + b"\r\n"


def deliverable(address: str) -> str:
    """Return `address` ready for the wire, its domain in ASCII.

    Only a local part outside ASCII is left as it is and needs SMTPUTF8 (RFC 6531). Raise `Refused`
    when it is not one plain mailbox.
    """
    local, _, domain = address.rpartition("@")
    if not (_LOCAL.fullmatch(local) and len(local.encode()) <= 64 and domain):
        raise Refused("The address is not a mailbox.", code="address_invalid")
    if _LITERAL.fullmatch(domain):
        return address
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        ascii_domain = ""
    if not _LOCAL.fullmatch(ascii_domain) or len(ascii_domain) > 255:
        raise Refused("The domain of the address is not a name.", code="address_invalid")
    return f"{local}@{ascii_domain}"


def _words(line: str) -> bytes:
    """Return a line as it is when it is short ASCII, else as folded base64 encoded words."""
    if line.isascii() and len(line) <= PLAIN_MAX and "=?" not in line:
        return line.encode("ascii")
    data = line.encode("utf-8", "replace")
    words = []
    start = 0
    while start < len(data):
        end = min(start + _WORD_BYTES, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # never inside a character
            end -= 1
        words.append(b"=?utf-8?b?" + b2a_base64(data[start:end], newline=False) + b"?=")
        start = end
    return b"\r\n ".join(words)
