"""What the height error of steep facets is made of: the closed form's, if something of its slopes were known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter

from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.inference.integrate import integrate
from eclips4d.inference.networks.shadows import lit, shadows_of
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.networks.heights.steep import SCENES, frame
from eclips4d.pipeline.bench.networks.integration.scores import score
from eclips4d.pipeline.bench.networks.judge.frame import JudgeFrame
from eclips4d.pipeline.bench.networks.slopes.errors import interval_row
from eclips4d.pipeline.bench.networks.slopes.scores import ratio_interval
from eclips4d.pipeline.bench.rows import Row

F32 = NDArray[np.float32]

TABLE: Final = "Steep simulated facets: height error of the closed form if something were known, over what it is"
_EDGE: Final = 0.05
"""Slopes that differ by more within 3 × 3 pixels meet at an edge."""
_FACE: Final = 0.7


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame: slopes as they are read, without shadows as they are guessed and as they are, and true ones.

    Attributes
    ----------
    read, guessed, lit, true : float32 [2, y, x]
    """

    read: F32
    guessed: F32
    lit: F32
    true: F32

    @property
    def edges(self) -> NDArray[np.bool_]:
        """Where faces meet, [y, x]."""
        spans = [maximum_filter(part, 3) - minimum_filter(part, 3) for part in self.true]
        return np.asarray(np.max(spans, axis=0) > _EDGE)

    @property
    def faces(self) -> NDArray[np.bool_]:
        """Inside steep faces, [y, x]."""
        return np.asarray(~self.edges & (np.hypot(*self.true) > _FACE))

    def with_true(self, where: NDArray[np.bool_]) -> F32:
        """Without guessed shadows, and true where said."""
        return np.where(where, self.true, self.guessed)


KNOWN: Final[Mapping[str, Callable[[Seen], F32]]] = {
    "shadows, as guessed": lambda seen: seen.guessed,
    "shadows, of the true heights": lambda seen: seen.lit,
    "shadows as guessed, and slopes where faces meet": lambda seen: seen.with_true(seen.edges),
    "shadows as guessed, and slopes on the faces": lambda seen: seen.with_true(seen.faces),
}


def bound_rows(seeds: int) -> list[Row]:
    """Errors by scene and by what is known."""
    rows = []
    for scene in SCENES:
        frames = [frame(scene, seed) for seed in range(seeds)]
        every = [seen(one) for one in frames]
        closed = np.array([_error(one, of.read) for one, of in zip(frames, every, strict=True)])
        for what, known in KNOWN.items():
            found = np.array([_error(one, known(of)) for one, of in zip(frames, every, strict=True)])
            rows.append(interval_row(TABLE, f"{scene}: {what}", ratio_interval(found, closed), None))
    return rows


def seen(of: JudgeFrame) -> Seen:
    """Read a frame as the networks do, before they look."""
    closed = closed_form_slopes(of.instrument, without_lag=True, fill_clipped=True)(of.raw, of.calibration)
    shadows = shadows_of(of.instrument)
    guessed = lit(closed, shadows(closed, of.calibration))
    true = lit(closed, shadows.of_height(of.height, of.calibration))
    return Seen(closed.slope, guessed.slope, true.slope, np.asarray(of.slope, dtype=np.float32))


def _error(of: JudgeFrame, slope: F32) -> float:
    pixel = of.setting.pixel_nm
    height = integrate(slope, of.instrument.scan.pixel_size_xy_nm).astype(np.float64) / pixel
    return score(height, np.asarray(of.height, dtype=np.float64) / pixel, scores.inner(height.shape)).rms
