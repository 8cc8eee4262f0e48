"""A house: one program over one store, with everything that runs for a company on one machine.

The engine turns the loop, the dispatcher hands messages over, and one web application serves
machines, customers and the console. The CLI makes houses.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from regard import __version__, api, console, delivery
from regard.assembly.adapters import MakeAdapter, make_adapters, standard_adapters
from regard.assembly.keys import Keys
from regard.assembly.loop import build_ledger
from regard.channels.inward import (
    bounce_readers,
    doors,
    inbound_readers,
    read_letter,
    receipt_readers,
)
from regard.channels.kinds import Surroundings
from regard.channels.smtp.doors import MailDoor, Unread, mail_doors
from regard.core.clock import Clock
from regard.core.errors import Fenced, Refused, RegardError, Unavailable
from regard.core.event import PolicyTrained, ProgramPublished, RolloutChanged
from regard.core.ports import ChannelAdapter
from regard.core.program import Program
from regard.core.rows import Mended, Outlook, Replay
from regard.core.storage import Store
from regard.delivery.tracing import tracer
from regard.learning.occasions import Occasion
from regard.project import Edition, edition_in
from regard.project.changes import changes
from regard.runtime.counting import CountedEngine, CountedWarnings
from regard.runtime.health import Health
from regard.runtime.measures import ProcessMeasures, StoreMeasures
from regard.steering.acts import Acts
from regard.steering.publishing import InForce

_log = logging.getLogger("regard.house")

LOOK_EVERY = timedelta(minutes=1)
"""How often a house that does not learn looks whether its program says so by now."""

BEGIN_WITHIN_S = 60.0
"""How long one of several processes waits, at its start, for others to deal with what came before:
a version is published behind all others."""

FOLLOW_S = 1.0
"""How often a process looks whether another one has published (real seconds)."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a house is built from. `sdk_assets` is laid out like ``node_modules``."""

    program: Program
    store: Store
    clock: Clock
    keys: Keys
    public_url: str
    environ: Mapping[str, str] = field(default_factory=dict)
    sdk_assets: Path | None = None
    make_adapter: MakeAdapter | None = None
    archive: bytes = b""
    """The folder of the program (`regard.project.pack`), to be kept; empty: it has none."""
    unread: Path | None = None
    """Where mails are kept that could not be read; None: they are shown only."""
    is_open: bool = True
    """Whether it takes in: a process that only works has no doors for mail."""


def judge(
    program: Program, occasions: Sequence[Occasion], now: datetime
) -> Iterable[Mapping[str, Any]]:
    """Return what other policies would have earned on occasions (`learning.judging`)."""
    # It takes numpy, which takes a tenth of a second to load.
    module = import_module("regard.learning.judging")
    found: Iterable[Mapping[str, Any]] = module.judged(program, occasions, now)
    return found


def told_changes(old: bytes, new: bytes, environ: Mapping[str, str]) -> list[str]:
    """Return what differs between two kept folders, in words; nothing of one that is unreadable."""
    try:
        before, after = (edition_in(archive, environ).program for archive in (old, new))
    except Refused:
        return []
    return [str(change) for change in changes(before, after)]


class OfProgram(Mapping[str, T]):
    """Something by channel that is made of the program in force, and made anew when it changes."""

    def __init__(self, program: InForce, make: Callable[[Program], Mapping[str, T]]) -> None:
        self._program = program
        self._make = make
        self._of = program()
        self._found = make(self._of)

    def __getitem__(self, name: str) -> T:
        return self._now()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> Mapping[str, T]:
        program = self._program()
        if program is not self._of:
            self._found, self._of = self._make(program), program
        return self._found


