"""Asks providers what became of messages of which nobody can tell.

In: unknown messages of channels whose adapters can be asked (`core.ports.Asking`). Out: an outcome
for each that the provider knows: taken, or surely never taken. The others stay unknown until a
receipt, the next round or a human tells. The dispatcher calls it at its start, and every minute.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.ports import Asking, ChannelAdapter
from regard.core.program import Program
from regard.core.rows import Claimed
from regard.delivery.compose import compose
from regard.delivery.equipping import equipped
from regard.delivery.links import Links

ASK_EVERY_S = 60.0
"""A provider lists what it took within minutes, and most ask not to be polled faster."""

Answered = tuple[Claimed, MessageOutcome]

_log = logging.getLogger(__name__)


class Questions(Protocol):
    """Where unknown messages are found and answers go. `runtime` implements it."""

    async def unknown(self, channels: Sequence[str]) -> Sequence[Claimed]:
        """Return messages of which nobody can tell, on these channels."""
        ...

    async def answered(self, outcomes: Sequence[Answered]) -> None:
        """Record answers; they are durable when it returns."""
        ...


def askable(adapters: Mapping[str, ChannelAdapter]) -> dict[str, Asking]:
    """Return the adapters whose providers can be asked, by channel."""
    return {name: one for name, one in adapters.items() if isinstance(one, Asking)}


async def ask_all(
    questions: Questions,
    adapters: Mapping[str, ChannelAdapter],
    program: Callable[[], Program],
    links: Links,
    now: Callable[[], datetime],
) -> int:
    """Ask about every unknown message once; return how many answers were recorded."""
    asked = askable(adapters)
    if not asked:
        return 0
    found: list[Answered] = []
    for claimed in await questions.unknown(sorted(asked)):
        adapter = asked[claimed.row.channel]
        outcome = await _answer(claimed, adapter, program(), links, now())
        if outcome is not None:
            found.append((claimed, outcome))
    if found:
        await questions.answered(found)
    return len(found)


async def _answer(
    claimed: Claimed, adapter: Asking, program: Program, links: Links, now: datetime
) -> MessageOutcome | None:
    """Ask about one message, composed as it was; a bug in asking leaves it unknown."""
    try:
        message = compose(claimed, program, links)
        message = equipped(message, claimed, program, links, now)
        outcome = await adapter.ask(message, claimed.row.state_at)
    except Refused:
        return None
    except Exception:
        _log.exception("asking_broken", extra={"message_id": claimed.row.message_id})
        return None
    if outcome is None or outcome.outcome not in ("sent", "refused", "try_again"):
        return None
    return replace(outcome, attempt=claimed.row.attempt, is_answer=True)
