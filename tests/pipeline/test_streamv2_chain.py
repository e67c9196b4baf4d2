"""The whole chain on a Stream V2 detector that misbehaves, and on its next series in the same store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.acquisition.streamv2.fake import FakeDetector
from eclips4d.pipeline.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.timeout(800)]
SCENE = "sim://copper-redox?size=48x40&fps=20&seed=3"
PLAN = {3: "damage", 5: "gap", 7: "garbage", 9: "twice", 11: "parts"}
IMAGES, GAPS = 20, {3, 5, 11}


def test_every_image_that_came_whole_is_there_unchanged(tmp_path: Path) -> None:
    microscope = simulated_microscope(SCENE)
    made = [microscope.frame(k) for k in range(IMAGES)]
    _, rows, columns = made[0].header.shape
    instrument, store, address = tmp_path / "fake.toml", tmp_path / "run.zarr", "tcp://127.0.0.1:*"
    instrument.write_text(microscope.instrument_toml)
    with open_source(SCENE) as source:
        info = source.info
    for compression in ("bslz4", "lz4"):
        with FakeDetector(info, lambda: made, address, compression=compression, plan=PLAN) as detector:
            address = detector.address
            asked = f"streamv2://{address.removeprefix('tcp://')}?width={columns}&height={rows}&channels=A,B,C,D"
            words = ["--instrument", str(instrument), "--out", str(store), "--model", "analytic", "--no-view"]
            assert main(["run", asked, *words]) == 0
    with xr.open_zarr(store) as data:
        assert data.sizes["time"] == 2 * IMAGES
        np.testing.assert_array_equal(data["frame_id"].values, [*range(IMAGES)] * 2)
        assert (np.diff(data["time"].values) > 0).all()
        lost = set(np.flatnonzero(data["status"].values & 2))
        assert lost == GAPS | {IMAGES + k for k in GAPS}
        for k in set(range(2 * IMAGES)) - lost:
            np.testing.assert_array_equal(data["raw"].values[k], made[k % IMAGES].data, err_msg=f"frame {k}")
