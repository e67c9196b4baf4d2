"""From a surface to the electrons that its segments detect, before the instrument adds anything of its own."""

from __future__ import annotations

import numpy as np

from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.emission.law import EmissionLaw

_FLAT_SHAPE = (4, 4)


def sub_pixels(instrument: Instrument, supersample: int) -> Instrument:
    """The same instrument with pixels that are `supersample` times smaller."""
    x, y = instrument.scan.pixel_size_xy_nm
    scan = instrument.scan.model_copy(update={"pixel_size_nm": (x / supersample, y / supersample)})
    return instrument.model_copy(update={"scan": scan})


def flat_signal(instrument: Instrument, law: EmissionLaw) -> float:
    """Mean over the segments of what a flat spot on the axis gives, per electron that it emits."""
    return float(exact_simulator(instrument, _FLAT_SHAPE, law=law)(np.zeros(_FLAT_SHAPE)).mean())
