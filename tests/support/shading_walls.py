"""Surfaces with walls that shade, their slopes, and a detector that sees them."""

import numpy as np

from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.amplitudes import fill_slopes

DETECTOR = {"distance_mm": 6.0, "inner_radius_mm": 1.75, "outer_radius_mm": 7.0, "azimuths_deg": (45, 135, 225, 315)}


def instrument(pixel_nm=4.0, **more) -> Instrument:
    return Instrument.model_validate(
        {"beam": {"energy_kev": 10}, "scan": {"pixel_size_nm": pixel_nm}, "detector": DETECTOR | more}
    )


def slopes(height, pixel_xy=(4.0, 4.0)):
    found = np.empty((2, *height.shape), np.float32)
    fill_slopes(np.ascontiguousarray(height, dtype=np.float64), *pixel_xy, found, 0, len(height))
    return found


def trenches(shape, depth_nm, wall_px, period_px, angle=0.3, pixel_nm=4.0):
    """Ridges and trenches with plane walls."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    phase = (x * np.cos(angle) + y * np.sin(angle)) % period_px
    up = np.clip(phase / wall_px, 0, 1) - np.clip((phase - period_px / 2) / wall_px, 0, 1)
    return depth_nm * up
