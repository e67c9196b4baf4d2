"""Spirals on which a few particles lie: on a bare spiral nothing but the core stays, and drift cannot be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.scenes.scene import FloatArray, Labels, Lines, Scene, of_one_material

F64 = NDArray[np.float64]

_PER_UM2 = 30.0
_HEIGHT_NM = (5.0, 9.0)
_RADIUS_NM = (10.0, 13.0)
_CLEAR_NM = 60.0


@dataclass(frozen=True, slots=True)
class Dusted:
    """A scene with static particles.

    Attributes
    ----------
    base : Scene
    particles : float64 [n, 4]
        x, y, height and standard deviation, nm.
    """

    base: Scene
    particles: F64

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        return self.base.side_units

    def side(self, t_s: float) -> dict[str, float]:
        """Side values at a moment."""
        return self.base.side(t_s)

    def labels(self) -> Labels:
        """Those of the scene below."""
        return self.base.labels()

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        height = self.base.lines(x0_nm, step_nm, count, y_nm, t_s).height.copy()
        x = np.asarray(x0_nm)[:, None] + step_nm * np.arange(count)
        for at_x, at_y, high, wide in self.particles:
            near = np.flatnonzero(np.abs(y_nm - at_y) < 5.0 * wide)
            off = (x[near] - at_x) ** 2 + (np.asarray(y_nm)[near, None] - at_y) ** 2
            height[near] += high * np.exp(-0.5 * off / wide**2)
        return of_one_material(height)


def dusted(base: Scene, field_nm: tuple[float, float], seed: int) -> Dusted:
    """Particles at random places, none at a core."""
    random = np.random.default_rng([seed, 0xD057])
    count = round(_PER_UM2 * field_nm[0] * field_nm[1] * 1e-6)
    places = random.uniform(-0.5, 0.5, (4 * count, 2)) * field_nm
    cores = np.asarray(base.labels()["cores"], np.float64)[:, :2]
    clear = np.hypot(*(places[:, None] - cores).transpose(2, 0, 1)).min(axis=1) > _CLEAR_NM
    places = places[clear][:count]
    shape = np.column_stack([random.uniform(*span, len(places)) for span in (_HEIGHT_NM, _RADIUS_NM)])
    return Dusted(base, np.column_stack([places, shape]))
