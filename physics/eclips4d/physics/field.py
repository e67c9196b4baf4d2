"""How the segments' response changes over the scanned field: the origin of the false dome of large images.

Away from the axis the detector is not seen as from the field's centre. The change is smooth, so it is computed exactly
on a coarse grid of beam places and carried to every pixel by a polynomial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import segment_response

_DEGREE = 3
_NEGLIGIBLE = 1e-7


@dataclass(frozen=True, slots=True)
class ResponseField:
    """Polynomials in x and y, both running from −1 to 1 over the field, for every entry of the design matrix.

    Attributes
    ----------
    coefficients : float64 [n, 3, 4, 1 or 4]
        Of (flat, −contrast_x, −contrast_y); the third axis counts powers of y (downwards), the fourth
        powers of x, of which only the constant is left where the field is too small to matter.
    x, y : float64
        Pixel positions in those units.
    """

    coefficients: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def rows(self) -> NDArray[np.float64]:
        """Coefficients in x of every image row, float64 [y, n, 3, 1 or 4]."""
        powers = np.vander(self.y, self.coefficients.shape[2], increasing=True)
        return np.asarray(np.einsum("yb,kcba->ykca", powers, self.coefficients))

    def matrix(self) -> NDArray[np.float64]:
        """The design matrix of every pixel, float64 [n, 3, y, x]; large, for checks and renderers."""
        powers = np.vander(self.x, self.coefficients.shape[3], increasing=True)
        return np.asarray(np.einsum("xa,ykca->kcyx", powers, self.rows()))


def response_field(instrument: Instrument, shape: tuple[int, int]) -> ResponseField:
    """Polynomials through the exact response at Chebyshev places of the field.

    Parameters
    ----------
    instrument
        Its pixel size gives the field's extent; the axis is taken to pass through the field's centre, apart from the
        detector's own offset.
    shape
        (rows, columns).
    """
    pixel_mm = np.asarray(instrument.scan.pixel_size_xy_nm) * 1e-6
    rows, columns = shape
    half_x, half_y = pixel_mm * np.array([columns - 1, rows - 1]) / 2.0
    nodes = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    exact = np.array([[_design(instrument, half_x * x, -half_y * y) for x in nodes] for y in nodes])
    inverse = np.linalg.inv(np.vander(nodes, increasing=True))
    coefficients = np.einsum("by,ax,yxkc->kcba", inverse, inverse, exact)
    return ResponseField(_trim(coefficients), _unit_positions(columns), _unit_positions(rows))


def _design(instrument: Instrument, x_mm: float, y_up_mm: float) -> NDArray[np.float64]:
    return segment_response(instrument, (x_mm, y_up_mm)).matrix


def _trim(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """Drop the powers of x where they change nothing, so that small fields cost nothing."""
    scale = np.abs(coefficients[:, 0]).max()
    if np.abs(coefficients[..., 1:]).max() < _NEGLIGIBLE * scale:
        return np.ascontiguousarray(coefficients[..., :1])
    return coefficients


def _unit_positions(count: int) -> NDArray[np.float64]:
    return np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)
