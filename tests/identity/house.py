"""A small real house for identity: events and acts by hand, over the loop, and who is who then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from regard.assembly import build_ledger
from regard.core.event import Event, Identifier, IdentityAct, IdentityVerb
from regard.core.ids import derived_id, identity_of, message_key
from regard.core.person import Person
from regard.core.ports import Draft
from regard.core.rows import ReviewRow
from regard.core.storage import Store
from regard.project import load_text
from regard.runtime.rebuild import verify
from regard.store import MemoryStore

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

KINDS = """
  user_id: {paths: [userId], exclusive: true, count_max: 1}
  loyalty_number: {paths: [traits.loyalty_number], exclusive: true, count_max: 1}
  email: {paths: [traits.email], normalise: email}
  phone: {paths: [traits.phone], normalise: lower}
  order_number: {paths: [properties.order_number], count_max: 1000}
  device_id: {paths: [context.device.id], device: true}
  anonymous_id: {paths: [anonymousId], device: true, count_max: 100}
"""

LINKING = KINDS.replace("device: true", "device: true, links: every").replace(
    "normalise: lower", "normalise: lower, links: every"
)
"""Whatever is seen together links, even two addresses over one device."""

HOUSE = (
    'id = "skylark"\nname = "Skylark"\n[channels.email]\n[sources.website]\nkey = "website-key"\n'
)

CONSENT = "purposes:\n  offers: {title: Offers}\n"

SHORT = {"u": "user_id", "l": "loyalty_number", "e": "email", "p": "phone", "o": "order_number",
         "d": "device_id", "a": "anonymous_id"}  # fmt: skip
"""First letters of identifiers in tests: ``u:ada`` is the user id ada."""

VIEWS = ("identifiers", "evidence", "clusters", "persons", "audience_members")
"""Views that tell who is who; the others also tell what was said and done about it."""


def key(name: str) -> Identifier:
    """Return the identifier of ``u:ada``, or of ``kind:value``."""
    kind, _, value = name.partition(":")
    return Identifier(SHORT.get(kind, kind), value)


def event(minute: float, names: str, name: str = "Seen", **fields: Any) -> Event:
    """Return an event `minute` minutes after the start that names identifiers, strongest first."""
    at = START + timedelta(minutes=minute)
    found = sorted(
        (key(n) for n in names.split()), key=lambda i: list(SHORT.values()).index(i.kind)
    )
    values: dict[str, Any] = {
        "message_id": derived_id(str(minute), names, name),
        "source": "website",
        "type": "track",
        "channel": "web.desktop",
        "received_at": at,
    }
    return Event(**(values | fields | {"name": name, "at": at, "identifiers": tuple(found)}))


def said(
    minute: float, verb: IdentityVerb, left: str, right: str = "", **fields: Any
) -> tuple[datetime, IdentityAct]:
    """Return an act and its moment; names are as in `event`."""
    sides = [tuple(key(n) for n in side.split()) for side in (left, right)]
    act_id = derived_id(str(minute), verb, left, right)
    act = IdentityAct(
        **(
            {"act_id": act_id, "act": verb, "left": sides[0], "right": sides[1], "by": "ada"}
            | fields
        )
    )
    return START + timedelta(minutes=minute), act


Input = Event | tuple[datetime, IdentityAct]


class Registry:
    """The loop over one store, and who is who in it."""

    def __init__(self, kinds: str = KINDS, store: Store | None = None, more: str = "") -> None:
        files = {
            "regard.toml": HOUSE,
            "identity.yaml": f"kinds:{kinds}{more}",
            "consent.yaml": CONSENT,
        }
        self.program = load_text(files, {})
        self.store = store or MemoryStore()
        self.ledger = build_ledger(self.store, lambda: self.program)

    def see(self, *inputs: Input, is_stepped: bool = True) -> None:
        """Append inputs as one batch; step them."""
        now = START + timedelta(days=1)
        self.ledger.append([_draft(one, now) for one in inputs], now)
        while is_stepped and self.ledger.advance():
            pass

    def pad(self, offset: int) -> None:
        """Fill the journal with words that change nothing, so that `offset` is the next one."""
        while True:
            with self.store.reading() as reading:
                if reading.tail.last() >= offset - 1:
                    return
                number = reading.tail.last()
            act = IdentityAct(act_id=f"pad {number}", act="dismiss", left=())
            draft = Draft(
                key=message_key("pad", str(number)),
                identity=0,
                at=START,
                received_at=START,
                body=act,
            )
            self.ledger.append([draft], START)

    def last(self) -> int:
        """Return the offset of the last entry."""
        with self.store.reading() as reading:
            return reading.tail.last()

    def id(self, name: str) -> str | None:
        """Return whose an identifier is."""
        with self.store.reading() as reading:
            return reading.people.find(key(name))

    def person(self, name: str) -> Person:
        """Return whose an identifier is, as folded."""
        with self.store.reading() as reading:
            person_id = reading.people.find(key(name))
            person = reading.people.read(person_id) if person_id else None
        assert person is not None, name
        return person

    def lives(self, name: str) -> list[str]:
        """Return the names of the events of whose an identifier is, oldest first."""
        with self.store.reading() as reading:
            entries = reading.people.timeline(str(reading.people.find(key(name))), limit=10_000)
        found = sorted(entries, key=lambda entry: (entry.at, entry.stamp))
        return [e.body.name for e in found if isinstance(e.body, Event)]

    def facts(self, kind: type) -> list[Any]:
        """Return what was journaled of a kind, in order."""
        with self.store.reading() as reading:
            entries = reading.tail.after(0, 100_000)
        return [e.body for e, _, _ in entries if isinstance(e.body, kind)]

    def reviews(self, kind: str = "") -> Sequence[ReviewRow]:
        """Return the open questions."""
        with self.store.reading() as reading:
            return reading.identities.reviews(kind)

    def groups(self, inputs: Iterable[Input]) -> tuple[frozenset[frozenset[str]], frozenset[str]]:
        """Return who is one person, as sets of identifiers, and which are shared."""
        names = {i for one in inputs if isinstance(one, Event) for i in one.identifiers}
        with self.store.writing() as writing:
            nodes = writing.graph.nodes(sorted(identity_of(i.kind, i.value) for i in names))
        persons: dict[str, set[str]] = {}
        for node in nodes.values():
            persons.setdefault(node.person_id, set()).add(str(node.identifier))
        shared = frozenset(str(node.identifier) for node in nodes.values() if node.shared)
        return frozenset(frozenset(group) for group in persons.values()), shared

    def views(self) -> Mapping[str, str]:
        """Return the digests of the views that tell who is who."""
        digest = self.store.digest()
        return {name: digest[name] for name in VIEWS}

    def changed_by_rebuild(self) -> list[str]:
        """Return the views that a rebuild changes: none."""
        kernel, rules = self.ledger.kernel, self.program.identity
        return list(verify(self.store, kernel, rules, lambda _done, _all: None))


def _draft(one: Input, now: datetime) -> Draft:
    if isinstance(one, Event):
        first = one.identifiers[0]
        at, own_key, body = one.at, message_key(one.source, one.message_id), one
        return Draft(
            key=own_key,
            identity=identity_of(first.kind, first.value),
            at=at,
            received_at=now,
            body=body,
        )
    at, act = one
    identity = identity_of(act.left[0].kind, act.left[0].value) if act.left else 0
    return Draft(
        key=message_key("act", act.act_id), identity=identity, at=at, received_at=now, body=act
    )
