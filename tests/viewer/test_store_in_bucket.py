"""The window's pictures come from a bucket as they come from a disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from growing_store import making_stores

from eclips4d.storage.mirror import Mirror
from eclips4d.viewer.picture import Wanted
from eclips4d.viewer.store import StoreFrames


@pytest.fixture
def store(tmp_path):
    with making_stores(tmp_path) as make:
        yield make()


def test_a_growing_mirror_is_looked_at_once_a_second(store, s3, tmp_path, monkeypatch):
    place, now = f"s3://bucket/{tmp_path.name}/run.zarr", [50.0]
    monkeypatch.setattr("eclips4d.storage.stamp.time.monotonic", lambda: now[0])
    window, disk = StoreFrames(Path(place)), StoreFrames(store.path)
    assert "waiting for" in window.look(Wanted()).note
    with Mirror(store.path, place) as made:
        for frames in (1, 2):
            store.grow(frames)
            made.copy()
            stale = window.look(Wanted())
            assert stale.state is None or stale.state.committed < store.committed  # the bucket was not asked
            now[0] += 1.0
            there, here = window.look(Wanted()), disk.look(Wanted())
            assert not there.trouble and there.state.committed == here.state.committed == store.committed
            assert there.state.free_bytes is None
            assert np.array_equal(there.surface.height, here.surface.height, equal_nan=True)
    window.close()
    disk.close()
