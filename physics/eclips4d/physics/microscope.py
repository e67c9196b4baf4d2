"""A scanning microscope that looks at a scene: row by row at each row's own time, while the specimen drifts.

Segments follow the unoccluded Lambert closed form on exact pixel means of the slope. What is added: the tilt dependence
of the backscatter yield, counting statistics with excess noise, gains and dark levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.lambert import render
from eclips4d.physics.scenes import Scene

FloatArray = NDArray[np.float64]

COPPER_Z = 29.0
_SIMPSON = np.array([1.0, 4.0, 1.0]) / 6.0
_SATURATION = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """When and where one frame is taken.

    Attributes
    ----------
    start_s
        Of the first row.
    drift_px
        (row, column) displacement of the image content at the first row, relative to the specimen's grid.
    drift_within_px
        Its change from first to last row.
    """

    start_s: float
    drift_px: tuple[float, float] = (0.0, 0.0)
    drift_within_px: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Microscope:
    """An instrument with its true gains, dark levels and noise.

    Attributes
    ----------
    shape
        (rows, columns).
    excess_noise
        Per segment: variance over that of pure counting, in electrons.
    """

    instrument: Instrument
    shape: tuple[int, int]
    gain: tuple[float, ...]
    offset_adu: tuple[float, ...]
    excess_noise: tuple[float, ...]

    def slopes(self, scene: Scene, exposure: Exposure) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Pixel means of (dh/dx, dh/dy) as scanned, [2, y, x], and of the relative yield, [y, x].

        The mean of dh/dx over a pixel is the difference of the heights at its left and right border, averaged along
        the border; Simpson's rule takes that average.
        """
        height, relative_yield = self._sampled(scene, exposure)
        step_x, step_y = self.instrument.scan.pixel_size_xy_nm
        borders = np.einsum("rkx,k->rx", height[:, :, ::2], _SIMPSON)
        p = np.diff(borders, axis=1) / step_x
        rise = height[:, 2] - height[:, 0]
        q = (rise[:, :-2:2] + 4.0 * rise[:, 1::2] + rise[:, 2::2]) / (6.0 * step_y)
        return np.stack([p, q]).astype(np.float32), relative_yield[:, 1, 1::2].astype(np.float32)

    def expected_electrons(self, scene: Scene, exposure: Exposure) -> NDArray[np.float32]:
        """Mean number of electrons per segment and pixel, without noise, float32 [n, y, x]."""
        slope, relative_yield = self.slopes(scene, exposure)
        response = segment_response(self.instrument)
        dose = self.instrument.beam.electrons_per_pixel or 1.0
        flat = np.float32(response.flat.mean() / dose)
        return render(slope, response, relative_yield * tilt_yield(slope)) / flat

    def expose(self, scene: Scene, exposure: Exposure, random: np.random.Generator) -> RawArray:
        """One recorded frame, uint16 [n, y, x]."""
        electrons = self.expected_electrons(scene, exposure)
        counted = random.poisson(electrons).astype(np.float32)
        spread = np.sqrt(np.asarray(self.excess_noise, dtype=np.float32) - 1.0)[:, None, None]
        counted += spread * np.sqrt(counted) * random.standard_normal(counted.shape, dtype=np.float32)
        adu = np.asarray(self.gain) * (self.instrument.beam.adu_per_electron or 1.0)
        signal = counted * adu.astype(np.float32)[:, None, None]
        signal += np.asarray(self.offset_adu, dtype=np.float32)[:, None, None]
        recorded: NDArray[np.uint16] = np.clip(np.rint(signal), 0, _SATURATION).astype(np.uint16)
        return recorded

    def true_height(self, scene: Scene, start_s: float) -> NDArray[np.float32]:
        """Pixel means of the height on the undistorted specimen grid, each row at its own time, float32 [y, x]; nm."""
        height, _ = self._sampled(scene, Exposure(start_s=start_s))
        rows = np.einsum("rkx,k->rx", height, _SIMPSON)
        means: NDArray[np.float32] = ((rows[:, :-2:2] + 4.0 * rows[:, 1::2] + rows[:, 2::2]) / 6.0).astype(np.float32)
        return means

    def _sampled(self, scene: Scene, exposure: Exposure) -> tuple[FloatArray, FloatArray]:
        """Height and yield on each row's upper border, middle and lower border, at half-pixel steps.

        [rows, 3, 2·columns + 1]; a row is seen at its own time and at its own drifted place.
        """
        rows, columns = self.shape
        step_x, step_y = self.instrument.scan.pixel_size_xy_nm
        row = np.arange(rows)
        share = row / max(rows - 1, 1)
        drift_y, drift_x = (
            start + change * share for start, change in zip(exposure.drift_px, exposure.drift_within_px, strict=True)
        )
        centre = (row - drift_y - (rows - 1) / 2.0) * step_y
        y = (centre[:, None] + np.array([-0.5, 0.0, 0.5]) * step_y).ravel()
        left = np.repeat((-drift_x - columns / 2.0) * step_x, 3)
        t = np.repeat(exposure.start_s + row * self.instrument.scan.line_time_s, 3)
        height, relative_yield, _ = scene.lines(left, step_x / 2.0, 2 * columns + 1, y, t)
        return height.reshape(rows, 3, -1), relative_yield.reshape(rows, 3, -1)


def tilt_yield(slope: NDArray[np.float32], atomic_number: float = COPPER_Z) -> NDArray[np.float32]:
    """Backscatter yield of a tilted surface over that of a flat one: ((1 + cos tilt)/2)^(−9/sqrt(Z)), Arnal 1969."""
    cosine = 1.0 / np.sqrt(1.0 + slope[0] ** 2 + slope[1] ** 2)
    tilted: NDArray[np.float32] = (((1.0 + cosine) / 2.0) ** (-9.0 / np.sqrt(atomic_number))).astype(np.float32)
    return tilted
