"""How a change of the segments is read: as brightness, as slopes, and as what neither can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.finetune.rendered import Rendered

F64 = NDArray[np.float64]

_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Reading:
    """Weighted least squares around a rendered surface, linear in brightness and slopes.

    Attributes
    ----------
    design : float64 [n, 3, …]
        Change of a segment with (brightness, dh/dx, dh/dy).
    weight : float64 [n, …]
        One over the variance that counting gives a segment.
    inverse : float64 [3, n, …]
    variance : float64 [3, …]
        Of the three, by counting.
    """

    design: F64
    weight: F64
    inverse: F64
    variance: F64

    def read(self, change: F64) -> F64:
        """(brightness, dh/dx, dh/dy) of a change [n, …], as [3, …]."""
        return np.asarray(np.einsum("ak...,k...->a...", self.inverse, change))

    def beside(self, change: F64, read: F64) -> F64:
        """What is left of a change that is read so, in units of counting noise, [n, …]."""
        left = change - np.einsum("ka...,a...->k...", self.design, read)
        return np.asarray(left * np.sqrt(self.weight))


def reading_of(seen: Rendered) -> Reading:
    """Around a rendered surface."""
    design = np.concatenate([seen.image[:, None], seen.per_slope], axis=1)
    weight = seen.electrons / seen.image
    normal = np.einsum("ka...,kb...,k...->...ab", design, design, weight)
    normal += _LEAST * np.trace(normal, axis1=-2, axis2=-1)[..., None, None] * np.eye(3)
    inverse = np.linalg.inv(normal)
    to_unknowns = np.einsum("...ab,kb...,k...->ak...", inverse, design, weight)
    variance = np.moveaxis(np.diagonal(inverse, axis1=-2, axis2=-1), -1, 0)
    return Reading(design, np.broadcast_to(weight, seen.image.shape), to_unknowns, variance)
