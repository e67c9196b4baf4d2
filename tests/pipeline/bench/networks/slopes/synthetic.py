"""Readings without a microscope: true slopes, white noise, and nothing else."""

import numpy as np

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.inference.closed_form import ClosedForm
from eclips4d.pipeline.bench.networks.judge.frame import JudgeFrame
from eclips4d.pipeline.bench.networks.judge.setting import SETTINGS
from eclips4d.pipeline.bench.networks.slopes.chosen import Read


def noisy(truth, noise, seed=0):
    """`truth` [2, y, x] plus white noise."""
    random = np.random.default_rng(seed)
    plane = truth.shape[1:]
    slope = (truth + noise * random.standard_normal(truth.shape)).astype(np.float32)
    setting = SETTINGS[0]
    ones = np.ones(plane, np.float32)
    calibration = Calibration(
        gain=(1.0,) * 4,
        offset_adu=(0.0,) * 4,
        noise_slope_adu=(1.0,) * 4,
        noise_floor_adu2=(0.1,) * 4,
        flat=(0.1,) * 4,
        contrast=((0.05, 0.05),) * 4,
    )
    instrument: Instrument = setting.instrument(1000.0)
    frame = JudgeFrame(
        raw=np.zeros((4, *plane), np.uint16),
        instrument=instrument,
        calibration=calibration,
        slope=truth.astype(np.float32),
        height=np.zeros(plane, np.float32),
        occluded=np.zeros(plane, bool),
        riser=np.zeros(plane, bool),
        scene="synthetic",
        dose=1000.0,
        seed=seed,
        setting=setting,
    )
    return Read(frame, ClosedForm(slope, noise * ones, ones, ones, np.full(plane, 100, np.uint8)))


def waves(size=96, period=24.0, depth=0.2):
    """Slopes of a surface of crossed waves, [2, y, x]."""
    y, x = np.mgrid[:size, :size] * (2 * np.pi / period)
    return depth * np.stack([np.cos(x) * np.cos(y), -np.sin(x) * np.sin(y)])
