"""A model adapted to a run: what its re-rendered frames leave unexplained, learned from some and checked on others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.results import Surface
from eclips4d.inference.finetune.compared import Compared, compared
from eclips4d.inference.finetune.correction import Correction
from eclips4d.inference.finetune.fit import fit
from eclips4d.inference.finetune.module import FineTune
from eclips4d.inference.finetune.score import misfits
from eclips4d.inference.networks.model import NetworkModel
from eclips4d.inference.trust.rendered import Rerendering

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Report = Callable[[int, int], None]

ROUNDS: Final = 2
"""After each, frames are inverted and rendered again."""
SURE: Final = 4.0
"""Standard errors of the mean by which squares of pixels of frames held out have to gain, each on its own scale."""
STEEP_SD: Final = 8.0
"""Standard deviations of its slope from which a pixel is steep."""
LEAST_GAIN: Final = 0.02
"""Share of their misfit."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame of a run, [n, y, x], its calibration in its own gas, and its number."""

    data: RawArray
    calibration: Calibration
    sequence: int


@dataclass(frozen=True, slots=True)
class Adapted:
    """A module and how it did on frames that it had not seen.

    Attributes
    ----------
    module : FineTune
    fitted, checked : tuple of int
        Frames of the run.
    before, after : float64 [squares]
        Misfit of the checked frames without it and with it; 1 is noise.
    course : tuple of float
        Mean misfit of the checked frames, before and after every round.
    turned : float
        Mean tilt of the checked frames' steep pixels after over that before, less one.
    """

    module: FineTune
    fitted: tuple[int, ...]
    checked: tuple[int, ...]
    before: F64
    after: F64
    course: tuple[float, ...]
    turned: float

    @property
    def gain(self) -> float:
        """Share of the misfit that is gone."""
        return 1.0 - self.course[-1] / self.course[0]

    @property
    def gained(self) -> bool:
        """Whether frames that were held out are explained better, beyond doubt."""
        less = (self.before - self.after) / np.maximum(self.before + self.after, 1e-12)
        return self.gain >= LEAST_GAIN and float(less.mean()) > SURE * float(less.std() / np.sqrt(len(less)))


def adapt_model(frames: Sequence[Sample], model: NetworkModel, report: Report = lambda done, total: None) -> Adapted:
    """Adapt a model without a module to frames of one run; the same frames give the same module.

    Parameters
    ----------
    frames
        At least two; the second, fourth and so on are held out.
    report
        Called with what is done and all there is to do.
    """
    fitted, checked = frames[::2], frames[1::2]
    rendering = Rerendering(model.instrument)
    count = _Counting(report, (1 + ROUNDS) * len(frames) + ROUNDS)
    module, left = None, _inverted(fitted, model, rendering, count)
    as_it_is = [surface.slope for _, surface in left]
    before = _checked(checked, model, None, rendering, count)
    course = [before]
    for _ in range(ROUNDS):
        module = fit([one for one, _ in left])
        count.one()
        left = _inverted(fitted, with_module(model, module), rendering, count)
        module = replace(module, scale=_scale(as_it_is, [surface.slope for _, surface in left]))
        course.append(_checked(checked, with_module(model, module), module, rendering, count))
    assert module is not None
    return Adapted(
        module=module,
        fitted=tuple(seen.sequence for seen in fitted),
        checked=tuple(seen.sequence for seen in checked),
        before=before.misfit,
        after=course[-1].misfit,
        course=tuple(float(one.misfit.mean()) for one in course),
        turned=_turned(before, course[-1]),
    )


def _scale(before: Sequence[F32], after: Sequence[F32]) -> float:
    """Factor on the slopes after by which those of the frames are as large as they were before, noise or not."""
    own = sum(float(np.vdot(one, one)) for one in before)
    return own / sum(float(np.vdot(one, other)) for one, other in zip(before, after, strict=True))


def with_module(model: NetworkModel, module: FineTune) -> NetworkModel:
    """The model with a module in place of whatever it had."""
    return replace(model, slopes=replace(model.slopes, afterwards=Correction(model.instrument, module)))


@dataclass(frozen=True, slots=True)
class _Checked:
    """Frames held out: their misfit by squares, the tilts of their pixels, and which are steep beyond noise."""

    misfit: F64
    tilt: F64
    steep: NDArray[np.bool_]


class _Counting:
    def __init__(self, report: Report, total: int) -> None:
        self._report, self._total, self._done = report, total, 0

    def one(self) -> None:
        """One more is done."""
        self._done += 1
        self._report(self._done, self._total)


def _inverted(
    frames: Sequence[Sample], model: NetworkModel, rendering: Rerendering, count: _Counting
) -> list[tuple[Compared, Surface]]:
    found = []
    for seen in frames:
        surface = model(seen.data, seen.calibration)
        found.append((compared(seen.data, seen.calibration, surface, rendering), surface))
        count.one()
    return found


def _checked(
    frames: Sequence[Sample],
    model: NetworkModel,
    module: FineTune | None,
    rendering: Rerendering,
    count: _Counting,
) -> _Checked:
    misfit, tilt, steep = [], [], []
    for seen in frames:
        ((frame, surface),) = _inverted([seen], model, rendering, count)
        misfit.append(misfits(frame, module))
        slope = np.hypot(*surface.slope.astype(np.float64))
        tilt.append(np.arctan(slope).ravel())
        steep.append((slope > np.maximum(STEEP_SD * surface.slope_sd, np.median(slope))).ravel())
    return _Checked(np.concatenate(misfit), np.concatenate(tilt), np.concatenate(steep))


def _turned(before: _Checked, after: _Checked) -> float:
    """Of what is steep beyond noise."""
    if not before.steep.any():
        return 0.0
    return float(after.tilt[before.steep].mean() / before.tilt[before.steep].mean() - 1.0)
