"""The residual and the trust of a surface: what the frame says against it, pixel by pixel and as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.core.results import Surface
from eclips4d.inference.closed_form import ClosedForm
from eclips4d.inference.trust.full_scale import clipped
from eclips4d.inference.trust.misfit import Misfit, misfit
from eclips4d.inference.trust.rendered import SMALLEST_PX, Rerendering
from eclips4d.inference.trust.scatter import per_scatter, samples_of
from eclips4d.inference.trust.sums import around
from eclips4d.inference.trust.turn import turned
from eclips4d.inference.trust.usual import brighter, surroundings, yield_over_tilt
from eclips4d.inference.trust.whole import whole_frame

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

TRUSTED: Final = np.float32(4.0)
DOUBTED: Final = np.float32(8.0)
"""Trust falls from full to none between these deviations, in units of what is usual."""
HALF_TRUSTED_SD: Final = np.float32(1.0)
"""Trust is halved at this slope sd."""
WHOLE_FRAME: Final = 25
"""Most that is trusted of a frame that is doubted as a whole."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True)
class Judge:
    """Renders a surface again and compares; build it with `judge_of`. Calling it is pure."""

    instrument: Instrument
    rendering: Rerendering

    def __call__(self, surface: Surface, data: RawArray, calibration: Calibration, closed: ClosedForm) -> Surface:
        """The surface with its residual and trust.

        Parameters
        ----------
        surface
            Whose trust is 0 where it is not to be trusted at all, whatever the frame says.
        data
            The frame it was made of, [n, y, x].
        closed
            Slopes as measured, before a network filtered them.
        """
        if min(surface.height.shape) < SMALLEST_PX:
            return surface
        left = misfit(data, calibration, self.rendering(surface.height, surface.slope, calibration))
        pixel = self.instrument.scan.pixel_size_xy_nm
        residual = np.empty_like(left.chi2)
        _residual(left.chi2, closed.slope_sd, surface.slope_sd, np.float32(len(data) - 3), residual)
        deviations, kind = _deviations(left, surface, closed, pixel, residual)
        samples = samples_of(kind)
        scales = np.array([per_scatter(deviation, samples) for deviation in deviations])
        ends = clipped(data, calibration)
        trust = np.empty_like(surface.trust)
        none = np.zeros_like(trust, np.bool_) if ends is None else ends
        _trust(deviations, scales, kind, surface.slope_sd, surface.trust, none, trust)
        if whole_frame(left, closed.slope, closed.slope_sd, pixel, deviations[-1]):
            np.minimum(trust, WHOLE_FRAME, out=trust)
        seen = residual if len(data) > 3 else np.full_like(residual, np.nan)
        return replace(surface, residual=seen, trust=trust)


def judge_of(instrument: Instrument, *, threads: int | None = None) -> Judge:
    """For frames of this instrument.

    Parameters
    ----------
    threads
        As many as the process has processors when absent.
    """
    return Judge(instrument, Rerendering(instrument, threads))


@_compiled  # type: ignore[untyped-decorator]
def _residual(chi2: F32, measured_sd: F32, filtered_sd: F32, spare: np.float32, out: F32) -> None:
    """Root of chi² over the degrees of freedom of every pixel: those to `spare`, and what a filter took from slopes.

    A network that leaves a share of the slopes' variance has used so much of each slope's own degree of freedom. With
    three segments and slopes as measured there is none.
    """
    one, two, least = np.float32(1.0), np.float32(2.0), np.float32(1e-3)
    for y in range(out.shape[0]):
        misfit, before, after, line = chi2[y], measured_sd[y], filtered_sd[y], out[y]
        for x in range(line.size):
            left = min(after[x] / before[x], one)
            line[x] = np.sqrt(misfit[x] / (spare + two * (one - left * left) + least))


def _deviations(
    left: Misfit, surface: Surface, closed: ClosedForm, pixel: tuple[float, float], residual: F32
) -> tuple[F32, U8]:
    """Of what a frame may say against a surface, in units of noise; of what kind every pixel is.

    In order: brightness, its sums over squares and over lines; the same of every combination of segments that no
    surface changes; the residual; the circulation.
    """
    shape = surface.height.shape
    kind, bright = np.empty(shape, np.uint8), np.empty(shape, np.float32)
    alone = 1 if len(left.beside) else 0
    found = np.empty((2 * (1 + len(left.beside)) + alone + 1, *shape), np.float32)
    usual = yield_over_tilt(left.brightness, surface.slope)
    level = surroundings(left.brightness, surface.slope, usual)
    brighter(left.brightness, left.brightness_sd, surface.slope, usual, level, bright, kind)
    for k, deviation in enumerate((bright, *left.beside)):
        around(deviation, found[2 * k : 2 * k + 2])
    if alone:
        found[-2] = residual
    turned(closed.slope, closed.slope_sd, pixel, found[-1])
    return found, kind


@_compiled  # type: ignore[untyped-decorator]
def _trust(
    deviations: F32, scales: F32, kind: U8, slope_sd: F32, before: U8, none: NDArray[np.bool_], trust: U8
) -> None:
    """By the worst of all deviations in units of what is usual for a pixel's kind, `scales` [deviation, kind].

    No scale is above 1: where nothing deviates by more than is trusted, nobody has to ask what is usual.
    """
    zero, one, full, half = np.float32(0.0), np.float32(1.0), np.float32(100.0), np.float32(0.5)
    plain = np.empty(trust.shape[1], np.float32)
    for y in range(trust.shape[0]):
        plain[:] = zero
        noise, out = slope_sd[y], trust[y]
        for k in range(deviations.shape[0]):
            deviation = deviations[k, y]
            for x in range(plain.size):
                plain[x] = max(plain[x], abs(deviation[x]))
        for x in range(plain.size):
            ratio = noise[x] / HALF_TRUSTED_SD
            out[x] = np.uint8(full * (one / (one + ratio * ratio)) + half)
        for x in range(plain.size):
            if plain[x] <= TRUSTED:
                continue
            worst = zero
            for k in range(deviations.shape[0]):
                worst = max(worst, abs(deviations[k, y, x]) * scales[k, kind[y, x]])
            agrees = min(max((DOUBTED - worst) / (DOUBTED - TRUSTED), zero), one)
            ratio = noise[x] / HALF_TRUSTED_SD
            out[x] = np.uint8(full * (agrees / (one + ratio * ratio)) + half)
        for x in range(plain.size):
            if before[y, x] == 0 or none[y, x]:
                out[x] = np.uint8(0)
