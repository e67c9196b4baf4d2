"""What is counted of the electrons that leave: directions per tilt and detector, energies, distances, depths."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

TILTS_DEG: Final = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 75.0, 80.0)
AZIMUTHS: Final = 4
"""Every electron's path is cut by facets that rise towards so many directions."""
POLAR_CELLS: Final = 36
AZIMUTH_CELLS: Final = 24
"""Of half a turn: left and right of the steepest ascent are alike."""
DEAD_LAYERS: Final = (0.0, 0.15, 0.3, 0.5, 0.7, 0.85)
"""Thresholds of the detector, in beam energies."""
LENGTHS_NM: Final = (1e-2, 1e5)
LENGTH_CELLS: Final = 280


class Tally(NamedTuple):
    """Sums over electrons; T tilts, W = 1 + thresholds.

    Attributes
    ----------
    direction : float64 [T, POLAR_CELLS, AZIMUTH_CELLS, W]
        Electrons that leave upwards by direction from the specimen's normal: their number, then the sums of
        `(E − threshold)⁺` in beam energies.
    electrons, energy : float64 [T]
        All that leave; the sum of their energies in beam energies.
    distance, depth : float64 [LENGTH_CELLS]
        Of a flat surface: by distance of the exit from the beam, by greatest depth reached; equal logarithmic cells
        over `LENGTHS_NM`.
    """

    direction: F64
    electrons: F64
    energy: F64
    distance: F64
    depth: F64


def empty_tally() -> Tally:
    """A tally of nothing."""
    tilts = len(TILTS_DEG)
    return Tally(
        direction=np.zeros((tilts, POLAR_CELLS, AZIMUTH_CELLS, 1 + len(DEAD_LAYERS))),
        electrons=np.zeros(tilts),
        energy=np.zeros(tilts),
        distance=np.zeros(LENGTH_CELLS),
        depth=np.zeros(LENGTH_CELLS),
    )


class Facets(NamedTuple):
    """The surfaces an electron's path is cut with.

    Attributes
    ----------
    normal : float64 [F, 3]
        The beam comes down along −z.
    tilt : int64 [F]
        Index into `TILTS_DEG`.
    ascent : float64 [F]
        Azimuth of steepest ascent, rad.
    """

    normal: F64
    tilt: NDArray[np.int64]
    ascent: F64

    @property
    def per_tilt(self) -> NDArray[np.int64]:
        """Number of facets of each tilt."""
        return np.bincount(self.tilt, minlength=len(TILTS_DEG))


def facets() -> Facets:
    """One flat surface, and every other tilt towards `AZIMUTHS` directions."""
    tilt = np.concatenate([[0], np.repeat(np.arange(1, len(TILTS_DEG)), AZIMUTHS)])
    ascent = np.concatenate([[0.0], np.tile(np.arange(AZIMUTHS) * (2.0 * np.pi / AZIMUTHS), len(TILTS_DEG) - 1)])
    angle = np.radians(np.array(TILTS_DEG))[tilt]
    normal = np.stack([-np.sin(angle) * np.cos(ascent), -np.sin(angle) * np.sin(ascent), np.cos(angle)], axis=-1)
    return Facets(np.ascontiguousarray(normal), tilt.astype(np.int64), ascent)
