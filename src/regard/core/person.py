"""The single view of one person, as the fold of the journal entries that hang on them.

Every part is a *join*: folding the same entries in any order, or folding two halves and joining
them, gives the same record. That is what makes merge and split safe and a rebuild byte-equal.
Rooms own their parts: `profiles` claims, consents, seen, suppressed; `promises` promises;
`journeys` runs; `audiences` audiences; `rhythms` rhythms; `needs` needs; `context` moment;
`decisions` touches and held. Every part is bounded by a named limit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from regard.core.facts import (
    AudienceChanged,
    Candidate,
    NeedChanged,
    PromiseChanged,
    RhythmArmed,
    RunChanged,
    SilenceWatched,
)
from regard.core.graph import Apart, Joint

RECENT_MAX = 32
"""Moments of an event that a person remembers one by one; counting in a window ends there."""


RESUBSCRIBED = "Resubscribed"
"""The word (START) that ends an objection to a channel and grants nothing: what was said about each
purpose counts again."""


class Claim(Struct, frozen=True, array_like=True):
    """A value that a source claimed for a trait.

    The winner is the lowest `trust` (0 customer said, 1 verified, 2 observed, 3 inferred), then
    the latest `at`, then the highest `stamp`.
    """

    value: Any
    at: datetime
    source: str
    trust: int
    stamp: int


class Consent(Struct, frozen=True, array_like=True):
    """What the person said about one purpose on one channel (``*``: every channel), with proof.

    Of one person the latest word wins, at the same moment the more restrictive one; of parts that
    were not one yet the more restrictive. `proof` keeps where it was said, the wording and its
    version, the message id of the event; `identity` is what it was said on.
    """

    is_granted: bool
    at: datetime
    source: str
    proof: dict[str, Any]
    stamp: int
    identity: int = 0


class Seen(Struct, frozen=True, array_like=True):
    """How often and when an event was seen: exact count, first, last, the latest moments.

    `recent_us` are the latest moments in microseconds, newest first, at most `RECENT_MAX`.
    `facts` are the facts of the latest one.
    """

    count: int
    first_at: datetime
    last_at: datetime
    recent_us: tuple[int, ...]
    facts: dict[str, Any]
    stamp: int


class Progress(Struct, frozen=True, array_like=True):
    """How far a message has come: the furthest state, since when, and when it was handed over."""

    state: str
    at: datetime
    stamp: int
    sent_at: datetime | None = None


class Touch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message to the person: decided at `at`, with the state it has reached.

    `sent_at` is when it was handed over (None: not yet); `stamp` belongs to the state. `candidate`
    is kept as long as the message may be withdrawn and offered again.
    """

    engagement: str
    channel: str
    message_class: str
    purpose: str
    ref: str
    address: str
    at: datetime
    state: str
    state_at: datetime
    stamp: int
    sent_at: datetime | None = None
    candidate: Candidate | None = None


