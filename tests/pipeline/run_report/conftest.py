"""Stores that reports are made of."""

from __future__ import annotations

import pytest
from growing_store import making_stores

MEASURABLE = ("height", "height_sd", "slope", "slope_sd")


@pytest.fixture
def make_store(tmp_path):
    with making_stores(tmp_path) as make:
        yield lambda name="run.zarr", keep=MEASURABLE: make(name, keep)
