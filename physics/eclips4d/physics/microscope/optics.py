"""From a surface to the electrons that its segments detect, before the instrument adds anything of its own."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.lambert import render

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


class Simulator(Protocol):
    """Detected electrons per emitted one of a flat spot, float32 [n, y, x], on the surface's own grid."""

    def __call__(self, height_nm: F64, relative_yield: F64) -> F32:
        """Render a surface with its margin."""
        ...


def sub_pixels(instrument: Instrument, supersample: int) -> Instrument:
    """The same instrument with pixels that are `supersample` times smaller."""
    x, y = instrument.scan.pixel_size_xy_nm
    scan = instrument.scan.model_copy(update={"pixel_size_nm": (x / supersample, y / supersample)})
    return instrument.model_copy(update={"scan": scan})


def simulator(
    instrument: Instrument, shape: tuple[int, int], law: EmissionLaw, azimuths: int, occlusion: bool, margin: int
) -> Simulator:
    """The simulator for surfaces of `shape`, a margin on every side not counted."""
    response = segment_response(instrument)
    step_x, step_y = instrument.scan.pixel_size_xy_nm

    def closed_form(height_nm: F64, relative_yield: F64) -> F32:
        q, p = (np.gradient(height_nm, step, axis=axis) for axis, step in enumerate((step_y, step_x)))
        inside = (slice(margin, margin + shape[0]), slice(margin, margin + shape[1]))
        slope = np.array([p[inside], q[inside]], dtype=np.float32)
        tilt = np.arctan(np.hypot(*slope))
        grown = np.interp(tilt, law.tilt, law.amplitude[0] / np.cos(law.tilt)).astype(np.float32)
        return render(slope, response, grown * relative_yield[inside].astype(np.float32))

    return closed_form


def flat_signal(instrument: Instrument, law: EmissionLaw) -> float:
    """Mean over the segments of what a flat spot on the axis gives."""
    here = simulator(instrument, (4, 4), law, 16, False, 2)
    return float(here(np.zeros((8, 8)), np.ones((8, 8))).mean())
