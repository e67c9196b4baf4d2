"""Two straight steps that cross and move while they are scanned, among particles that stay, in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.facets import Near
from eclips4d.physics.scenes.scene import Labels, Lines, of_one_material

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MovingStep:
    """A straight step.

    Attributes
    ----------
    direction_deg
        On the screen, 0 to 180.
    offset_nm
        Of its middle from the field's centre at time 0, to the left of the direction.
    velocity_nm_s
        To the left.
    height_nm, width_nm
        Of the riser, which is a plane; it rises to the left.
    """

    direction_deg: float
    offset_nm: float
    velocity_nm_s: float
    height_nm: float
    width_nm: float

    @property
    def left(self) -> tuple[float, float]:
        """Unit vector to the left of the direction as seen on the screen, on the array axes."""
        angle = np.radians(self.direction_deg)
        return -float(np.sin(angle)), -float(np.cos(angle))

    def height(self, x: F64, y: F64, t: F64) -> F64:
        """At places on the array axes, nm from the field's centre, and moments, s."""
        left_x, left_y = self.left
        across = left_x * x + left_y * y - self.offset_nm - self.velocity_nm_s * t
        return np.asarray(self.height_nm * np.clip(across / self.width_nm + 0.5, 0.0, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class CrossedSteps:
    """The scene; heights of the steps add where they cross.

    Attributes
    ----------
    steps : (MovingStep, MovingStep)
    particles : float64 [n, 4]
        x, y, radius, height of Gaussian bumps, nm.
    """

    steps: tuple[MovingStep, MovingStep]
    particles: F64

    @property
    def side_units(self) -> Mapping[str, str]:
        """No side values."""
        return {}

    def side(self, t_s: float) -> dict[str, float]:
        """No side values."""
        return {}

    def labels(self) -> Labels:
        """Directions and speeds."""
        return {
            "direction_deg": np.array([step.direction_deg for step in self.steps]),
            "velocity_nm_s": np.array([step.velocity_nm_s for step in self.steps]),
        }

    def lines(self, x0_nm: F64, step_nm: float, count: int, y_nm: F64, t_s: F64) -> Lines:
        """The surface on horizontal lines; see `Scene.lines`."""
        x = np.asarray(x0_nm)[:, None] + step_nm * np.arange(count)
        y, t = (np.asarray(values, np.float64)[:, None] for values in (y_nm, t_s))
        height = sum((step.height(x, y, t) for step in self.steps), np.zeros(x.shape))
        for px, py, radius, top in self.particles:
            height += top * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2.0 * radius**2))
        return of_one_material(height)


def crossed_steps(field_nm: float, seed: int, between_deg: float, speed_nm_s: float) -> CrossedSteps:
    """Two steps that cross at an angle and move with speeds of their own, among particles."""
    random = np.random.default_rng([seed, 0xC0])
    first = float(random.uniform(0.0, 180.0))
    speeds = speed_nm_s * random.uniform(0.7, 1.3, 2) * random.choice([-1.0, 1.0], 2)
    steps = [
        MovingStep((first + turn) % 180.0, float(random.uniform(-0.08, 0.08)) * field_nm, float(v), 20.0, 36.0)
        for turn, v in zip((0.0, between_deg), speeds, strict=True)
    ]
    count = 40
    places = random.uniform(-0.48, 0.48, (count, 2)) * field_nm
    shapes = np.column_stack([random.uniform(9.0, 14.0, count), random.uniform(5.0, 9.0, count)])
    return CrossedSteps((steps[0], steps[1]), np.column_stack([places, shapes]))


def place_by_eye(step: MovingStep, field_nm: float, middle_s: float, random: np.random.Generator) -> Near:
    """A line such as a user draws: near the step as it lies in the middle of the recording, some degrees and nm off."""
    angle = np.radians(step.direction_deg + random.uniform(-2.0, 2.0))
    away = step.offset_nm + step.velocity_nm_s * middle_s + random.uniform(-8.0, 8.0)
    left_x, left_y = step.left
    half = 0.36 * field_nm
    centre = field_nm / 2.0 + away * left_x, field_nm / 2.0 + away * left_y
    along = half * float(np.cos(angle)), -half * float(np.sin(angle))
    start = centre[0] - along[0], centre[1] - along[1]
    return Near(start, (centre[0] + along[0], centre[1] + along[1]), 70.0)
