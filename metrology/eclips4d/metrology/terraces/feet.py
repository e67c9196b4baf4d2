"""Where risers follow one another so closely that nothing between them is flat: the slope that terraces would have.

There the feet of risers are in every slope, on a staircase all of one sign, and what looks flat is steeper than the
terraces are. The risers themselves tell by how much: a staircase of sharp steps at the edges behind a Gaussian, whose
width and size are fitted together with the terraces' slope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from eclips4d.core.results import FloatArray
from eclips4d.registration.blur import blurred

F64 = NDArray[np.float64]

CROWDED = 9.0
"""Distance of risers over their standard deviation below which feet matter: at 7.9 they still take 1.7 % of a step."""
NEAR = 0.1
"""Places count as on an edge within this share of the step."""
NARROWEST_PX, WIDEST_PX = 1.5, 24.0
"""Standard deviations of risers that are tried."""
REACH = 3.0
_LEAST_EXPLAINED = 0.5


@dataclass(frozen=True, slots=True)
class Feet:
    """What feet of risers do to the slope that terraces seem to share.

    Attributes
    ----------
    slope : (float, float)
        Slope of the terraces over the one they seem to share, along x and y.
    u : float
        Standard uncertainty of each component: how far risers are Gaussians is not known; half of the correction.
    """

    slope: tuple[float, float]
    u: float


NO_FEET = Feet((0.0, 0.0), 0.0)


def feet_of(
    middle: FloatArray, step_nm: FloatArray, excess: FloatArray, length_px: float, pixel_size_nm: tuple[float, float]
) -> Feet:
    """Fit risers and the terraces' slope together.

    Parameters
    ----------
    middle, step_nm : float32 [y, x]
        As in `Terraces`.
    excess : float32 [2, y, x]
        Slopes without the one that terraces seem to share.
    length_px : float
        Of all edges.
    pixel_size_nm : (float, float)

    Returns
    -------
    Feet
        `NO_FEET` where there is room between risers, or risers are not what a blurred staircase makes.
    """
    seen = np.isfinite(excess[0])
    if not _crowded(middle, step_nm, excess, np.count_nonzero(seen) / max(length_px, 1e-9), pixel_size_nm):
        return NO_FEET
    sharp = _sharp(middle, step_nm, pixel_size_nm)
    filled = np.nan_to_num(excess)

    def fitted(log_px: float) -> tuple[float, F64]:
        return _fitted(
            blurred(sharp, float(np.exp(log_px)), continued=True), filled, _inner(seen, float(np.exp(log_px)))
        )

    ends = float(np.log(NARROWEST_PX)), float(np.log(min(WIDEST_PX, min(seen.shape) / 8.0)))
    best = minimize_scalar(lambda at: fitted(at)[0], bounds=ends, method="bounded", options={"xatol": 0.02}).x
    unexplained, (_, x, y) = fitted(float(best))
    if unexplained > 1.0 - _LEAST_EXPLAINED:
        return NO_FEET
    return Feet((float(x), float(y)), 0.5 * float(np.hypot(x, y)))


def _crowded(
    middle: FloatArray, step_nm: FloatArray, excess: FloatArray, apart_px: float, pixel_size_nm: tuple[float, float]
) -> bool:
    with np.errstate(invalid="ignore"):
        on = np.abs(middle) < NEAR
    if not on.any():
        return False
    # A Gaussian riser is step/(sqrt(2 pi) sd) steep in the middle.
    pixel = float(np.sqrt(np.prod(pixel_size_nm)))
    riser_px = step_nm[on] / (np.sqrt(2.0 * np.pi) * np.hypot(*excess[:, on]) * pixel)
    return apart_px < CROWDED * float(np.median(riser_px))


def _sharp(middle: FloatArray, step_nm: FloatArray, pixel_size_nm: tuple[float, float]) -> FloatArray:
    """Slopes of sharp steps at the edges, half on either pixel beside them, [2, y, x]."""
    out = np.zeros((2, *middle.shape), np.float32)
    step = np.nan_to_num(step_nm)
    for axis, pixel in ((1, pixel_size_nm[0]), (0, pixel_size_nm[1])):
        low, high = (np.take(middle, range(s, middle.shape[axis] - 1 + s), axis) for s in (0, 1))
        with np.errstate(invalid="ignore"):
            rises = np.where((low < 0) & (high >= 0), 1.0, 0.0) - np.where((low >= 0) & (high < 0), 1.0, 0.0)
        both = [np.take(step, range(s, middle.shape[axis] - 1 + s), axis) for s in (0, 1)]
        half = (0.25 / pixel * rises * (both[0] + both[1])).astype(np.float32)
        part = out[1 - axis]
        if axis == 1:
            part[:, :-1] += half
            part[:, 1:] += half
        else:
            part[:-1] += half
            part[1:] += half
    return out


def _inner(seen: NDArray[np.bool_], riser_px: float) -> NDArray[np.bool_]:
    """Without the rim onto which edges beyond the border may reach."""
    rim = min(int(np.ceil(REACH * riser_px)), min(seen.shape) // 4)
    inner = np.zeros_like(seen)
    inner[rim : seen.shape[0] - rim, rim : seen.shape[1] - rim] = True
    return inner & seen


def _fitted(model: FloatArray, excess: FloatArray, where: NDArray[np.bool_]) -> tuple[float, F64]:
    """Share of the slopes' variance that is left, and size of the risers and slope (x, y) of the terraces."""
    risers, slopes = model[:, where].astype(np.float64), excess[:, where].astype(np.float64)
    mean, seen = risers.mean(axis=1, keepdims=True), slopes.mean(axis=1, keepdims=True)
    power = float(((risers - mean) ** 2).sum())
    variance = float(((slopes - seen) ** 2).sum())
    if not power > 0.0 or not variance > 0.0:
        return 1.0, np.zeros(3)
    size = float(((risers - mean) * (slopes - seen)).sum()) / power
    left = 1.0 - size**2 * power / variance
    return left, np.array([size, *(seen - size * mean)[:, 0]])