class House:
    """Everything that runs for one company on one machine. Implements `core.ports.Steward`."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.program = InForce(plan.program)
        self.ledger = build_ledger(plan.store, self.program)
        self.engine = CountedEngine(self.ledger, plan.clock)
        self.links = delivery.Links(plan.public_url, [plan.keys.signing_key])
        self.warnings = CountedWarnings()
        self.health = Health(
            self.engine,
            plan.store,
            plan.clock,
            self._late_after_s,
        )
        self._acts = Acts(self.ledger, self.program)
        self._make = plan.make_adapter or standard_adapters(
            plan.environ, plan.clock, plan.public_url
        )
        self.adapters = make_adapters(plan.program, self._make)
        self._crew = plan.store.crew
        self._publishing = asyncio.Lock()
        self._learning = asyncio.Lock()
        self._teacher: Any = None
        self.dispatcher = delivery.Dispatcher(
            outbox=self.engine,
            trace=tracer(plan.store),
            adapters=self.adapters,
            arbiter=self.ledger.kernel.arbiter,
            program=self.program,
            links=self.links,
            clock=plan.clock,
        )
        self.mail_doors = self._mail_doors()
        self.app = Starlette(
            routes=self._routes(), lifespan=self._lifespan, exception_handlers=api.NOWHERE
        )

    def _mail_doors(self) -> list[MailDoor]:
        """Return the ways in for mail that the folder asked for when the house was built."""
        plan, settings = self.plan, self.plan.program.inbound_mail
        if settings is None or not plan.is_open:
            return []
        channel = settings.channel
        letters = api.Letters(
            channel=channel,
            intake=self.engine,
            library=plan.store,
            program=self.program,
            clock=plan.clock,
            read=lambda raw, sender, now: read_letter(self.program(), channel, raw, sender, now),
            keep=Unread(plan.unread).keep if plan.unread else None,
        )
        return mail_doors(settings, letters)

    def _routes(self) -> list[BaseRoute]:
        plan, environ = self.plan, self.plan.environ
        around = Surroundings(
            environ=environ,
            clock=plan.clock,
            public_url=plan.public_url,
            read_token=self.links.read,
        )
        return [
            *api.routes(
                self.engine,
                self.program,
                plan.clock,
                plan.store,
                self.health,
                api_token=plan.keys.api_token,
                console_secret=plan.keys.console_secret,
                sdk_assets=plan.sdk_assets,
                receipts=OfProgram(self.program, lambda program: receipt_readers(program, around)),
                bounces=OfProgram(self.program, bounce_readers),
                inbound=OfProgram(self.program, lambda program: inbound_readers(program, around)),
                doors=OfProgram(self.program, lambda program: doors(program, around)),
                loop=self.engine,
                links=self.links,
                is_alive=self.health.is_alive,
                measures=self._measures(),
            ),
            *api.steward_routes(self, plan.store, plan.keys.console_secret),
            *api.mending_routes(self, plan.keys.console_secret),
            *api.learning_routes(self, plan.keys.console_secret),
            *delivery.routes(
                intake=self.engine, links=self.links, clock=plan.clock, program=self.program
            ),
            *delivery.visit_routes(
                intake=self.engine,
                library=plan.store,
                links=self.links,
                clock=plan.clock,
                program=self.program,
            ),
            *console.routes(
                plan.store,
                self.program,
                plan.clock,
                self.engine,
                plan.keys.console_secret,
                self.health,
                kernel=self.ledger.kernel,
                steward=self,
                compare=lambda old, new: told_changes(old, new, environ),
                standing=lambda: self.engine.standing,
                judge=judge,
            ),
        ]

    def watch_app(self) -> Starlette:
        """Return an application that answers monitoring alone, for a process without doors."""
        return Starlette(
            routes=api.watching_routes(
                self.health,
                self.health.is_alive,
                self._measures(),
                tokens=api.scrapers(self.program, self.plan.keys.api_token),
                refused={},
            ),
            exception_handlers=api.NOWHERE,
        )

    def _late_after_s(self) -> float:
        return self.program().operating.late_after.total_seconds()

    def _measures(self) -> list[Collector]:
        """Return what the house tells Prometheus."""
        own = ProcessMeasures(
            version=__version__,
            program=self.program,
            health=self.health,
            engine=self.engine,
            warnings=self.warnings,
        )
        return [own, StoreMeasures(self.plan.store, self.plan.clock)]

    async def broadcast(self, broadcast_id: str, act: str, by: str) -> RolloutChanged:
        """Start, pause, resume or cancel a broadcast."""
        now = self.plan.clock.now()
        return await self.engine.act(lambda: self._acts.broadcast(broadcast_id, act, now, by))

    async def test(self, broadcast_id: str, by: str) -> Sequence[str]:  # noqa: ARG002 - seeds know
        """Send a broadcast to its seed list, marked as a test; return who is not known."""
        now = self.plan.clock.now()
        return await self.engine.act(lambda: self._acts.test(broadcast_id, now))

    async def replay(self, wanted: Replay, by: str) -> Sequence[Mended]:
        """Let dead or unknown messages come again; providers that can be asked are asked first."""
        if self._crew.works:
            await self.dispatcher.ask()
        now = self.plan.clock.now()
        return await self.engine.act(lambda: self._acts.replay(wanted, now, by))

    async def discard(self, wanted: Replay, by: str) -> Sequence[Mended]:
        """End dead letters for good."""
        now = self.plan.clock.now()
        return await self.engine.act(lambda: self._acts.discard(wanted, now, by))

    async def preview(self, broadcast_id: str) -> Outlook:
        """Return what a broadcast would come to if it went now."""
        return await asyncio.to_thread(self._acts.preview, broadcast_id, self.plan.clock.now())

    async def publish(self, archive: bytes, by: str) -> ProgramPublished:
        """Let a folder take over without a restart; nothing happens if it is in force."""
        async with self._publishing:
            edition = await asyncio.to_thread(edition_in, archive, self.plan.environ)
            return await self._take_over(edition, by)

    async def undo(self, by: str) -> ProgramPublished:
        """Bring back the version before the one in force."""
        async with self._publishing:
            withdrawn, archive = await self.engine.act(self._acts.archive_before)
            edition = await asyncio.to_thread(edition_in, archive, self.plan.environ)
            return await self._take_over(edition, by, undoes=withdrawn)

    async def _take_over(self, edition: Edition, by: str, undoes: str = "") -> ProgramPublished:
        old, new = self.program(), edition.program
        if old.hash == new.hash:
            await self.engine.act(lambda: self._acts.keep(edition))
            return ProgramPublished(hash=new.hash, name=new.company.name, by=by, previous=new.hash)
        adapters = self._adapters_for(old, new)
        # Who decides by the new program finds its channels open; who decides by the old one until
        # then finds those that go.
        await self.dispatcher.adopt(self.adapters | adapters, new)
        now = self.plan.clock.now()
        published = await self.engine.act(
            lambda: self._acts.publish(edition, old, now, by, undoes=undoes)
        )
        self.adapters = adapters
        await self.dispatcher.adopt(adapters, new)
        return published

    def _adapters_for(self, old: Program, new: Program) -> dict[str, ChannelAdapter]:
        """Return the adapters of a program: those whose settings are the same go on as they are."""
        made = make_adapters(new, self._make)
        is_same_sender = old.company == new.company
        return {
            name: self.adapters[name]
            if is_same_sender and old.channels.get(name) == new.channels[name]
            else adapter
            for name, adapter in made.items()
        }

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with self.running():
            yield

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Turn the loop and hand messages over while the block runs; stop cleanly after it."""
        with self.warnings.listening():
            async with self._turning():
                yield

    @asynccontextmanager
    async def _turning(self) -> AsyncIterator[None]:
        try:
            self.engine.start()
            await self._begin()
            for door in self.mail_doors:
                await door.open()
        except Exception as error:
            await self._close_mail_doors()
            self.engine.fail(error)
            raise
        works, is_shared = self._crew.works, self._crew.is_shared
        dispatching = asyncio.create_task(self._dispatch()) if works else None
        beside = [asyncio.create_task(self._learn_on())] if works else []
        beside += [asyncio.create_task(self._follow_on())] if is_shared else []
        try:
            yield
        finally:
            await self._close_mail_doors()
            for task in beside:
                task.cancel()
            self.dispatcher.stop()
            if dispatching is not None:
                await dispatching
            await asyncio.to_thread(self.engine.stop)

    async def _close_mail_doors(self) -> None:
        for door in self.mail_doors:
            await door.close()

    async def learn(self, by: str) -> PolicyTrained | None:
        """Learn from what became of decisions, beside the loop; journal it when it is new."""
        async with self._learning:
            if self._teacher is None:
                # Numbers of a whole journal take numpy, which takes a tenth of a second to load.
                module = import_module("regard.runtime.teaching")
                self._teacher = module.Teacher(self.plan.store, self.program)
            before = self.ledger.policies.trained
            now = self.plan.clock.now()
            version = before.version if before is not None else ""
            draft, _ = await asyncio.to_thread(self._teacher.teach, now, by, version)
            if draft is None:
                return None
            await self.engine.append([draft])
            trained: PolicyTrained = draft.body
            return trained

    async def _learn_on(self) -> None:
        """Learn every so often, as long as the program in force says so."""
        while True:
            learning = self.program().learning
            every = learning.every if learning is not None else None
            await asyncio.sleep((every or LOOK_EVERY).total_seconds())
            if every is None or not self._crew.keeps_time:
                continue
            try:
                await self.learn("regard")
            except RegardError as error:
                _log.warning("learning_delayed", extra={"reason": error.code})

    async def _follow_on(self) -> None:
        """Let what another process published decide here, too; look every second."""
        while True:
            await asyncio.sleep(FOLLOW_S)
            try:
                await self._follow()
            except RegardError as error:
                _log.warning("version_not_followed", extra={"reason": error.code})

    async def _follow(self) -> None:
        async with self._publishing:
            archive = await asyncio.to_thread(self._published_elsewhere)
            if archive is None:
                return
            edition = await asyncio.to_thread(edition_in, archive, self.plan.environ)
            adapters = self._adapters_for(self.program(), edition.program)
            await self.dispatcher.adopt(self.adapters | adapters, edition.program)
            await self.engine.act(lambda: self.program.take_over(edition.program))
            self.adapters = adapters
            await self.dispatcher.adopt(adapters, edition.program)

    def _published_elsewhere(self) -> bytes | None:
        """Return the folder of the version in force, None when it is this process's own."""
        with self.plan.store.reading() as reading:
            versions = reading.rollouts.versions(1)
            if not versions or versions[0].published.hash == self.program().hash:
                return None
            return reading.rollouts.program(versions[0].published.hash)

    async def _dispatch(self) -> None:
        """Hand messages over; a house that cannot send any more stops, rather than go on mute."""
        try:
            await self.dispatcher.run()
        except Exception as error:
            self.engine.fail(error)

    async def _begin(self) -> None:
        """Journal which program decides from now on, if it is another one than before."""
        edition = Edition(program=self.plan.program, archive=self.plan.archive)
        now = self.plan.clock.now()
        until_s = time.monotonic() + BEGIN_WITHIN_S
        while True:
            try:
                await self.engine.act(lambda: self._acts.begin(edition, self.plan.environ, now))
            except Unavailable as error:
                is_over = isinstance(error, Fenced) or time.monotonic() > until_s
                if is_over or not self._crew.is_shared:
                    raise
                _log.warning("begin_delayed", extra={"reason": error.code})
                await asyncio.sleep(FOLLOW_S)
            else:
                return
