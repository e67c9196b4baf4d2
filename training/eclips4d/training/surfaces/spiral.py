"""Growth spirals: steps that end at screw dislocations, on hillocks or on a slope."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.training.surfaces.draws import chance, direction, log_uniform, scattered, sign
from eclips4d.training.surfaces.risers import RAMP_10_90, rise_of
from eclips4d.training.surfaces.surface import F32, F64, Canvas, Relief

I64 = NDArray[np.int64]

SLOPE = 0.005, 1.2
"""Of the risers."""
WIDTH_PX = 0.5, 5.0
SPACING_PX = 8.0, 100.0

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def spiral(rng: np.random.Generator, canvas: Canvas) -> Relief:
    """One to five centres, each of one to three arms of either sense."""
    count = int(rng.integers(1, 6))
    at = scattered(rng, canvas, count, 0.0 if chance(rng, 0.8) else 0.3 * canvas.extent)
    arms = rng.choice([-1, 1], count) * rng.choice([1, 2, 3], count, p=[0.75, 0.18, 0.07])
    spacing = log_uniform(rng, *SPACING_PX)
    width = log_uniform(rng, WIDTH_PX[0], min(WIDTH_PX[1], 0.4 * spacing))
    rise = rise_of(log_uniform(rng, *SLOPE), width, smooth=False)
    angle = direction(rng)
    drift = np.array([math.cos(angle), math.sin(angle)]) if chance(rng, 0.25) else np.zeros(2)
    height = wound(canvas, at, arms, drift, spacing, width / RAMP_10_90, rng.random())
    return Relief(np.float32(sign(rng) * rise) * height)


def wound(canvas: Canvas, at: F64, arms: I64, drift: F64, spacing: float, ramp: float, start: float) -> F32:
    """Height in steps, downhill from the centres or along the drift.

    Parameters
    ----------
    at : float64 [n, 2]
        Centres, x, y, pixels about the middle.
    arms : int64 [n]
        Steps that end at each, signed by the sense in which they wind.
    drift : float64 [2]
        Unit vector x, y down a common slope; zeros: a hillock about every centre.
    spacing, ramp
        Between steps, and extent of a linear riser, pixels.
    start
        Where the steps are at the start, turns.
    """
    height = np.empty(canvas.points, np.float32)
    xs, ys = canvas.x.ravel().astype(np.float64), canvas.y.ravel().astype(np.float64)
    _wind(xs, ys, at, arms.astype(np.float64), drift, spacing, ramp, start, height)
    return height


@_compiled  # type: ignore[untyped-decorator]
def _wind(
    xs: Any,
    ys: Any,
    at: Any,
    arms: Any,
    drift: F64,
    spacing: float,
    ramp: float,
    start: float,
    height: Any,
) -> None:
    """Height in steps: the hillock and, periodic in the phase of the spirals, what the terraces differ from it."""
    turn = 1.0 / (2.0 * math.pi)
    vicinal = drift[0] != 0.0 or drift[1] != 0.0
    for y in range(len(ys)):
        for x in range(len(xs)):
            nearest, turned, g_x, g_y = 1e30, 0.0, 0.0, 0.0
            for k in range(len(at)):
                dx, dy = xs[x] - at[k, 0], ys[y] - at[k, 1]
                r = math.sqrt(dx * dx + dy * dy) + 1e-6
                turned += arms[k] * turn * math.atan2(dy, dx)
                g_x -= arms[k] * turn * dy / (r * r)
                g_y += arms[k] * turn * dx / (r * r)
                nearest = min(nearest, r)
            hill = (drift[0] * xs[x] + drift[1] * ys[y] if vicinal else nearest) / spacing
            phase = hill + turned + start
            # The riser is centred on whole phases and takes this share of a turn. Of the phase's gradient the part
            # of the hillock and that of the windings are at right angles about a centre; elsewhere one is small.
            share = min(1.0, ramp * math.sqrt(g_x * g_x + g_y * g_y + 1.0 / (spacing * spacing)))
            off = phase - math.floor(phase + 0.5)
            saw = off - 0.5 * (1.0 if off > 0.0 else -1.0)
            if abs(off) < 0.5 * share:
                saw = off * (1.0 - 1.0 / share)
            height[y, x] = saw - hill
