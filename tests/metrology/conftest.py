"""Stores to read from."""

from __future__ import annotations

import pytest
from growing_store import making_stores


@pytest.fixture
def make_store(tmp_path):
    with making_stores(tmp_path) as make:
        yield make
