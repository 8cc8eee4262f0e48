"""Plain words for every code that the journal may hold: reasons, rules, limits, channels, states.

A code in, words out. Codes are never renamed, so old ones stay here; one that is new shows itself
with its underscores taken out. A test holds `REASONS` against `docs/reasons.md` and
`docs/channels.md`.
"""

from __future__ import annotations

from collections.abc import Mapping

from regard.console.records import Tone

REASONS: Mapping[str, str] = {
    # why somebody entered or left an audience
    "time": "as time went by",
    "identity": "when it turned out what else they did",
    "history": "known from what was imported",
    "definition": "when the audience was defined",
    "rights": "by the person's rights",
    # of the gate, in its order
    "engagement_gone": "it is not offered any more",
    "erased": "the person asked to be forgotten",
    "frozen": "the person is frozen",
    "no_channel_left": "no channel is left to try",
    "channel_gone": "its channel is gone",
    "objected": "the person objected",
    "no_consent": "no consent",
    "suppressed": "the address does not work",
    "unconfirmed_address": "the address may be somebody else's",
    "unreachable": "no address is known",
    "no_variant": "no text exists for the channel",
    "not_eligible": "not eligible",
    "not_applicable": "not applicable now",
    "not_suitable": "not suitable for the person",
    "past_use": "past its useful time",
    "promise_ended": "its promise has ended",
    "run_ended": "the person left the journey",
    "need_over": "the need that it answers is over",
    "already_known": "what it asks is known already",
    "already_queued": "the same message is on its way",
    "broadcast_cancelled": "the broadcast was cancelled",
    "same_address": "somebody else at this address got it",
    "no_customer_value": "no value to the customer",
    "holdout_global": "withheld to see what marketing does",
    "holdout": "withheld to see what this engagement does",
    "quiet_hours": "quiet hours",
    "cap_reached": "enough touches lately",
    "no_capacity": "the department is closed, or has its hands full",
    "held_limit": "too much waits for this person already",
    "outvalued": "something else was worth more",
    "silence_worth_more": "silence was worth more",
    "nothing_to_offer": "nothing to offer there",
    "owed": "owed to the customer",
    "best_value": "the best offer of the moment",
    "asked": "a journey asks another system",
    # of channels and of handing over
    "address_unknown": "the address does not exist",
    "address_domain_unknown": "the address's domain does not exist",
    "address_invalid": "the address is not valid",
    "address_moved": "the address has moved",
    "address_disabled": "the mailbox is closed",
    "address_needs_smtputf8": "the provider cannot write to this address",
    "mailbox_full": "the mailbox is full",
    "content_refused": "the content was refused",
    "content_too_large": "the message is too large",
    "content_header": "a header cannot be written",
    "policy_refused": "the provider's policy forbids it",
    "policy_sender": "the provider refuses our sender address",
    "policy_internal_address": "the webhook's host is not public",
    "endpoint_gone": "the webhook is gone",
    "endpoint_refused": "the webhook refused it",
    "answer_unreadable": "its answer is no JSON object of a bounded size",
    "unanswered": "nobody answers there",
    "template_failed": "the text could not be composed",
    "address_gone": "every browser of the person is gone",
    "no_device": "no browser is left to send to",
    "not_mobile": "the number is no mobile phone",
    "handset_unreachable": "the phone could not be reached",
    "blocked_by_recipient": "the phone blocks our number",
    "recipient_stopped": "the person texted STOP",
    "provider_refused": "the provider refused it",
    "content_empty": "there was nothing to say",
    "policy_region": "the provider does not serve that country",
    "sender_unready": "our domain is not ready for so many mails",
    "slow_down": "the recipient's provider wants fewer messages",
    "answer_lost": "the provider's answer was lost",
    "cannot_ask": "the provider could not be asked",
    "gave_up": "given up after many attempts",
    "poisoned": "it broke again and again before the hand-over",
    "poisoned_adapter": "it broke again and again in the hand-over",
    "replayed": "somebody let it come again",
    "not_taken": "the provider says that it never had it",
    "discarded": "somebody ended it",
    "connect_refused": "the provider refused to talk to us",
    "login_refused": "the provider refused our login",
    "connection_failed": "the provider could not be reached",
    "no_answer": "the provider did not answer",
    "provider_busy": "the provider was busy",
    "channel_paused": "the channel rests after failures",
    "same_address_waits": "it waits for somebody else at this address",
    "paced": "the channel's pace was used up",
    "stopped": "Regard was being stopped",
    "lease_ended": "another process took over before it was handed over",
    "claim_in_doubt": "the store went away while it was being taken up",
    "broken": "a bug of ours",
    "no_reply_after_content": "the provider fell silent after taking it",
    "adapter_raised": "the adapter failed",
    "process_died": "the process died while handing it over",
    "bounced": "it bounced",
    # of promises and journeys
    "made": "promised",
    "re_dated": "its date moved",
    "offered": "its time to act had come",
    "awaiting_delivery": "handed over, delivery awaited",
    "not_sent": "not sent",
    "not_offered": "it was never offered",
    "not_delivered": "handed over, but not delivered",
    "not_seen": "nothing was seen by its time",
    "no_outcome": "nothing came back in time",
    "no_decision": "nothing was decided in time",
    "case_opened": "a human has taken over",
    "reported": "another system had kept it too",
    "no_repair_left": "no repair is left",
    "try_again": "to try again",
    "refused": "refused",
    "unknown": "outcome unknown",
    "withdrawn": "withdrawn",
}
SILENT_PARTS = ("refused", "withdrawn")
"""Parts of a code that say nothing when a reason follows: ``not_sent:refused:unreachable``."""
RULES: Mapping[str, str] = {
    "same_event": "seen in the same event",
    "alias": "tied by an alias",
    "login": "logged in on it",
    "human": "said by a human",
    "api": "said through the API",
    "undo": "an act was taken back",
    "evidence": "by later evidence",
    "two_persons": "two known people",
    "many_persons": "seen with more people than its kind links",
    "would_join_two_persons": "it would join two people",
    "would_join_two_keys": "it would join two who have a stronger identifier each",
    "too_many": "it would join too many identifiers of a kind",
    "never_one": "it would join whom somebody keeps apart",
    "never": "somebody said that they are never one",
}
LIMITS: Mapping[str, str] = {
    "promise_without_about": "a promise without what it is about",
    "promise_without_date": "a promise without a date",
    "promise_too_late": "a promise made too late to keep",
    "open_promises": "open promises of one person",
    "journey_steps": "steps of a journey at once",
    "active_runs": "journeys of one person at once",
    "facts_per_input": "conclusions from one event",
    "identity_reach": "how far identity is recomputed",
    "identifiers": "identifiers of one person",
    "identity_facts": "conclusions about identity from one event",
}
CHANNELS: Mapping[str, str] = {
    "email": "e-mail",
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "phone.call": "phone",
    "push.web": "web push",
    "push.app": "app push",
    "post.letter": "letter",
    "*": "every channel",
}
STATUS_WORDS: Mapping[str, str] = {
    "expected": "open",
    "missed": "missed",
    "kept": "kept",
    "late": "late",
    "doubled": "doubled",
    "repaired": "repaired",
    "void": "void",
    "broken": "broken",
}
STATUS_TONES: Mapping[str, Tone] = {
    "expected": "quiet",
    "missed": "bad",
    "kept": "good",
    "late": "warn",
    "doubled": "warn",
    "repaired": "mend",
    "void": "quiet",
    "broken": "bad",
}
STATE_WORDS: Mapping[str, str] = {"queued": "waiting", "claimed": "under way"}
STATE_TONES: Mapping[str, Tone] = {
    "queued": "quiet",
    "claimed": "quiet",
    "sent": "good",
    "delivered": "good",
    "refused": "bad",
    "dead": "bad",
    "bounced": "bad",
    "unknown": "warn",
    "withdrawn": "quiet",
}


