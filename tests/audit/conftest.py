"""Fixtures: a mail server and `regard serve` that sends to it, fresh for a test or for a module.

Nothing of ours runs in the test process; tests see what a customer, an SDK and an operator see.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving, serving
from tests.audit.shop import write_shop


@pytest.fixture(scope="module")
def shared_mailbox() -> Iterator[Mailbox]:
    """Yield a mail server for tests that only add to it."""
    with Mailbox().serve() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def shared_house(shared_mailbox: Mailbox, tmp_path_factory) -> Iterator[Serving]:
    """Yield a running house for tests that only add events with ids of their own."""
    folder = tmp_path_factory.mktemp("audit")
    with serving(write_shop(folder / "shop", shared_mailbox.port), folder / "shop.db") as house:
        yield house


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox().serve() as mailbox:
        yield mailbox


@pytest.fixture
def house(mailbox: Mailbox, tmp_path) -> Iterator[Serving]:
    """Yield a running house that the test may kill."""
    with serving(write_shop(tmp_path / "shop", mailbox.port), tmp_path / "shop.db") as house:
        yield house
