"""Frames that are wrong as a whole: by a calibration that is not theirs, or no frames of a surface at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.pipeline.bench.loop.trust.faults import DARK_ADU, GAIN, none
from eclips4d.pipeline.bench.loop.trust.specimens import instrument

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a frame is not to be believed.

    Attributes
    ----------
    stated : callable
        The instrument as stated, of a number of segments.
    garble : callable
        What becomes of the recorded frame.
    fewest : int
        Segments with which it can be seen at all.
    """

    stated: Callable[[int], Instrument]
    garble: Callable[[RawArray, np.random.Generator], RawArray]
    fewest: int = 3


def _as_it_is(data: RawArray, random: np.random.Generator) -> RawArray:
    return data


def _noise(data: RawArray, random: np.random.Generator) -> RawArray:
    return random.integers(data.min(), int(data.max()) + 1, data.shape).astype(np.uint16)


def _blanked(data: RawArray, random: np.random.Generator) -> RawArray:
    return np.rint(random.normal(DARK_ADU, 2.0, data.shape)).astype(np.uint16)


def _exchanged(data: RawArray, random: np.random.Generator) -> RawArray:
    return np.ascontiguousarray(data[[1, 0, *range(2, len(data))]], dtype=np.uint16)


def _one_gain(segments: int) -> Instrument:
    stated = [*GAIN[:segments]]
    stated[1] *= 1.2
    return instrument(segments, gain=tuple(stated))


WRONGS = {
    "azimuths 90° off": Wrong(lambda n: instrument(n, turn_deg=90.0), _as_it_is),
    "azimuths 30° off": Wrong(lambda n: instrument(n, turn_deg=30.0), _as_it_is),
    "one gain 20 % off": Wrong(_one_gain, _as_it_is, fewest=4),
    "noise instead of a frame": Wrong(instrument, _noise),
    "two segments exchanged": Wrong(instrument, _exchanged),
    "beam blanked, dark level stated": Wrong(lambda n: instrument(n, dark_adu=DARK_ADU), _blanked),
}


def recorded(height: F64, segments: int, dose: float, random: np.random.Generator) -> RawArray:
    """A frame as it should be."""
    return none(height, segments, dose, random).frame(random)
