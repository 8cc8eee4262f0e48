"""The living world at work: plans a day, sends it in its time, reads its post and answers it.

Everything reaches Regard through its public HTTP API and nothing else; what Regard says comes
in through `inbox`, which the assembly provides (a post room, an SMTP sink). Called by the demo.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

import httpx

from regard.core.errors import Refused
from regard.world.addresses import AddressBook
from regard.world.answers import answer
from regard.world.day import plan_day
from regard.world.ledger import Ledger
from regard.world.people import CAST_SIZE, settle
from regard.world.post import PostOffice
from regard.world.records import SOURCES, Letter, Parcel, WorldSettings, WorldSummary
from regard.world.tempo import Tempo

Inbox = Callable[[], Awaitable[Sequence[Letter]]]
"""Gives the messages that went out since it was last asked; one that comes twice is noticed."""

READING_EVERY = timedelta(minutes=3)
"""World time between two looks at the post: people are not faster, and polling has a price."""

TIMEOUT_S = 30.0

AGENDA = "agenda"
"""What world time is tethered to: the parcels that nobody has taken yet."""


async def live(
    settings: WorldSettings, tell: Callable[[str], None], *, tempo: Tempo, inbox: Inbox
) -> WorldSummary:
    """Live through `settings.days` world days from now on and return what the world knows.

    `tell` gets a line for every notable thing. Raises `Refused` when a source has no write key;
    a server that is away is waited for, within the limits of `post`.
    """
    _check_keys(settings)
    async with httpx.AsyncClient(base_url=settings.base_url, timeout=TIMEOUT_S) as client:
        world = _World(settings, client, tempo, inbox, tell)
        return await world.run()


def _check_keys(settings: WorldSettings) -> None:
    missing = [source for source in SOURCES if source not in settings.keys]
    if missing:
        raise Refused(
            f"The world has no write key for: {', '.join(missing)}.",
            code="no_write_key",
            hint="Name a key for each source in WorldSettings.keys.",
        )


class _World:
    """The agenda of one run: parcels by the moment they leave, and the people who answer."""

    def __init__(
        self,
        settings: WorldSettings,
        client: httpx.AsyncClient,
        tempo: Tempo,
        inbox: Inbox,
        tell: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._tempo = tempo
        self._inbox = inbox
        self._ledger = Ledger()
        self._office = PostOffice(settings, client, tempo, self._ledger, tell)
        self._people = settle(settings.seed, settings.people)
        self._addresses = AddressBook(self._people)
        self._agenda: list[tuple[datetime, str, Parcel]] = []
        self._read_at = tempo.now()

    async def run(self) -> WorldSummary:
        start_at = self._tempo.now()
        for day in range(self._settings.days):
            day_at = start_at + timedelta(days=day)
            self._tempo.tether(AGENDA, day_at)
            self._add(plan_day(self._people, self._settings.seed, day_at, is_first=day == 0))
            await self._live_until(day_at + timedelta(days=1))
        self._tempo.tether(AGENDA, None)
        await self._office.finish()
        await self._read_post()
        return self._ledger.summary(self._settings.people)

    def _add(self, parcels: Iterable[Parcel]) -> None:
        for parcel in parcels:
            heapq.heappush(self._agenda, (parcel.send_at, parcel.acts[0].message_id, parcel))

    async def _live_until(self, end_at: datetime) -> None:
        while self._tempo.now() < end_at:
            next_at = min(self._read_at, end_at)
            first_at = self._agenda[0][0] if self._agenda else None
            self._tempo.tether(AGENDA, first_at)
            if first_at is not None:
                next_at = min(next_at, first_at)
            await self._tempo.sleep_until(next_at)
            await self._send_due()
            if self._tempo.now() >= self._read_at:
                await self._read_post()

    async def _send_due(self) -> None:
        """Hand over what is due, until the next look at the post."""
        while self._agenda and self._agenda[0][0] <= self._tempo.now():
            await self._office.take(heapq.heappop(self._agenda)[2])
            if self._tempo.now() >= self._read_at:
                return

    async def _read_post(self) -> None:
        letters = await self._inbox()
        now = self._tempo.now()
        self._read_at = now + READING_EVERY
        for letter in letters:
            if self._ledger.is_new(letter):
                self._open(letter, now)

    def _open(self, letter: Letter, now: datetime) -> None:
        customer = self._addresses.reader(letter)
        words = letter.subject or letter.text
        if customer is None:
            staff = self._settings.staff.get(letter.address)
            told = f"nobody lives at {letter.address}"
            if staff:
                told = f"{staff} gets {letter.channel}: {words[:70]}"
            self._tell(f"{now:%a %H:%M}  {told}")
            return
        if customer.number < CAST_SIZE:
            self._tell(f"{now:%a %H:%M}  {customer.name} gets {letter.channel}: {words[:70]}")
        parcels = answer(letter, customer, self._settings.seed, now)
        self._ledger.answers += len(parcels)
        self._add(parcels)
