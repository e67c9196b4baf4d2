"""The noise of a frame, measured from the frame: how its variance grows with the signal, how far it reaches along x.

The amplifier's lag correlates noise along x, so all differences are taken along y, between rows that share no noise.
With four and more segments the combinations that no surface can produce are used; with three, which leave none, each
segment is differenced a second time along x. Both are blind to smooth structure, and outliers are cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

QUANTISATION = 1.0 / 12.0
"""Variance of rounding to whole digital units: no floor is below it."""
_BINS, _LAGS, _CUT, _SURE = 20, 5, 4.0, 3.0
_OVERLAP = 1.0 + 2.0 * ((2 / 3) ** 2 + (1 / 6) ** 2)
"""Samples per independent one: second differences, neighbours of which share pixels, correlate by -2/3 and 1/6."""
_LEAK = 0.03
"""Share of a bin's variance that structure may add."""
_LEAST_EXCESS = 0.01
"""Of the correlation at one pixel over that at two: less is not told from none."""
_STRIDE = 2
"""Distance of the second difference along x, beyond the lag's reach."""


@dataclass(frozen=True, slots=True)
class PhotonTransfer:
    """Variance against signal, in binned pixels.

    Attributes
    ----------
    signal, variance, count : float64 [bins]
        Mean signal above the assumed dark level, noise variance (signal units²), number of samples.
    correlation_px : float
        1 + twice the sum of the correlations at 1, 2, … pixels along x.
    lag_memory : float
        Share of a pixel's signal that the amplifier hands on to the next; 0 where there is no lag to speak of.
    samples_per_independent : float
        By how much the variance of a mean of squared samples exceeds that of independent ones.
    """

    signal: F64
    variance: F64
    count: NDArray[np.int64]
    correlation_px: float
    samples_per_independent: float = 1.0
    lag_memory: float = 0.0

    def law(self) -> tuple[float, float]:
        """(floor, slope) of the variance over the signal: a floor only if it is seen beyond doubt.

        Steep faces and their edges leak into some bins; a line through these would end at a floor that is not there,
        and the segments would be weighted as if they did not count electrons.
        """
        kept = self._alike()
        (floor, slope), covariance = kept._line(_LEAK)
        if slope > 0 and floor > _SURE * np.sqrt(covariance[0, 0]):
            return floor, slope
        return 0.0, float((kept.variance * kept.count).sum() / (kept.signal * kept.count).sum())

    def _alike(self) -> PhotonTransfer:
        """Without the bins whose variance over signal is not that of the others."""
        ratio = self.variance / self.signal
        off = np.abs(ratio - np.median(ratio))
        kept = off <= np.fmax(_CUT * 1.4826 * np.median(off), _LEAK * ratio)
        return replace(self, signal=self.signal[kept], variance=self.variance[kept], count=self.count[kept])

    def dark(self) -> tuple[float, float]:
        """Signal at which the variance vanishes, and its sd: a lower bound of a dark level that was missed.

        Read noise lowers it. (0, infinity) when the variance does not grow with the signal.
        """
        (floor, slope), covariance = self._line()
        if slope <= _SURE * np.sqrt(covariance[1, 1]):
            return 0.0, np.inf
        spread = np.array([1.0, -floor / slope]) / slope
        return -floor / slope, float(np.sqrt(self.samples_per_independent * (spread @ covariance @ spread)))

    def _line(self, leak: float = 0.0) -> tuple[tuple[float, float], F64]:
        """Weighted straight line through variance over signal, and its covariance.

        With a `leak`, structure may add so much of its own to the variance of each bin, and samples overlap.
        """
        design = np.column_stack([np.ones_like(self.signal), self.signal])
        overlap = self.samples_per_independent if leak else 1.0
        counting = 2.0 * overlap * self.variance**2 / self.count
        weighted = design / (counting + (leak * self.variance) ** 2)[:, None]
        covariance = np.linalg.inv(weighted.T @ design)
        floor, slope = covariance @ (weighted.T @ self.variance)
        return (float(floor), float(slope)), np.asarray(covariance, dtype=np.float64)


