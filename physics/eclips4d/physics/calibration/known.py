"""What the instrument file says beforehand of gains and dark levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.cells import Cells
from eclips4d.physics.calibration.contrast import facet_shape
from eclips4d.physics.calibration.fit import Fit, fit_cells
from eclips4d.physics.calibration.parameters import USUAL, Beforehand, Prior, prior

F64 = NDArray[np.float64]

DOSE_U = 0.06
"""Relative sd of the signal above dark that a stated dose means: the dose's own, and that of a mean gain of 1."""


def known_before(instrument: Instrument, level: F64, axis_sd: float = 0.0, usual: Beforehand = USUAL) -> Prior:
    """Stated dark levels hold; without them a stated dose tells the signal above dark, to a few per cent.

    A dose that means more signal than half as much again as there is, or less than a third, is not believed.
    """
    detector, beam = instrument.detector, instrument.beam
    if detector.offset_adu is not None:
        return prior(level, dark=np.asarray(detector.offset_adu, dtype=float), axis_sd=axis_sd, usual=usual)
    if beam.electrons_per_pixel and beam.adu_per_electron:
        signal = beam.electrons_per_pixel * beam.adu_per_electron
        if level.mean() / 1.5 < signal < 3.0 * level.mean():
            return prior(level, dose_gain=(signal, DOSE_U), axis_sd=axis_sd, usual=usual)
    return prior(level, axis_sd=axis_sd, usual=usual)


def fit_with_known(cells: Cells, instrument: Instrument, axis_sd: float = 0.0, usual: Beforehand = USUAL) -> Fit:
    """Fit, and fit again with what the file says taken relative to the flat signal that the first fit found."""
    shape = facet_shape(instrument)
    level = cells.signal[int(np.argmin(cells.tilt))]
    first = fit_cells(cells, shape, known_before(instrument, level, axis_sd, usual))
    return fit_cells(cells, shape, known_before(instrument, first.parameters.level, axis_sd, usual))
