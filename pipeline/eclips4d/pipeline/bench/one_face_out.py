"""A real indent, one face left out: calibrated on three faces, the fourth is read, each in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.artefact import AXIS_SD_DEG
from eclips4d.physics.calibration.contrast import facet_shape
from eclips4d.physics.calibration.fit import Fit
from eclips4d.physics.calibration.flat_field import FlatField
from eclips4d.physics.calibration.known import fit_with_known
from eclips4d.physics.calibration.parameters import USUAL, Beforehand, Parameters
from eclips4d.physics.calibration.pyramid import MARGIN, Pyramid, find_pyramid, pyramid_cells, surroundings
from eclips4d.physics.calibration.reading import slope_of

F64 = NDArray[np.float64]

FACE_DEG = 22.0
MARGINS = (0.05, 0.075, 0.1, 0.125, 0.15)
"""Shares of the apex-to-rim distance kept free of a face's edges; the middle one is what `calibrate` takes."""
_BEYOND = 1.12
"""Share of the rim up to which a profile is followed: the flat begins there."""


@dataclass(frozen=True, slots=True)
class OneFaceOut:
    """What was read.

    Attributes
    ----------
    azimuth_deg : float64 [4]
        Of the faces, as seen from the apex on the screen.
    predicted_deg, fitted_deg : float64 [4]
        Angle of each face by a calibration on the other three, and on all four.
    depth_nm : float64 [4]
        Rise from the apex to the flat along the face left out.
    fit : Fit
        To all four.
    """

    azimuth_deg: F64
    predicted_deg: F64
    fitted_deg: F64
    depth_nm: F64
    fit: Fit
    pyramid: Pyramid
    field: FlatField

    @property
    def predicted_rms(self) -> float:
        """Rms deviation of the predicted angles from 22 degrees."""
        return float(np.sqrt(np.mean((self.predicted_deg - FACE_DEG) ** 2)))

    @property
    def fitted_rms(self) -> float:
        """The same of the fit to all four."""
        return float(np.sqrt(np.mean((self.fitted_deg - FACE_DEG) ** 2)))


def one_face_out(
    data: RawArray,
    instrument: Instrument,
    margin: float = MARGIN,
    axis_sd_deg: float = AXIS_SD_DEG,
    usual: Beforehand = USUAL,
    *,
    depths: bool = True,
) -> OneFaceOut:
    """Read every face of the indent by the other three.

    Parameters
    ----------
    margin, axis_sd_deg, usual
        Choices that the result depends on; those of `calibrate` when not given.
    depths
        Whether to follow profiles, which takes longer.
    """
    raw = np.asarray(data, dtype=np.float64)
    pyramid = find_pyramid(raw, instrument)
    field = surroundings(raw, instrument, pyramid)
    cells = pyramid_cells(raw, instrument, pyramid, np.radians(FACE_DEG), margin)
    shape = facet_shape(instrument)
    axis = float(np.radians(axis_sd_deg))
    every = fit_with_known(cells, instrument, axis, usual)
    predicted, fitted, depth = [], [], []
    for face in range(4):
        kept = np.ones(5, bool)
        kept[face + 1] = False
        three = fit_with_known(cells.only(kept), instrument, axis, usual).parameters
        signals, near = cells.signal[face + 1], (float(cells.slope[face + 1, 0]), float(cells.slope[face + 1, 1]))
        predicted.append(_degrees(slope_of(signals, three, shape, near)))
        fitted.append(_degrees(slope_of(signals, every.parameters, shape, near)))
        depth.append(profile(raw, instrument, pyramid, field, three, face)[1][-1] if depths else np.nan)
    azimuth = np.degrees(pyramid.azimuths)
    return OneFaceOut(azimuth, np.array(predicted), np.array(fitted), np.array(depth), every, pyramid, field)


def profile(
    raw: F64, instrument: Instrument, pyramid: Pyramid, field: FlatField, parameters: Parameters, face: int
) -> tuple[F64, F64]:
    """Distance from the apex and height above it along the middle of a face, nm, from medians across the face."""
    dx, dy = instrument.scan.pixel_size_xy_nm
    along, across = pyramid.distances((raw.shape[1], raw.shape[2]), dy / dx)
    shape, azimuth = facet_shape(instrument), pyramid.azimuths[face]
    centre = field.at(np.array((raw.shape[1] - 1) / 2.0), np.array((raw.shape[2] - 1) / 2.0))
    steps = np.arange(1, int(_BEYOND * pyramid.rim) + 1)
    rises, start = [], (0.0, 0.0)
    for step in steps:
        strip = (np.abs(along[face] - step) <= 0.5) & (np.abs(across[face]) <= max(0.7 * step, 1.0))
        ratio = np.median(raw[:, strip] / field.at(*np.nonzero(strip)), axis=1)
        slope = slope_of(ratio * centre, parameters, shape, start)
        start = (float(slope[0]), float(slope[1]))
        rises.append(float(slope[0] * np.cos(azimuth) - slope[1] * np.sin(azimuth)))
    sign = 1.0 if pyramid.indent else -1.0
    return np.asarray(steps * dx, dtype=np.float64), sign * np.cumsum(rises) * dx


def _degrees(slope: F64) -> float:
    return float(np.degrees(np.arctan(np.hypot(*slope))))
