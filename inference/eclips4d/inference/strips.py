"""A preview of the height of a frame that is still being scanned, from its rows so far.

What a row's slopes depend on lies within few rows of it: they are read once, when enough rows below are there, and
kept. Only the integration is of all rows so far, anew each time. The frame itself is inverted whole, as if nobody had
looked.

The lower edge of a preview is open: its last rows are read again with the next ones. Networks read windows of one
height, which is compiled once; rows for which there is no such window yet are read in closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.inference.analytic import AnalyticModel
from eclips4d.inference.closed_form import ClosedFormSlopes
from eclips4d.inference.integrate import integrate
from eclips4d.inference.models import Model
from eclips4d.inference.networks.features import MULTIPLE
from eclips4d.inference.networks.model import NetworkModel

F32 = NDArray[np.float32]

NETWORK_REACH: Final = 96
"""Rows read beside those that are wanted: what a network sees, and the means that anchor its slopes."""
CLOSED_REACH: Final = 8
"""The same for the closed form, whose clipped values are filled from their surroundings."""
LONG_TO_COMPILE: Final = ("tensorrt",)
"""Engines that take minutes for a new size of images: with them previews are in closed form."""

Read: TypeAlias = Callable[[RawArray, ClosedFormSlopes, Calibration], F32]
"""Slopes [2, y, x] of a window, by the closed form of its rows."""


@dataclass(slots=True)
class _Reader:
    """Reads slopes of windows.

    Attributes
    ----------
    read : callable
    reach : int
        Rows beside those wanted.
    height : int or None
        Of every window; None when it may be any.
    """

    read: Read
    reach: int
    height: int | None = None

    def windows(self, known: int, rows: int) -> list[tuple[int, int, int]]:
        """First row, end, and first row that is kept, of the windows by which `known` rows become `rows`."""
        found = []
        while known < rows:
            first = max(0, known - self.reach)
            stop = rows
            if self.height is not None:
                if rows < self.height:
                    break
                first = min(first, rows - self.height)
                stop = first + self.height
            found.append((first, stop, max(0, known - self.reach // 2)))
            known = stop
        return found


class StripPreview:
    """Previews by one model; only the newest frame is remembered.

    Parameters
    ----------
    model : Model
        Analytic or with networks.
    strip_rows : int
        Rows that usually come at once.

    Raises
    ------
    InputError
        The model is neither.
    """

    def __init__(self, model: Model, strip_rows: int = MULTIPLE) -> None:
        self.model = model
        self._closed, self._pixel_nm, self._readers = _readers_of(model, strip_rows)
        self._of: tuple[object, ...] = ()
        self._known: list[int] = []
        self._slope = np.empty((2, 0, 0), np.float32)

    def __call__(self, key: object, raw: RawArray, frame_rows: int, calibration: Calibration) -> F32:
        """Height of the rows so far.

        Parameters
        ----------
        key
            What tells the frame from every other one.
        raw
            All its rows so far, [segment, rows, x]; not fewer than the time before.
        frame_rows
            As many as it will have.

        Returns
        -------
        float32 [rows, x]
            nm, of zero mean; its plane is kept.

        Raises
        ------
        InputError
            It has other segments than the calibration.
        """
        shape, rows = (frame_rows, raw.shape[2]), raw.shape[1]
        if self._of != (key, shape, calibration):
            self._of, self._known = (key, shape, calibration), [0] * len(self._readers)
            self._slope = np.zeros((2, *shape), np.float32)
        better = 0
        # The best reader first; what it has read, the others need not read.
        for k, reader in enumerate(self._readers):
            self._known[k] = max(self._known[k], better)
            for first, stop, keep in reader.windows(self._known[k], rows):
                closed = self._closed.of_rows(first, stop, shape)
                window = cast(RawArray, np.ascontiguousarray(raw[:, first:stop]))
                keep = max(keep, better)
                self._slope[:, keep:stop] = reader.read(window, closed, calibration)[:, keep - first :]
                self._known[k] = stop
            better = self._known[k]
        return integrate(self._slope[:, :rows], self._pixel_nm)


def _readers_of(model: Model, strip_rows: int) -> tuple[ClosedFormSlopes, tuple[float, float], list[_Reader]]:
    in_closed_form = _Reader(lambda raw, closed, calibration: closed(raw, calibration).slope, CLOSED_REACH)
    if isinstance(model, AnalyticModel):
        return model.slopes, model.instrument.scan.pixel_size_xy_nm, [in_closed_form]
    if not isinstance(model, NetworkModel):
        raise InputError(f"no previews by a {type(model).__name__}")
    readers = [in_closed_form]
    if model.networks.slopes.engine not in LONG_TO_COMPILE:
        height = -(-(strip_rows + NETWORK_REACH) // MULTIPLE) * MULTIPLE
        readers.insert(0, _Reader(_by_networks(model), NETWORK_REACH, height))
    return model.slopes, model.instrument.scan.pixel_size_xy_nm, readers


def _by_networks(model: NetworkModel) -> Read:
    def read(raw: RawArray, closed: ClosedFormSlopes, calibration: Calibration) -> F32:
        return replace(model, slopes=closed).read(raw, calibration).slope

    return read
