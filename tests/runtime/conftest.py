"""Fixtures: the audit's shop as a compiled program."""

from __future__ import annotations

import pytest

from regard.project import load
from tests.audit.shop import write_shop
from tests.runtime.shop import Shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> Shop:
    return Shop(load(write_shop(tmp_path_factory.mktemp("shop"), mail_port=2525), {}))
