"""What the ledger writes of messages: why one must not go, and what became of an attempt.

In: rows of the outbox, outcomes, the drawers of the transaction. Out: refusals that only a look
beyond one person can tell, and the inputs that say what became of attempts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.core.event import MessageOutcome
from regard.core.ids import message_key
from regard.core.ports import Draft
from regard.core.rows import DISCARDED, REPLAYED, UNDER_WAY, Accepted, MessageRow
from regard.core.storage import RolloutDrawer, Writing
from regard.runtime.folding import END

TWIN_WAIT = timedelta(seconds=30)
"""How long a message waits behind another of its broadcast to its address: most are there by then,
and each wait costs two entries."""


def refusals_of(
    rollouts: RolloutDrawer, rows: Sequence[MessageRow], now: datetime
) -> tuple[dict[str, str], dict[str, datetime]]:
    """Return why claimed messages of broadcasts must not go, and which come again and when.

    What no single person can tell. Of people who share an address one gets a broadcast: the first
    whose message goes. Until that has its outcome the others come again: it may be withdrawn.
    """
    refusals: dict[str, str] = {}
    returns: dict[str, datetime] = {}
    sent = [row for row in rows if row.decision.candidate.origin == "broadcast"]
    if not sent:
        return refusals, returns
    found = rollouts.find(sorted({row.decision.candidate.ref for row in sent}))
    going: set[tuple[str, str, str]] = set()
    for row in sent:
        candidate = row.decision.candidate
        place = (candidate.ref, row.channel, row.address)
        if candidate.is_test:
            continue
        if candidate.ref in found and found[candidate.ref].status == "cancelled":
            refusals[row.message_id] = "broadcast_cancelled"
            continue
        state, not_before = rollouts.said(*place, row.message_id) or ("", now)
        if state in UNDER_WAY or place in going:
            returns[row.message_id] = max(not_before, now) + TWIN_WAIT
        elif state:
            refusals[row.message_id] = "same_address"
        else:
            going.add(place)
    return refusals, returns


def outcome_draft(row: MessageRow, outcome: MessageOutcome, now: datetime) -> Draft:
    """Return the input that tells what became of one attempt; a second one is a duplicate.

    What a provider answers later, or somebody says about it, is a word of its own.
    """
    own = outcome.reason if outcome.reason in (REPLAYED, DISCARDED) else "outcome"
    word = "asked" if outcome.is_answer else own
    return Draft(
        key=message_key(word, f"{outcome.message_id}:{outcome.attempt}"),
        identity=row.identity,
        at=row.at,
        received_at=now,
        body=outcome,
    )


def given_back(
    claimed: Sequence[MessageRow], doubtful: Sequence[tuple[MessageRow, int]], now: datetime
) -> list[Draft]:
    """Return that messages come again whose claim was written though we were told that it failed.

    `claimed` are the rows as they are, `doubtful` those of that claim before it, with its token.
    """
    own = {(row.message_id, row.attempt + 1, token) for row, token in doubtful}
    drafts = []
    for row in claimed:
        if (row.message_id, row.attempt, row.token) in own:
            outcome = MessageOutcome(
                message_id=row.message_id,
                channel=row.channel,
                outcome="try_again",
                attempt=row.attempt,
                reason="claim_in_doubt",
                detail="The store went away while the message was claimed.",
                retry_at=now,
            )
            drafts.append(outcome_draft(row, outcome, now))
    return drafts


def told_after_all(
    writing: Writing, late: Sequence[tuple[Draft, Accepted]], now: datetime
) -> list[Draft]:
    """Return what became of attempts told as unknown: their process was given up too soon.

    `late` are outcomes with the place of what is known of these attempts already.
    """
    if not late:
        return []
    entries = writing.journal.of_identities(sorted({draft.identity for draft, _ in late}), END)
    known = {entry.offset: entry.body for entry in entries}
    found = []
    for draft, accepted in late:
        before, outcome = known.get(accepted.offset), draft.body
        if not isinstance(before, MessageOutcome) or not isinstance(outcome, MessageOutcome):
            continue
        if before.outcome == "unknown" and outcome.outcome in ("sent", "refused"):
            word = message_key("asked", f"{outcome.message_id}:{outcome.attempt}")
            body = replace(outcome, is_answer=True)
            found.append(replace(draft, key=word, received_at=now, body=body))
    return found