class Held(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A candidate that the gate holds until `wake_at`, under the decision that held it."""

    candidate: Candidate
    wake_at: datetime
    stamp: int


class PromiseState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest fact about one promise of this person."""

    change: PromiseChanged
    stamp: int


class RunState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest fact about one journey run of this person."""

    change: RunChanged
    stamp: int


class AudienceState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest fact about this person and one audience."""

    change: AudienceChanged
    stamp: int


class RhythmState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest fact about this person and one rhythm, and the last silence that was told."""

    change: RhythmArmed
    stamp: int
    told: datetime | None = None


class Weighed(Struct, frozen=True, array_like=True):
    """A piece of evidence about a need: when it was found, and its weight then, in log-odds.

    `line` is that of the need it fits, `told` what was found, in words of the project.
    """

    at_us: int
    weight: float
    line: str
    told: str
    stamp: int


class WatchState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest fact about one silence that is waited for."""

    change: SilenceWatched
    stamp: int


class NeedState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What speaks for and against one need, newest first, and the latest fact about it.

    `evidence` is bounded and all of it came after `met_us`, the last moment (in microseconds) at
    which something met the need. `watched` are silences by line.
    """

    evidence: tuple[Weighed, ...] = ()
    change: NeedChanged | None = None
    stamp: int = 0
    met_us: int = 0
    watched: dict[str, WatchState] = {}


class Device(Struct, frozen=True, array_like=True):
    """What the person held in their hands last; empty texts are not known.

    `kind` is ``phone``, ``tablet``, ``desktop`` or what the app said, `network` ``wifi`` or
    ``cellular``, `locale` as the device has it (``de-AT``).
    """

    kind: str
    system: str
    model: str
    browser: str
    network: str
    locale: str
    at_us: int
    stamp: int


class Whereabouts(Struct, frozen=True, array_like=True):
    """Where the person was last, as their device told it; None: it told no coordinates."""

    country: str
    city: str
    latitude: float | None
    longitude: float | None
    at_us: int
    stamp: int


class Looking(Struct, frozen=True, array_like=True):
    """Which page or screen they looked at last, and in which app (empty: a browser)."""

    page: str
    title: str
    app: str
    at_us: int
    stamp: int


class Stretch(Struct, frozen=True, array_like=True):
    """The first and last sign of a person in one half hour of one session (empty: no id)."""

    session: str
    first_us: int
    last_us: int


class Moment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person is doing now: device, place and page, each the latest, and half hours here.

    `stretches` are newest first, bounded: what a session is made of.
    """

    device: Device | None = None
    place: Whereabouts | None = None
    looking: Looking | None = None
    stretches: tuple[Stretch, ...] = ()


class Person(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that deciding about one human needs; the timeline is in the journal.

    `claims` by trait name (``email``, ``phone`` and ``name`` included), `consents` by
    ``purpose|channel``, `seen` by event name, `touches` by message id, `promises`, `runs` and
    `held` by their ids, `audiences` by audience, `rhythms` by rhythm, `needs` by need, `suppressed`
    address to reason. `moment` is what their devices told last (None: nothing).
    `known_by` are the kinds of their identifiers, sorted.
    `is_department`: nobody's customer, alerts of the company hang on it.
    `stamp` is the last entry folded. `apart` are identities (as texts) that only what somebody
    said joins to the others, `disowned` those of which somebody said that they are not this
    person's: what events claim by them is not taken. `consents` are the words that stand; `spoken`
    are, by identity (as a text), those that do not but may yet count, `joints` since when who spoke
    is one, the latest last. `progress` is of messages whose decision is not here, `released` the
    stamps of former holds: both only make folding independent of order.
    """

    id: str
    claims: dict[str, Claim] = {}
    consents: dict[str, Consent] = {}
    seen: dict[str, Seen] = {}
    touches: dict[str, Touch] = {}
    promises: dict[str, PromiseState] = {}
    runs: dict[str, RunState] = {}
    audiences: dict[str, AudienceState] = {}
    rhythms: dict[str, RhythmState] = {}
    needs: dict[str, NeedState] = {}
    moment: Moment | None = None
    held: dict[str, Held] = {}
    suppressed: dict[str, str] = {}
    progress: dict[str, Progress] = {}
    released: dict[str, int] = {}
    apart: dict[str, Apart] = {}
    disowned: tuple[str, ...] = ()
    spoken: dict[str, dict[str, Consent]] = {}
    joints: tuple[Joint, ...] = ()
    known_by: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    is_frozen: bool = False
    is_erased: bool = False
    is_department: bool = False
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    last_channel: str = ""
    stamp: int = 0

    def trait(self, name: str, default: Any = None) -> Any:
        """Return the winning value of a trait, or `default`."""
        claim = self.claims.get(name)
        return default if claim is None else claim.value

    def word(self, about: str) -> Consent | None:
        """Return the word of consent that stands about ``purpose|channel``, as it was said.

        In `consents` one that stands against a later grant of another part bears its moment.
        """
        stands = self.consents.get(about)
        if stands is None or not self.spoken:
            return stands
        return self.spoken.get(str(stands.identity), {}).get(about, stands)
