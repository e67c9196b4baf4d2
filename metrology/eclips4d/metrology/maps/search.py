"""Roughly where a map lies on a run's grid: correlation over all shifts, for a few turns.

Correlation of images with holes and of every overlap by its own mean and variance: D. Padfield, IEEE Trans. Image
Process. 21, 2706 (2012).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from eclips4d.metrology.change import centred
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.placement import Placement
from eclips4d.metrology.maps.sampling import Sampler, smoothed

F64 = NDArray[np.float64]

LONG_SIDE = 128
"""Pixels along the longer of both images' sides while searching."""
SMALLEST_OVERLAP = 0.3
"""Of the smaller image."""
LONG_WAVES = 8.0
"""Waves longer than a side over this count for nothing: planes and bows of both instruments are in them."""
TURN_STEP_DEG = 4.0
NEAR_DEG = 8.0
"""How far from the turn that was given the search goes."""
SCALES = (0.92, 1.0, 1.08)


@dataclass(frozen=True, slots=True)
class Found:
    """A rough placement and how well both images agree there, from -1 to 1."""

    placement: Placement
    correlation: float


def candidates(turn_deg: float | None, turning: bool, scaling: bool) -> Iterable[Placement]:
    """Turns, scales and mirrorings to be tried; without a turn all around, and mirrored too."""
    scales = SCALES if scaling else (1.0,)
    if turn_deg is None:
        turns: Iterable[float] = np.arange(0.0, 360.0, TURN_STEP_DEG)
        mirrors: tuple[bool, ...] = (False, True)
    else:
        offsets = np.arange(-NEAR_DEG, NEAR_DEG + 1, TURN_STEP_DEG) if turning else np.zeros(1)
        turns, mirrors = turn_deg + offsets, (False,)
    for mirrored, scale, turn in product(mirrors, scales, turns):
        yield Placement(turn_deg=float(turn), scale=scale, mirrored=mirrored)


def search(height: F64, pixel_nm: tuple[float, float], chart: HeightMap, tried: Iterable[Placement]) -> Found:
    """The best of the placements tried, each at its best shift.

    Parameters
    ----------
    height : float64 [y, x]
        Of the run, nm, NaN where unknown.
    pixel_nm : (float, float)
        The run's.
    chart : HeightMap
    tried : iterable of Placement
        Their shifts are not looked at.
    """
    run_size = (height.shape[1] * pixel_nm[0], height.shape[0] * pixel_nm[1])
    coarse = max(max(*run_size, *chart.size_nm) / LONG_SIDE, *pixel_nm, *chart.pixel_size_nm)
    reach = min(*run_size, *chart.size_nm) / coarse / LONG_WAVES
    fixed = _coarse(Sampler.of(HeightMap(height, pixel_nm), coarse), Placement(), coarse, reach)
    sampler = Sampler.of(chart, coarse)
    return max((_shifted(fixed, sampler, one, coarse, reach) for one in tried), key=lambda found: found.correlation)


def _coarse(chart: Sampler, placement: Placement, pixel_nm: float, reach: float) -> F64:
    """Band-passed, on a grid of coarse pixels about its own middle that holds all of it."""
    (rows, columns), (dx, dy) = chart.coefficients.shape, chart.pixel_nm
    half = np.abs(placement.matrix()) @ np.array([columns * dx, rows * dy]) / 2
    width, length = (2 * int(np.ceil(h / pixel_nm)) + 1 for h in half)
    image = chart.on_grid(replace(placement, shift_nm=(0.0, 0.0)), (length, width), (pixel_nm, pixel_nm))
    return _without_long_waves(image, (pixel_nm, pixel_nm), reach)


def _without_long_waves(image: F64, pixel_nm: tuple[float, float], reach: float) -> F64:
    known = np.isfinite(image)
    y, x = centred(image.shape, pixel_nm)
    design = np.stack([np.ones(known.sum()), (x + 0 * y)[known], (y + 0 * x)[known]], axis=1)
    flat = np.full(image.shape, np.nan)
    flat[known] = image[known] - design @ np.linalg.lstsq(design, image[known], rcond=None)[0]
    return flat - smoothed(flat, (reach, reach))


def _shifted(fixed: F64, chart: Sampler, placement: Placement, coarse: float, reach: float) -> Found:
    moving = _coarse(chart, placement, coarse, reach)
    table = masked_correlation(fixed, moving)
    row, column = np.unravel_index(int(np.argmax(table)), table.shape)
    # Entry (0, 0) is the moving image with its last pixel on the fixed image's first.
    down = float(row) - (moving.shape[0] - 1) + (moving.shape[0] - 1) / 2 - (fixed.shape[0] - 1) / 2
    right = float(column) - (moving.shape[1] - 1) + (moving.shape[1] - 1) / 2 - (fixed.shape[1] - 1) / 2
    found = replace(placement, shift_nm=(right * coarse, down * coarse))
    return Found(found, float(table[row, column]))


def masked_correlation(fixed: F64, moving: F64) -> F64:
    """Correlation coefficient of the overlap at every shift, [y + y' - 1, x + x' - 1]; -1 where it is too small."""
    full = tuple(a + b - 1 for a, b in zip(fixed.shape, moving.shape, strict=True))
    size = tuple(next_fast_len(n, real=True) for n in full)
    seen, seen_too = np.isfinite(fixed), np.isfinite(moving)
    one, other = np.where(seen, fixed, 0.0), np.where(seen_too, moving, 0.0)[::-1, ::-1]
    mask, mask_too = seen.astype(np.float64), seen_too.astype(np.float64)[::-1, ::-1]
    f, f2, m = (rfft2(a, size) for a in (one, one**2, mask))
    g, g2, n = (rfft2(a, size) for a in (other, other**2, mask_too))

    def summed(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> F64:
        return np.asarray(irfft2(a * b, size)[: full[0], : full[1]], np.float64)

    count = np.rint(summed(m, n))
    enough = count >= max(SMALLEST_OVERLAP * min(int(seen.sum()), int(seen_too.sum())), 4.0)
    share = 1.0 / np.maximum(count, 1.0)
    mean, mean_too = summed(f, n) * share, summed(m, g) * share
    both = summed(f, g) * share - mean * mean_too
    spread = (summed(f2, n) * share - mean**2) * (summed(m, g2) * share - mean_too**2)
    scale = float(one.var() * other.var())
    good = enough & (spread > 1e-6 * scale)
    return np.where(good, both / np.sqrt(np.where(good, spread, 1.0)), -1.0)
