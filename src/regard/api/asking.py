"""Who asks what to offer, and whom they may ask about.

In: headers and the fields that name a person. Out: the caller, and identifiers as events carry
them, strongest first. A write key in a page is public, so who has no more than that asks by what is
secret by nature (the device's own id); any identifier is heard with the API token, or from a source
with ``may = ["decisions"]``. Used by `decide` and `ofrep`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from regard.api.desk import Desk
from regard.api.keys import is_one_of, write_key
from regard.core.errors import Refused
from regard.core.event import Event
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft, Reading
from regard.core.program import Program
from regard.core.reaching import nameless_kinds
from regard.core.rows import Rejected
from regard.core.settings import Source
from regard.intake import Arrival

HOUSE = Source(id="regard", key="", title="Systems of the house", channel="")
"""Whoever holds the API token speaks for the house."""

ASKED = "Offer Requested"
"""The event by which somebody whom nobody knew is born: another system asked what to offer them."""


class Caller(Struct, frozen=True, kw_only=True):
    """Who asks. `is_trusted`: they hold the API token and may see how it was weighed."""

    source: Source
    is_trusted: bool

    @property
    def is_believed(self) -> bool:
        """Return whether they may ask about anybody: their key is no public one."""
        return self.is_trusted or "decisions" in self.source.may


def caller_of(desk: Desk, headers: Mapping[str, str], body_key: str, api_token: str) -> Caller:
    """Return who asks, by the API token or a write key; raise `Refused` ``unknown_key``.

    Both are also heard as ``X-API-Key``, as OFREP has it.
    """
    api_key = headers.get("x-api-key", "")
    bearer = {"authorization": f"Bearer {api_key}"}
    if is_one_of(headers, [api_token]) or (api_key and is_one_of(bearer, [api_token])):
        return Caller(source=HOUSE, is_trusted=True)
    source = desk.source(write_key(headers, body_key or api_key))
    desk.spend(source)
    return Caller(source=source, is_trusted=False)


def is_known(reading: Reading, program: Program, person_id: str) -> bool:
    """Return whether more is known of a person than browsers and devices.

    Whoever has a public write key can say that their browser is Ada's; so what is Ada's is for
    those who prove to be her, or who are believed.
    """
    rows, _ = reading.people.identifiers(person_id)
    things = nameless_kinds(program.identity)
    return any(row.identifier.kind not in things for row in rows)


def introduced(
    desk: Desk, program: Program, caller: Caller, request_id: str, who: Mapping[str, Any]
) -> Draft:
    """Return an event that names the person: its identifiers are whom it is asked about.

    `who` has ``user_id``, ``anonymous_id``, ``identifiers`` and ``channel`` as far as they are
    known. Raises `Refused` when they name nobody, or nobody whom the caller may ask about.
    """
    now = desk.now()
    item = {"event": ASKED, "id": f"request:{request_id}", **who}
    arrival = Arrival(source=caller.source, received_at=now, dialect="plain")
    outcome = desk.drafter().draft(msgspec.json.encode(item), arrival)
    if isinstance(outcome, Rejected):
        raise Refused(outcome.message, code=outcome.code)
    assert isinstance(outcome.body, Event)
    identifiers = outcome.body.identifiers
    if not caller.is_believed:
        devices = {kind.kind for kind in program.identity.kinds if kind.is_device}
        identifiers = tuple(i for i in identifiers if i.kind in devices)
    if not identifiers:
        raise Refused(
            f"The source {caller.source.id!r} may ask by the id of a device only.",
            code="not_allowed",
            hint=f'Send anonymousId; or add may = ["decisions"] to [sources.{caller.source.id}] '
            "if its key is kept secret.",
        )
    first = identifiers[0]
    return Draft(
        key=message_key(caller.source.id, outcome.body.message_id),
        identity=identity_of(first.kind, first.value),
        at=now,
        received_at=now,
        body=replace(outcome.body, identifiers=identifiers, at=now),
    )
