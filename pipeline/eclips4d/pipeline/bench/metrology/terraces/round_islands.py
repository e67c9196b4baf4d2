"""Round islands and pits whose edges obey the velocity-curvature law exactly: dr/dt = v_inf (1 - r_c/r), and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from eclips4d.physics.scenes.scatter import scattered
from eclips4d.physics.scenes.scene import Labels, Lines, of_one_material
from eclips4d.physics.scenes.tile import fine_grain, rough_tile, tile_lines

F64 = NDArray[np.float64]

_STEP_S = 0.02
_TILE_STEP_NM = 5.0
_GONE_NM = -1e4


@dataclass(frozen=True, slots=True, eq=False)
class RoundIslands:
    """The scene; build it with `round_islands`.

    Attributes
    ----------
    centres : float64 [n, 2]
        x, y, nm from the field's centre.
    up : float64 [n]
        1 for an island, -1 for a pit.
    times : float64 [m], radii : float64 [m, n]
        Radii over time, nm.
    step_nm, riser_nm
        Height, and standard deviation of the riser's profile along the radius.
    tile
        Static roughness that everything carries; it lets registration find its way.
    """

    centres: F64
    up: F64
    times: F64
    radii: F64
    step_nm: float
    riser_nm: float
    v_inf_nm_s: float
    critical_nm: float
    tile: F64

    @property
    def side_units(self) -> Mapping[str, str]:
        """None."""
        return {}

    def side(self, t_s: float) -> dict[str, float]:
        """None."""
        return {}

    def radius(self, k: int, t_s: F64) -> F64:
        """Of one island."""
        return np.asarray(np.interp(t_s, self.times, self.radii[:, k]))

    def lines(self, x0_nm: F64, step_nm: float, count: int, y_nm: F64, t_s: F64) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        x = np.asarray(x0_nm)[:, None] + step_nm * np.arange(count)
        height = np.empty(x.shape)
        tile_lines(np.asarray(x0_nm, np.float64), float(step_nm), np.asarray(y_nm), _TILE_STEP_NM, self.tile, height)
        for k, (at_x, at_y) in enumerate(self.centres):
            radius = self.radius(k, np.asarray(t_s))[:, None]
            far = np.hypot(x - at_x, np.asarray(y_nm)[:, None] - at_y)
            height += self.up[k] * self.step_nm * ndtr((radius - far) / self.riser_nm)
        return of_one_material(height)

    def labels(self) -> Labels:
        """What a perfect measurement would find."""
        return {"v_inf_nm_s": self.v_inf_nm_s, "critical_nm": self.critical_nm, "step_nm": self.step_nm}


def round_islands(
    field_nm: tuple[float, float],
    seed: int,
    *,
    v_inf_nm_s: float,
    critical_nm: float,
    last_s: float,
    radii_nm: tuple[float, float] = (45.0, 110.0),
    count: int = 9,
    step_nm: float = 8.0,
    riser_nm: float = 6.0,
    pits: bool = True,
    roughness_nm: float = 1.0,
) -> RoundIslands:
    """Islands and pits in turn, scattered so that none meets another until `last_s`."""
    random = np.random.default_rng([seed, 0x1C0])
    most = radii_nm[1] + max(v_inf_nm_s, 0.0) * last_s
    x, y = scattered(field_nm, count / (field_nm[0] * field_nm[1] * 1e-6), 2.0 * most + 12.0 * riser_nm, random)
    up = np.where(pits & (np.arange(len(x)) % 2 == 1), -1.0, 1.0)
    start = random.permutation(np.linspace(*radii_nm, len(x)))
    times = np.arange(0.0, last_s + 2.0 * _STEP_S, _STEP_S)
    radii = np.empty((len(times), len(x)))
    radii[0] = start
    for k in range(1, len(times)):
        middle = radii[k - 1] + 0.5 * _STEP_S * _rate(radii[k - 1], up, v_inf_nm_s, critical_nm)
        radii[k] = radii[k - 1] + _STEP_S * _rate(middle, up, v_inf_nm_s, critical_nm)
        radii[k] = np.where(radii[k] > 1.0, radii[k], _GONE_NM)
    tile = rough_tile(512, _TILE_STEP_NM, roughness_nm, fine_grain(20.0), random)
    return RoundIslands(np.column_stack([x, y]), up, times, radii, step_nm, riser_nm, v_inf_nm_s, critical_nm, tile)


def _rate(radius: F64, up: F64, v_inf: float, critical: float) -> F64:
    """dr/dt: an edge around an upper terrace has curvature 1/r and moves outwards, one around a pit the reverse."""
    there = radius > 0.5 * _GONE_NM
    return np.asarray(np.where(there, up * v_inf * (1.0 - up * critical / np.maximum(radius, 1.0)), 0.0))
