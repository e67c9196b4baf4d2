"""The surface as the scan meets it: every row at its own time and at its own drifted place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Scan
from eclips4d.physics.microscope.exposure import Exposure
from eclips4d.physics.microscope.surface import Surface
from eclips4d.physics.scenes import Lines

FloatArray = NDArray[np.float64]

_SIMPSON = np.array([1.0, 4.0, 1.0]) / 6.0


def as_scanned(
    scene: Surface, exposure: Exposure, scan: Scan, shape: tuple[int, int], supersample: int, margin: int
) -> Lines:
    """The scene at the centres of all sub-pixels and of `margin` more on every side.

    [rows·supersample + 2·margin, columns·supersample + 2·margin]. Time and drift go on evenly down the sub-rows; beyond
    the image they stay what they are at its border, since nobody scans there.
    """
    rows, columns = shape
    step_x, step_y = scan.pixel_size_xy_nm
    row = (np.arange(-margin, rows * supersample + margin) + 0.5) / supersample - 0.5
    scanned = np.clip(row, -0.5, rows - 0.5)
    drift_y, drift_x = (
        start + change * scanned / max(rows - 1, 1)
        for start, change in zip(exposure.drift_px, exposure.drift_within_px, strict=True)
    )
    first = (-margin + 0.5) / supersample - columns / 2.0
    return scene.lines(
        (first - drift_x) * step_x,
        step_x / supersample,
        columns * supersample + 2 * margin,
        (row - drift_y - (rows - 1) / 2.0) * step_y,
        exposure.start_s + np.maximum(scanned, 0.0) * scan.line_time_s,
    )


def pixel_means(scene: Surface, start_s: float, scan: Scan, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Pixel means of the height on the undistorted specimen grid, each row at its own time, float32 [y, x]; nm.

    Simpson's rule on each pixel's borders and middle, exact for cubics.
    """
    rows, columns = shape
    step_x, step_y = scan.pixel_size_xy_nm
    row = np.arange(rows)
    y = ((row - (rows - 1) / 2.0)[:, None] + np.array([-0.5, 0.0, 0.5])) * step_y
    left = np.full(3 * rows, -columns / 2.0 * step_x)
    t = np.repeat(start_s + row * scan.line_time_s, 3)
    height = scene.lines(left, step_x / 2.0, 2 * columns + 1, y.ravel(), t).height.reshape(rows, 3, -1)
    lines = np.einsum("rkx,k->rx", height, _SIMPSON)
    return np.asarray((lines[:, :-2:2] + 4.0 * lines[:, 1::2] + lines[:, 2::2]) / 6.0, dtype=np.float32)
