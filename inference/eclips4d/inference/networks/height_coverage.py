"""How often true height differences lie within the stated sd, and the error spectrum with which they do so best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.inference.closed_form import ClosedFormSlopes
from eclips4d.inference.models import Model
from eclips4d.inference.networks.difference_noise import Axis, white_difference_variance
from eclips4d.inference.networks.uncertainty import ErrorSpectrum, difference_sd, kept_by_filter, slope_errors

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

DISTANCES_PX = (4, 10, 32, 100)
"""At which a fit compares; those beyond half of a frame are left out."""
TWO_SD = 1.96
_SHARES = np.array([0.6827, 0.95])
"""Of normal errors within 1 and within 1.96 standard deviations."""
_START, _LEAST, _MOST = np.log([[1.0, 1.2, 1.5], [0.9, 0.5, 0.2], [5.0, 6.0, 24.0]])
"""Of `ErrorSpectrum`'s numbers, in their order; slopes are anchored, so nothing makes long waves less noisy."""
_STEP, _EVALUATIONS = 0.4, 60


@dataclass(frozen=True, slots=True)
class JudgedHeight:
    """One frame through a model, with its truth.

    Attributes
    ----------
    error : float32 [y, x]
        Height minus true height, nm; only its differences count.
    closed_sd, slope_sd : float32 [y, x]
        In closed form, and as the model states it.
    noise_correlation_px : float
        Of the closed form's noise along x.
    sort : str
        What frames are pooled by: a dose, a scene.
    """

    error: F32
    closed_sd: F32
    slope_sd: F32
    pixel_size_xy_nm: tuple[float, float]
    noise_correlation_px: float = 1.0
    sort: str = ""

    def differences(self, spectrum: ErrorSpectrum, distance_px: int) -> tuple[F64, F64]:
        """Errors of all height differences over this distance along both axes, nm, and their stated sd; two lists."""
        spread = slope_errors(self.closed_sd, self.slope_sd, spectrum, self.noise_correlation_px)
        error, r = self.error, distance_px
        found, stated = [np.empty(0)], [np.empty(0)]
        if r < error.shape[1]:
            found.append(np.ravel(error[:, r:] - error[:, :-r]))
            stated.append(np.ravel(difference_sd(spread, self.pixel_size_xy_nm, r, "x")))
        if r < error.shape[0]:
            found.append(np.ravel(error[r:] - error[:-r]))
            stated.append(np.ravel(difference_sd(spread, self.pixel_size_xy_nm, r, "y")))
        errors, sds = np.concatenate(found), np.concatenate(stated)
        known = np.isfinite(errors)
        return errors[known].astype(np.float64), sds[known].astype(np.float64)

    def in_sd(self, spectrum: ErrorSpectrum, distance_px: int) -> F64:
        """The errors in units of their stated sd."""
        error, sd = self.differences(spectrum, distance_px)
        return np.asarray(error / sd)


def shares_within(in_sd: F64) -> tuple[float, float]:
    """Shares of errors within 1 and within 1.96 of their stated sd; normal ones: 0.683 and 0.95."""
    return float((np.abs(in_sd) <= 1.0).mean()), float((np.abs(in_sd) <= TWO_SD).mean())


def judged_height(
    model: Model, closed: ClosedFormSlopes, data: RawArray, calibration: Calibration, truth_nm: F32, sort: str = ""
) -> JudgedHeight:
    """Invert a frame [segment, y, x] and compare it with its true height [y, x], nm.

    Parameters
    ----------
    closed
        What the model starts from.
    """
    surface = model(data, calibration)
    return JudgedHeight(
        error=np.asarray(surface.height - truth_nm, dtype=np.float32),
        closed_sd=closed(data, calibration).slope_sd,
        slope_sd=surface.slope_sd,
        pixel_size_xy_nm=closed.instrument.scan.pixel_size_xy_nm,
        noise_correlation_px=closed.correlation_px(calibration),
        sort=sort,
    )


def without_common(frames: Sequence[JudgedHeight], truth: F32) -> list[JudgedHeight]:
    """Errors without the plane and the height scale that all frames share.

    Taking out a mean of M also takes 1/M of each frame's own scatter along with it, which is put back.
    """
    y, x = np.mgrid[: truth.shape[0], : truth.shape[1]]
    columns = [np.ones(truth.size), x.ravel(), y.ravel(), truth.ravel()]
    design = np.stack(columns if np.ptp(truth) > 0.0 else columns[:3], axis=1).astype(np.float64)
    solve = np.linalg.pinv(design[::5])
    each = np.stack([solve @ frame.error.ravel()[::5].astype(np.float64) for frame in frames])
    grown = np.sqrt(len(frames) / max(len(frames) - 1, 1))
    left = (each - each.mean(axis=0)) * grown - each
    return [
        replace(frame, error=(frame.error + (design @ own).reshape(truth.shape)).astype(np.float32))
        for frame, own in zip(frames, left, strict=True)
    ]


