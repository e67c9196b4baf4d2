"""How often true height differences lie within the stated sd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.inference.closed_form import ClosedFormSlopes
from eclips4d.inference.models import Model
from eclips4d.inference.networks.uncertainty import ErrorSpectrum, difference_sd, slope_errors

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

TWO_SD = 1.96


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
