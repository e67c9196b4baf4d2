"""A calibration snapshot from the first frame: what the instrument file does not say is estimated, the rest is taken.

Gains are chosen so that the mean plane of the middle half of the pixels is level: with free gains it is unobservable.
The dark level is the business of `eclips4d.inference.dark`. Noise is measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.inference.dark import DarkLevel, dark_level
from eclips4d.inference.gas import dilution_of
from eclips4d.inference.noise import QUANTISATION, PhotonTransfer, photon_transfer
from eclips4d.inference.own_dark import own_dark
from eclips4d.physics.detector import SegmentResponse, kappa, segment_response

F64 = NDArray[np.float64]

GEOMETRY_U, LAMBERT_U = 0.1, 0.01
"""Relative uncertainty of the slope scale: from nominal radii, from radii that are known."""
_TRIM = 0.25
"""Share of pixels left out at either end: steps, particles and indents do not tilt the plane that is called level."""


def estimate_calibration(
    data: RawArray,
    instrument: Instrument,
    sequence: int = 0,
    side: Mapping[str, float] | None = None,
    segments: Sequence[str] = (),
) -> Calibration:
    """Gains, dark levels and noise of a frame.

    Parameters
    ----------
    data
        [segment, y, x].
    instrument
        Its `gain` and `offset_adu` are taken as they are when given.
    sequence
        The snapshot is valid from this frame on.
    side
        Side values of the frame: amplifier settings among them are compared with the calibration's.
    segments
        Names of the frame's segments, by which side values tell its dark level.

    Raises
    ------
    InputError
        A segment is the same everywhere, saturated or zero in most pixels, or not brighter than its stated dark level.
    """
    response = segment_response(instrument)
    check_first_frame(data, instrument)
    raw = data.astype(np.float64, order="C")  # sums in one order, whatever the layout in memory
    usable = _usable(data)
    detector = instrument.detector
    measured = own_dark(side or {}, segments, data)
    dark = (
        DarkLevel(measured, 0.0, "measured") if measured is not None else dark_level(raw, usable, instrument, response)
    )
    gain = np.asarray(detector.gain, dtype=float) if detector.gain else _level_gains(raw, usable, dark.level, response)
    noise_slope, noise_floor, correlation, memory = _noise(raw, usable, gain, dark.level, instrument, response)
    contrast = _contrast(instrument, response, side)
    return Calibration(
        gain=_floats(gain),
        offset_adu=_floats(dark.level),
        noise_slope_adu=_floats(noise_slope),
        noise_floor_adu2=_floats(noise_floor),
        noise_correlation_px=correlation,
        lag_memory=memory,
        flat=_floats(response.flat),
        contrast=tuple((contrast.scale * float(x), contrast.scale * float(y)) for x, y in response.contrast),
        contrast_tilt_deg=contrast.tilt_deg,
        contrast_ratio=contrast.ratio,
        second_harmonic=contrast.second,
        third_harmonic=contrast.third,
        gain_estimated=detector.gain is None,
        offset_estimated=dark.source not in ("given", "measured"),
        offset_source=dark.source,
        kappa_u=float(np.hypot(contrast.relative_u, dark.relative_u)),
        calibrated=contrast.calibrated,
        artefact=contrast.artefact,
        gas=dilution_of(instrument),
        instrument=instrument.fingerprint,
        valid_from=sequence,
    )


@dataclass(frozen=True, slots=True)
class _Contrast:
    """Directional contrast over the calculated one at small slopes, and its course over tilt."""

    scale: float
    tilt_deg: tuple[float, ...]
    ratio: tuple[float, ...]
    second: tuple[float, ...]
    third: float
    relative_u: float
    calibrated: bool
    artefact: str


def _contrast(instrument: Instrument, response: SegmentResponse, side: Mapping[str, float] | None) -> _Contrast:
    """As an artefact has fixed it, or Lambert's; what a calibration does not hold for is as uncertain as no radii."""
    section = instrument.calibration
    if section is None or not section.kappa:
        return _Contrast(
            1.0, (), (), (), 0.0, LAMBERT_U if response.calibrated else GEOMETRY_U, response.calibrated, ""
        )
    holds = not instrument.calibration_differences(side)
    scale = section.kappa[0] / kappa(instrument)
    relative_u = section.scale_u if holds else float(np.hypot(section.scale_u, GEOMETRY_U))
    return _Contrast(
        scale, section.tilt_deg, section.ratio, section.second, section.third, relative_u, holds, section.artefact
    )


