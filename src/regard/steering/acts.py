"""What somebody does to the house as a whole: broadcasts, and the program in force.

Synchronous, over one ledger: the engine's thread does it in a server, the CLI without one, stories
and the simulator in virtual time. Each act is an input of the journal; nothing else is written but
the folder of a program, beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from regard.broadcasts import broadcast_of, changed, started, tested
from regard.core.errors import Refused
from regard.core.event import Identifier, IdentityAct, ProgramPublished, RolloutChanged
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft, Reading
from regard.core.program import Program
from regard.core.rows import Mended, MessageRow, Outlook, Replay
from regard.identity import Wish, act_of, draft_of
from regard.project import Edition, edition_in
from regard.runtime.ledger import Ledger
from regard.runtime.previews import Progress, preview
from regard.runtime.rollouts import rollout_draft
from regard.steering.mending import chosen, discarded, replayed
from regard.steering.publishing import (
    VERSIONS_MAX,
    InForce,
    before,
    follow_ups,
    published_draft,
)

Judge = Callable[[Sequence[MessageRow], Replay, datetime, str], list[tuple[Mended, Draft | None]]]
"""Says what comes of an act for each message, and the input that says so."""


class Acts:
    """The acts on one ledger, whose program is `in_force`."""

    def __init__(self, ledger: Ledger, in_force: InForce) -> None:
        self._ledger = ledger
        self._in_force = in_force

    def broadcast(self, broadcast_id: str, act: str, now: datetime, by: str) -> RolloutChanged:
        """Start, pause, resume or cancel a broadcast; raise `Refused` when it makes no sense."""
        # Two who start at the same moment are both here, one after the other: the register must
        # know of the first before the second is judged.
        self._ledger.catch_up()
        with self._ledger.store.reading() as reading:
            rows = reading.rollouts.latest(broadcast_id)
        known = rows[0].change if rows else None
        change = changed(self._in_force(), broadcast_id, act, known, now, by=by)
        self._ledger.append([rollout_draft(change, now)], now)
        self._ledger.catch_up()
        return change

    def test(self, broadcast_id: str, now: datetime) -> list[str]:
        """Send a broadcast to its seed list, marked as a test; return who is not known."""
        broadcast = broadcast_of(self._in_force(), broadcast_id)
        if not broadcast.seeds:
            raise Refused(
                f"Broadcast {broadcast_id!r} has no seed list.",
                code="no_seeds",
                hint="Name people in its file: `seeds: [ada, email:bruno@example.com]`.",
            )
        body, missing, drafts = tested(broadcast, now), [], []
        with self._ledger.store.reading() as reading:
            for seed in broadcast.seeds:
                identifier = _identifier(seed)
                person_id = reading.people.find(identifier)
                if person_id is None:
                    missing.append(seed)
                    continue
                key = message_key("reached", f"{body.rollout_id}:{person_id}")
                identity = identity_of(identifier.kind, identifier.value)
                drafts.append(Draft(key=key, identity=identity, at=now, received_at=now, body=body))
        if drafts:
            self._ledger.append(drafts, now)
        return missing

    def replay(self, wanted: Replay, now: datetime, by: str) -> list[Mended]:
        """Let dead or unknown messages come again; what may have arrived only when it is forced."""
        return self._mend(replayed, wanted, now, by)

    def discard(self, wanted: Replay, now: datetime, by: str) -> list[Mended]:
        """End dead letters for good."""
        return self._mend(discarded, wanted, now, by)

    def _mend(self, judge: Judge, wanted: Replay, now: datetime, by: str) -> list[Mended]:
        self._ledger.catch_up()
        with self._ledger.store.reading() as reading:
            told = judge(chosen(wanted, reading), wanted, now, by)
        drafts = [draft for _, draft in told if draft is not None]
        if drafts:
            self._ledger.append(drafts, now)
            self._ledger.catch_up()
        return [mended for mended, _ in told]

    def say(self, wish: Wish, now: datetime) -> IdentityAct:
        """Say who is one person, or who is not; raise `Refused` when it makes no sense."""
        self._ledger.catch_up()
        with self._ledger.store.reading() as reading:
            act = act_of(wish, reading, self._in_force().identity, now)
        self._ledger.append([draft_of(act, now)], now)
        # What a confirmed link or a split makes of consent is there before anybody is answered.
        self._ledger.catch_up()
        return act

    def preview(self, broadcast_id: str, now: datetime, **progress: Progress) -> Outlook:
        """Return what a broadcast would come to if it went now; writes nothing."""
        program = self._in_force()
        change = started(broadcast_of(program, broadcast_id), program, now, "")
        ledger = self._ledger
        return preview(ledger.store, ledger.kernel, program, change, now, **progress)

    def publish(
        self, edition: Edition, old: Program | None, now: datetime, by: str, undoes: str = ""
    ) -> ProgramPublished:
        """Let an edition take over from `old` (None: unknown) and start what follows from it."""
        self._ledger.catch_up()
        store, new = self._ledger.store, edition.program
        with store.reading() as reading:
            versions = reading.rollouts.versions(VERSIONS_MAX)
            parked = set(_parked(reading, {*new.journeys, *(old.journeys if old else ())}))
        with store.writing() as writing:
            told = follow_ups(old, new, parked, writing.rollouts.running(), now)
            published = published_draft(edition, versions, now, by, undoes)
            writing.rollouts.keep_program(new.hash, edition.archive)
            drafts = [published, *(rollout_draft(change, now) for change in told)]
            self._ledger.append_in(writing, drafts)
        self._in_force.take_over(new)
        self._ledger.catch_up()
        assert isinstance(published.body, ProgramPublished)
        return published.body

    def keep(self, edition: Edition) -> None:
        """Keep the folder of the program in force anew: its engagement model may be another."""
        if edition.archive:
            with self._ledger.store.writing() as writing:
                writing.rollouts.keep_program(edition.program.hash, edition.archive)

    def begin(self, edition: Edition, environ: Mapping[str, str], now: datetime) -> bool:
        """Publish what a process starts with, unless it is in force; return whether it was news.

        One of several that finds it in force waits for nobody: it begins while events wait, and
        follows what another process has published just now.
        """
        if self._ledger.store.crew.is_shared:
            with self._ledger.store.reading() as reading:
                versions = reading.rollouts.versions(1)
            if versions and versions[0].published.hash == edition.program.hash:
                self.keep(edition)
                return False
        return self.take_over(edition, environ, now, "").previous != edition.program.hash

    def take_over(
        self, edition: Edition, environ: Mapping[str, str], now: datetime, by: str, undoes: str = ""
    ) -> ProgramPublished:
        """Publish an edition where no house runs; nothing happens when it is in force."""
        self._ledger.catch_up()
        with self._ledger.store.reading() as reading:
            versions = reading.rollouts.versions(1)
            in_force = versions[0].published if versions else None
            archive = reading.rollouts.program(in_force.hash) if in_force else None
        if in_force is not None and in_force.hash == edition.program.hash:
            self.keep(edition)
            return replace(in_force, by=by, previous=in_force.hash, undoes="")
        return self.publish(edition, _read_again(archive, environ), now, by, undoes=undoes)

    def undo(self, environ: Mapping[str, str], now: datetime, by: str) -> ProgramPublished:
        """Bring back the version before, where no house runs."""
        withdrawn, archive = self.archive_before()
        return self.take_over(edition_in(archive, environ), environ, now, by, undoes=withdrawn)

    def archive_before(self) -> tuple[str, bytes]:
        """Return the hash that an undo withdraws, and the folder that it brings back."""
        self._ledger.catch_up()
        with self._ledger.store.reading() as reading:
            withdrawn, back = before(reading.rollouts.versions(VERSIONS_MAX))
            archive = reading.rollouts.program(back)
        if archive is None:
            raise Refused(
                f"The folder of version {back[:12]} was not kept.",
                code="version_not_kept",
                hint="Publish it again from where it lies: `regard publish FOLDER`.",
            )
        return withdrawn, archive


def _read_again(archive: bytes | None, environ: Mapping[str, str]) -> Program | None:
    """Return the program of a kept folder; None when it was not kept or is not readable today."""
    try:
        return edition_in(archive, environ).program if archive else None
    except Refused:
        return None


def _parked(reading: Reading, journeys: set[str]) -> Iterator[str]:
    return (name for name in sorted(journeys) if reading.runs.standing(name, limit=1))


def _identifier(named: str) -> Identifier:
    kind, colon, value = named.partition(":")
    return Identifier(kind, value) if colon else Identifier("user_id", named)
