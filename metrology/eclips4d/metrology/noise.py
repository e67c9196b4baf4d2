"""How far noise of the slopes carries into anything that is linear in slopes or in heights.

Slope noise is taken as white with the given standard deviation and correlation; heights are its least-squares
integral, so that their noise is not white: neighbouring heights err together, distant ones drift apart with the
logarithm of their distance.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from eclips4d.core.results import Drift, FloatArray
from eclips4d.registration.interpolation import six_point, weights_at
from eclips4d.registration.moving import way

Weights = NDArray[np.float64]


def mean_slope_sd(slope_sd: FloatArray | NDArray[np.float64], weights: Weights, correlation_px: float = 1.0) -> float:
    """Standard deviation of a weighted mean of one slope component.

    Parameters
    ----------
    slope_sd : [pixel] or [y, x]
        Of one slope component; pixels where it is not finite must have weight 0.
    weights : the same shape
        Need not add up to 1.
    correlation_px : float
        Effective number of pixels that share one value (the store's `noise_correlation_px`).

    Returns
    -------
    float
        At most that of a single pixel of the mean variance: sharing cannot make a mean worse than its members.
    """
    used = weights != 0
    w, variance = weights[used], np.asarray(slope_sd, np.float64)[used] ** 2
    total = float(w.sum())
    if not w.size or total == 0.0:
        return float("nan")
    independent = float((w**2 * variance).sum()) * max(correlation_px, 1.0)
    together = float((np.abs(w) * np.sqrt(variance)).sum()) ** 2
    return float(np.sqrt(min(independent, together))) / abs(total)


def height_sd_of(
    weights: Weights, slope_sd: float, pixel_size_nm: tuple[float, float], correlation_px: float = 1.0
) -> float:
    """Standard deviation of a weighted sum of heights whose weights add up to zero, nm.

    Heights are the least-squares integral of slopes with white noise, so that mode k has the variance
    s² / (|Dx(k)|² + |Dy(k)|²), D being differences between neighbours (docs/physics.md, limits).

    Parameters
    ----------
    weights : float64 [y, x]
        Of a patch of the image; pixels beyond it have none. For a step height +1/n on the one terrace, -1/m on the
        other.
    slope_sd : float
        Of one slope component, per pixel: root mean square over the patch.
    pixel_size_nm : (float, float)
        Along x and y.
    correlation_px : float
        As in `mean_slope_sd`.

    Raises
    ------
    ValueError
        The weights do not add up to zero: an absolute height has no finite uncertainty.
    """
    if abs(weights.sum()) > 1e-6 * np.abs(weights).sum():
        raise ValueError("weights of heights must add up to zero")
    # Room around the patch, so that its periodic repetitions do not see each other, neither beside nor above it.
    longest = max(length * nm for length, nm in zip(weights.shape, pixel_size_nm[::-1], strict=True))
    rows, columns = (int(2 ** np.ceil(np.log2(2 * longest / nm + 16))) for nm in pixel_size_nm[::-1])
    spectrum = np.abs(np.fft.rfft2(weights, (rows, columns))) ** 2
    dx, dy = pixel_size_nm
    ky, kx = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :]
    stiffness = 4 * np.sin(np.pi * kx) ** 2 / dx**2 + 4 * np.sin(np.pi * ky) ** 2 / dy**2
    stiffness[0, 0] = np.inf
    twice = np.full(kx.shape, 2.0)
    twice[0, 0] = 1.0
    if columns % 2 == 0:
        twice[0, -1] = 1.0
    variance = float((twice * spectrum / stiffness).sum()) / (rows * columns)
    return float(slope_sd * np.sqrt(variance * max(correlation_px, 1.0)))


def difference_sd(distance_px: float, slope_sd: float, pixel_nm: float, correlation_px: float = 1.0) -> float:
    """Standard deviation of the difference of two single heights `distance_px` apart, nm, far from the image's border.

    `s d sqrt((ln r + 1.617)/pi)`: what `height_sd_of` gives for +1 and -1, in closed form, good to 1 % from two pixels
    on. It grows with the logarithm of the distance, never in proportion.
    """
    variance = (np.log(max(distance_px, 1.0)) + 1.617) / np.pi * max(correlation_px, 1.0)
    return float(slope_sd * pixel_nm * np.sqrt(variance))


def riser_sd(width_nm: float, length_nm: float, slope_sd: float, pixel_nm: float, correlation_px: float = 1.0) -> float:
    """Standard deviation of the height of a step, from the slopes of its riser alone, nm: `s d sqrt(w/L)`.

    The least that white slope noise allows for a riser `width_nm` wide of known ends that is averaged over `length_nm`
    of its edge; as an unknown tilt of the terraces and unknown ends are fitted too, a reading has more.
    """
    return float(slope_sd * pixel_nm * np.sqrt(width_nm / length_nm * max(correlation_px, 1.0)))


def white_share(drift: Drift, rows: int) -> NDArray[np.float64]:
    """What moving a frame onto the grid left of white noise in single pixels, as a share of its sd, [rows].

    Between 0.74, half-way between pixels in both directions, and 1. What a pixel's noise loses its neighbours share:
    a mean over many pixels has the noise it had before, so divide `slope_sd` by this before averaging.
    """
    place, shift = way(rows, np.asarray(drift.start, np.float64), np.asarray(drift.rate, np.float64))
    return np.asarray(_left(place, shift), np.float64)


@njit(cache=True, nogil=True)
def _left(place: NDArray[np.float64], shift: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = place.size
    out = np.ones(rows)
    for y in range(rows):
        row = min(max(place[y], 0.0), rows - 1.0)
        down = weights_at(row, rows)[1]
        aside = shift[int(row)]
        across = six_point(aside - np.floor(aside))
        out[y] = np.sqrt(np.sum(down * down) * np.sum(across * across))
    return out