def fit_height_coverage(frames: Sequence[JudgedHeight]) -> ErrorSpectrum:
    """The error spectrum with which stated and found height differences agree best, at all distances and sorts alike.

    Compared are the sizes that 68 and 95 % of the errors stay within: both, so that neither a few large errors nor many
    small ones decide.

    Parameters
    ----------
    frames
        Like those the network is trained for, never those it is judged on.
    """
    pooled: dict[tuple[str, int], list[_Pairs]] = {}
    for k, frame in enumerate(frames):
        for distance in (r for r in DISTANCES_PX if 2 * r <= min(frame.error.shape)):
            # The axes in turn: both of every frame tell hardly more.
            pooled.setdefault((frame.sort, distance), []).append(_pairs(frame, distance, ("x", "y")[k % 2]))

    def misfit(logarithms: F64) -> float:
        held = np.clip(logarithms, _LEAST, _MOST)
        beyond = float(np.square(logarithms - held).sum())
        return beyond + _misfit(list(pooled.values()), ErrorSpectrum(*(float(v) for v in np.exp(held))))

    simplex = np.vstack([_START, _START + _STEP * np.eye(len(_START))])
    settings = {"maxfev": _EVALUATIONS, "xatol": 0.01, "initial_simplex": simplex}
    found = minimize(misfit, _START, method="Nelder-Mead", options=settings)
    return ErrorSpectrum(*(float(f"{v:.4g}") for v in np.exp(np.clip(found.x, _LEAST, _MOST))))


def coverage_table(frames: Sequence[JudgedHeight]) -> dict[str, float]:
    """What a card's `coverage` table says of heights: the fitted spectrum, and how many pixels share a slope error.

    Parameters
    ----------
    frames
        As for `fit_height_coverage`.
    """
    spectrum = fit_height_coverage(frames)
    # Without the lag's share, which a store takes from the calibration.
    alike = [slope_errors(frame.closed_sd, frame.slope_sd, spectrum).pixels_alike for frame in frames]
    return asdict(spectrum) | {"pixels_alike": float(f"{np.exp(np.mean(np.log(alike))):.3g}")}


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Height differences of one frame over one distance along one axis, with what no spectrum changes.

    Attributes
    ----------
    error : float64 [pairs]
        nm.
    white : float64
        Variance that the closed form's white noise would give each pair, as an image.
    """

    frame: JudgedHeight
    distance_px: int
    axis: Axis
    error: F64
    white: F64

    def in_sd(self, spectrum: ErrorSpectrum) -> F64:
        frame, pixel = self.frame, self.frame.pixel_size_xy_nm
        errors = slope_errors(frame.closed_sd, frame.slope_sd, spectrum, frame.noise_correlation_px)
        (_, blur), (patch_sd, patch) = errors.sorts()
        shape, where = (self.frame.error.shape[0], self.frame.error.shape[1]), (self.distance_px, self.axis)
        variance = errors.level * self.white * kept_by_filter(shape, pixel, blur, *where)
        if patch_sd.any():
            white = white_difference_variance(patch_sd, pixel, *where)
            variance = variance + white * kept_by_filter(shape, pixel, patch, *where)
        return np.asarray(self.error / np.sqrt(np.ravel(variance)))


def _pairs(frame: JudgedHeight, distance_px: int, axis: Axis) -> _Pairs:
    r, error = distance_px, frame.error.astype(np.float64)
    found = error[:, r:] - error[:, :-r] if axis == "x" else error[r:] - error[:-r]
    white = white_difference_variance(frame.closed_sd, frame.pixel_size_xy_nm, r, axis)
    return _Pairs(frame, r, axis, np.ravel(found), white)


def _misfit(pooled: Sequence[Sequence[_Pairs]], spectrum: ErrorSpectrum) -> float:
    """Squared logarithms of the sizes that 68 and 95 % of the errors in sd stay within, over what they should be."""
    each = [np.abs(np.concatenate([pairs.in_sd(spectrum) for pairs in pool])) for pool in pooled]
    sizes = np.array([np.quantile(pool, _SHARES) for pool in each])
    return float(np.square(np.log(np.maximum(sizes, 1e-6) / [1.0, TWO_SD])).mean())
