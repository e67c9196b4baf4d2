"""The dark level of a frame, and what remains open of it: from the instrument file, the stated dose, and the noise.

Dose: flat signal = dark + gain · electrons · adu per electron, with the mean gain 1 to within a prior where no gain is
given. Photon transfer: variance is proportional to the signal above dark, so it vanishes at the dark level, or below it
where there is read noise. Both are combined by inverse variance where they agree. Photon transfer's is a lower bound:
a dose that says less is contradicted, one that says more points to read noise and stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import OffsetSource
from eclips4d.core.instrument import Instrument
from eclips4d.inference.noise import photon_transfer
from eclips4d.physics.detector import SegmentResponse

F64 = NDArray[np.float64]

DARK_PRIOR = 0.1
"""Dark level over signal, standard uncertainty, when nothing is known of it."""
DOSE_U, GAIN_PRIOR = 0.02, 0.05
"""Relative standard uncertainty of a stated dose, and of a mean gain of 1 that nobody stated."""
DOUBT = 3.0
"""Standard deviations at which a dark level counts as seen, and two as contradicting each other."""
_BRIGHTEST = 0.5
"""Dark level over mean signal above which a stated dose is not believed."""


@dataclass(frozen=True, slots=True)
class DarkLevel:
    """Dark level per segment.

    Attributes
    ----------
    level : float64 [n]
        adu.
    relative_u : float
        Standard uncertainty over the signal above dark, which is that of the slope scale.
    source : str
        As in `Calibration`.
    """

    level: F64
    relative_u: float
    source: OffsetSource


@dataclass(frozen=True, slots=True)
class _Guess:
    """One dark level for all segments, and its standard deviation, adu."""

    level: float
    sd: float


def dark_level(raw: F64, usable: NDArray[np.bool_], instrument: Instrument, response: SegmentResponse) -> DarkLevel:
    """What the instrument file says, otherwise what dose and noise tell, otherwise zero.

    Parameters
    ----------
    raw
        [n, y, x], adu.
    usable
        Neither saturated nor zero, [y, x].
    """
    if instrument.detector.offset_adu is not None:
        return DarkLevel(np.asarray(instrument.detector.offset_adu, dtype=float), 0.0, "given")
    level = raw[:, usable].mean(axis=1)
    mean = float(level.mean())
    transfer = photon_transfer(raw * (mean / level)[:, None, None], response.matrix, usable)
    noise = _Guess(*transfer.dark()) if transfer is not None else _Guess(0.0, np.inf)
    dose = _from_dose(raw, usable, instrument)
    if dose is not None and -DOUBT * dose.sd < dose.level < _BRIGHTEST * mean and not _contradicts(noise, dose):
        best = _combined(noise, dose)
        held = min(max(best.level, 0.0), 0.9 * _darkest(raw, usable))
        return DarkLevel(np.full(len(raw), held), best.sd / (mean - held), "dose")
    return _from_noise(raw, usable, level, noise)


def _from_dose(raw: F64, usable: NDArray[np.bool_], instrument: Instrument) -> _Guess | None:
    """Flat signal above what the stated dose gives; None without a dose."""
    beam, gain = instrument.beam, instrument.detector.gain
    if not beam.electrons_per_pixel or not beam.adu_per_electron:
        return None
    stated = beam.electrons_per_pixel * beam.adu_per_electron * (float(np.mean(gain)) if gain else 1.0)
    relative = DOSE_U if gain else float(np.hypot(DOSE_U, GAIN_PRIOR))
    return _Guess(_flat_signal(raw, usable) - stated, relative * stated)


def _contradicts(noise: _Guess, dose: _Guess) -> bool:
    """The lower bound from photon transfer lies above the dose's dark level beyond doubt."""
    return bool(noise.level - dose.level > DOUBT * np.hypot(noise.sd, dose.sd))


def _combined(noise: _Guess, dose: _Guess) -> _Guess:
    """Weighted by inverse variance; the dose alone where photon transfer lies far below: that is read noise."""
    if not abs(noise.level - dose.level) <= DOUBT * np.hypot(noise.sd, dose.sd) < np.inf:
        return dose
    weight = dose.sd**2 / (dose.sd**2 + noise.sd**2)
    return _Guess(weight * noise.level + (1.0 - weight) * dose.level, float(np.sqrt(weight)) * noise.sd)


def _from_noise(raw: F64, usable: NDArray[np.bool_], level: F64, noise: _Guess) -> DarkLevel:
    """Photon transfer's dark level if it is beyond doubt, otherwise zero; the uncertainty is what remains open."""
    mean = float(level.mean())
    if noise.level >= DOUBT * noise.sd:
        held = min(noise.level, 0.9 * _darkest(raw, usable))
        return DarkLevel(held * level / mean, noise.sd / (mean - held), "noise")
    open_ = float(np.hypot(noise.level, noise.sd)) / mean if noise.level > -DOUBT * noise.sd else DARK_PRIOR
    return DarkLevel(np.zeros(len(raw)), min(open_, DARK_PRIOR), "assumed")


def _darkest(raw: F64, usable: NDArray[np.bool_]) -> float:
    """A signal that hardly any pixel falls below."""
    return float(np.percentile(raw.min(axis=0)[usable], 1))


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
