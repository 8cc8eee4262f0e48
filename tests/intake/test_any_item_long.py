"""Fuzz: whatever JSON a sender thinks of, an item becomes a draft or a refusal."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.codec import decode_body, encode_body
from regard.core.errors import Refused
from regard.core.ports import Draft
from regard.intake import Arrival, Drafter, open_body, read_envelope
from tests.intake.house import NOW, WEBSITE, make_program

DRAFTER = Drafter(make_program())
WORDS = [
    *("type", "event", "userId", "anonymousId", "previousId", "groupId", "messageId", "name"),
    *("timestamp", "originalTimestamp", "sentAt", "properties", "traits", "context", "channel"),
    *("device", "id", "externalIds", "userAgent", "userAgentData", "consent", "email", "phone"),
    *("distinct_id", "$set", "$set_once", "$group_set", "$device_id", "alias", "offset", "uuid"),
    *("specversion", "source", "subject", "data", "data_base64", "time", "identify", "page"),
    *("identifiers", "at", "user_id", "group", "track", "$identify", "$create_alias"),
    *("$groupidentify", "1.0", "ada", "ada@example.com", "+436641234567", "2026-03-02T11:00Z"),
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(st.characters(codec="utf-8"), max_size=8)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner),
    max_leaves=12,
)
ITEMS = VALUES | st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8)


@pytest.mark.parametrize("dialect", ["segment", "posthog", "cloudevents", "plain"])
@settings(max_examples=3000, deadline=None)
@given(item=ITEMS, type_hint=st.sampled_from(["", "track", "identify", "group", "alias"]))
def test_any_json_value_becomes_a_draft_or_a_refusal(dialect, item, type_hint):
    arrival = Arrival(source=WEBSITE, received_at=NOW, dialect=dialect, type_hint=type_hint)
    outcome = DRAFTER.draft(msgspec.json.encode(item), arrival)
    if isinstance(outcome, Draft):
        assert decode_body(encode_body(outcome.body)) == outcome.body
        assert outcome.at <= NOW
        assert outcome.body.identifiers
    else:
        assert outcome.code != "broken", outcome.message


@settings(max_examples=6000, deadline=None)
@given(st.binary(max_size=60) | VALUES.map(msgspec.json.encode))
def test_any_bytes_become_an_envelope_or_a_refusal(data):
    with suppress(Refused):
        read_envelope(open_body(data), "posthog")
