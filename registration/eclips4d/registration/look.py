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
from eclips4d.registration.channels import bin_channels, binning_for, form_channels, mixing_matrix, segment_means
from eclips4d.registration.fit import Instruments, instruments
from eclips4d.registration.lines import Lines, find_lines
from eclips4d.registration.template import Template, filtered_gradient, prepare

Vector = NDArray[np.float64]
FIT_PX = 512
"""Frames longer than this are fitted at half, quarter, … resolution."""
SEARCH_PX = 256
"""The same for the search."""


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
    noise_correlation : float
        Pixels that share one noise value.
    """

    matrix: Vector
    offset: Vector
    shape: tuple[int, ...]
    binning: int
    further: int
    noise_correlation: float

    def look(self, raw: RawArray) -> Look:
        """The channels of a frame."""
        channels = form_channels(raw, self.matrix, segment_means(raw), self.offset, self.binning)
        return Look(channels, self.further, self.rows_from_to)

    @property
    def rows_from_to(self) -> tuple[float, float]:
        """Where first and last row of the full frame lie in rows of the fit's channels."""
        first = -(self.binning - 1) / (2 * self.binning)
        return first, first + (self.shape[1] - 1) / self.binning


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
    return Eye(mixing_matrix(calibration, means), offset, shape, binning, further, correlation)


class Look:
    """One frame; everything beyond its channels is made on first use, and only when another frame needs it.

    Parameters
    ----------
    channels : float32 [c, y, x]
    further : int
        Binning of the search.
    rows_from_to : tuple of float
        Where first and last row of the full frame lie in rows of the channels.
    """

    def __init__(self, channels: NDArray[np.float32], further: int, rows_from_to: tuple[float, float]) -> None:
        self.channels, self._further, self._rows = channels, further, rows_from_to

    @cached_property
    def coarse(self) -> NDArray[np.float32]:
        """Channels of the search."""
        return bin_channels(self.channels, self._further)

    @cached_property
    def template(self) -> Template:
        """To be searched for."""
        return prepare(self.coarse)

    @cached_property
    def everything(self) -> Instruments:
        """All structure there is."""
        return instruments(self.channels, filtered_gradient(self.channels), self._rows)

    @cached_property
    def everything_coarse(self) -> Instruments:
        """The same at the resolution of the search."""
        if self._further == 1:
            return self.everything
        first, last = ((row - (self._further - 1) / 2) / self._further for row in self._rows)
        return instruments(self.coarse, filtered_gradient(self.coarse), (first, last))

    @cached_property
    def fine(self) -> NDArray[np.float32]:
        """The fine structure, steps and their tails included."""
        return steps.fine_structure(self.channels)

    @cached_property
    def lines(self) -> Lines:
        """Where steps are and are not."""
        return find_lines(self.channels)

    @cached_property
    def roughness(self) -> NDArray[np.float32]:
        """Gradients that steps cannot pull, zero where steps are, [2, c, y, x]."""
        gradient = filtered_gradient(self.fine) * self.lines.terraces
        return tangents.without_mean_along(gradient, self.lines.across, self.lines.terraces)

    @cached_property
    def fine_template(self) -> Template:
        """The roughness between the steps, to be searched for."""
        return prepare(self.fine * self.lines.terraces)

    def between_steps(self, other: Look, shift: tuple[int, int]) -> Instruments:
        """What lies between the steps of this frame and of another, whose content lies `shift` pixels further."""
        gradient = self.roughness * steps.shifted(other.lines.terraces, *shift)
        return instruments(self.fine, gradient, self._rows)
