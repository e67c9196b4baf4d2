"""How a height movie is scored against truth. Pure functions of arrays; NaN is where nothing was seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter

from eclips4d.inference.integrate import INNER, OUTER

F64 = NDArray[np.float64]
Plane = NDArray[np.floating]

MARGIN_PX = 16
"""Rows and columns at the image's edge that no score counts."""
RESOLVED_PX = 2.0
"""Standard deviation of the Gauss filter behind which a slope counts as resolved by the pixels."""
RESOLVED_SCALE = f"slope scale, resolved structure ({RESOLVED_PX:g} px blur)"


def inner(shape: tuple[int, ...], margin: int = MARGIN_PX) -> NDArray[np.bool_]:
    """True but for a margin."""
    mask = np.zeros(shape, dtype=bool)
    mask[margin : shape[0] - margin, margin : shape[1] - margin] = True
    return mask


def levelled(height: Plane, counted: NDArray[np.bool_]) -> F64:
    """Height minus its least-squares plane over the counted pixels; NaN elsewhere."""
    y, x = np.nonzero(counted)
    design = np.column_stack([np.ones(len(y)), x, y])
    values = np.asarray(height, dtype=np.float64)[counted]
    plane, *_ = np.linalg.lstsq(design, values, rcond=None)
    out = np.full(height.shape, np.nan)
    out[counted] = values - design @ plane
    return out


def height_error(height: Plane, truth: Plane) -> float:
    """Rms difference after levelling, nm, over what was seen."""
    counted = inner(height.shape) & np.isfinite(height)
    return float(np.sqrt(np.nanmean(levelled(height - truth, counted) ** 2)))


def rms(values: Sequence[float] | F64) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def drift_error(found: F64, truth: F64) -> float:
    """Rms length of the difference of two lists of drift vectors, [T, 2], px."""
    return float(np.sqrt(np.mean(((found - truth) ** 2).sum(axis=1))))


def slope_scale(
    slopes: Sequence[Plane],
    heights: Sequence[Plane],
    pixel_nm: float,
    blur_px: float = RESOLVED_PX,
    *,
    levelled: bool = False,
) -> float:
    """Recovered slopes regressed on true ones, over all frames and both components.

    Both are taken at pixel borders, where the truth is an exact difference of heights, and blurred alike: what is left
    out is structure too fine for the pixels, which resampling and the beam's own width flatten.

    Parameters
    ----------
    slopes
        [2, y, x] each.
    heights
        True heights on the same grid, [y, x] each.
    levelled
        Leave out the mean slopes, which cannot be observed when gains are estimated.
    """
    product = square = 0.0
    for slope, height in zip(slopes, heights, strict=True):
        for component, axis in ((0, 1), (1, 0)):
            read, true = (_blurred(v, blur_px) for v in border_slopes(slope[component], height, axis, pixel_nm))
            counted = inner(read.shape, MARGIN_PX + int(2 * blur_px)) & np.isfinite(read) & np.isfinite(true)
            base = true[counted].mean() if levelled else 0.0
            seen = read[counted].mean() if levelled else 0.0
            product += float(((read[counted] - seen) * (true[counted] - base)).sum())
            square += float(((true[counted] - base) ** 2).sum())
    return product / square


def border_slopes(slope: Plane, height: Plane, axis: int, pixel_nm: float) -> tuple[F64, F64]:
    """Slopes at the borders between neighbours along `axis`: recovered (fourth order) and true."""
    s = np.moveaxis(np.asarray(slope, dtype=np.float64), axis, -1)
    h = np.moveaxis(np.asarray(height, dtype=np.float64), axis, -1)
    read = INNER * (s[:, 1:-2] + s[:, 2:-1]) + OUTER * (s[:, :-3] + s[:, 3:])
    return np.moveaxis(read, -1, axis), np.moveaxis((h[:, 2:-1] - h[:, 1:-2]) / pixel_nm, -1, axis)


def face_angle(slopes: Sequence[Plane], heights: Sequence[Plane], pixel_nm: float, angle_deg: float) -> float:
    """Angle, degrees, that the slopes give for those pixels whose true facet has `angle_deg`; edges left out.

    The recovered slope is projected on the facet's true direction and averaged.
    """
    wanted = np.tan(np.radians(angle_deg))
    along = count = 0.0
    for slope, height in zip(slopes, heights, strict=True):
        down, right = np.gradient(np.asarray(height, dtype=np.float64), pixel_nm)
        steepness = np.hypot(right, down)
        face = binary_erosion(np.abs(steepness - wanted) < 0.005 * wanted, iterations=2) & inner(height.shape)
        face &= np.isfinite(slope[0]) & np.isfinite(slope[1])
        along += float(((slope[0] * right + slope[1] * down)[face] / steepness[face]).sum())
        count += float(face.sum())
    return float(np.degrees(np.arctan(along / count))) if count else float("nan")


def curl_over_divergence(slope: Plane, blur_px: float = RESOLVED_PX) -> float:
    """Power of the slopes' curl over that of their divergence: 0 for a surface, tan² of a wrong scan rotation."""
    p, q = (gaussian_filter(np.asarray(part, dtype=np.float64), blur_px) for part in slope)
    curl = np.gradient(p, axis=0) - np.gradient(q, axis=1)
    divergence = np.gradient(p, axis=1) + np.gradient(q, axis=0)
    counted = inner(p.shape)
    return float((curl[counted] ** 2).mean() / (divergence[counted] ** 2).mean())


def _blurred(values: F64, blur_px: float) -> F64:
    """Gauss filter; NaN where it reaches one."""
    return np.asarray(gaussian_filter(values, blur_px, mode="nearest")) if blur_px else values
