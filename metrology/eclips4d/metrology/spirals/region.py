"""Which pixels belong to which core: those nearer to it than to others, out to where its arms are no longer its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from eclips4d.metrology.spirals.field import Field
from eclips4d.metrology.spirals.winding import compiled

F64 = NDArray[np.float64]

_HOLE = 0.3
_MEETING = 0.5
_NEAR = 1.2


def region_of(
    field: Field, place: tuple[float, float], others: Sequence[tuple[float, float]], spacing: float, reach: float
) -> F64:
    """Precisions of the pixels of a core, 0 elsewhere, [y, x].

    Parameters
    ----------
    place, others : (float, float)
        x, y of this core and of the others, nm.
    spacing, reach : float
        Of the arms, and how far to go, nm. Within 0.3 spacings of the core arms are not steps yet.
    """
    region = np.empty(field.shape)
    far = np.array(others, np.float64).reshape(-1, 2)
    _region(field.precision, field.x, field.y, *place, far, _HOLE * spacing, reach, _MEETING * spacing, region)
    return region


@compiled  # type: ignore[untyped-decorator]
def _region(
    precision: F64,
    x: F64,
    y: F64,
    at_x: float,
    at_y: float,
    others: F64,
    hole: float,
    reach: float,
    apart: float,
    out: F64,
) -> None:
    for row in range(y.shape[0]):
        dy2 = (y[row] - at_y) ** 2
        for column in range(x.shape[0]):
            r = math.sqrt((x[column] - at_x) ** 2 + dy2)
            out[row, column] = precision[row, column] if hole < r < reach else 0.0
        for other in range(others.shape[0]):
            from_other2 = (y[row] - others[other, 1]) ** 2
            for column in range(x.shape[0]):
                nearer = math.sqrt((x[column] - at_x) ** 2 + dy2) + apart
                beyond = nearer * nearer >= (x[column] - others[other, 0]) ** 2 + from_other2
                out[row, column] = 0.0 if beyond else out[row, column]


def around(field: Field, agrees: NDArray[np.bool_], region: F64, place: tuple[float, float], spacing: float) -> F64:
    """The part of `region` that agrees with a spiral and hangs together with its core's neighbourhood, [y, x]."""
    core = (field.x[None, :] - place[0]) ** 2 + (field.y[:, None] - place[1]) ** 2 < (_NEAR * spacing) ** 2
    parts, _ = label((agrees & (region > 0)) | core)
    own = parts[core]
    return np.ascontiguousarray(np.where(agrees & (parts == (own[0] if own.size else 0)), region, 0.0))
