"""Everything an image needs of the instrument and the emission law, precomputed for one size of field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.course import Course, bin_edges, courses
from eclips4d.physics.bsesm.hidden import HiddenShare, hidden_share
from eclips4d.physics.bsesm.integrals import cell_integrals
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.valid_angle.directions import POLAR_CELLS, acceptance, polar_edges
from eclips4d.physics.valid_angle.flight import flights

F64 = NDArray[np.float64]

_POINTLIKE, _LINEAR, _HIDDEN_ALIKE = 1e-7, 1e-3, 3e-4
"""Half fields over the distance of the detector: below, one place stands for all; the response is linear over the
field; what is hidden does not change over the field."""
_NODES = np.cos(np.pi * (np.arange(4) + 0.5) / 4.0)


@dataclass(frozen=True, slots=True)
class Optics:
    """Integrals over the detector.

    Attributes
    ----------
    full : float64 [n, C, b, a]
        Integral of every channel when nothing is hidden: coefficients of powers of y (down) and x, both from −1 to 1
        over the field.
    directions : list of Course
    hidden : list of HiddenShare
        As many as directions.
    """

    full: F64
    directions: list[Course]
    hidden: list[HiddenShare]


def optics(
    instrument: Instrument, law: EmissionLaw, half_mm: tuple[float, float], pixel_nm: tuple[float, float], azimuths: int
) -> Optics:
    """Integrate the law over the detector as seen from several places of the field.

    Parameters
    ----------
    half_mm
        Half the field's extent (x, y).
    pixel_nm
        Size of the pixels whose rays the directions are chosen for.
    """
    directions = courses(azimuths, pixel_nm)
    edges = bin_edges(directions)
    flown = [flight for _, flight in flights(instrument, half_mm)]
    theta_edges = polar_edges(instrument, half_mm, flown, POLAR_CELLS)

    def at(x: float, y: float) -> F64:
        accepted = acceptance(instrument, (x * half_mm[0], -y * half_mm[1]), theta_edges=theta_edges)
        return cell_integrals(accepted, law, edges)

    size = max(half_mm) / instrument.detector.height_mm
    if size < _POINTLIKE:
        centre = at(0.0, 0.0)
        full, parts = centre.sum((0, 3))[..., None, None], centre[None]
    elif size < _LINEAR:
        full, parts = _linear(at)
    else:
        full, parts = _cubic(at)
    if size < _HIDDEN_ALIKE:
        parts = parts[:1]
    return Optics(full, directions, [hidden_share(theta_edges, parts[:, m]) for m in range(azimuths)])


def _linear(at: Callable[[float, float], F64]) -> tuple[F64, F64]:
    left, right, up, down = at(-1.0, 0.0), at(1.0, 0.0), at(0.0, -1.0), at(0.0, 1.0)
    parts = np.stack([(left + right + up + down) / 4.0, (right - left) / 2.0, (down - up) / 2.0])
    centre, along_x, along_y = parts.sum((1, 4))
    full = np.stack([np.stack([centre, along_x], -1), np.stack([along_y, np.zeros_like(centre)], -1)], -2)
    return full, parts


def _cubic(at: Callable[[float, float], F64]) -> tuple[F64, F64]:
    exact = np.array([[at(x, y) for x in _NODES] for y in _NODES])
    inverse = np.linalg.inv(np.vander(_NODES, increasing=True))
    full = np.einsum("by,ax,yxkc->kcba", inverse, inverse, exact.sum((2, 5)))
    parts = np.einsum("py,px,yx...->p...", inverse[[0, 0, 1]], inverse[[0, 1, 0]], exact)
    return full, parts
