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
from eclips4d.inference.integrator.twice import for_both
from eclips4d.inference.trust.case import Expected, Given, Said, room_for
from eclips4d.inference.trust.deviations import HALF_TRUSTED_SD, TRUSTED, judged_rows
from eclips4d.inference.trust.full_scale import clipped
from eclips4d.inference.trust.misfit import Misfit, Reading, misfit, reading_of, room_for_misfit
from eclips4d.inference.trust.rendered import SMALLEST_PX, Rerendering
from eclips4d.inference.trust.scatter import per_scatter, samples_of
from eclips4d.inference.trust.turn import flowed, steps_per_sd
from eclips4d.inference.trust.usual import EVERY, between, stretched, usual_of
from eclips4d.inference.trust.whole import whole_frame

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

DOUBTED: Final = np.float32(8.0)
"""Trust falls from full at `TRUSTED` to none at this deviation, in units of what is usual."""
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
        ends = clipped(data, calibration)
        given = Given(
            raw=np.ascontiguousarray(data, dtype=np.uint16),
            rendered=self.rendering(surface.height, surface.slope, calibration),
            slope=surface.slope,
            slope_sd=surface.slope_sd,
            measured=closed.slope,
            measured_sd=closed.slope_sd,
            believed=surface.trust > 0 if ends is None else (surface.trust > 0) & ~ends,
        )
        pixel, reading = self.instrument.scan.pixel_size_xy_nm, reading_of(data, calibration)
        some = _some(given, reading)
        said, kept = _said(given, _expected(given, reading, some, pixel))
        samples = samples_of(said.kind, surface.height.shape)
        scales = np.array([per_scatter(deviation, samples) for deviation in said.some])
        for first, count in kept:
            _doubt(said, scales, given.slope_sd, first, count)
        flux = flowed(closed.slope, closed.slope_sd, pixel, EVERY)
        if whole_frame(some, said.some[-1], flux):
            np.minimum(said.trust, WHOLE_FRAME, out=said.trust)
        residual = said.residual if len(data) > 3 else np.full_like(said.residual, np.nan)
        return replace(surface, residual=residual, trust=said.trust)


def judge_of(instrument: Instrument, *, threads: int | None = None) -> Judge:
    """For frames of this instrument.

    Parameters
    ----------
    threads
        As many as the process has processors when absent.
    """
    return Judge(instrument, Rerendering(instrument, threads))


def _some(given: Given, reading: Reading) -> Misfit:
    """Of one pixel in EVERY rows and columns."""
    raw, rendered = (np.ascontiguousarray(planes[:, ::EVERY, ::EVERY]) for planes in (given.raw, given.rendered))
    found = room_for_misfit(*raw.shape)
    misfit(raw, rendered, reading, found)
    return found


def _expected(given: Given, reading: Reading, some: Misfit, pixel: tuple[float, float]) -> Expected:
    usual = usual_of(some.brightness, np.ascontiguousarray(given.slope[:, ::EVERY, ::EVERY]))
    rows, columns = given.slope_sd.shape
    tall, wide = usual.around.shape
    level = stretched(usual.around, between(columns, wide))
    return Expected(reading, usual.per_yield, level, between(rows, tall), steps_per_sd(pixel))


def _said(given: Given, expected: Expected) -> tuple[Said, list[tuple[int, int]]]:
    """By two threads; where the deviations that each has kept begin, and how many they are."""
    rows, columns = given.slope_sd.shape
    said, kept = room_for((rows, columns), len(given.raw)), [(0, 0), (0, 0)]

    def half(part: int) -> None:
        first, last = part * rows // 2, (part + 1) * rows // 2
        kept[part] = first * columns, judged_rows(given, expected, first, last, said)

    for_both(half, rows * columns)
    return said, kept


@_compiled  # type: ignore[untyped-decorator]
def _doubt(said: Said, scales: F32, slope_sd: F32, first: int, count: int) -> None:
    """Trust by the worst of all deviations in units of what is usual for a pixel's kind, `scales` [deviation, kind].

    No scale is above 1: where nothing deviates by more than is trusted, nobody has to ask what is usual.
    """
    zero, one, full, half = np.float32(0.0), np.float32(1.0), np.float32(100.0), np.float32(0.5)
    trust, noise = said.trust.reshape(-1), slope_sd.reshape(-1)
    for k in range(first, first + count):
        worst, kind, pixel = zero, said.pixel_kind[k], said.pixel[k]
        for j in range(scales.shape[0]):
            worst = max(worst, abs(said.large[k, j]) * scales[j, kind])
        agrees = min(max((DOUBTED - worst) / (DOUBTED - TRUSTED), zero), one)
        ratio = noise[pixel] / HALF_TRUSTED_SD
        trust[pixel] = np.uint8(full * (agrees / (one + ratio * ratio)) + half)
