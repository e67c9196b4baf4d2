"""Views from surfaces that are renewed all the time, the hard ones shown more often."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.training.vft.recipe import VisionRecipe
from eclips4d.training.vft.views import Views, joined, views

I64 = NDArray[np.int64]

_CANDIDATES: Final = 4
"""So many views are drawn at random for each one that is shown."""
_EASY: Final = 0.1
"""Hardness that every view has at least, over the mean."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is shown in one step.

    Attributes
    ----------
    number
        Of each view, for `Examples.learnt`.
    """

    views: Views
    number: I64


class Examples:
    """A pool of surfaces' views; everything follows from the recipe's seed.

    Parameters
    ----------
    recipe
        Surface m is drawn from the seed and m: networks of other shapes see the same ones.
    """

    def __init__(self, recipe: VisionRecipe) -> None:
        self._recipe = recipe
        self._parts: deque[Views] = deque(maxlen=recipe.scenes.pool)
        self._losses: deque[NDArray[np.float64]] = deque(maxlen=recipe.scenes.pool)
        self._made, self._fresh = 0, True
        for _ in range(recipe.scenes.pool):
            self._add()

    def _add(self) -> None:
        views_of_one = views(np.random.default_rng([self._recipe.seed, self._made]), self._recipe.scenes)
        self._parts.append(views_of_one)
        self._losses.append(np.full(views_of_one.largest.size, np.nan))
        self._made, self._fresh = self._made + 1, True

    def batch(self, step: int) -> Batch:
        """What to learn from in a step: mined, or at random."""
        if step and step % self._recipe.scenes.steps == 0:
            self._add()
        if self._fresh:
            self._all, self._loss, self._fresh = joined(self._parts), np.concatenate(self._losses), False
        random = np.random.default_rng([self._recipe.seed, step, 1])
        size = self._recipe.scenes.batch
        if not self._recipe.mining.on:
            return self._shown(random.integers(0, self._loss.size, size))
        drawn = random.integers(0, self._loss.size, _CANDIDATES * size)
        hardness = self._loss[drawn]
        typical = float(np.nanmean(hardness)) if np.isfinite(hardness).any() else 1.0
        weight = (np.nan_to_num(hardness, nan=typical) + _EASY * typical) ** self._recipe.mining.exponent
        return self._shown(drawn[random.choice(drawn.size, size, p=weight / weight.sum())])

    def _shown(self, number: I64) -> Batch:
        return Batch(Views(*(getattr(self._all, name)[..., number] for name in Views.__slots__)), number)

    def learnt(self, batch: Batch, losses: NDArray[np.floating]) -> None:
        """Tell how hard the views were."""
        self._loss[batch.number] = losses
        start = 0
        for part in self._losses:
            part[:] = self._loss[start : start + part.size]
            start += part.size
