"""The fine-tune module: a change of rendered segments by their slopes, locked to the scale it was fitted under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.finetune.lock import directions, taken
from eclips4d.inference.finetune.reading import Reading
from eclips4d.inference.finetune.rendered import Rendered
from eclips4d.inference.finetune.terms import held, said

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FineTune:
    """Its weights.

    Attributes
    ----------
    weight : float64 [n, TERMS]
    taken : float64 [DIRECTIONS + 2n]
        Of every locked direction, what is taken out of what the weights say.
    steepest : float
        Slope up to which it was fitted; steeper facets change as those of that slope.
    scale : float
        Factor on slopes that are read with it: what the lock, which is linear and knows no shadows, leaves of a scale.
    """

    weight: F64
    taken: F64
    steepest: float
    scale: float = 1.0

    def change(self, seen: Rendered, reading: Reading) -> F64:
        """Of the rendered segments, [n, …]; `reading` is that of `seen`."""
        free = np.tensordot(self.taken, directions(seen, reading), 1)
        return np.asarray(said(seen, self.weight) - free)


def locked(weight: F64, frames: Sequence[Rendered], steepest: float = np.inf) -> FineTune:
    """A module of any weights [n, TERMS] that leaves contrast, gains and dark levels of these frames as they are."""
    return FineTune(weight, taken([within(seen, steepest) for seen in frames], weight[None])[0], steepest)


def within(seen: Rendered, steepest: float) -> Rendered:
    """The same pixels, their slopes held for what a module says of them."""
    return replace(seen, slope=held(seen.slope, steepest))
