"""A run whose store was damaged: refused, repaired, and run again, it is whole, and all else is what it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from small_recording import small_recording

from eclips4d.core.results import Status
from eclips4d.pipeline.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.timeout(800)]
FRAMES = 6


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    return small_recording(folder, size=64, frames=FRAMES, period_s=0.5, seed=5)


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x10
    file.write_bytes(data)


def test_damaged_results_are_made_anew_and_nothing_else_changes(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    whole, store = tmp_path / "whole.zarr", tmp_path / "run.zarr"
    run = ["run", str(recording), "--no-view", "--out", str(store)]
    assert main(run) == 0
    shutil.copytree(store, whole)
    flip(store / "height" / "c.2.0.0")
    (store / "trust" / "c.4.0.0").unlink()
    assert main(run) == 2, "a store that lacks something is not gone on with"
    assert f"mend it with: eclips4d info --repair {store}" in capsys.readouterr().err
    assert main(["info", str(store), "--repair"]) == 0
    said = capsys.readouterr().out
    assert "dropped: height is damaged in frame 2" in said and "dropped: trust is missing in frame 4" in said
    assert f"eclips4d run {recording} --out {store}" in said
    assert main(run) == 0
    assert main(["info", str(store), "--verify"]) == 0
    assert "2 deferred and made up for: 2, 4" in capsys.readouterr().out
    with xr.open_zarr(store) as again, xr.open_zarr(whole) as before:
        status = before["status"].values
        status[[2, 4]] |= int(Status.DEFERRED)
        assert again["status"].values.tolist() == status.tolist()
        for name in set(before.variables) - {"latency_ms", "status"}:
            np.testing.assert_array_equal(again[name].values, before[name].values, err_msg=str(name))
