"""Plain addresses are read by their form; what that says is what the library says."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from regard.intake.identifiers import PLAIN_LENGTH_MAX, email_of

PIECES = st.sampled_from(
    ["a", "Z", "0", "7", "ab", ".", "..", "-", "--", "_", "+", "@", "xn--", "ü", "K", " ", "é"]
)
ENDS = st.sampled_from(
    ["com", "example", "test", "local", "localhost", "arpa", "onion", "invalid", "c", "c0m", "de-"]
)
NEARLY_ADDRESSES = st.tuples(
    st.lists(PIECES, max_size=6), st.lists(PIECES, max_size=6), ENDS, st.sampled_from(["@", ""])
).map(lambda parts: f"{''.join(parts[0])}{parts[3]}{''.join(parts[1])}.{parts[2]}")


def told_by_library(text: str) -> str | None:
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized.lower()


def told_by_us(text: str) -> str | None:
    try:
        return email_of(text)
    except ValueError:
        return None


@given(NEARLY_ADDRESSES)
@example("Ada.Byron+miles@mail.skylark.example")
@example("postmaster@xn--bcher-kva.example")
@example("\u212aate@k.example")  # the Kelvin sign is a k in lower case
@example(f"{'a' * PLAIN_LENGTH_MAX}@b.example")
@example(f"a@{'b' * 70}.example")
def test_an_address_reads_as_the_library_reads_it(text: str) -> None:
    assert told_by_us(text) == told_by_library(text)


@pytest.mark.parametrize("end", ["local", "localhost", "onion", "invalid", "arpa"])
def test_names_of_special_use_are_no_addresses(end: str) -> None:
    assert told_by_us(f"ada@host.{end}") is None
