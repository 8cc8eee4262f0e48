"""What every kind of channel offers: how messages go out, and how what comes back is read.

One `Kind` an adapter, made of the four files of its folder: `settings` (what regard.toml says),
`adapter` (hands over), `receipts` (what became of a message), `inbound` (what a customer says or
does). Kinds from outside are found as entry points of the group ``regard.channels``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from regard.core.clock import Clock, SystemClock
from regard.core.event import Identifier
from regard.core.ports import ChannelAdapter, Draft, Heard
from regard.core.settings import Channel

ReadReceipts = Callable[[bytes, Mapping[str, str], datetime], tuple[Draft, ...]]
"""Body, headers and the moment of arrival to receipts; raises `Refused`. The pseudo-header
``:path`` is path and query as they were asked for, since some providers sign them."""

ReadInbound = Callable[[bytes, Mapping[str, str], datetime], Heard]
"""The same for what a customer says: what it means, and what is answered."""


class SignedMark(Protocol):
    """What a token says that came with a message: whose it is, on which channel."""

    @property
    def message_id(self) -> str: ...

    @property
    def channel(self) -> str: ...

    @property
    def value(self) -> str: ...


def _no_token(_token: str) -> SignedMark:
    raise LookupError("no tokens are read here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a channel is given beside its settings.

    `environ` holds the secrets that settings name, `public_url` is where the world finds us
    (empty: nowhere), `read_token` reads what was signed into a message and raises `Refused`.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    public_url: str = ""
    read_token: Callable[[str], SignedMark] = _no_token


class Door(Protocol):
    """Who may look into what lies for a person on a channel, and what their pages are told."""

    def identify(self, claims: Mapping[str, str]) -> tuple[Identifier, bool]:
        """Return who asks, by the field that says so (``userId``), and whether that is proven.

        Raise `Refused` when it cannot be believed.
        """
        ...

    def opens(self, *, is_proven: bool, is_known: bool) -> bool:
        """Return whether the messages of a person, known or anonymous, may be shown."""
        ...

    def public(self) -> Mapping[str, Any]:
        """Return what every page may know: the public half of keys, and what it is called."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind of channel is made; each raises `Refused` on settings that are wrong.

    Without `receipts`, `inbound` or `door` nothing comes back that way.
    """

    make: Callable[[Channel, Surroundings], ChannelAdapter]
    receipts: Callable[[Channel, Surroundings], ReadReceipts] | None = None
    inbound: Callable[[Channel, Surroundings], ReadInbound] | None = None
    door: Callable[[Channel, Surroundings], Door] | None = None
