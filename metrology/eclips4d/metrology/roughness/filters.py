"""What ISO 25178 does to a surface before it is judged: S-filter, F-operation, L-filter.

S and L are areal Gaussian filters after ISO 16610-61: they pass half of a wave whose length is the nesting index. Edges
are mirrored, places not seen are left out of the averages.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.metrology.roughness import form

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

ALPHA = float(np.sqrt(np.log(2.0) / np.pi))
"""Of ISO 16610: the weighting function is exp(-pi (x / (alpha · cutoff))²)."""


def smoothed(height: F64, cutoff_nm: float, pixel_size_nm: tuple[float, float], seen: Mask) -> F64:
    """S-filter: what is longer than the nesting index.

    Parameters
    ----------
    height : float64 [y, x]
    cutoff_nm : float
        Nesting index.
    pixel_size_nm : (float, float)
        Along x and y.
    seen : bool [y, x]
        What counts; elsewhere the result is NaN.
    """
    sigma = sigma_px(cutoff_nm, pixel_size_nm)
    if seen.all():
        return np.asarray(gaussian_filter(height, sigma, mode="reflect"))
    weight = gaussian_filter(seen.astype(np.float64), sigma, mode="reflect")
    mean = gaussian_filter(np.where(seen, height, 0.0), sigma, mode="reflect")
    return np.where(seen, mean / np.maximum(weight, 1e-12), np.nan)


def sigma_px(cutoff_nm: float, pixel_size_nm: tuple[float, float]) -> tuple[float, float]:
    """Standard deviation of the Gaussian of a cutoff, along y and x."""
    sigma = ALPHA * cutoff_nm / np.sqrt(2.0 * np.pi)
    return float(sigma / pixel_size_nm[1]), float(sigma / pixel_size_nm[0])


def without_form(height: F64, degree: int, seen: Mask) -> F64:
    """F-operation: the polynomial of least squares taken off; degree 0 the mean, 1 the plane, 2 and so on.

    Terms x^i y^j with i + j up to the degree, fitted to what is seen.
    """
    rows, columns = height.shape
    y = np.linspace(-1.0, 1.0, rows) if rows > 1 else np.zeros(1)
    x = np.linspace(-1.0, 1.0, columns) if columns > 1 else np.zeros(1)
    terms = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    along, down = (np.vander(axis, 2 * degree + 1, increasing=True) for axis in (x, y))
    # Sums over the image factor into one axis after the other, so no matrix of all pixels is needed.
    weights, heights = np.zeros((rows, 2 * degree + 1)), np.zeros((rows, degree + 1))
    single = np.ascontiguousarray(along.T)
    form.sums_along(height, seen, single, weights, heights)
    powers, moments = down.T @ weights, down[:, : degree + 1].T @ heights
    normal = np.array([[powers[j + q, i + p] for p, q in terms] for i, j in terms])
    solved = np.linalg.lstsq(normal, np.array([moments[j, i] for i, j in terms]), rcond=None)[0]
    table = np.zeros((degree + 1, degree + 1))
    for (i, j), value in zip(terms, solved, strict=True):
        table[j, i] = value
    return np.asarray(form.taken_off(height, seen, single, down[:, : degree + 1] @ table), np.float64)
