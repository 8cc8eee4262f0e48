"""What holds for every test: none is judged by the clock, since the machine has other guests.

Property tests draw anew wherever somebody works, and the same examples in CI: what was green there
stays green, and what chance finds is found by whoever can mend it.

Files that start processes come first: what is long must not be what the other workers wait for.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("regard", deadline=None)
settings.register_profile("regard-ci", deadline=None, derandomize=True, database=None)
settings.load_profile("regard-ci" if os.environ.get("CI") else "regard")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the files with slow tests to the front; within a file the order stays."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
