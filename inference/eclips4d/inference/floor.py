"""The noise floor: what counting statistics leave open, whatever the method, without a prior on the surface."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.inference.integrate import integrate
from eclips4d.physics.detector import SegmentResponse, segment_response

F32 = NDArray[np.float32]


def slope_floor(
    instrument: Instrument, electrons_per_pixel: float, excess_noise: float | tuple[float, ...] = 1.0
) -> tuple[float, float]:
    """Smallest sd of dh/dx and of dh/dy on a flat pixel of unknown yield.

    The Cramér-Rao bound of `S_k = u·(flat_k − contrast_k·slope)` with variances `excess_noise·S_k`. For n equal
    segments it is `sqrt(2F)/(kappa·sqrt(n·electrons_per_pixel))`.

    Parameters
    ----------
    instrument
        Its geometry may be anything.
    electrons_per_pixel
        Detected on a flat area, mean over the segments.
    excess_noise
        Variance over that of a Poisson count, one value or one per segment.

    Returns
    -------
    tuple of float
        (sd of dh/dx, sd of dh/dy).
    """
    response = segment_response(instrument)
    counts = electrons_per_pixel * response.flat / response.flat.mean()
    return _bound(response, counts, np.broadcast_to(np.asarray(excess_noise, dtype=float), counts.shape))


def _bound(response: SegmentResponse, counts: NDArray[np.float64], excess: NDArray[np.float64]) -> tuple[float, float]:
    relative = response.matrix / response.flat[:, None]
    information = (relative * (counts / excess)[:, None]).T @ relative
    variance = np.diag(np.linalg.inv(information))
    return float(np.sqrt(variance[1])), float(np.sqrt(variance[2]))


def height_floor(
    slope_sd: tuple[float, float],
    shape: tuple[int, int],
    pixel_size_xy_nm: tuple[float, float],
    process: Callable[[F32], NDArray[np.floating]],
    *,
    repeats: int = 4,
    seed: int = 0,
) -> float:
    """Rms height that white slope noise leaves after the same integration, levelling and crop as a result.

    Parameters
    ----------
    slope_sd
        From `slope_floor`.
    process
        Takes a height [y, x] through whatever the result went through (resampling, levelling, crop); NaN is left out.
    repeats, seed
        Noise images drawn, and where the generator starts.

    Returns
    -------
    float
        nm.
    """
    rng = np.random.default_rng(seed)
    sd = np.asarray(slope_sd, dtype=np.float32)[:, None, None]
    squares = []
    for _ in range(repeats):
        noise = rng.standard_normal((2, *shape), dtype=np.float32) * sd
        squares.append(np.nanmean(np.asarray(process(integrate(noise, pixel_size_xy_nm)), dtype=float) ** 2))
    return float(np.sqrt(np.mean(squares)))
