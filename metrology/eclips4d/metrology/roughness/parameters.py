"""Height and hybrid parameters of ISO 25178-2 of a surface as it is given: nothing is levelled or filtered here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.roughness import sums

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Of one surface; nm, Sdr and Sdq without unit (Sdr of 0.01 is 1 %).

    Attributes
    ----------
    sq, sa : float
        Root mean square and mean absolute height.
    sp, sv, sz : float
        Highest peak, deepest pit, both together. They grow with area and noise.
    ssk, sku : float
        Skewness and kurtosis of heights; 0 and 3 for normal ones. NaN for a flat.
    sdq : float
        Root mean square gradient.
    sdr : float
        Developed area over projected area, less one: every cell of four points as the mean of its two
        triangulations (ISO 25178-2:2021, D.15).
    """

    sq: float
    sa: float
    sp: float
    sv: float
    sz: float
    ssk: float
    sku: float
    sdq: float
    sdr: float


def parameters(height: NDArray[np.floating], pixel_size_nm: tuple[float, float]) -> Parameters:
    """Parameters of a surface about its mean.

    Parameters
    ----------
    height : float [y, x]
        nm; NaN is left out.
    pixel_size_nm : (float, float)
        Along x and y.
    """
    z = np.ascontiguousarray(height, np.float64)
    count, mean, lowest, highest = sums.span(z)
    if not count:
        return Parameters(*[float("nan")] * 9)
    square, absolute, cube, fourth = (total / count for total in sums.moments(z, mean))
    sq = float(np.sqrt(square))
    flat = sq == 0.0
    slope_square, sdr = _hybrid(z, pixel_size_nm)
    return Parameters(
        sq=sq,
        sa=float(absolute),
        sp=float(highest - mean),
        sv=float(mean - lowest),
        sz=float(highest - lowest),
        ssk=float("nan") if flat else float(cube / sq**3),
        sku=float("nan") if flat else float(fourth / sq**4),
        sdq=float(np.sqrt(slope_square)),
        sdr=sdr,
    )


def _hybrid(height: F64, pixel_size_nm: tuple[float, float]) -> tuple[float, float]:
    """Mean square gradient and developed area ratio."""
    along_x, count_x, along_y, count_y, developed, cells = sums.gradients(height, *pixel_size_nm)
    if not cells:
        return float("nan"), float("nan")
    return float(along_x / count_x + along_y / count_y), float(developed / cells)
