"""A calibration in the gas of a frame: heights do not change when the gas does."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.gas_dilution import GasDilution
from eclips4d.core.instrument import Instrument

_EVERY = 4
"""Rows of which one tells the mean signal."""


def dilution_of(instrument: Instrument) -> GasDilution | None:
    """What the instrument file's `[calibration.gas]` says; None where it says nothing."""
    given = instrument.calibration
    return given.gas.dilution() if given is not None and given.gas is not None else None


def in_gas(calibration: Calibration, side: Mapping[str, float], data: RawArray) -> Calibration:
    """The calibration with which to invert a frame taken in this gas; the same one where it does not know about gas.

    A share f of the beam is scattered far aside and returns the mean signal of a wide area, whatever the pixel: a level
    of `f·(mean − dark)` that adds to the dark level, with its counting noise. What is left above it has the contrast of
    vacuum, which is the calibration's over `1 − f` of the gas it was determined in.

    Parameters
    ----------
    side
        Side values of the frame's header.
    data
        The frame [n, y, x]; its mean stands for that of the wide area.
    """
    gas = calibration.gas
    if gas is None:
        return calibration
    here, there = gas.share(side), gas.share(dict(gas.at))
    if here == 0.0 and there == 0.0:
        return calibration
    dark = np.asarray(calibration.offset_adu)
    level = here * (data[:, ::_EVERY].mean(axis=(1, 2)) - dark)
    noise = np.asarray(calibration.noise_floor_adu2) + np.asarray(calibration.noise_slope_adu) * np.maximum(level, 0.0)
    return msgspec.structs.replace(
        calibration,
        offset_adu=tuple((dark + level).tolist()),
        noise_floor_adu2=tuple(noise.tolist()),
        contrast=tuple((x / (1.0 - there), y / (1.0 - there)) for x, y in calibration.contrast),
    )
