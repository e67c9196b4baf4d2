"""Whether a surface that stays seems to grow: heights less their datum, over a long run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Registered
from eclips4d.pipeline.bench.registration.long.sequences import Sequence
from eclips4d.pipeline.bench.registration.scenes.exposing import CALIBRATION
from eclips4d.pipeline.bench.registration.stacking.scenes import analytic
from eclips4d.registration import Registrar

F64 = NDArray[np.float64]

PATCH_PX = 16
"""Half the side of the square in the middle whose mean height is watched: drift never carries it out of the image."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Mean height of the middle since the first frame, less the datum.

    Attributes
    ----------
    change_nm, sd_nm : float64 [T]
        NaN where the datum is not observable.
    """

    change_nm: F64
    sd_nm: F64

    @property
    def observable(self) -> float:
        """Share of the frames."""
        return float(np.isfinite(self.change_nm).mean())

    def over_run(self) -> tuple[float, float]:
        """Growth by a straight line from the first frame to the last one, and what the datum allows it to be, nm."""
        seen = np.flatnonzero(np.isfinite(self.change_nm))
        slope = np.polyfit(seen, self.change_nm[seen], 1)[0]
        return float(slope * (seen[-1] - seen[0])), float(self.sd_nm[seen[-1]])


def growth_of(sequence: Sequence) -> Growth:
    """Every frame inverted, registered, and put on its datum."""
    registrar: Registrar | None = None
    middles, offsets, sds = [], [], []
    for header, raw in sequence.frames():
        registrar = registrar or Registrar.start(header, raw, CALIBRATION)
        found = registrar.register(header, raw, analytic()(raw, CALIBRATION))
        middles.append(_middle(found))
        offsets.append(found.datum.plane[0])
        sds.append(found.datum.sd[0])
    change = np.array(middles) - offsets
    return Growth(change - change[0], np.array(sds))


def _middle(found: Registered) -> float:
    rows, columns = (n // 2 for n in found.surface.height.shape)
    part = found.surface.height[rows - PATCH_PX : rows + PATCH_PX, columns - PATCH_PX : columns + PATCH_PX]
    return float(np.mean(part, dtype=np.float64))
