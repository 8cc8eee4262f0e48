"""The assembly: the only file that knows every room, and puts them together into a house.

A `House` is one program over one store: the engine that turns the loop, the dispatcher that hands
messages over, and one web application for machines, customers and the console. The CLI makes
houses; stories and tests make smaller ones from the same parts (`build_ledger`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from regard import api, console, delivery
from regard.channels import make_adapter
from regard.channels.inward import bounce_readers, receipt_readers
from regard.core.clock import Clock
from regard.core.errors import Problem, Refused
from regard.core.event import ProgramPublished
from regard.core.ids import message_key
from regard.core.ports import ChannelAdapter, Draft
from regard.core.program import Channel, Program
from regard.core.storage import Store
from regard.decisions import Decisions
from regard.journeys import Journeys
from regard.profiles import Profiles
from regard.promises import Promises
from regard.runtime.engine import Engine
from regard.runtime.kernel import Kernel
from regard.runtime.ledger import Ledger

MakeAdapter = Callable[[Channel, Program], ChannelAdapter]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The secrets of one house: who may see the console, read people, and what signs links."""

    console_secret: str
    api_token: str
    signing_key: str


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


def build_kernel() -> Kernel:
    """Return the kernel with every stage room, and the one arbiter."""
    decisions = Decisions()
    return Kernel([Profiles(), Promises(), Journeys(), decisions], decisions)


def build_ledger(store: Store, program: Callable[[], Program]) -> Ledger:
    """Return the ledger over a store: the loop, to be turned by hand or by an engine."""
    return Ledger(store, build_kernel(), program)


def standard_adapters(environ: Mapping[str, str], clock: Clock) -> MakeAdapter:
    """Return the maker of the adapters that `regard.toml` names; `environ` holds their secrets."""

    def make(channel: Channel, program: Program) -> ChannelAdapter:
        return make_adapter(channel, program, environ, clock)

    return make


def make_adapters(program: Program, make: MakeAdapter) -> dict[str, ChannelAdapter]:
    """Return an adapter for every channel, not yet opened.

    Raise `Refused` with everything that is wrong with the settings of all of them.
    """
    adapters: dict[str, ChannelAdapter] = {}
    problems: list[Problem] = []
    for channel in program.channels.values():
        try:
            adapters[channel.id] = make(channel, program)
        except Refused as error:
            problems += error.problems or (Problem(message=error.message, hint=error.hint),)
    if problems:
        listed = "".join(f"\n  {problem}" for problem in problems)
        raise Refused(
            f"The channels cannot be opened:{listed}\n",
            code="channel_settings",
            hint="Correct regard.toml; docs/channels.md lists every setting.",
            problems=problems,
        )
    return adapters


class House:
    """Everything that runs for one company on one machine."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ledger = build_ledger(plan.store, lambda: plan.program)
        self.engine = Engine(self.ledger, plan.clock)
        self.links = delivery.Links(plan.public_url, [plan.keys.signing_key])
        make = plan.make_adapter or standard_adapters(plan.environ, plan.clock)
        self.adapters = make_adapters(plan.program, make)
        self.dispatcher = delivery.Dispatcher(
            outbox=self.engine,
            adapters=self.adapters,
            arbiter=self.ledger.kernel.arbiter,
            program=lambda: plan.program,
            links=self.links,
            clock=plan.clock,
        )
        self.app = Starlette(routes=self._routes(), lifespan=self._lifespan)

    def _routes(self) -> list[BaseRoute]:
        plan = self.plan
        return [
            *api.routes(
                self.engine,
                lambda: plan.program,
                plan.clock,
                plan.store,
                self.engine.health,
                api_token=plan.keys.api_token,
                sdk_assets=plan.sdk_assets,
                receipts=receipt_readers(plan.program, plan.environ),
                bounces=bounce_readers(plan.program),
            ),
            *delivery.routes(
                intake=self.engine,
                links=self.links,
                clock=plan.clock,
                program=lambda: plan.program,
            ),
            *console.routes(
                plan.store,
                lambda: plan.program,
                plan.clock,
                self.engine,
                plan.keys.console_secret,
                self.engine.health,
            ),
        ]

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with self.running():
            yield

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Turn the loop and hand messages over while the block runs; stop cleanly after it."""
        try:
            self.engine.start()
            await self._publish()
        except Exception as error:
            self.engine.fail(error)
            raise
        dispatching = asyncio.create_task(self._dispatch())
        try:
            yield
        finally:
            self.dispatcher.stop()
            await dispatching
            await asyncio.to_thread(self.engine.stop)

    async def _dispatch(self) -> None:
        """Hand messages over; a house that cannot send any more stops, rather than go on mute."""
        try:
            await self.dispatcher.run()
        except Exception as error:
            self.engine.fail(error)

    async def _publish(self) -> None:
        """Journal which program decides from now on, and that a process started."""
        program, now = self.plan.program, self.plan.clock.now()
        body = ProgramPublished(hash=program.hash, name=program.company.name)
        key = message_key("program", f"{program.hash}@{now.isoformat()}")
        await self.engine.append([Draft(key=key, identity=0, at=now, received_at=now, body=body)])
