"""Where the steps of a `stepflow` scene cross a line: the closed form of the scene, solved for each step and moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.profiles.line import Line
from eclips4d.physics.scenes.stepflow import Stepflow

F64 = NDArray[np.float64]
_FINE_NM = 2.0
_DT_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """Steps of a scene on a line.

    Attributes
    ----------
    scene
    line
        (x, y) of its ends, nm on the grid of the frames.
    centre_nm
        (x, y) of the scene's origin on that grid.
    """

    scene: Stepflow
    line: Line
    centre_nm: tuple[float, float]

    def numbers(self, place_nm: F64, time_s: F64) -> F64:
        """The real number of the step at places along the line, [n]; it is whole on a step."""
        low, high = -40.0, 40.0
        lowest, highest = np.full(place_nm.shape, low), np.full(place_nm.shape, high)
        along, across = self._flow(place_nm)
        for _ in range(48):
            middle = 0.5 * (lowest + highest)
            beyond = self._place(middle, across, time_s) > along
            highest, lowest = np.where(beyond, middle, highest), np.where(beyond, lowest, middle)
        return np.asarray(0.5 * (lowest + highest), np.float64)

    def place(self, step: int, near_nm: F64, time_s: F64) -> F64:
        """Where a step crosses the line close to places, [n], at moments, [n]; by secants."""

        def off(place: F64) -> F64:
            along, across = self._flow(place)
            return along - self._place(np.full(place.shape, float(step)), across, time_s)

        a, b = near_nm - _FINE_NM, near_nm + _FINE_NM
        fa, fb = off(a), off(b)
        for _ in range(15):
            moved = np.where(np.abs(fb - fa) > 1e-12, fb * (b - a) / np.where(fb == fa, 1.0, fb - fa), 0.0)
            a, fa = b, fb
            b = b - moved
            fb = off(b)
        return np.asarray(b, np.float64)

    def velocity(self, step: int, near_nm: F64, time_s: F64) -> F64:
        """Along the line, nm/s, [n]."""
        now = self.place(step, near_nm, time_s)
        before, after = (self.place(step, now, time_s + dt) for dt in (-_DT_S, _DT_S))
        return (after - before) / (2.0 * _DT_S)

    def _flow(self, place_nm: F64) -> tuple[F64, F64]:
        start, end = np.array(self.line[0]), np.array(self.line[1])
        unit = (end - start) / np.hypot(*(end - start))
        x, y = (start[k] + unit[k] * place_nm - self.centre_nm[k] for k in (0, 1))
        cosine, sine = self.scene.flow[0], self.scene.flow[1]
        return x * cosine + y * sine, y * cosine - x * sine

    def _place(self, step: F64, across: F64, time_s: F64) -> F64:
        spacing, bunching, per_step, meander, across_k, phase, slow, slow_k = self.scene.train
        o = self.scene.options
        wave = -2.0 * np.pi / o.wave_s * time_s
        return np.asarray(
            spacing * step
            + bunching * np.sin(per_step * step - wave)
            + meander * np.sin(across * across_k + phase * step)
            + slow * np.sin(across * slow_k)
            + o.velocity_nm_s * time_s,
            np.float64,
        )