def check_first_frame(data: RawArray, instrument: Instrument) -> None:
    """Refuse a frame [segment, y, x] that no calibration can come from.

    Raises
    ------
    InputError
        Other segments than the instrument has, no pixels, a segment that is the same everywhere, or a stated dark
        level above the signal.
    """
    if data.ndim != 3 or len(data) != instrument.segments:
        raise InputError(
            f"a frame of shape {data.shape} does not fit the {instrument.segments} azimuths of the instrument file",
            cure="give one azimuths_deg value per segment",
        )
    if data.size == 0:
        raise InputError("a frame without pixels")
    for k, segment in enumerate(data):
        if segment.min() == segment.max() and segment.size > 1:
            raise InputError(
                f"all pixels of segment {k} are {segment.flat[0]}",
                where=f"segment {k}",
                cure="check its cable and amplifier, or leave the segment out",
            )
    for k, (segment, offset) in enumerate(zip(data, instrument.detector.offset_adu or (), strict=False)):
        if offset >= (mean := float(segment.mean())):
            raise InputError(
                f"the stated dark level of segment {k}, {offset:g} adu, is not below its mean signal, {mean:g} adu",
                where=f"segment {k}",
                cure="correct offset_adu in the instrument file, or leave it out",
            )


def _usable(data: RawArray) -> NDArray[np.bool_]:
    usable = np.asarray(((data > 0) & (data < np.iinfo(data.dtype).max)).all(axis=0))
    if usable.mean() < 0.05:
        raise InputError(
            f"only {usable.mean():.0%} of the pixels are neither zero nor saturated in every segment",
            cure="check brightness and contrast of the detector's amplifiers",
        )
    return usable


def _level_gains(raw: F64, usable: NDArray[np.bool_], dark: F64, response: SegmentResponse) -> F64:
    """Gains of mean 1 with which the mean slope of the middle half of all pixels vanishes."""
    signal = raw[:, usable] - dark[:, None]
    gain = np.maximum(signal.mean(axis=1) / response.flat, 1e-9)
    pinv = np.linalg.pinv(response.matrix)
    for _ in range(3):
        yield_ = pinv[0] @ (signal / gain[:, None])
        lit = yield_ > 0.05 * yield_.mean()
        ratio = np.sort(signal[:, lit] / yield_[lit], axis=1)
        cut = int(_TRIM * ratio.shape[1])
        gain = np.maximum(ratio[:, cut : ratio.shape[1] - cut or None].mean(axis=1) / response.flat, 1e-9)
        gain /= gain.mean()
    return np.asarray(gain)


def _noise(
    raw: F64, usable: NDArray[np.bool_], gain: F64, dark: F64, instrument: Instrument, response: SegmentResponse
) -> tuple[F64, F64, float, float]:
    """Variance per adu of signal and its floor per segment, the correlation along x, and the amplifier's memory.

    What is measured counts, also when dose and adu per electron are stated: it holds the excess noise, which nobody
    states. Those set the noise only of frames in which none can be measured.
    """
    signal = (raw - dark[:, None, None]) / gain[:, None, None]
    transfer: PhotonTransfer | None = photon_transfer(signal, response.matrix, usable)
    if transfer is None:
        return gain * (instrument.beam.adu_per_electron or 1.0), np.full(len(gain), QUANTISATION), 1.0, 0.0
    floor, slope = transfer.law()
    variance_floor = np.maximum(gain**2 * floor, QUANTISATION)
    return gain * slope, variance_floor, transfer.correlation_px, transfer.lag_memory


def _floats(values: F64) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
