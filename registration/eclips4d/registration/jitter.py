"""How far every row of a frame lies from the line that the fit lays through all of them.

Every row s of the frame is compared with the reference's content there (rows of the reference joined, the frame's own
rows never): sum(W g · (frame(s, x + shift + offset) - reference(x))) = 0, row by row, for rows and columns together.
Blocks of 32 pixels that do not agree with the rest of their row are left out, as in the fit. A line through the offsets
is taken out, because that is drift; what remains is shrunk to what exceeds the noise (`row_prior`).

Only columns are given unless rows are asked for as well. A step parallel to the rows that moves displaces all blocks of
a row alike, and no vote can tell that from jitter of rows; along the columns every row crosses many things. And rows
that overtake each other cannot be put in order to first order.

What is found is a difference: the reference's rows are displaced too. See `reference_rows`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.pair import Instruments
from eclips4d.registration.row_prior import Shrunk, shrink
from eclips4d.registration.row_sight import RowSight

Vector = NDArray[np.float64]
OWN_MOTION_PX = (1.0, 0.3, 0.1, 0.0)
"""How far blocks may move by themselves, step by step."""


@dataclass(frozen=True, slots=True)
class RowJitter:
    """Displacement of each row beyond the linear drift, in pixels of the channels it was measured in.

    Attributes
    ----------
    offset, sd : float64 [rows, 2]
        Rows and columns; content of row s is displaced by so much more. Exactly zero where not significant.
    rms_px : tuple of float
        Of the jitter, as estimated from the scatter beyond the noise.
    significant : bool
        Whether there is any in what is given.
    measured, noise : float64 [rows, 2]
        Offsets before they were shrunk, and their standard deviation; infinite where nothing was measured.
    place : float64 [rows]
        The row of the reference that each row shows, by the linear drift.
    """

    offset: Vector
    sd: Vector
    rms_px: tuple[float, float]
    significant: bool
    measured: Vector
    noise: Vector
    place: Vector

    def expanded(self, binning: int, rows: int) -> Vector:
        """`offset` in pixels of the full frame, for each of its rows: what `resample` takes, float64 [rows, 2]."""
        at = np.minimum(np.arange(rows) // binning, len(self.offset) - 1)
        return np.asarray(self.offset[at] * binning)


def row_jitter(
    by: Instruments,
    channels: NDArray[np.float32],
    ends: Vector,
    noise_correlation: float = 1.0,
    reference_offset: NDArray[np.floating] | None = None,
    rows_too: bool = False,
) -> RowJitter:
    """Displacement of each row of a frame beyond the fitted shift.

    Parameters
    ----------
    by : Instruments
        Of the reference; where steps flow, of what lies between them.
    channels : float32 [c, y, x]
        The frame, of the same kind.
    ends : float64 [4]
        `RowShift.ends` in pixels of these channels.
    noise_correlation : float
        Pixels that share one noise value.
    reference_offset : float32 or float64 [y, 2], optional
        How far the reference's own rows are displaced, as far as that is known.
    rows_too : bool
        Whether displacements along the rows' normal are given as well.
    """
    sight = RowSight.of(by, channels, ends, max(noise_correlation, 1.0))
    if sight is None:
        return _nothing(channels.shape[1])
    measured, variance = sight.measured(np.zeros((channels.shape[1], 2)), (0.0,))
    if _any_scatter(sight.without_line(measured, variance), variance) or (
        reference_offset is not None and reference_offset.any()
    ):
        measured, variance = sight.measured(sight.searched(), OWN_MOTION_PX)
    if reference_offset is not None:
        measured = measured + sight.of_reference(reference_offset)
    return _shrunk(sight.without_line(measured, variance), variance, sight.place, rows_too)


def _any_scatter(measured: Vector, variance: Vector) -> bool:
    return any(shrink(m, v).rms > 0 for m, v in zip(measured.T, variance.T, strict=True))


def _shrunk(measured: Vector, variance: Vector, place: Vector, rows_too: bool) -> RowJitter:
    rows, columns = (shrink(m, v) for m, v in zip(measured.T, variance.T, strict=True))
    given = rows if rows_too else Shrunk(np.zeros(len(measured)), np.zeros(len(measured)), 0.0)
    return RowJitter(
        np.column_stack([given.offset, columns.offset]),
        np.column_stack([rows.sd if rows_too else np.hypot(rows.rms, rows.sd), columns.sd]),
        (rows.rms, columns.rms),
        columns.rms > 0 or given.rms > 0,
        measured,
        np.sqrt(variance),
        place,
    )


def _nothing(rows: int) -> RowJitter:
    nothing = np.zeros((rows, 2))
    unknown = np.full((rows, 2), np.inf)
    return RowJitter(nothing, unknown, (0.0, 0.0), False, nothing, unknown, np.full(rows, -1.0))
