"""A scene in which steps are born, meet, merge and annihilate each other at known places and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from eclips4d.physics.scenes.scene import FloatArray, Labels, Lines, of_one_material
from eclips4d.physics.scenes.tile import fine_grain, rough_tile, tile_lines

RISER_NM = 6.0
ROUGHNESS_NM = 0.3
_TILE, _TILE_STEP_NM = 256, 5.0


@dataclass(frozen=True, slots=True)
class Happening:
    """Two steps that begin together, end together, or become one.

    Attributes
    ----------
    kind
        `born`, `annihilated` or `merged`.
    at_nm, time_s
        Along the flow from the field's centre, and when.
    speed_nm_s
        Of both steps of a pair; of the slower step in a merger.
    closing_nm_s
        By how much the faster one is faster, in a merger.
    height_nm
        Of both; in a merger the second one is 0.7 of it.
    """

    kind: str
    at_nm: float
    time_s: float
    speed_nm_s: float
    closing_nm_s: float
    height_nm: float

    def steps(self, t: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Place and signed height of the two at moments."""
        after = t - self.time_s
        if self.kind == "merged":
            slow = self.at_nm + self.speed_nm_s * after
            fast = slow + self.closing_nm_s * np.minimum(after, 0.0)
            return [(slow, np.full_like(t, -self.height_nm)), (fast, np.full_like(t, -0.7 * self.height_nm))]
        since = np.maximum(after if self.kind == "born" else -after, 0.0)
        reach = self.speed_nm_s * since
        # A terrace that spreads rises first along the flow; a gap that closes falls first.
        sign = 1.0 if self.kind == "born" else -1.0
        height = np.full_like(t, sign * self.height_nm)
        return [(self.at_nm - reach, height), (self.at_nm + reach, -height)]


@dataclass(frozen=True, slots=True, eq=False)
class HappeningScene:
    """Straight steps across a flow.

    Attributes
    ----------
    happenings
    flow_deg
        On the screen, counter-clockwise from right.
    tile
        Roughness of the terraces.
    """

    happenings: tuple[Happening, ...]
    flow_deg: float
    tile: NDArray[np.float64]

    @property
    def side_units(self) -> Mapping[str, str]:
        """None."""
        return {}

    def side(self, t_s: float) -> dict[str, float]:
        """None."""
        return {}

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        x0, y, t = (np.asarray(v, np.float64) for v in (x0_nm, y_nm, t_s))
        angle = np.radians(self.flow_deg)
        x = x0[:, None] + step_nm * np.arange(count)
        along = x * np.cos(angle) - y[:, None] * np.sin(angle)
        height = np.empty((len(y), count))
        tile_lines(x0, float(step_nm), y, _TILE_STEP_NM, self.tile, height)
        for happening in self.happenings:
            for place, rise in happening.steps(t):
                height += rise[:, None] * ndtr((along - place[:, None]) / RISER_NM)
        return of_one_material(height)

    def labels(self) -> Labels:
        """None beyond `happenings`."""
        return {}


def happening_scene(length_nm: float, duration_s: float, seed: int) -> HappeningScene:
    """One birth, one annihilation and one merger beside each other, at places and times that a seed draws.

    Parameters
    ----------
    length_nm
        Along the flow that is looked at.
    duration_s
        Of the movie.
    """
    random = np.random.default_rng([seed, 0xB0])
    kinds = ["born", "annihilated", "merged"]
    random.shuffle(kinds)
    room = length_nm / len(kinds)
    found = []
    for k, kind in enumerate(kinds):
        middle = (k + 0.5) * room - 0.5 * length_nm + random.uniform(-0.05, 0.05) * room
        speed, closing = random.uniform(2.2, 3.2), random.uniform(3.0, 4.5)
        time = duration_s * {"born": 0.35, "annihilated": 0.65, "merged": 0.5}[kind] + random.uniform(-1.5, 1.5)
        at = middle - 0.1 * room if kind == "merged" else middle
        slow = 0.3 * speed if kind == "merged" else speed
        found.append(Happening(kind, at, time, slow, closing, random.uniform(6.0, 10.0)))
    tile = rough_tile(_TILE, _TILE_STEP_NM, ROUGHNESS_NM, fine_grain(25.0), random)
    return HappeningScene(tuple(found), float(random.uniform(-25.0, 25.0)), tile)
