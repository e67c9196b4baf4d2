from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from eclips4d.acquisition.recording_writer import write_recording
from eclips4d.acquisition.simulated import simulated_microscope

TOML = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = [4, 5]
rotation_deg = 12
line_time_s = 0.001
frame_times_s = [0, 5, 10]
[detector]
distance_mm = 6
azimuths_deg = [45, 135, 225, 315]
"""


@pytest.fixture
def pixels() -> np.ndarray:
    """[frames, segments, rows, columns], every axis of its own length."""
    return np.random.default_rng(7).integers(0, 4096, (3, 4, 10, 14), dtype=np.uint16)


@pytest.fixture
def write_tiff(tmp_path: Path):
    """Write an OME-TIFF and its instrument file; returns the path."""

    def write(data: np.ndarray, axes: str = "TCYX", toml: str = TOML, name: str = "made", **options: object) -> Path:
        path = tmp_path / f"{name}.ome.tif"
        metadata = {"axes": axes, "PhysicalSizeX": 4.0, "PhysicalSizeXUnit": "nm"}
        tifffile.imwrite(path, data, metadata=metadata, **options)
        path.with_name(f"{name}.toml").write_text(toml)
        return path

    return write


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated recording with truth."""
    microscope = simulated_microscope("sim://copper-redox?size=24&fps=20&seed=3")
    path = tmp_path_factory.mktemp("recording") / "redox.ome.tif"
    write_recording(path, (microscope.frame(t) for t in range(4)), microscope.instrument, microscope.truth(4))
    return path
