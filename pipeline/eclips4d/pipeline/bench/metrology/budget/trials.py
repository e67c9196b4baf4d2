"""Frames of an instrument that is off by chance, inverted by one that is told the nominal values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Drift, Surface
from eclips4d.pipeline.bench.metrology.budget.draws import normal_draws
from eclips4d.pipeline.bench.metrology.budget.reading import Reader
from eclips4d.pipeline.bench.metrology.budget.setting import (
    CLOCK_U,
    DARK_U_ADU,
    DISTANCE_U_MM,
    DRIFT_RATE_PX,
    DRIFT_SD_PX,
    GAIN_U,
    PIXEL_NM,
    PIXEL_U,
    PRESSURE_U,
    SCATTERING_U,
    SHEAR_U_DEG,
    SIDE_PX,
    Setting,
)
from eclips4d.pipeline.bench.metrology.budget.wall import Truth, Wall
from eclips4d.registration.resample import resample

Numbers: TypeAlias = NDArray[np.float64]
"""Standard normal numbers of one draw."""

SCALE_U = 0.01
"""What the calibration states of a contrast calculated from radii."""
FRAMES, INTERVAL_S, VELOCITY_NM_S = 5, 10.0, 0.8


@dataclass(frozen=True, slots=True)
class Source:
    """A source of error: how many numbers it takes, and what they make of the truth."""

    numbers: int
    made: Callable[[Truth, Numbers], Truth]


def _gains(truth: Truth, z: Numbers) -> Truth:
    return replace(truth, gain=tuple((GAIN_U * z).tolist()))


def _dark(truth: Truth, z: Numbers) -> Truth:
    return replace(truth, dark_adu=tuple((DARK_U_ADU * z).tolist()))


def _gas(truth: Truth, z: Numbers) -> Truth:
    return replace(truth, thickness=truth.thickness * (1.0 + PRESSURE_U * z[0] + SCATTERING_U * z[1]))


def _pixel(truth: Truth, z: Numbers) -> Truth:
    return replace(truth, pixel=(PIXEL_U[0] * z[0], PIXEL_U[1] * z[1]))


def _rate(truth: Truth, z: Numbers) -> Truth:
    return replace(truth, drift_rate_px=(DRIFT_RATE_PX[0] * z[0], DRIFT_RATE_PX[1] * z[1]))


def _shear(truth: Truth, z: Numbers) -> Truth:
    return replace(truth, shear=float(np.radians(SHEAR_U_DEG) * z[0]))


SOURCES: Mapping[str, Source] = {
    "slope scale": Source(1, lambda truth, z: replace(truth, contrast=SCALE_U * z[0])),
    "working distance": Source(1, lambda truth, z: replace(truth, distance_mm=DISTANCE_U_MM * z[0])),
    "gas dilution": Source(2, _gas),
    "dark level": Source(4, _dark),
    "gains": Source(4, _gains),
    "pixel size": Source(2, _pixel),
    "shear": Source(1, _shear),
    "drift": Source(2, _rate),
}
"""By the names of the budget's lines; `drift` is that during a frame."""


def truths(setting: Setting, names: tuple[str, ...], count: int, seed: int) -> list[Truth]:
    """So many instruments, off in what is named."""
    z = normal_draws(count, max(sum(SOURCES[name].numbers for name in names), 1), seed)
    made = []
    for row in z:
        truth, first = Truth(thickness=setting.thickness), 0
        for name in names:
            source = SOURCES[name]
            truth, first = source.made(truth, row[first : first + source.numbers]), first + source.numbers
        made.append(truth)
    return made


def readings(
    setting: Setting, names: tuple[str, ...], count: int, *, noisy: bool, read: Callable[[Surface], tuple[float, ...]]
) -> NDArray[np.float64]:
    """What is read of so many instruments, float64 [draw, reading].

    Parameters
    ----------
    names
        Sources that are off.
    noisy
        Whether electrons are counted one by one.
    """
    found = []
    for number, truth in enumerate(truths(setting, names, count, setting.seed)):
        random = setting.random(number + 1) if noisy else None
        data = setting.frame(truth, random)
        surface = _onto_the_grid(setting.invert(data), truth)
        found.append(read(surface))
    return np.array(found)


def _onto_the_grid(surface: Surface, truth: Truth) -> Surface:
    """As registration would that knows the drift."""
    return resample(surface, Drift(truth.drift_px, truth.drift_rate_px))


def velocities(setting: Setting, names: tuple[str, ...], count: int, *, noisy: bool) -> NDArray[np.float64]:
    """Velocity of the riser as read of so many short series, nm/s, float64 [draw].

    `drift` here is where registration puts each frame, and `time` the clock of the scan.
    """
    steady = tuple(name for name in names if name in ("pixel size", "shear"))
    z = normal_draws(count, 2 * FRAMES + 1, setting.seed + 1)
    out = []
    for number, truth in enumerate(truths(setting, steady, count, setting.seed)):
        late = 1.0 + (CLOCK_U * z[number, -1] if "time" in names else 0.0)
        off = z[number, :-1].reshape(FRAMES, 2) * DRIFT_SD_PX if "drift" in names else np.zeros((FRAMES, 2))
        places = [
            _position(setting, replace(truth, moved_nm=_moved(k) * late), off[k], (number, k) if noisy else None)
            for k in range(FRAMES)
        ]
        out.append(np.polyfit(np.arange(FRAMES) * INTERVAL_S, places, 1)[0])
    return np.array(out)


@lru_cache(maxsize=FRAMES)
def _moving_reader(wall: Wall, k: int) -> Reader:
    """Of the riser in frame k, where it is said to be."""
    return Reader(wall, PIXEL_NM, SIDE_PX, _moved(k))


def _moved(k: int) -> float:
    return VELOCITY_NM_S * INTERVAL_S * (k - (FRAMES - 1) / 2.0)


def _position(setting: Setting, truth: Truth, off_px: NDArray[np.float64], draw: tuple[int, int] | None) -> float:
    """Where the riser is read to be in one frame that registration puts `off_px` (row, column) beside its place."""
    random = None if draw is None else setting.random(1000 + FRAMES * draw[0] + draw[1])
    data = setting.frame(truth, random)
    told = Drift((float(off_px[0]), float(off_px[1])))
    k = round(truth.moved_nm / (VELOCITY_NM_S * INTERVAL_S) + (FRAMES - 1) / 2.0)
    return _moving_reader(setting.wall, k).position_nm(resample(setting.invert(data), told))
