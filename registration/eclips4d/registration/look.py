"""A frame as registration sees it: its channels, and what is made of them when another frame is compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.registration import steps, tangents
from eclips4d.registration.channels import bin_channels, binning_for, form_channels, mixing_matrix
from eclips4d.registration.fit import Instruments, instruments
from eclips4d.registration.lines import Lines, find_lines
from eclips4d.registration.robust import BLOCK_PX
from eclips4d.registration.template import Template, filtered_gradient, prepare

Vector = NDArray[np.float64]
FIT_PX = 512
"""Frames longer than this are fitted at half, quarter, … resolution."""
SEARCH_PX = 256
"""The same for the search."""
DETAIL_ROWS = 2048
"""The same for what lies between the steps, by rows alone: roughness and gaps between steps do not survive binning …"""
DETAIL_PX, DETAIL_COLUMNS = 512 * 512, 256
"""… so of large frames only the middle columns are looked at: so many pixels in all, but so many columns at least."""


@dataclass(frozen=True, slots=True)
class Eye:
    """How the frames of a run are looked at: the same for all of them.

    Attributes
    ----------
    matrix, offset : float64 [channels, n], float64 [n]
        Segments to channels.
    shape : tuple of int
        Of the raw frame.
    binning, further : int
        Full frame to the fit's channels, those to the search's.
    detail : int
        Full frame to the channels in which one looks between the steps.
    columns : slice
        Of the full frame, that those show.
    noise_correlation : float
        Pixels that share one noise value.
    """

    matrix: Vector
    offset: Vector
    shape: tuple[int, ...]
    binning: int
    further: int
    detail: int
    columns: slice
    noise_correlation: float

    def look(self, raw: RawArray) -> Look:
        """The channels of a frame."""
        channels = form_channels(raw, self.matrix, self.offset, self.binning)
        return Look(self, channels, None if self._sees_detail else self._shown(raw))

    def _shown(self, raw: RawArray) -> RawArray:
        """The columns for the detail, read-only as arrays off the wire are: kernels are compiled for that already."""
        shown = raw[:, :, self.columns].copy()
        shown.flags.writeable = False
        return shown

    @property
    def _sees_detail(self) -> bool:
        """Whether the fit's channels show as much as those in which one looks between the steps."""
        return self.detail == self.binning and self.columns == slice(0, self.shape[2])

    def rows_from_to(self, binning: int) -> tuple[float, float]:
        """Where first and last row of the full frame lie in rows of channels that are binned like this."""
        first = -(binning - 1) / (2 * binning)
        return first, first + (self.shape[1] - 1) / binning


def open_eye(shape: tuple[int, ...], means: Vector, calibration: Calibration) -> Eye:
    """How to look at frames of this shape.

    Parameters
    ----------
    shape : tuple of int
        n, rows, columns.
    means : float64 [n]
        Mean of each segment in the run's first frame, adu.
    calibration : Calibration

    Raises
    ------
    InputError
        The calibration is for another number of segments.
    """
    if shape[0] != len(calibration.flat):
        raise InputError(f"{shape[0]} segments, but the calibration has {len(calibration.flat)}")
    binning = binning_for(shape, FIT_PX)
    further = binning_for((shape[1] // binning, shape[2] // binning), SEARCH_PX)
    offset = np.asarray(calibration.offset_adu, np.float64)
    correlation = max(calibration.noise_correlation_px, 1.0)
    detail, columns = binning_for((shape[1], shape[1]), DETAIL_ROWS), _middle_columns(shape)
    matrix = mixing_matrix(calibration, means)
    return Eye(matrix, offset, shape, binning, further, detail, columns, correlation)


def _middle_columns(shape: tuple[int, ...]) -> slice:
    """So few that a frame at full resolution has no more pixels than `DETAIL_PX`, if there are enough."""
    columns = min(shape[2], max(DETAIL_PX // shape[1] // BLOCK_PX * BLOCK_PX, DETAIL_COLUMNS))
    first = (shape[2] - columns) // 2
    return slice(first, first + columns)


class Look:
    """One frame; everything beyond its channels is made on first use, and only when another frame needs it.

    Parameters
    ----------
    eye : Eye
    channels : float32 [c, y, x]
    shown : uint8 or uint16 [n, y, x], optional
        What `detail` is made of, where `channels` are too coarse for it.
    """

    def __init__(self, eye: Eye, channels: NDArray[np.float32], shown: RawArray | None) -> None:
        self._eye, self.channels, self._shown = eye, channels, shown

    @cached_property
    def coarse(self) -> NDArray[np.float32]:
        """Channels of the search."""
        return bin_channels(self.channels, self._eye.further)

    @cached_property
    def template(self) -> Template:
        """To be searched for."""
        return prepare(self.coarse)

    @cached_property
    def everything(self) -> Instruments:
        """All structure there is."""
        return instruments(self.channels, filtered_gradient(self.channels), self._eye.rows_from_to(self._eye.binning))

    @cached_property
    def everything_coarse(self) -> Instruments:
        """The same at the resolution of the search."""
        if self._eye.further == 1:
            return self.everything
        rows_from_to = self._eye.rows_from_to(self._eye.binning * self._eye.further)
        return instruments(self.coarse, filtered_gradient(self.coarse), rows_from_to)

    @cached_property
    def detail(self) -> NDArray[np.float32]:
        """Channels in which one looks between the steps."""
        if self._shown is None:
            return self.channels
        return form_channels(self._shown, self._eye.matrix, self._eye.offset, self._eye.detail)

    @cached_property
    def fine(self) -> NDArray[np.float32]:
        """The fine structure, steps and their tails included."""
        return steps.fine_structure(self.detail)

    @cached_property
    def lines(self) -> Lines:
        """Where steps are and are not."""
        return find_lines(self.detail)

    @cached_property
    def roughness(self) -> NDArray[np.float32]:
        """Gradients that steps cannot pull, zero where steps are, [2, c, y, x]."""
        gradient = filtered_gradient(self.fine)
        gradient *= self.lines.terraces
        return tangents.without_mean_along(gradient, self.lines.across, self.lines.terraces)

    @cached_property
    def fine_template(self) -> Template:
        """The roughness between the steps, to be searched for."""
        return prepare(self.fine * self.lines.terraces)

    def between_steps(self, other: Look, shift: tuple[int, int]) -> Instruments:
        """What lies between the steps of this frame and of another, whose content lies `shift` pixels further."""
        gradient = self.roughness * steps.shifted(other.lines.terraces, *shift)
        return instruments(self.fine, gradient, self._eye.rows_from_to(self._eye.detail))
