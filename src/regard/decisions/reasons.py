"""Every reason code that the gate and the arbiter give, in the order in which the gate asks.

`docs/reasons.md` has one row for each; a test holds the two together. Codes are journaled, so one
is never renamed and never gets another meaning.
"""

from __future__ import annotations

from typing import Final

ENGAGEMENT_GONE: Final = "engagement_gone"
ERASED: Final = "erased"
FROZEN: Final = "frozen"
NO_CHANNEL_LEFT: Final = "no_channel_left"
CHANNEL_GONE: Final = "channel_gone"
OBJECTED: Final = "objected"
NO_CONSENT: Final = "no_consent"
SUPPRESSED: Final = "suppressed"
UNCONFIRMED: Final = "unconfirmed_address"
UNREACHABLE: Final = "unreachable"
NO_VARIANT: Final = "no_variant"
NOT_ELIGIBLE: Final = "not_eligible"
NOT_APPLICABLE: Final = "not_applicable"
NOT_SUITABLE: Final = "not_suitable"
PAST_USE: Final = "past_use"
PROMISE_ENDED: Final = "promise_ended"
RUN_ENDED: Final = "run_ended"
NEED_OVER: Final = "need_over"
ALREADY_KNOWN: Final = "already_known"
ALREADY_QUEUED: Final = "already_queued"
BROADCAST_CANCELLED: Final = "broadcast_cancelled"
SAME_ADDRESS: Final = "same_address"
NO_CUSTOMER_VALUE: Final = "no_customer_value"
HOLDOUT_GLOBAL: Final = "holdout_global"
HOLDOUT: Final = "holdout"
QUIET_HOURS: Final = "quiet_hours"
CAP_REACHED: Final = "cap_reached"
NO_CAPACITY: Final = "no_capacity"
HELD_LIMIT: Final = "held_limit"
OUTVALUED: Final = "outvalued"
SILENCE_WORTH_MORE: Final = "silence_worth_more"
NOTHING_TO_OFFER: Final = "nothing_to_offer"
OWED: Final = "owed"
BEST_VALUE: Final = "best_value"
ASKED: Final = "asked"

REASONS: Final = (
    ENGAGEMENT_GONE,
    ERASED,
    FROZEN,
    NO_CHANNEL_LEFT,
    CHANNEL_GONE,
    OBJECTED,
    NO_CONSENT,
    SUPPRESSED,
    UNCONFIRMED,
    UNREACHABLE,
    NO_VARIANT,
    NOT_ELIGIBLE,
    NOT_APPLICABLE,
    NOT_SUITABLE,
    PAST_USE,
    PROMISE_ENDED,
    RUN_ENDED,
    NEED_OVER,
    ALREADY_KNOWN,
    ALREADY_QUEUED,
    BROADCAST_CANCELLED,
    SAME_ADDRESS,
    NO_CUSTOMER_VALUE,
    HOLDOUT_GLOBAL,
    HOLDOUT,
    QUIET_HOURS,
    CAP_REACHED,
    NO_CAPACITY,
    HELD_LIMIT,
    OUTVALUED,
    SILENCE_WORTH_MORE,
    NOTHING_TO_OFFER,
    OWED,
    BEST_VALUE,
    ASKED,
)
"""All codes, in gate order; the last three are reasons to speak."""

TEMPORARY: Final = (QUIET_HOURS, CAP_REACHED, NO_CAPACITY)
"""Refusals that pass by themselves: the gate can say when."""

OFFERED_AGAIN: Final = (QUIET_HOURS, CAP_REACHED, FROZEN)
"""Reasons for which a withdrawn message is weighed again instead of being lost."""
