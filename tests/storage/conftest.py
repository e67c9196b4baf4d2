"""Let the tests here, and the processes they start, share how stores are made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def place(s3, tmp_path) -> str:
    """Of a store in a bucket of its own server."""
    return f"s3://bucket/{tmp_path.name}/run.zarr"
