"""Signals of facets that stand alone: the simulator without surroundings, as a function of the slope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.bsesm.amplitudes import fill_amplitudes, law_arrays
from eclips4d.physics.bsesm.optics import Optics
from eclips4d.physics.bsesm.visible import hide_rows, signal_rows
from eclips4d.physics.emission.law import EmissionLaw

F32 = NDArray[np.float32]


def facet_signal(optics: Optics, law: EmissionLaw, slope: F32, place: tuple[float, float] = (0.0, 0.0)) -> F32:
    """Detected electrons per electron that a flat spot emits, of facets that only their own horizon hides.

    Parameters
    ----------
    optics, law
        Of the simulator whose pixels these facets are.
    slope
        dh/dx, dh/dy, [2, y, x].
    place
        In the field, x and y (down), from −1 to 1.

    Returns
    -------
    float32 [n, y, x]
    """
    rows, columns = slope.shape[1:]
    slope = np.ascontiguousarray(slope, dtype=np.float32)
    arrays = law_arrays(law)
    amplitude = np.empty((len(arrays[2]), rows, columns), np.float32)
    fill_amplitudes(slope, *arrays, amplitude, 0, rows)
    hidden, signal = np.zeros((2, len(optics.full), rows, columns), np.float32)
    at_x, at_y = np.full(columns, place[0]), np.full(rows, place[1])
    tangent = np.empty((rows, columns), np.float32)
    for direction, share in zip(optics.directions, optics.hidden, strict=True):
        tangent[:] = share.floor
        along, across = float(np.cos(direction.azimuth)), -float(np.sin(direction.azimuth))
        look = (tangent, slope[0], slope[1], along, across, share.floor, share.segments)
        hide_rows(*look, share.low, share.per_entry, share.table, at_x, at_y, amplitude, hidden, 0, rows)
    ones = np.ones((rows, columns), np.float32)
    signal_rows(optics.full, at_x, at_y, amplitude, ones, hidden, 0, 1, signal, 0, rows)
    return signal
