"""What the surroundings hide of the detector, guessed from the height that the closed form gives.

Shadows are geometry: no network need learn them. Of every pixel of the guessed height that anything overtops, the
distilled simulator tells what it would show alone, and what is left of that behind its surroundings; by how much the
closed form reads the two differently is what shadows do to it. Frames without faces steep enough to hide anything are
left as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.inference.closed_form import ClosedForm, ClosedFormSlopes, closed_form_slopes
from eclips4d.inference.integrator.pinn import Integrator
from eclips4d.inference.trust.rendered import SMALLEST_PX, Rerendering

F32 = NDArray[np.float32]

LARGEST: Final = 3.0
"""Slopes that shadows feign are held within this."""
_STEEPEST: Final = 4.0
_SURE_SD: Final = 4.0
"""A slope counts as steep when it is so by this many sd: noise casts no shadows."""
_BLOCK: Final = 4
_DIGITS: Final = 12000.0

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True)
class Shadows:
    """Guesses what shadows add to closed-form slopes; build it with `shadows_of`.

    Calling it is pure.

    Attributes
    ----------
    reading
        The closed form, as for frames.
    rendering
        Of surfaces.
    integrator
        Of slopes as they are read.
    """

    instrument: Instrument
    reading: ClosedFormSlopes
    rendering: Rerendering
    integrator: Integrator

    def __call__(self, closed: ClosedForm, calibration: Calibration) -> F32 | None:
        """Slopes that shadows feign, float32 [2, y, x]; None where the surface casts none.

        Parameters
        ----------
        closed
            What the frame reads.
        calibration
            By which it was read: where it finds more contrast than Lambert's law has, shadows feign less.
        """
        shape = closed.slope_sd.shape
        if min(shape) < SMALLEST_PX or not _has_steep(closed, self._floor(shape)):
            return None
        slope = _held(closed.slope)
        return self._feigned(self.integrator.plain(slope), slope, calibration)

    def of_height(self, height_nm: NDArray[np.floating], calibration: Calibration) -> F32 | None:
        """Slopes that the shadows of this surface feign, float32 [2, y, x]; None where it casts none."""
        dx, dy = self.instrument.scan.pixel_size_xy_nm
        down, along = np.gradient(height_nm, dy, dx)
        height, slope = np.asarray(height_nm, np.float32), np.stack([along, down]).astype(np.float32)
        return self._feigned(np.ascontiguousarray(height), slope, calibration)

    def _feigned(self, height: F32, slope: F32, calibration: Calibration) -> F32 | None:
        """By how much the pixels that are shaded are read differently than they would be alone."""
        shaded = self.rendering.shaded(height, slope)
        if shaded is None:
            return None
        ideal = without_faults(calibration)
        change = self.reading.at_centre(_digits(shaded.seen), ideal)
        change -= self.reading.at_centre(_digits(shaded.alone), ideal)
        feigned = np.empty_like(slope)
        _place(shaded.row, shaded.column, change, feigned)
        return feigned

    def _floor(self, shape: tuple[int, ...]) -> float:
        """From this slope on a face can hide something of another."""
        return float(self.rendering.drawn(shape).hidden.floor.min(initial=np.inf))


def shadows_of(instrument: Instrument, *, threads: int | None = None) -> Shadows:
    """For frames of this instrument.

    Parameters
    ----------
    threads
        As many as the process has processors when absent.
    """
    integrator = Integrator(instrument.scan.pixel_size_xy_nm)
    return Shadows(instrument, closed_form_slopes(instrument), Rerendering(instrument, threads), integrator)


def without_faults(calibration: Calibration) -> Calibration:
    """The same contrasts, read by amplifiers that are all alike and have neither lag nor dark level."""
    count = len(calibration.gain)
    ones, noughts = (1.0,) * count, (0.0,) * count
    alike = {"gain": ones, "offset_adu": noughts, "noise_slope_adu": ones, "noise_floor_adu2": ones}
    return msgspec.structs.replace(calibration, **alike, lag_memory=0.0)


def lit(closed: ClosedForm, feigned: F32 | None) -> ClosedForm:
    """The closed form without what shadows feign."""
    return closed if feigned is None else replace(closed, slope=closed.slope - feigned)


def _held(slope: F32) -> F32:
    """Slopes within ±_STEEPEST, 0 where they are no numbers; the same ones where all are within."""
    if _within(slope, np.float32(_STEEPEST)):
        return slope
    return np.nan_to_num(np.clip(slope, -_STEEPEST, _STEEPEST))


@_compiled  # type: ignore[untyped-decorator]
def _within(slope: F32, most: np.float32) -> bool:
    for k in range(slope.shape[0]):
        for y in range(slope.shape[1]):
            line, inside = slope[k, y], np.int32(0)
            for x in range(line.size):
                inside += np.int32(abs(line[x]) <= most)
            if inside < line.size:
                return False
    return True


@_compiled  # type: ignore[untyped-decorator]
def _place(row: NDArray[np.int64], column: NDArray[np.int64], change: F32, out: F32) -> None:
    """Changes [2, K], within ±LARGEST, where they belong; 0 elsewhere and where they are no numbers."""
    nought, most = np.float32(0.0), np.float32(LARGEST)
    for k in range(out.shape[0]):
        for y in range(out.shape[1]):
            line = out[k, y]
            for x in range(line.size):
                line[x] = nought
        for i in range(row.size):
            value = change[k, i]
            out[k, row[i], column[i]] = min(max(value, -most), most) if value == value else nought


def _has_steep(closed: ClosedForm, floor: float) -> bool:
    """Whether a pixel, or the mean over a block where there is much noise, is steeper than `floor` beyond doubt."""
    given = (closed.slope, closed.slope_sd, np.float32(floor), np.float32(_SURE_SD))
    return any(bool(_steep_block(*given, side)) for side in (1, _BLOCK))


@_compiled  # type: ignore[untyped-decorator]
def _steep_block(slope: F32, sd: F32, floor: np.float32, sure: np.float32, side: int) -> bool:
    """Whether the mean slope of any block of `side`² pixels exceeds `floor` by so many sd of its own."""
    share = np.float32(1.0 / (side * side))
    for y in range(0, sd.shape[0] - side + 1, side):
        for x in range(0, sd.shape[1] - side + 1, side):
            p = q = noise = np.float32(0.0)
            for j in range(y, y + side):
                for i in range(x, x + side):
                    p += slope[0, j, i]
                    q += slope[1, j, i]
                    noise += sd[j, i]
            least = floor + sure * noise * share / np.float32(side)
            if share * share * (p * p + q * q) > least * least:
                return True
    return False


def _digits(signal: F32) -> RawArray:
    digits: NDArray[np.uint16] = np.clip(np.rint(signal * np.float32(_DIGITS)), 0, np.iinfo(np.uint16).max - 1).astype(
        np.uint16
    )
    return digits