def reason_words(code: str) -> str:
    """Return a reason code in words: ``not_sent:refused:no_consent`` is not sent, no consent."""
    head, _, tail = code.partition(":")
    if head == "event":
        return f"after “{tail}”"
    if head == "message":
        return "our own message"
    if head == "queued":
        return f"on its way by {channel_words(tail)}"
    if head == "held":
        return f"waits, {reason_words(tail)}"
    if head in SILENT_PARTS and tail:
        return reason_words(tail)
    words = REASONS.get(head) or channel_words(head).replace("_", " ")
    return f"{words}: {reason_words(tail)}" if tail else words


def rule_words(rule: str) -> str:
    """Return the rule by which two identifiers were tied, or were not, in words."""
    if rule.startswith("linked:"):
        return "found probable by the linker"
    return RULES.get(rule, rule.replace("_", " "))


def limit_words(limit: str) -> str:
    """Return the name of a limit in words."""
    return LIMITS.get(limit, limit.replace("_", " "))


def channel_words(channel: str) -> str:
    """Return how a channel is spoken of: ``email`` is e-mail, ``web.desktop`` web (desktop)."""
    family, _, kind = channel.partition(".")
    return CHANNELS.get(channel) or (f"{family} ({kind})" if kind else channel)


def state_words(state: str) -> str:
    """Return the state of a message in words."""
    return STATE_WORDS.get(state, state)


def who_words(label: str, person_id: str) -> str:
    """Return a person's label; one who is only an id is unnamed, told apart by its end."""
    return label if label and label != person_id else f"Unnamed {person_id[-4:]}"
