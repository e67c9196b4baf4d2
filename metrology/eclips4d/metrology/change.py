"""Change of height between a frame and its reference frame, on the datum that registration found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray, Terms

ZERO_IS = (
    "Zero is the larger part of the field that moved alike: if more than half of it rose or sank by one step, that "
    "half counts as still, and the rest as changed the other way."
)
"""What nobody can tell from two frames, in words for whoever reads a change."""


@dataclass(frozen=True, slots=True)
class ChangeAt:
    """Change of height at one pixel, nm: its standard deviation `u_nm` contains the datum's, `datum_u_nm`.

    `u_nm` is NaN where the heights' standard deviation is not known.
    """

    nm: float
    u_nm: float
    datum_u_nm: float


@dataclass(frozen=True, slots=True, eq=False)
class HeightChange:
    """By how much the surface has risen since the reference frame.

    `datum_sd` holds what noise and slow change leave of the datum, not that the wrong part of the field may have been
    taken for still (`ZERO_IS`): from two frames that cannot be told from a step's height.

    Attributes
    ----------
    frame, reference : int
        Between which frames; both on the reference frame's grid.
    nm : float32 [y, x]
        NaN where either frame saw nothing.
    random_sd_nm : float32 [y, x] or None
        Standard deviation of the random part of both heights; None where it is not known.
    datum_sd : (float, float, float)
        Of the plane that was taken off: offset (nm), slopes. Common to all pixels; it does not average out.
    pixel_size_nm : (float, float)
        Along x and y.
    """

    frame: int
    reference: int
    nm: FloatArray
    random_sd_nm: FloatArray | None
    datum_sd: Terms
    pixel_size_nm: tuple[float, float]

    def at(self, row: int, column: int) -> ChangeAt | None:
        """Change at one pixel; None beyond the image and where nothing was seen."""
        rows, columns = self.nm.shape
        if not (0 <= row < rows and 0 <= column < columns and np.isfinite(self.nm[row, column])):
            return None
        y, x = (axis.item(k) for axis, k in zip(centred(self.nm.shape, self.pixel_size_nm), (row, column), strict=True))
        datum = float(np.linalg.norm(np.multiply(self.datum_sd, (1.0, x, y))))
        random = np.nan if self.random_sd_nm is None else float(self.random_sd_nm[row, column])
        return ChangeAt(float(self.nm[row, column]), float(np.hypot(random, datum)), datum)

    def sd_nm(self) -> FloatArray | None:
        """Standard deviation of the change, the datum's included, [y, x]; None where the heights' is not known."""
        if self.random_sd_nm is None:
            return None
        y, x = centred(self.nm.shape, self.pixel_size_nm)
        offset, tilt_x, tilt_y = np.square(self.datum_sd)
        variance = self.random_sd_nm.astype(np.float64) ** 2 + offset + tilt_x * x**2 + tilt_y * y**2
        return np.asarray(np.sqrt(variance), np.float32)


def height_change(
    height: FloatArray, reference: FloatArray, plane: Terms, pixel_size_nm: tuple[float, float]
) -> FloatArray:
    """A height less its plane, less the reference frame's height.

    Parameters
    ----------
    height, reference : float32 [y, x]
        As stored, nm, on one grid.
    plane : (float, float, float)
        The height's datum: offset in the middle (nm), dh/dx, dh/dy.
    pixel_size_nm : (float, float)
        Along x and y.

    Returns
    -------
    float32 [y, x]
        nm; NaN where either is.
    """
    y, x = centred(height.shape, pixel_size_nm)
    offset, tilt_x, tilt_y = plane
    return np.asarray(height - (offset + tilt_x * x + tilt_y * y) - reference, np.float32)


def centred(
    shape: tuple[int, ...], pixel_size_nm: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far pixels lie from the middle of the image, nm: y [rows, 1] and x [columns]."""
    (rows, columns), (dx, dy) = shape, pixel_size_nm
    y, x = np.arange(rows, dtype=np.float64)[:, None], np.arange(columns, dtype=np.float64)
    return (y - (rows - 1) / 2) * dy, (x - (columns - 1) / 2) * dx
