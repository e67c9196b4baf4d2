"""Scenes that do not change: a formula for the height, and in a gas if asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field

from eclips4d.core.settings import Settings
from eclips4d.physics.scenes.gas import GasProgram
from eclips4d.physics.scenes.scene import FloatArray, Labels, Lines, of_one_material

_POINTS_AT_ONCE = 1 << 16


class StillOptions(Settings):
    """What can be chosen of every scene that does not change."""

    in_gas: bool = Field(False, description="whether the side values show a gas that is switched")


@dataclass(frozen=True, slots=True)
class Still:
    """A surface that is a formula.

    Attributes
    ----------
    surface
        `(x, y) -> Lines`, nm; arrays of one shape.
    gas
        Whose side values are shown, if any.
    told
        Labels.
    """

    surface: Callable[[FloatArray, FloatArray], Lines]
    gas: GasProgram | None = None
    told: Labels = field(default_factory=dict)

    @property
    def side_units(self) -> Mapping[str, str]:
        """Units of the side values."""
        return self.gas.units if self.gas else {}

    def side(self, t_s: float) -> dict[str, float]:
        """Side values at a moment."""
        return self.gas.side(t_s) if self.gas else {}

    def lines(self, x0_nm: FloatArray, step_nm: float, count: int, y_nm: FloatArray, t_s: FloatArray) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        shape = (len(y_nm), count)
        made = Lines(np.empty(shape), np.empty(shape), np.empty(shape, np.int16))
        along = step_nm * np.arange(count)
        block = max(1, _POINTS_AT_ONCE // count)
        for first in range(0, len(y_nm), block):
            here = slice(first, first + block)
            x = x0_nm[here, None] + along
            part = self.surface(x, np.broadcast_to(y_nm[here, None], x.shape))
            made.height[here], made.relative_yield[here], made.grain[here] = part
        return made

    def labels(self) -> Labels:
        """See `Scene.labels`."""
        return self.told


def height_only(height: Callable[[FloatArray, FloatArray], FloatArray]) -> Callable[[FloatArray, FloatArray], Lines]:
    """A surface of one material and grain from its height."""
    return lambda x, y: of_one_material(height(x, y))


def turned(x: FloatArray, y: FloatArray, angle_deg: float) -> tuple[FloatArray, FloatArray]:
    """Coordinates along axes turned counter-clockwise on the screen by an angle (array axes, y down)."""
    cosine, sine = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return x * cosine - y * sine, x * sine + y * cosine
