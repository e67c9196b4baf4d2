"""A calibration snapshot from the first frame: what the instrument file does not say is estimated, the rest is taken.

Gains are chosen so that the mean plane of the middle half of the pixels is level: with free gains it is unobservable.
The dark level comes from the dose if that is stated (flat signal = dark + electrons · adu per electron), otherwise from
photon transfer (variance is proportional to the signal above dark) where that shows one beyond doubt, and is zero
otherwise. Noise is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.inference.noise import QUANTISATION, PhotonTransfer, photon_transfer
from eclips4d.physics.detector import SegmentResponse, segment_response

F64 = NDArray[np.float64]

DARK_PRIOR = 0.1
"""Relative uncertainty of the slope scale when nothing is known of the dark level."""
DOUBT = 3.0
"""Standard deviations at which a dark level counts as seen."""
DOSE_U, GEOMETRY_U, LAMBERT_U = 0.02, 0.1, 0.01
"""Relative uncertainty of the slope scale: from a stated dose, from nominal radii, from radii that are known."""
_TRIM = 0.25
"""Share of pixels left out at either end: steps, particles and indents do not tilt the plane that is called level."""


@dataclass(frozen=True, slots=True)
class _Dark:
    level: F64
    relative_u: float


def estimate_calibration(data: RawArray, instrument: Instrument, sequence: int = 0) -> Calibration:
    """Gains, dark levels and noise of a frame.

    Parameters
    ----------
    data
        [segment, y, x].
    instrument
        Its `gain` and `offset_adu` are taken as they are when given.
    sequence
        The snapshot is valid from this frame on.

    Raises
    ------
    InputError
        A segment is the same everywhere, or saturated or zero in most pixels.
    """
    response = segment_response(instrument)
    _check(data, instrument)
    raw = data.astype(np.float64, order="C")  # sums in one order, whatever the layout in memory
    usable = _usable(data)
    detector = instrument.detector
    dark = _dark(raw, usable, instrument, response)
    gain = np.asarray(detector.gain, dtype=float) if detector.gain else _level_gains(raw, usable, dark.level, response)
    noise_slope, noise_floor, correlation = _noise(raw, usable, gain, dark.level, instrument, response)
    shape_u = LAMBERT_U if response.calibrated else GEOMETRY_U
    return Calibration(
        gain=_floats(gain),
        offset_adu=_floats(dark.level),
        noise_slope_adu=_floats(noise_slope),
        noise_floor_adu2=_floats(noise_floor),
        noise_correlation_px=correlation,
        flat=_floats(response.flat),
        contrast=tuple((float(x), float(y)) for x, y in response.contrast),
        gain_estimated=detector.gain is None,
        offset_estimated=detector.offset_adu is None,
        kappa_u=float(np.hypot(shape_u, dark.relative_u)),
        calibrated=response.calibrated,
        instrument=instrument.fingerprint,
        valid_from=sequence,
    )


def _check(data: RawArray, instrument: Instrument) -> None:
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


def _usable(data: RawArray) -> NDArray[np.bool_]:
    usable = np.asarray(((data > 0) & (data < np.iinfo(data.dtype).max)).all(axis=0))
    if usable.mean() < 0.05:
        raise InputError(
            f"only {usable.mean():.0%} of the pixels are neither zero nor saturated in every segment",
            cure="check brightness and contrast of the detector's amplifiers",
        )
    return usable


def _dark(raw: F64, usable: NDArray[np.bool_], instrument: Instrument, response: SegmentResponse) -> _Dark:
    detector, beam = instrument.detector, instrument.beam
    n = len(raw)
    if detector.offset_adu is not None:
        return _Dark(np.asarray(detector.offset_adu, dtype=float), 0.0)
    mean = float(raw[:, usable].mean())
    if beam.electrons_per_pixel and beam.adu_per_electron:
        stated = beam.electrons_per_pixel * beam.adu_per_electron
        gain = np.mean(detector.gain) if detector.gain else 1.0
        excess = _flat_signal(raw, usable) - stated * float(gain)
        if -0.1 * mean < excess < 0.5 * mean:
            return _Dark(np.full(n, max(excess, 0.0)), DOSE_U)
    return _dark_from_noise(raw, usable, mean, response)


def _flat_signal(raw: F64, usable: NDArray[np.bool_]) -> float:
    """The commonest signal, averaged over segments: that of the flat, bare specimen."""
    mean = raw.mean(axis=0)
    smooth = np.mean(
        [mean[i : mean.shape[0] - 3 + i, j : mean.shape[1] - 3 + j] for i in range(4) for j in range(4)], 0
    )
    sample = np.sort(smooth[usable[: smooth.shape[0], : smooth.shape[1]]])
    span = max(len(sample) // 4, 1)
    narrowest = int(np.argmin(sample[span:] - sample[:-span])) if len(sample) > span else 0
    return float(sample[narrowest : narrowest + span].mean())


def _dark_from_noise(raw: F64, usable: NDArray[np.bool_], mean: float, response: SegmentResponse) -> _Dark:
    """Photon transfer's dark level if it is beyond doubt, otherwise zero; the uncertainty is what remains open."""
    level = raw[:, usable].mean(axis=1)
    transfer = photon_transfer(raw * (mean / level)[:, None, None], response.matrix, usable)
    if transfer is None:
        return _Dark(np.zeros(len(raw)), DARK_PRIOR)
    found, sd = transfer.dark()
    if found < DOUBT * sd:
        return _Dark(np.zeros(len(raw)), min(sd / mean, DARK_PRIOR) if found > -DOUBT * sd else DARK_PRIOR)
    darkest = float(np.percentile(raw.min(axis=0)[usable], 1))
    return _Dark(min(found, 0.9 * darkest) * level / mean, sd / mean)


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
) -> tuple[F64, F64, float]:
    """Variance per adu of signal and its floor per segment, and the correlation along x.

    What is measured counts, also when dose and adu per electron are stated: it holds the excess noise, which nobody
    states. Those set the noise only of frames in which none can be measured.
    """
    signal = (raw - dark[:, None, None]) / gain[:, None, None]
    transfer: PhotonTransfer | None = photon_transfer(signal, response.matrix, usable)
    if transfer is None:
        return gain * (instrument.beam.adu_per_electron or 1.0), np.full(len(gain), QUANTISATION), 1.0
    floor, slope = transfer.law()
    return gain * slope, np.maximum(gain**2 * floor, QUANTISATION), transfer.correlation_px


def _floats(values: F64) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
