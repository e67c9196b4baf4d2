"""What the surroundings hide of the detector, guessed from the height that the closed form gives.

Shadows are geometry: no network need learn them. The exact simulator renders the guessed height twice, with the
surroundings in the way and without; by how much the closed form reads the two differently is what shadows do to it.
Frames without faces steep enough to hide anything are left as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec
import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.inference.closed_form import ClosedForm, ClosedFormSlopes, closed_form_slopes
from eclips4d.inference.integrate import integrate
from eclips4d.physics.bsesm.render import ExactSimulator, exact_simulator

F32 = NDArray[np.float32]

AZIMUTHS: Final = 8
LARGEST: Final = 3.0
"""Slopes that shadows feign are held within this."""
_STEEPEST: Final = 4.0
_SURE_SD: Final = 4.0
"""A slope counts as steep when it is so by this many sd: noise casts no shadows."""
_BLOCK: Final = 4
_DIGITS: Final = 12000.0

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class _Pair:
    """The surroundings in the way, and not; from `floor` on a slope can hide something."""

    shaded: ExactSimulator
    open: ExactSimulator
    floor: float


@dataclass(frozen=True)
class Shadows:
    """Guesses what shadows add to closed-form slopes; build it with `shadows_of`.

    Calling it is pure.

    Attributes
    ----------
    reading
        The closed form, as for frames.
    """

    instrument: Instrument
    reading: ClosedFormSlopes
    threads: int | None = None
    _pairs: dict[tuple[int, int], _Pair] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, closed: ClosedForm, calibration: Calibration) -> F32 | None:
        """Slopes that shadows feign, float32 [2, y, x]; None where the surface casts none.

        Parameters
        ----------
        closed
            What the frame reads.
        calibration
            By which it was read: where it finds more contrast than Lambert's law has, shadows feign less.
        """
        if not _has_steep(closed, self._of(closed.slope_sd.shape).floor):
            return None
        slope = np.nan_to_num(np.clip(closed.slope, -_STEEPEST, _STEEPEST))
        return self.of_height(integrate(slope, self.instrument.scan.pixel_size_xy_nm), calibration)

    def of_height(self, height_nm: NDArray[np.floating], calibration: Calibration) -> F32 | None:
        """Slopes that the shadows of this surface feign, float32 [2, y, x]; None where it casts none."""
        pair = self._of(height_nm.shape)
        shaded, seen = pair.shaded(height_nm), pair.open(height_nm)
        if np.array_equal(shaded, seen):
            return None
        scale = np.float32(_DIGITS / float(np.median(seen)))
        ideal = without_faults(calibration)
        feigned = self.reading(_digits(shaded, scale), ideal).slope
        feigned -= self.reading(_digits(seen, scale), ideal).slope
        return np.clip(np.nan_to_num(feigned), -LARGEST, LARGEST, out=feigned)

    def _of(self, size: tuple[int, ...]) -> _Pair:
        shape = (size[0], size[1])
        return self._pairs.get(shape) or self._pairs.setdefault(shape, self._pair(shape))

    def _pair(self, shape: tuple[int, int]) -> _Pair:
        shaded = exact_simulator(self.instrument, shape, azimuths=AZIMUTHS, threads=self.threads)
        floor = min(share.floor for share in shaded.optics.hidden)
        return _Pair(shaded, replace(shaded, occlusion=False), floor)


def shadows_of(instrument: Instrument, *, threads: int | None = None) -> Shadows:
    """For frames of this instrument.

    Parameters
    ----------
    threads
        As many as the process has processors when absent.
    """
    return Shadows(instrument, closed_form_slopes(instrument), threads)


def without_faults(calibration: Calibration) -> Calibration:
    """The same contrasts, read by amplifiers that are all alike and have neither lag nor dark level."""
    count = len(calibration.gain)
    ones, noughts = (1.0,) * count, (0.0,) * count
    alike = {"gain": ones, "offset_adu": noughts, "noise_slope_adu": ones, "noise_floor_adu2": ones}
    return msgspec.structs.replace(calibration, **alike, lag_memory=0.0)


def lit(closed: ClosedForm, feigned: F32 | None) -> ClosedForm:
    """The closed form without what shadows feign."""
    return closed if feigned is None else replace(closed, slope=closed.slope - feigned)


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


def _digits(signal: F32, scale: np.float32) -> RawArray:
    digits: NDArray[np.uint16] = np.clip(np.rint(signal * scale), 0, np.iinfo(np.uint16).max - 1).astype(np.uint16)
    return digits
