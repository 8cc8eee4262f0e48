"""Shops that keep ordering while the house is killed: senders who retry as SDKs do.

A sender repeats a request with the same ids until it gets a 200; only then is the order
acknowledged. Everything that was ever begun is therefore acknowledged when `finish` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from threading import Condition, Event, Thread
from typing import Any, Protocol

import httpx

from tests.audit.serving import new_client
from tests.audit.shop import order

RETRY_S = 0.05
"""An SDK waits longer; the test wants the house to be under load as soon as it is back."""


class House(Protocol):
    """What takes orders: a server, or several."""

    is_closed: bool

    def send(
        self, items: Sequence[dict[str, Any]], client: httpx.Client | None = None
    ) -> httpx.Response:
        """Send items in one request and return the reply, whatever it is."""
        ...

    def close(self) -> None:
        """End it; nobody sends any more."""
        ...


class Load:
    """Senders over one house. `acknowledged` holds tokens in the order of their 200."""

    def __init__(self, house: House, users: Sequence[str], name: str = "order") -> None:
        self.acknowledged: list[str] = []
        self.codes: set[int] = set()
        self._house = house
        self._name = name
        self._users = users
        self._changed = Condition()
        self._is_over = Event()

    def wait_acknowledged(self, number: int, within_s: float = 60.0) -> None:
        """Return when so many orders have been acknowledged."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.acknowledged) >= number, within_s)
        assert enough, f"only {len(self.acknowledged)} of {number} orders were acknowledged"

    @contextmanager
    def running(self, senders: int) -> Iterator[None]:
        """Order while the block runs; at its end every order that was begun is acknowledged."""
        threads = [Thread(target=self._send, args=(number,)) for number in range(senders)]
        for thread in threads:
            thread.start()
        try:
            yield
        except BaseException:
            self._house.close()  # so that the senders notice that it is over
            raise
        finally:
            self._is_over.set()
            for thread in threads:
                thread.join()

    def _send(self, sender: int) -> None:
        with new_client() as client:
            for number in count():
                if self._is_over.is_set():
                    return
                token = f"{self._name}-{sender}-{number}"
                user = self._users[number % len(self._users)]
                if not self._until_acknowledged(token, user, client):
                    return

    def _until_acknowledged(self, token: str, user: str, client: httpx.Client) -> bool:
        while not self._try(lambda: self._house.send([order(token, user)], client)):
            if self._is_over.wait(RETRY_S) and self._house.is_closed:
                return False
        with self._changed:
            self.acknowledged.append(token)
            self._changed.notify_all()
        return True

    def _try(self, send: Callable[[], httpx.Response]) -> bool:
        try:
            reply = send()
        except httpx.TransportError:
            return False
        self.codes.add(reply.status_code)
        return reply.status_code == 200
