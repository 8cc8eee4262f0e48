"""A state machine of everything that may happen to identities, and what must hold whenever it did.

`EXAMPLES=10000 pytest tests/identity/test_machine.py` looks longer.
"""

from __future__ import annotations

import os
from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from regard.core.event import Event, IdentityAct
from tests.identity.draws import NARROW, names_in, undo_of
from tests.identity.house import KINDS, LINKING, Registry, event, said
from tests.identity.recount import recounted

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))

users = st.sampled_from(["u:ada", "u:bruno", "u:chen"])
contacts = st.sampled_from(["e:a@x.at", "e:b@x.at", "e:c@x.at", "p:1", "p:2"])
devices = st.sampled_from(["a:laptop", "a:phone", "d:kiosk"])
things = st.sampled_from(["o:1", "o:2", "l:gold", "l:blue"])
minutes = st.integers(0, 59)


class Identities(RuleBasedStateMachine):
    """One house; everything that was taken in is remembered, to be told again elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = Registry()
        self.events: list[Event] = []
        self.acts: list[tuple[datetime, IdentityAct]] = []
        self.undone: set[str] = set()

    @initialize(kinds=st.sampled_from([KINDS, NARROW, LINKING]))
    def open(self, kinds: str) -> None:
        self.registry = Registry(kinds)

    def _see(self, one: Event, *, is_stepped: bool = True) -> None:
        self.events.append(one)
        self.registry.see(one, is_stepped=is_stepped)

    def _event(self, names: str, minute: int | None = None, **fields: object) -> Event:
        number = len(self.events)
        return event(number if minute is None else minute, names, f"E{number}", **fields)

    @rule(user=users, contact=contacts, device=devices)
    def identify(self, user: str, contact: str, device: str) -> None:
        names, _, value = f"{user} {contact} {device}", *contact.partition(":")[1:]
        self._see(self._event(names, traits={"email": value} if "@" in value else {}))

    @rule(left=users | devices, right=users | devices)
    def alias(self, left: str, right: str) -> None:
        names = left if left == right else f"{left} {right}"
        self._see(self._event(names, type="alias"))

    @rule(known=users | contacts, more=things | contacts)
    def attach(self, known: str, more: str) -> None:
        self._see(self._event(known if known == more else f"{known} {more}"))

    @rule(device=devices, is_stepped=st.booleans())
    def browse(self, device: str, is_stepped: bool) -> None:
        self._see(self._event(device), is_stepped=is_stepped)

    @rule(names=st.tuples(users | contacts, devices), minute=minutes)
    def late(self, names: tuple[str, str], minute: int) -> None:
        self._see(self._event(" ".join(names), minute))

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        self.registry.see(data.draw(st.sampled_from(self.events)))

    @precondition(lambda self: len(names_in(self.events)) > 1)
    @rule(data=st.data(), verb=st.sampled_from(["link", "never", "split"]))
    def say(self, data: st.DataObject, verb: str) -> None:
        names = st.sampled_from(names_in(self.events))
        chosen = data.draw(st.lists(names, min_size=2, max_size=3, unique=True))
        confidence = data.draw(st.sampled_from([1.0, 0.8])) if verb == "link" else 1.0
        minute = 100 + len(self.acts)
        act = said(minute, verb, chosen[0], " ".join(chosen[1:]), confidence=confidence)  # type: ignore[arg-type]
        self.acts.append(act)
        self.registry.see(act)

    @precondition(lambda self: any(a.act_id not in self.undone for _, a in self.acts))
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        stands = [act for act in self.acts if act[1].act_id not in self.undone]
        act = data.draw(st.sampled_from(stands))
        self.undone.add(act[1].act_id)
        self.registry.see(undo_of(act, 200 + len(self.undone)))

    def teardown(self) -> None:
        if self.events:
            self.registry.see()
            self._check()
            for number, act in enumerate(self.acts):
                if act[1].act_id not in self.undone:
                    self.registry.see(undo_of(act, 400 + number))
            self._check_untouched()

    def _check(self) -> None:
        groups, shared = self.registry.groups(self.events)
        assert (groups, shared) == recounted(self.registry)
        lived = [name for group in groups for name in self.registry.lives(min(group))]
        assert sorted(lived) == sorted(one.name for one in self.events)
        human = {i for _, a in self.acts for i in (*a.left, *a.right) if a.confidence == 1}
        if not human:
            for group in groups:
                assert len([name for name in group if name.startswith("user_id:")]) < 2
        for group in groups:
            self._check_address(group)
        assert self.registry.changed_by_rebuild() == []

    def _check_address(self, group: frozenset[str]) -> None:
        """Nobody is reached at an address of which somebody says that it is not theirs."""
        claim = self.registry.person(min(group)).claims.get("email")
        stands = [act for _, act in self.acts if act.act_id not in self.undone]
        for act in stands if claim else ():
            for own, other in ((act.left, act.right), (act.right, act.left)):
                if act.act != "link" and not group.isdisjoint(map(str, own)):
                    assert f"email:{claim.value}" not in {*map(str, other)} - group

    def _check_untouched(self) -> None:
        """All that was said is undone: who is who is what a house says that never heard it."""
        never = Registry()
        never.program, never.ledger.program = self.registry.program, self.registry.ledger.program
        never.see(*self.events)
        assert self.registry.groups(self.events) == never.groups(self.events)
        for one in self.events:
            name = str(one.identifiers[0])
            assert self.registry.lives(name) == never.lives(name)
            assert self._claims(self.registry, name) == self._claims(never, name)

    def _claims(self, registry: Registry, name: str) -> dict[str, tuple[object, datetime]]:
        claims = registry.person(name).claims
        return {trait: (claim.value, claim.at) for trait, claim in claims.items()}


TestIdentities = Identities.TestCase
TestIdentities.settings = settings(max_examples=EXAMPLES, stateful_step_count=14, deadline=None)
