"""The speed of storing is measured with the functions that a run uses."""

from __future__ import annotations

import xarray as xr

from eclips4d.core.results import Status
from eclips4d.storage import StoreWriter
from eclips4d.storage.measure import encode_write_sync, storage_speed, synthetic_frame, synthetic_source


def test_one_call_stores_and_commits_a_frame(tmp_path):
    source = synthetic_source(64, 1)
    frame, registered = synthetic_frame(source, 0)
    with StoreWriter.create(tmp_path / "run.zarr", source, "measure", stages=("storage",)) as writer:
        encode_write_sync(writer, frame, registered)
    dataset = xr.open_zarr(tmp_path / "run.zarr", chunks=None)
    assert dataset.status.values.tolist() == [Status.DONE]


def test_the_figures_are_those_of_a_store(tmp_path):
    speed = storage_speed(tmp_path, size=64, frames=3)
    assert speed.cpu_ms > 0 and speed.wall_ms > 0 and speed.commit_ms > 0
    assert 0.005 < speed.megabytes < 0.1
    assert not list(tmp_path.iterdir())
