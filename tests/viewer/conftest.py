"""Stores to look at, and what their owner says."""

from __future__ import annotations

import pytest
from growing_store import making_stores

from eclips4d.core.messages import Notice


@pytest.fixture
def make_store(tmp_path):
    with making_stores(tmp_path) as make:
        yield make


@pytest.fixture
def store(make_store):
    return make_store()


@pytest.fixture
def notice():
    """Notices with what matters to a test changed."""

    def make(**changed: object) -> Notice:
        said = {
            "run_id": "run",
            "recorded": 1,
            "committed": 1,
            "total": None,
            "frame_id": 100,
            "time_s": 0.0,
            "lag_s": 0.0,
            "gaps": 0,
            "duplicates": 0,
            "quarantined": 0,
            "deferred": 0,
            "disk_free_bytes": 10**9,
            "workers": 1,
        }
        return Notice(**{**said, **changed})

    return make
