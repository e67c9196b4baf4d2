"""Scenes of the simulated microscope that move: bare spirals, in which nothing stays, and steps that flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.registration.track import follow

F64 = NDArray[np.float64]

SIZE, FRAMES = 192, 8
FIRST_SEED = 2
SPACINGS_NM, SPIRAL_FPS = (80, 120, 160, 240), (0.1, 0.25, 0.5, 1.0)
FLOW_FPS = (0.1, 0.5)
_COMMON = f"size={SIZE}&supersample=2&drift_px=0.4"


@dataclass(frozen=True, slots=True)
class Followed:
    """Errors of a run's live drift.

    Attributes
    ----------
    over_sd : float64 [T - 1, 2]
        Absolute errors over the stated standard deviations.
    aligned : bool [T - 1]
    """

    over_sd: F64
    aligned: NDArray[np.bool_]


def spirals(seeds: int) -> list[str]:
    """Two of each seed, one of them with one core and one with two; spacings and frame rates in turn."""
    return [_spiral(seed, turn) for seed in _seeds(seeds) for turn in range(2)]


def flows(seeds: int, dose: float) -> list[str]:
    """One of each seed."""
    return [
        f"sim://stepflow?{_COMMON}&seed={seed}&dose={dose:g}&fps={FLOW_FPS[seed // 2 % 2]}" for seed in _seeds(seeds)
    ]


def followed(address: str) -> Followed:
    """Render and follow the frames of a simulated experiment."""
    simulation = simulated_microscope(address)
    frames = [simulation.frame(k) for k in range(FRAMES)]
    calibration = estimate_calibration(frames[0].data, simulation.instrument)
    live = follow(((frame.header, frame.data) for frame in frames), calibration).live[1:]
    errors = np.array([drift.start for drift in live]) - _truth(simulation)
    return Followed(
        np.abs(errors) / np.array([drift.sd for drift in live]), np.array([drift.aligned for drift in live])
    )


def _truth(simulation: SimulatedMicroscope) -> F64:
    return np.array([simulation.drift_px(k) for k in range(1, FRAMES)])


def _seeds(seeds: int) -> Sequence[int]:
    return range(FIRST_SEED, FIRST_SEED + seeds)


def _spiral(seed: int, turn: int) -> str:
    spacing, fps = SPACINGS_NM[(seed + turn) % 4], SPIRAL_FPS[(seed + seed // 4 + turn * (turn + 1)) % 4]
    scene = f"dose=1000&cores={1 + (seed + turn) % 2}&spacing_nm={spacing}&fps={fps}"
    return f"sim://spiral?{_COMMON}&seed={seed}&{scene}"
