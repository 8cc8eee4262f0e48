"""The channels of a simulation: each does to a message what the fortune says, and tells of it."""

from __future__ import annotations

from typing import Protocol

from regard.core.event import MessageOutcome
from regard.core.ports import Message
from regard.testing.channels import ACCEPTING, answer_to, deed_of
from regard.testing.clock import VirtualClock
from regard.testing.weather import ALL, Fortune, Weather

DOWN_FOR_S = 4 * 3_600
"""How long a provider is down at a time: longer than caps and quiet hours need to be wrong."""


class Street(Protocol):
    """What a box needs to know of the house that it stands before."""

    clock: VirtualClock
    fortune: Fortune
    delivering: str

    @property
    def weather(self) -> Weather: ...

    def note(self, message: Message, key: str, *, is_accepted: bool) -> None:
        """Take note of a hand-over as it happens."""
        ...


class Box:
    """A misbehaving channel that tells the house what it was handed, and whether it took it."""

    def __init__(self, name: str, street: Street) -> None:
        self._name = name
        self._street = street

    async def open(self) -> None:
        """Do nothing."""

    async def send(self, message: Message) -> MessageOutcome:
        """Do to a message what the fortune says, and note it."""
        street = self._street
        deed = "try_again" if self._is_down() else self._deed(street.delivering)
        street.note(message, street.delivering, is_accepted=deed in ACCEPTING)
        return answer_to(message, deed, street.clock)

    async def close(self) -> None:
        """Do nothing."""

    def _deed(self, key: str) -> str:
        street, name = self._street, f"{key} by {self._name}"
        drawn = street.fortune.throw(name)[0] / ALL
        deed = deed_of(street.weather.channels, drawn)
        return deed if deed == "sent" or street.fortune.may(deed, name) else "sent"

    def _is_down(self) -> bool:
        """Return whether this is one of the provider's bad times, each some hours long."""
        street = self._street
        name = f"{self._name} in span {street.clock.now().timestamp() // DOWN_FOR_S:.0f}"
        drawn = street.fortune.throw(f"down {name}")[0]
        return street.fortune.hits(drawn, street.weather.down, "down", name)
