"""The one hot loop: segments of a frame to slopes, their sd, the residual and the trust, in a single pass.

Single-threaded and without fast-math, so the same frame gives the same bits in whatever process it is inverted. Pixels
are handled in short blocks whose intermediate values stay in the cache; every inner loop runs along x and vectorises.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.dsm.vectors import wide_and_apart

F32 = NDArray[np.float32]

BLOCK = 256
MAX_SLOPE = np.float32(8.0)
"""Slopes are clipped to this (83 degrees): noise in dark pixels must not reach the integration unbounded."""
DARKEST = np.float32(0.05)
"""A weight never assumes a signal below this share of the flat signal."""
SATURATED_WEIGHT = np.float32(1e-6)
"""Takes a saturated segment out of the fit, yet keeps the equations solvable when all are."""
TRUSTED_RESIDUAL, DOUBTED_RESIDUAL = np.float32(3.0), np.float32(6.0)
"""Trust falls from full to none between these residuals."""
HALF_TRUSTED_SD = np.float32(0.5)
"""Trust is halved at this slope sd."""
_ZERO, _HALF, _ONE, _TWO, _FULL = (np.float32(v) for v in (0.0, 0.5, 1.0, 2.0, 100.0))
_TINY, _NAN = np.float32(1e-12), np.float32(np.nan)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def invert(
    raw: Any,
    dark: F32,
    inverse_gain: F32,
    noise_floor: F32,
    noise_slope: F32,
    saturation: np.float32,
    rows: F32,
    x_unit: F32,
    first: F32,
    slope: F32,
    slope_sd: F32,
    brightness: F32,
    residual: F32,
    trust: NDArray[np.uint8],
) -> None:
    """Weighted least squares of `s_k = rows_k · (u, u·p, u·q)` per pixel; fills the last five arguments.

    Parameters
    ----------
    raw
        uint8 or uint16 [n, y, x].
    dark, inverse_gain
        [n]; s = (raw − dark)·inverse_gain.
    noise_floor, noise_slope
        [n], of s: variance = floor + slope·s.
    saturation
        Raw values from here on are clipped by the digitiser.
    rows
        [y, n, 3, 1 or 4]: the design matrix along each row, constant or cubic in x.
    x_unit
        [x], the variable of those polynomials.
    first
        [3, n], the unweighted solution at the field's centre: it predicts the signals that set the weights.
    slope, slope_sd, brightness, residual, trust
        [2, y, x], then [y, x] each; brightness is u.
    """
    wide_and_apart()
    n, height, width = raw.shape
    s = np.empty((n, BLOCK), np.float32)
    w = np.empty((n, BLOCK), np.float32)
    m = np.empty((n, 3, BLOCK), np.float32)
    a = np.empty((6, BLOCK), np.float32)
    b = np.empty((3, BLOCK), np.float32)
    fit = np.empty((3, BLOCK), np.float32)
    bad = np.empty(BLOCK, np.float32)
    chi2 = np.empty(BLOCK, np.float32)
    for y in range(height):
        for start in range(0, width, BLOCK):
            stop = min(start + BLOCK, width)
            count = stop - start
            for k in range(n):
                _read(raw[k, y, start:stop], dark[k], inverse_gain[k], saturation, first[:, k], s[k], w[k], fit, bad, k)
                _design(rows[y, k], x_unit[start:stop], m[k])
            for k in range(n):
                _weigh(s[k], w[k], m[k], fit, noise_floor[k], noise_slope[k], a, b, count, k)
            _solve(a, b, fit, count)
            _slopes(a, fit, bad, slope[0, y, start:stop], slope[1, y, start:stop], slope_sd[y, start:stop])
            _brightness(fit[0], brightness[y, start:stop])
            for k in range(n):
                _misfit(s[k], w[k], m[k], fit, chi2, count, k)
            _judge(chi2, bad, slope_sd[y, start:stop], n, residual[y, start:stop], trust[y, start:stop])


@_compiled  # type: ignore[untyped-decorator]
def _read(
    source: Any,
    dark: np.float32,
    inverse_gain: np.float32,
    saturation: np.float32,
    first: F32,
    s: F32,
    w: F32,
    fit: F32,
    bad: F32,
    k: int,
) -> None:
    """Signals of segment k, their share in the unweighted solution, and which pixels are clipped."""
    wide_and_apart()
    if k == 0:
        fit[:] = _ZERO
        bad[:] = _ZERO
    u0, p0, q0 = first[0], first[1], first[2]
    f0, f1, f2 = fit[0], fit[1], fit[2]
    for i in range(len(source)):
        value = np.float32(source[i])
        clipped = value >= saturation
        w[i] = SATURATED_WEIGHT if clipped else _ONE
        bad[i] = _ONE if clipped | (value == _ZERO) else bad[i]
        s[i] = (value - dark) * inverse_gain
    for i in range(len(source)):
        v = s[i]
        f0[i] += u0 * v
        f1[i] += p0 * v
        f2[i] += q0 * v


@_compiled  # type: ignore[untyped-decorator]
def _design(row: F32, x: F32, m: F32) -> None:
    """Design matrix of one segment along a block: polynomials of the place in the field."""
    wide_and_apart()
    for c in range(3):
        out = m[c]
        d0 = row[c, 0]
        if row.shape[1] == 1:
            for i in range(len(x)):
                out[i] = d0
        else:
            d1, d2, d3 = row[c, 1], row[c, 2], row[c, 3]
            for i in range(len(x)):
                out[i] = d0 + x[i] * (d1 + x[i] * (d2 + x[i] * d3))


@_compiled  # type: ignore[untyped-decorator]
def _weigh(
    s: F32, w: F32, m: F32, fit: F32, floor: np.float32, slope: np.float32, a: F32, b: F32, count: int, k: int
) -> None:
    """Weight segment k by the noise of the signal that the first solution predicts; add to the normal equations."""
    wide_and_apart()
    if k == 0:
        a[:] = _ZERO
        b[:] = _ZERO
    m0, m1, m2, f0, f1, f2 = m[0], m[1], m[2], fit[0], fit[1], fit[2]
    a0, a1, a2, a3, a4, a5 = a[0], a[1], a[2], a[3], a[4], a[5]
    b0, b1, b2 = b[0], b[1], b[2]
    for i in range(count):
        expected = max(m0[i] * f0[i] + m1[i] * f1[i] + m2[i] * f2[i], DARKEST * abs(m0[i] * f0[i]))
        weight = w[i] / (floor + slope * expected)
        w[i] = weight
        x0, x1, x2 = weight * m0[i], weight * m1[i], weight * m2[i]
        a0[i] += x0 * m0[i]
        a1[i] += x0 * m1[i]
        a2[i] += x0 * m2[i]
        a3[i] += x1 * m1[i]
        a4[i] += x1 * m2[i]
        a5[i] += x2 * m2[i]
        b0[i] += x0 * s[i]
        b1[i] += x1 * s[i]
        b2[i] += x2 * s[i]


@_compiled  # type: ignore[untyped-decorator]
def _solve(a: F32, b: F32, fit: F32, count: int) -> None:
    """Invert the symmetric 3 × 3 matrices in place (order 00, 01, 02, 11, 12, 22), which makes them covariances."""
    wide_and_apart()
    a0, a1, a2, a3, a4, a5 = a[0], a[1], a[2], a[3], a[4], a[5]
    b0, b1, b2, f0, f1, f2 = b[0], b[1], b[2], fit[0], fit[1], fit[2]
    for i in range(count):
        c0 = a3[i] * a5[i] - a4[i] * a4[i]
        c1 = a2[i] * a4[i] - a1[i] * a5[i]
        c2 = a1[i] * a4[i] - a2[i] * a3[i]
        c3 = a0[i] * a5[i] - a2[i] * a2[i]
        c4 = a1[i] * a2[i] - a0[i] * a4[i]
        c5 = a0[i] * a3[i] - a1[i] * a1[i]
        inverse = _ONE / (a0[i] * c0 + a1[i] * c1 + a2[i] * c2)
        a0[i], a1[i], a2[i] = c0 * inverse, c1 * inverse, c2 * inverse
        a3[i], a4[i], a5[i] = c3 * inverse, c4 * inverse, c5 * inverse
    for i in range(count):
        f0[i] = a0[i] * b0[i] + a1[i] * b1[i] + a2[i] * b2[i]
        f1[i] = a1[i] * b0[i] + a3[i] * b1[i] + a4[i] * b2[i]
        f2[i] = a2[i] * b0[i] + a4[i] * b1[i] + a5[i] * b2[i]


@_compiled  # type: ignore[untyped-decorator]
def _slopes(a: F32, fit: F32, bad: F32, out_p: F32, out_q: F32, out_sd: F32) -> None:
    """Slopes as ratios of the solution, and their sd (rms of the two) by propagation of its covariance."""
    wide_and_apart()
    a0, a1, a2, a3, a5, u, f1, f2 = a[0], a[1], a[2], a[3], a[5], fit[0], fit[1], fit[2]
    for i in range(len(out_p)):
        per_u = _ONE / max(u[i], _TINY)
        p, q = f1[i] * per_u, f2[i] * per_u
        spread = a3[i] + a5[i] - _TWO * (p * a1[i] + q * a2[i]) + (p * p + q * q) * a0[i]
        sd = np.sqrt(_HALF * spread) * per_u
        sure = (u[i] > _TINY) & (abs(p) < MAX_SLOPE) & (abs(q) < MAX_SLOPE) & (sd < MAX_SLOPE)
        bad[i] = bad[i] if sure else _ONE
        lit = u[i] > _TINY
        out_p[i] = min(max(p, -MAX_SLOPE), MAX_SLOPE) if lit else _ZERO
        out_q[i] = min(max(q, -MAX_SLOPE), MAX_SLOPE) if lit else _ZERO
        out_sd[i] = sd if sure else MAX_SLOPE


@_compiled  # type: ignore[untyped-decorator]
def _brightness(u: F32, out: F32) -> None:
    """0 where the solution has none, or is no number."""
    wide_and_apart()
    for i in range(len(out)):
        out[i] = u[i] if u[i] > _ZERO else _ZERO


@_compiled  # type: ignore[untyped-decorator]
def _misfit(s: F32, w: F32, m: F32, fit: F32, chi2: F32, count: int, k: int) -> None:
    """Add segment k's squared, weighted difference between measured and re-rendered signal."""
    wide_and_apart()
    if k == 0:
        chi2[:] = _ZERO
    m0, m1, m2, f0, f1, f2 = m[0], m[1], m[2], fit[0], fit[1], fit[2]
    for i in range(count):
        left = s[i] - m0[i] * f0[i] - m1[i] * f1[i] - m2[i] * f2[i]
        chi2[i] += left * left * w[i]


@_compiled  # type: ignore[untyped-decorator]
def _judge(chi2: F32, bad: F32, sd: F32, n: int, out_r: F32, out_t: NDArray[np.uint8]) -> None:
    """Residual, NaN without a degree of freedom; trust: 0 for clipped pixels, less for misfit and for large sd."""
    wide_and_apart()
    freedom = np.float32(max(n - 3, 1))
    for i in range(len(out_r)):
        r = np.sqrt(chi2[i] / freedom)
        agrees = min(max((DOUBTED_RESIDUAL - r) / (DOUBTED_RESIDUAL - TRUSTED_RESIDUAL), _ZERO), _ONE)
        ratio = sd[i] / HALF_TRUSTED_SD
        share = (_ONE if n == 3 else agrees) / (_ONE + ratio * ratio)
        out_t[i] = np.uint8(_ZERO if bad[i] > _ZERO else _FULL * share + _HALF)
        out_r[i] = _NAN if n == 3 else r
