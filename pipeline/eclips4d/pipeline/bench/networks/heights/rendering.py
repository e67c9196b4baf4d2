"""A judge's surface rendered once, without asking which pixels are occluded, which would take a second rendering."""

from __future__ import annotations

import numpy as np

from eclips4d.physics.microscope import Exposure
from eclips4d.physics.microscope.surface import Surface
from eclips4d.pipeline.bench.networks.judge.exposing import AtExposure, Scenery, microscope, optical
from eclips4d.pipeline.bench.networks.judge.setting import Setting
from eclips4d.pipeline.bench.networks.judge.truth import risers, true_heights, true_slopes


def rendered(surface: Surface, setting: Setting, size: int) -> Scenery:
    """Mean electrons at dose 1 and the truth; no pixel is marked as occluded."""
    still, shape = AtExposure(surface), (size, size)
    electrons = microscope(optical(setting), size, True).expected_electrons(still, Exposure(start_s=0.0))
    slope = true_slopes(still, setting.pixel_nm, shape)
    height = true_heights(still, setting.pixel_nm, shape)
    return Scenery(electrons, slope, height, np.zeros(shape, bool), risers(slope))
