"""Readings that are linear in heights or slopes, so that their noise is known exactly: step, angle, position.

They are told where the riser is and how wide, and read what is left open: by least squares over whole terraces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Surface
from eclips4d.metrology.noise import height_sd_of, mean_slope_sd
from eclips4d.pipeline.bench.metrology.budget.wall import Wall

F64 = NDArray[np.float64]

BORDER_PX = 12
"""How far a disc in the middle of the image, which alone is read, stays from its edge."""
MARGIN_PX = 3.0
"""What is left out beside the riser's edges."""
MIDDLE_PX = 2.5
"""Half width of the stripe in the middle of the riser whose height tells where it is."""


@dataclass(frozen=True)
class Reader:
    """Weights of the readings of one wall in one field."""

    wall: Wall
    pixel_nm: float
    side_px: int
    moved_nm: float = 0.0

    @cached_property
    def along(self) -> F64:
        """Place along the azimuth from where the riser's middle is said to be, px, [y, x]."""
        axis = np.arange(self.side_px) - (self.side_px - 1) / 2.0
        made = axis * self.wall.along[0] + axis[:, None] * self.wall.along[1] - self.moved_nm / self.pixel_nm
        return np.asarray(made)

    @cached_property
    def _inside(self) -> NDArray[np.bool_]:
        """A disc, so that what is read along the riser is centred wherever it is."""
        axis = np.arange(self.side_px) - (self.side_px - 1) / 2.0
        return np.asarray(np.hypot(axis, axis[:, None]) < self.side_px / 2.0 - BORDER_PX)

    @cached_property
    def _terraces(self) -> NDArray[np.bool_]:
        return self._inside & (np.abs(self.along) > self.wall.run_nm / self.pixel_nm / 2.0 + MARGIN_PX)

    @cached_property
    def _stripe(self) -> NDArray[np.bool_]:
        return self._inside & (np.abs(self.along) < MIDDLE_PX)

    @cached_property
    def step_weights(self) -> F64:
        """Two parallel planes on the terraces: the weights of the distance between them (ISO 5436-1), [y, x]."""
        on = self._terraces
        axis = np.arange(self.side_px) - (self.side_px - 1) / 2.0
        x, y = np.broadcast_to(axis, on.shape)[on], np.broadcast_to(axis[:, None], on.shape)[on]
        design = np.column_stack([(self.along[on] > 0) - 0.5, np.ones(x.size), x, y])
        weights = np.zeros(on.shape)
        weights[on] = np.linalg.solve(design.T @ design, design.T)[0]
        return weights

    @cached_property
    def middle_weights(self) -> F64:
        """Mean height of the riser's middle stripe above the middle between the terraces, [y, x]."""
        stripe = self._stripe
        sides = [self._terraces & (self.along > 0), self._terraces & (self.along < 0)]
        return np.asarray(stripe / stripe.sum() - sum(0.5 * side / side.sum() for side in sides))

    @cached_property
    def facet_weights(self) -> F64:
        """Mean slope of the riser less that of the terraces, [y, x]."""
        riser = self._inside & (np.abs(self.along) < self.wall.run_nm / self.pixel_nm / 2.0 - MARGIN_PX)
        return np.asarray(riser / riser.sum() - self._terraces / self._terraces.sum())

    def step_nm(self, surface: Surface) -> float:
        """Height of the step."""
        return float((self.step_weights * np.nan_to_num(surface.height)).sum())

    def angle_deg(self, surface: Surface) -> float:
        """Of the riser against the terraces."""
        p, q = np.nan_to_num(surface.slope)
        along = self.wall.along[0] * p + self.wall.along[1] * q
        return float(np.degrees(np.arctan((self.facet_weights * along).sum())))

    def position_nm(self, surface: Surface) -> float:
        """Where the riser's middle is along the azimuth, from where it is said to be."""
        height = np.nan_to_num(surface.height)
        stripe = float((self.middle_weights * height).sum())
        # Whole pixels are in the stripe or not, so that its own middle is a little off the riser's.
        middle = float(self.along[self._stripe].mean()) * self.pixel_nm
        return self.moved_nm + middle - stripe / self.wall.slope

    def step_noise_nm(self, surface: Surface, correlation_px: float) -> float:
        """As `metrology.noise` has it."""
        return height_sd_of(self.step_weights, self._sd(surface), (self.pixel_nm, self.pixel_nm), correlation_px)

    def position_noise_nm(self, surface: Surface, correlation_px: float) -> float:
        """Likewise."""
        pixel = (self.pixel_nm, self.pixel_nm)
        return height_sd_of(self.middle_weights, self._sd(surface), pixel, correlation_px) / self.wall.slope

    def angle_noise_deg(self, surface: Surface, correlation_px: float) -> float:
        """Likewise: both parts of the mean by themselves, each with its own sd."""
        weights, sd = self.facet_weights, surface.slope_sd
        parts = (np.where(weights > 0, weights, 0.0), np.where(weights < 0, -weights, 0.0))
        both = math.hypot(*(mean_slope_sd(sd, part, correlation_px) for part in parts))
        return math.degrees(both / (1.0 + self.wall.slope**2))

    def _sd(self, surface: Surface) -> float:
        return float(np.sqrt(np.nanmean(surface.slope_sd.astype(np.float64) ** 2)))
