"""Whether steps moved within a stack: its older and its newer half are compared, block by block.

Where nothing moves, the mean slopes of the halves differ by noise alone. Means over 3 × 3 pixels are compared, because
at a low dose a single pixel tells nothing. Resampling makes neighbours share noise, so block means are noisier than
white noise says: by how much is read off the quieter blocks, as far as resampling can go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.stack.sums import WeightedSum

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

BLOCK_PX = 3
CHANCE = 0.0027
"""Share of blocks that noise moves beyond 3 sd."""
LIMIT = -2.0 * np.log(CHANCE)
"""Square of a two-component difference, in variances, that noise exceeds with this chance."""
MOVING = 0.005
"""Share of blocks beyond chance from which on a stack counts as blurred."""
SURE = 4.0
"""In a small image, so many sd of what chance gives count instead."""
_QUARTILE = -2.0 * np.log(0.75)
_RESAMPLED = 2.45
"""Half a pixel in both directions: the noise of a pixel falls to 0.64 and that of a large block not at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """Where the halves differ.

    Attributes
    ----------
    share : float
        Of the blocks that both halves saw, beyond what chance gives; NaN when there is none.
    where : bool [y // 3, x // 3]
        Blocks that differ.
    compared : int
        Blocks that both halves saw.
    """

    share: float
    where: Mask
    compared: int

    @property
    def beyond_doubt(self) -> bool:
        """More than chance and rounding of sd explain."""
        return self.compared > 0 and self.share > max(MOVING, SURE * np.sqrt(CHANCE / self.compared))


def moved(older: WeightedSum, newer: WeightedSum, shared_px: float = 1.0) -> Moved:
    """Compare the mean slopes of two halves.

    Parameters
    ----------
    older, newer : WeightedSum
        Of slopes [2, y, x].
    shared_px : float
        Effective number of pixels that share one value of the noise before resampling.
    """
    seen = blocks(((older.weight > 0) & (newer.weight > 0)).astype(np.float64)) == 1.0
    change = blocks(np.where(older.weight * newer.weight > 0, newer.mean() - older.mean(), 0.0))
    variance = blocks(np.where(older.weight * newer.weight > 0, older.mean_variance() + newer.mean_variance(), 1.0))
    # A store that holds no noise at all says of every change that it is real.
    beyond = (change**2).sum(axis=0) / np.maximum(variance / BLOCK_PX**2, np.finfo(np.float64).tiny)
    count = int(np.count_nonzero(seen))
    if not count:
        return Moved(np.nan, np.zeros(seen.shape, bool), 0)
    quiet = float(np.quantile(beyond[seen], 0.25)) / _QUARTILE
    together = float(np.clip(quiet, 1.0, min(_RESAMPLED * max(shared_px, 1.0), BLOCK_PX**2 * _RESAMPLED)))
    where = seen & (beyond > LIMIT * together)
    return Moved(float(np.count_nonzero(where) / count - CHANCE), where, count)


def blocks(values: F64) -> F64:
    """Means over whole blocks, [..., y // 3, x // 3]."""
    rows, columns = (n // BLOCK_PX for n in values.shape[-2:])
    whole = values[..., : rows * BLOCK_PX, : columns * BLOCK_PX]
    return np.asarray(whole.reshape(*values.shape[:-2], rows, BLOCK_PX, columns, BLOCK_PX).mean(axis=(-3, -1)))
