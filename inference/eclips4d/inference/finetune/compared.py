"""A measured frame beside its rendering: what is left, and which of it no height and no brightness explain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.core.results import Surface
from eclips4d.inference.finetune.azimuths import at_all_azimuths
from eclips4d.inference.finetune.module import within
from eclips4d.inference.finetune.reading import Reading, reading_of
from eclips4d.inference.finetune.rendered import Rendered, rendered
from eclips4d.inference.networks.curl import rotational
from eclips4d.inference.synthesis.electrons import electrons_of
from eclips4d.inference.trust.rendered import Rerendering

F64 = NDArray[np.float64]

MOST_PX: Final = 512
"""Of a larger frame its middle is compared."""
_EDGE: Final = 8
"""Share of the sides, as one over this, and most pixels left out at the border: a curl there is what lies beyond."""
_DIMMEST: Final = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """One frame.

    Attributes
    ----------
    seen : Rendered
        From the model's surface without the curl that its slopes may have.
    around : Rendered
        Facets as steep, at all azimuths.
    reading : Reading
    left : float64 [n, y, x]
        Measured segments over brightness, less the rendered ones; 0 where a segment is saturated.
    slope_sd : float
        Of either slope, by counting.
    pixel_nm : (float, float)
    """

    seen: Rendered
    around: Rendered
    reading: Reading
    left: F64
    slope_sd: float
    pixel_nm: tuple[float, float]

    def unexplained(self, change: F64) -> F64:
        """Of a change of the segments [n, y, x]: the curl of the slopes it is read as, and what is beside all slopes.

        In units of counting noise, [2 + n, y, x] without the border.
        """
        read = self.reading.read(change)
        turning = rotational(read[1:].astype(np.float32), self.pixel_nm) / self.slope_sd
        both = np.concatenate([turning, self.reading.beside(change, read)])
        rows, columns = (min(_EDGE, side // _EDGE) for side in both.shape[1:])
        return both[:, rows : both.shape[1] - rows, columns : both.shape[2] - columns]


def compared(data: RawArray, calibration: Calibration, surface: Surface, rendering: Rerendering) -> Compared:
    """Hold a frame [n, y, x] against what a model made of it."""
    pixel = rendering.instrument.scan.pixel_size_xy_nm
    slope = surface.slope - rotational(surface.slope, pixel)
    rows, columns = (_middle(side) for side in data.shape[1:])
    whole = rendered(rendering, surface.height, slope, calibration)
    counted = electrons_of(data, calibration)
    signal = (counted.counts.astype(np.float64) - counted.shift[:, None, None]) / counted.per_flat[:, None, None]
    per_variance = whole.electrons / whole.image
    bright = (signal * whole.image * per_variance).sum(0) / (whole.image**2 * per_variance).sum(0)
    bright = np.maximum(bright, _DIMMEST * max(float(np.median(bright)), 1e-6))
    left = np.where(counted.used, signal / bright - whole.image, 0.0)[..., rows, columns]
    seen = Rendered(
        whole.slope[..., rows, columns],
        whole.image[..., rows, columns],
        whole.per_slope[..., rows, columns],
        (whole.electrons * bright)[..., rows, columns],
    )
    reading = reading_of(seen)
    around = at_all_azimuths(rendering.instrument, calibration, seen.slope)
    return Compared(seen, around, reading, left, float(np.sqrt(np.median(reading.variance[1:]))), pixel)


def held_to(frame: Compared, steepest: float) -> Compared:
    """The same, the slopes that a module looks at held."""
    return replace(frame, seen=within(frame.seen, steepest), around=within(frame.around, steepest))


def _middle(side: int) -> slice:
    first = max(side - MOST_PX, 0) // 2
    return slice(first, first + min(side, MOST_PX))
