"""The recorded granular film: its truth, as a map, on the reconstruction of the recording's first frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.coregister import coregister
from eclips4d.metrology.coregistration.result import Coregistration
from eclips4d.metrology.maps.reading.files import read_map
from eclips4d.pipeline.afm_report.surface import surface_of

F64 = NDArray[np.float64]

RECORDING = "granular_afm"


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Where the truth was put, and the largest error of that anywhere in the field, pixels."""

    found: Coregistration
    furthest_px: float


def recorded(data: Path | None) -> Recorded | None:
    """Where the truth is found; None where there is no such recording."""
    path = None if data is None else data / "recordings" / f"{RECORDING}.ome.tif"
    if path is None or not path.exists():
        return None
    seen = surface_of(str(path), 0)
    chart = read_map(path.with_name(f"{RECORDING}.truth.npz"), channel="0")
    found = coregister(seen.height_nm, seen.pixel_nm, chart)
    with np.load(path.with_name(f"{RECORDING}.truth.npz")) as truth:
        return Recorded(found, _furthest_px(found, truth["drift_within_frame_px"][0]))


def _furthest_px(found: Coregistration, drift_px: F64) -> float:
    """Against the truth, which drifts by (row, column) from the frame's first row to its last."""
    rows, columns = found.heights.map_nm.shape
    y, x = np.indices((rows, columns)) - 0.5 * np.array([rows - 1, columns - 1])[:, None, None]
    late = y / (rows - 1) + 0.5
    dx, dy = found.pixel_nm
    right, down = found.affine.to_grid(x * dx, y * dy)
    return float(np.hypot(right / dx - x - drift_px[1] * late, down / dy - y - drift_px[0] * late).max())
