"""Parts of the audit over PostgreSQL: the same processes and the same tests, another store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audit.conftest import mailbox
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving, serving
from tests.audit.shop import write_shop
from tests.audit.test_books import (
    test_the_books_balance_beside_a_running_server_and_views_rebuild_to_the_byte,
)
from tests.audit.test_identities import (
    test_processes_that_append_at_once_create_no_double_person,
)
from tests.audit.test_stop import test_a_stop_under_load_is_quick_and_leaves_nothing_unknown

__all__ = [
    "mailbox",
    "test_a_stop_under_load_is_quick_and_leaves_nothing_unknown",
    "test_processes_that_append_at_once_create_no_double_person",
    "test_the_books_balance_beside_a_running_server_and_views_rebuild_to_the_byte",
]

pytestmark = pytest.mark.slow


@pytest.fixture
def house(mailbox: Mailbox, tmp_path: Path, location: str) -> Iterator[Serving]:
    """A running house that keeps everything in PostgreSQL."""
    with serving(write_shop(tmp_path / "shop", mailbox.port), location) as house:
        yield house
