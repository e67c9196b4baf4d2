"""Images by dense ray marching: Lambert's law, an annulus of four quadrants, nothing shared with the simulator."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.pipeline.bench.physics.horizon_rays import marched

F64 = NDArray[np.float64]

PIXEL_NM = 4.0
DISTANCE_MM, INNER_MM, OUTER_MM, GAP_MM = 6.0, 1.75, 7.0, 0.3
FLOOR = DISTANCE_MM / OUTER_MM
"""Tangent of the lowest elevation from which an electron counts."""
_POLAR, _BESIDE = 2048, 32
"""Cells of theta; directions of the detector per marched azimuth."""

_compiled: Any = numba.njit(cache=True, nogil=True)


def instrument(pixel_nm: float = PIXEL_NM) -> Instrument:
    """The detector of this file, as the simulator is told."""
    detector = {
        "distance_mm": DISTANCE_MM,
        "inner_radius_mm": INNER_MM,
        "outer_radius_mm": OUTER_MM,
        "gap_mm": GAP_MM,
        "azimuths_deg": (45, 135, 225, 315),
    }
    scan = {"pixel_size_nm": pixel_nm}
    return Instrument.model_validate({"beam": {"energy_kev": 10}, "scan": scan, "detector": detector})


def marched_images(height_px: F64, azimuths: int = 256, margin: int = 0) -> F64:
    """Electrons per emitted one, [4, y, x], without what lies in the margin; heights in pixels."""
    height = np.ascontiguousarray(height_px)
    slope_x, slope_y = np.gradient(height, axis=1), np.gradient(height, axis=0)
    image = np.zeros((4, *(side - 2 * margin for side in height.shape)))
    _add(height, slope_x, slope_y, _directions(azimuths), seen_within(azimuths), margin, image)
    return image


def _directions(azimuths: int) -> F64:
    return 2.0 * np.pi * (np.arange(azimuths) + 0.5) / azimuths


@cache
def seen_within(azimuths: int) -> F64:
    """What a segment sees of directions steeper than each polar edge, [azimuth, 4, 3, edges].

    The three are the integrals of the unit vector towards the detector over π: to the right, up, out of the surface.
    """
    theta = (np.arange(_POLAR) + 0.5) * (math.pi / 2.0 / _POLAR)
    directions, width = _directions(azimuths), 2.0 * math.pi / azimuths
    total = np.zeros((azimuths, 4, 3, _POLAR + 1))
    radius = DISTANCE_MM * np.tan(theta)
    on_ring = (radius >= INNER_MM) & (radius <= OUTER_MM)
    weight = np.sin(theta) * (math.pi / 2.0 / _POLAR) * (width / _BESIDE / math.pi)
    for m, direction in enumerate(directions):
        for part in range(_BESIDE):
            phi = direction + width * ((part + 0.5) / _BESIDE - 0.5)
            x, y = radius * math.cos(phi), radius * math.sin(phi)
            counts = on_ring & (np.abs(x) > GAP_MM / 2.0) & (np.abs(y) > GAP_MM / 2.0)
            quadrant = int(phi % (2.0 * math.pi) // (math.pi / 2.0))
            toward = (np.sin(theta) * math.cos(phi), np.sin(theta) * math.sin(phi), np.cos(theta))
            for i, component in enumerate(toward):
                total[m, quadrant, i, 1:] += np.cumsum(counts * weight * component)
    return total


@_compiled  # type: ignore[untyped-decorator]
def _add(height: F64, slope_x: F64, slope_y: F64, directions: F64, within: F64, margin: int, image: F64) -> None:
    summit, edges = height.max(), within.shape[3] - 1
    for m in range(directions.size):
        cosine, sine = math.cos(directions[m]), math.sin(directions[m])
        column = 1.0 / max(abs(cosine), abs(sine))
        along_x, along_y = cosine * column, -sine * column
        for y in range(margin, height.shape[0] - margin):
            for x in range(margin, height.shape[1] - margin):
                p, q = slope_x[y, x], -slope_y[y, x]
                own = max(p * cosine + q * sine, FLOOR)
                rise = max(own, marched(height, summit, x, y, along_x, along_y, own * column) / column)
                at = math.atan(1.0 / rise) / (math.pi / 2.0) * edges
                low = min(int(at), edges - 1)
                share, tilted = at - low, 1.0 / math.sqrt(1.0 + p * p + q * q)
                for k in range(4):
                    values = within[m, k, :, low] + share * (within[m, k, :, low + 1] - within[m, k, :, low])
                    image[k, y - margin, x - margin] += tilted * (values[2] - p * values[0] - q * values[1])
