"""The space between specimen, detector and pole piece: its electrodes, and the potential they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.valid_angle.laplace import solve_laplace
from eclips4d.physics.valid_angle.mesh import graded_axis
from eclips4d.physics.valid_angle.segments import annulus_mm

F64 = NDArray[np.float64]

MOUNT_MM = 1.0
"""From the detector plane to the pole piece when the file does not say."""
CELLS = 64
"""Between each two edges of electrodes, in each direction."""
_FAR = 4.0
_BORE_DEPTH = 4.0


@dataclass(frozen=True, slots=True)
class Gap:
    """Electrodes around the detector's axis; lengths in mm, potentials in V against the specimen.

    The specimen is a plane at z = 0. The detector is a thin annulus at z = height. The pole piece is a plane at
    z = pole_piece with a bore, whose wall goes on upwards; a bore of 0 is none.
    """

    height: float
    inner: float
    outer: float
    pole_piece: float
    bore: float
    detector_v: float
    pole_piece_v: float

    @property
    def border(self) -> float:
        """Radius at which the mesh ends: far enough that the detector's edge is no longer felt."""
        return max(self.outer, self.bore) + _FAR * self.pole_piece


def gap_of(instrument: Instrument) -> Gap | None:
    """The electrodes of an instrument; None where they make no field."""
    electrodes, detector = instrument.electrodes, instrument.detector
    if electrodes is None or (electrodes.detector_v == 0.0 and electrodes.pole_piece_v == 0.0):
        return None
    inner, outer, _ = annulus_mm(instrument)
    return Gap(
        height=detector.height_mm,
        inner=inner,
        outer=outer,
        pole_piece=electrodes.pole_piece_mm or detector.height_mm + MOUNT_MM,
        bore=inner if electrodes.bore_radius_mm is None else electrodes.bore_radius_mm,
        detector_v=electrodes.detector_v,
        pole_piece_v=electrodes.pole_piece_v,
    )


def potential(gap: Gap, cells: int = CELLS) -> tuple[F64, F64, F64]:
    """Node positions r [R] and z [Z] in mm and the potential [R, Z] in V, from the specimen to the top of the bore."""
    top = gap.pole_piece + max(_BORE_DEPTH * gap.bore, gap.pole_piece - gap.height)
    r = graded_axis(tuple(sorted({0.0, gap.inner, gap.bore, gap.outer, gap.border})), cells)
    z = graded_axis((0.0, gap.height, gap.pole_piece, top), cells)
    radius, height = np.meshgrid(r, z, indexing="ij")
    detector = (height == gap.height) & (radius >= gap.inner) & (radius <= gap.outer)
    pole = (height >= gap.pole_piece) & ((radius >= gap.bore) | (gap.bore == 0.0))
    value = np.where(pole, gap.pole_piece_v, np.where(detector, gap.detector_v, 0.0))
    return r, z, solve_laplace(r, z, detector | pole | (height == 0.0), value)