def photon_transfer(signal: F64, design: F64, usable: NDArray[np.bool_]) -> PhotonTransfer | None:
    """Measure variance against signal.

    Parameters
    ----------
    signal
        (raw − dark)/gain, [n, y, x].
    design
        Design matrix at the field's centre, [n, 3]: signals lie in its range but for noise.
    usable
        Neither saturated nor zero, [y, x].

    Returns
    -------
    PhotonTransfer or None
        None when the frame has too few usable pixels, or no noise at all.
    """
    null = np.linalg.svd(design.T)[2][3:]
    fields = np.einsum("jk,kyx->jyx", null, signal) if len(null) else signal
    loads = null**2 if len(null) else np.eye(len(signal))
    samples, signals, ratios = [], [], []
    for field, load in zip(fields, loads, strict=True):
        rough, fine = _along_y(field), None
        level = _level(np.einsum("k,kyx->yx", load, signal))
        fits = usable[2:] & usable[1:-1] & usable[:-2]
        ratios.append(_correlations(rough, fits))
        if not len(null):
            fine, level, fits = _along_x(rough), level[:, _STRIDE:-_STRIDE], _all_along_x(fits)
        samples.append((rough if fine is None else fine)[fits])
        signals.append(level[fits])
    overlap = _OVERLAP if len(null) else _OVERLAP**2
    return _binned(np.concatenate(signals), np.concatenate(samples), np.mean(ratios, axis=0), overlap)


def _level(signal: F64) -> F64:
    """Mean of the rows that a second difference spans, in equal parts: uncorrelated with it, so bins are unbiased."""
    rows = signal[2:] + signal[1:-1] + signal[:-2]
    pad = np.pad(rows, ((0, 0), (2, 2)), mode="edge")
    width = rows.shape[1]
    return np.asarray(sum(pad[:, i : i + width] for i in range(5)) / 15.0)


def _along_y(field: F64) -> F64:
    return np.asarray((field[2:] - 2.0 * field[1:-1] + field[:-2]) / np.sqrt(6.0))


def _along_x(field: F64) -> F64:
    s = _STRIDE
    return np.asarray((field[:, 2 * s :] - 2.0 * field[:, s:-s] + field[:, : -2 * s]) / np.sqrt(6.0))


def _all_along_x(usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    s = _STRIDE
    return np.asarray(usable[:, 2 * s :] & usable[:, s:-s] & usable[:, : -2 * s])


def _correlations(field: F64, usable: NDArray[np.bool_]) -> F64:
    """Correlation at 1 … 5 pixels along x, outliers left out."""
    limit = _CUT * _robust_sd(field[usable]) if usable.any() else 0.0
    kept = np.where(usable & (np.abs(field) <= limit), field, 0.0)
    power = float((kept * kept).mean())
    if power == 0.0 or field.shape[1] <= _LAGS:
        return np.zeros(_LAGS)
    return np.array([(kept[:, lag:] * kept[:, :-lag]).mean() for lag in range(1, _LAGS + 1)]) / power


def _binned(signal: F64, sample: F64, correlation: F64, overlap: float) -> PhotonTransfer | None:
    if len(sample) < 50 * _BINS:
        return None
    order = np.argsort(signal, kind="stable")
    rows = [(signal[part].mean(), _cut_variance(sample[part]), len(part)) for part in np.array_split(order, _BINS)]
    level, variance, count = (np.array(column) for column in zip(*rows, strict=True))
    good = (level > 0) & (variance > 0)
    if good.sum() < 3:
        return None
    reach = correlation[: int(np.argmax(correlation < 0.01))] if (correlation < 0.01).any() else correlation
    correlation_px, along_x = float(1.0 + 2.0 * reach.sum()), float(1.0 + 2.0 * (reach**2).sum())
    memory = _lag_memory(float(correlation[0]), float(correlation[1]))
    return PhotonTransfer(level[good], variance[good], count[good], correlation_px, overlap * along_x, memory)


def _lag_memory(first: float, second: float) -> float:
    """Memory a of a first-order lag, which correlates noise by a at one pixel and a² at two.

    Their difference tells it, because structure that leaks into the noise correlates both distances nearly alike.
    """
    excess = first - max(second, 0.0)
    return (1.0 - float(np.sqrt(1.0 - 4.0 * min(excess, 0.25)))) / 2.0 if excess > _LEAST_EXCESS else 0.0


def _robust_sd(sample: F64) -> float:
    return float(1.4826 * np.median(np.abs(sample)))


def _cut_variance(sample: F64) -> float:
    """Variance without the samples beyond four robust standard deviations."""
    kept = sample[np.abs(sample) <= _CUT * _robust_sd(sample)]
    return float((kept * kept).mean()) if len(kept) else 0.0
