"""Broadcasts: what are we telling many at once, and what would another one come to?"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from regard.console.broadcast_views import BroadcastItem, BroadcastsView, PreviewView, WalkItem
from regard.console.desk import Desk
from regard.console.reasons import reason_words
from regard.console.wording import Wording
from regard.core.errors import Refused
from regard.core.offers import Broadcast
from regard.core.ports import Reading
from regard.core.program import Program
from regard.core.rows import Outlook, RolloutProgress, RolloutRow

WALKS_MAX = 50
"""Other rollouts in the list, those that started last."""

STATUS_TONES = {"running": "accent", "paused": "warn", "cancelled": "bad", "finished": "good"}

ACTS: Mapping[str, tuple[str, ...]] = {
    "": ("test", "start"),
    "running": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
    "finished": (),
    "cancelled": (),
}
"""What can be done to a broadcast by its status."""

NOTHING = RolloutProgress(reached=0, held=0, silences={}, messages={}, failures={})


def view(_request: Request, desk: Desk) -> BroadcastsView:
    """Return the broadcasts of the folder and those that were started, and other rollouts."""
    program = desk.program()
    with desk.library.reading() as reading:
        rows = reading.rollouts.latest()
        own = {r.change.rollout_id: r for r in rows if r.change.rollout == "broadcast"}
        names = [*own, *sorted(set(program.broadcasts) - set(own))]
        items = tuple(_item(name, own.get(name), program, reading) for name in names)
        others = [row for row in rows if row.change.rollout != "broadcast"][:WALKS_MAX]
        walks = tuple(walk_item(row, reading, program) for row in others)
    return BroadcastsView(
        now=desk.clock.now(),
        zone=program.company.zone,
        broadcasts=items,
        walks=walks,
        is_moving=any(row.change.status == "running" for row in rows)
        or any(words in ("queued", "held") and count for i in items for words, count, _ in i.bars),
    )


def preview_view(desk: Desk, broadcast_id: str, outlook: Outlook) -> PreviewView:
    """Return the outlook of a broadcast in words."""
    program = desk.program()
    with desk.library.reading() as reading:
        item = _item(broadcast_id, None, program, reading)
    return PreviewView(
        now=desk.clock.now(),
        zone=program.company.zone,
        broadcast=item,
        outlook=outlook,
        holds=_told(outlook.holds),
        silences=_told(outlook.silences),
    )


def walk_item(row: RolloutRow, reading: Reading, program: Program) -> WalkItem:
    """Return a rollout that nobody started as a broadcast."""
    change = row.change
    return WalkItem(
        rollout_id=change.rollout_id,
        title=_walk_words(change.rollout, change.subject, program),
        status=change.status,
        tone=STATUS_TONES.get(change.status, ""),
        started_at=change.started_at,
        reached=reading.rollouts.progress(row).reached,
        reason=change.reason,
    )


async def act(request: Request, desk: Desk, form: dict[str, str]) -> str:
    """Start, pause, resume, cancel or test a broadcast."""
    if desk.steward is None:
        raise Refused("Nothing can be started from here.", code="not_found")
    broadcast_id, wanted = request.path_params["id"], request.path_params["act"]
    by = form.get("by", "").strip()[:80] or "console"
    if wanted == "test":
        missing = await desk.steward.test(broadcast_id, by)
        if missing:
            told = ", ".join(missing)
            raise Refused(
                f"The test went out, but nobody is known as {told}.",
                code="seed_unknown",
                hint="Correct the seed list in the broadcast's file.",
            )
    else:
        await desk.steward.broadcast(broadcast_id, wanted, by)
    return "/broadcasts"


def _item(name: str, row: RolloutRow | None, program: Program, reading: Reading) -> BroadcastItem:
    definition = program.broadcasts.get(name)
    if definition is None and row is None:
        raise Refused(
            f"There is no broadcast {name!r} in the published folder.",
            code="not_found",
            hint="Broadcasts are in broadcasts/ of the project folder.",
        )
    change = row.change if row else None
    progress = reading.rollouts.progress(row) if row else NOTHING
    status = change.status if change else ""
    return BroadcastItem(
        broadcast_id=name,
        title=definition.title if definition else name,
        engagement=_engagement(definition, row, program),
        audience=_audience(definition, row, program),
        condition=definition.to.text if definition and definition.to else "",
        pace_per_s=change.pace_per_s if change else definition.pace_per_s if definition else 0,
        seeds=definition.seeds if definition else (),
        status=status,
        tone=STATUS_TONES.get(status, ""),
        started_at=change.started_at if change else None,
        expires_at=change.expires_at if change else None,
        by=change.by if change else "",
        reason=reason_words(change.reason) if change and change.reason else "",
        reached=progress.reached,
        sent=_sent(progress),
        bars=_bars(progress),
        silences=_told(progress.silences),
        failures=_told(progress.failures),
        acts=_acts(status, definition, progress),
    )


def _acts(status: str, definition: Broadcast | None, progress: RolloutProgress) -> tuple[str, ...]:
    if status == "finished" and (progress.held or _waiting(progress)):
        return ("pause", "cancel")
    if status == "" and definition is not None and not definition.seeds:
        return ("start",)
    return ACTS[status]


def _waiting(progress: RolloutProgress) -> int:
    return progress.messages.get("queued", 0) + progress.messages.get("claimed", 0)


def _sent(progress: RolloutProgress) -> int:
    return sum(progress.messages.get(state, 0) for state in ("sent", "delivered"))


def _bars(progress: RolloutProgress) -> tuple[tuple[str, int, str], ...]:
    failed = sum(progress.failures.values()) + progress.messages.get("bounced", 0)
    return (
        ("sent", _sent(progress), "good"),
        ("queued", _waiting(progress), "accent"),
        ("unknown", progress.messages.get("unknown", 0), "warn"),
        ("held", progress.held, "warn"),
        ("silent", sum(progress.silences.values()), "quiet"),
        ("failed", failed, "bad"),
    )


def _told(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple((reason_words(reason), count) for reason, count in ranked)


def _engagement(definition: Broadcast | None, row: RolloutRow | None, program: Program) -> str:
    name = row.change.subject if row else definition.engagement if definition else ""
    return Wording(program).engagement(name)


def _audience(definition: Broadcast | None, row: RolloutRow | None, program: Program) -> str:
    name = row.change.audience if row else definition.audience if definition else ""
    found = program.audiences.get(name)
    return found.title if found else name


def _walk_words(kind: str, subject: str, program: Program) -> str:
    journey, audience = program.journeys.get(subject), program.audiences.get(subject)
    if kind == "audience":
        return f"Who belongs to {audience.title if audience else subject}"
    title = journey.title if journey else subject
    return f"{title}, by its schedule" if kind == "start" else f"{title}, read again after an edit"
