"""How one surface is put on the grid: all that it takes beside the surface itself, so that it can be done elsewhere.

Where a frame lies follows from the pixels of frames alone, so it is known before a surface is; what the height datum
needs of a surface that has been moved is a few numbers. What lies between is the work, and any process can do it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Drift, Surface
from eclips4d.registration.resample import resample
from eclips4d.registration.straight_height import straight_height


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a surface belongs.

    Attributes
    ----------
    drift : Drift
        Of the frame, as it is told.
    on : Drift
        Against the frame whose grid is used: the surface is moved by this one.
    rows : float64 [y, 2], optional
        How far each row is displaced by itself, pixels.
    """

    drift: Drift
    on: Drift
    rows: NDArray[np.float64] | None = None


def onto_grid(surface: Surface, placement: Placement, pixel_size_nm: tuple[float, float]) -> Surface:
    """The surface on the grid.

    Raises
    ------
    InputError
        As in `resample`.
    """
    rows = placement.rows
    if rows is not None:
        surface = dataclasses.replace(surface, height=straight_height(surface, rows, pixel_size_nm))
    return resample(surface, placement.on, rows)
