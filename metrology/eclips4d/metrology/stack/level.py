"""By which plane the height of an earlier frame lies off that of the newest: nobody can measure it in one frame.

The stored datum tells where it is observable in both frames. Elsewhere the plane is that of least squares over the
pixels that both frames saw; steps that moved in between then count as if they were tilt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Plane = NDArray[np.floating]

SAMPLES = 256 * 256
"""Heights differ smoothly: so many pixels tell a plane as well as all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Places of the pixels, nm from the middle of the image.

    Attributes
    ----------
    y, x : float64 [y], [x]
    """

    y: F64
    x: F64

    @classmethod
    def of(cls, y: F64, x: F64) -> Lattice:
        """From coordinates, wherever they begin."""
        return cls(y - y.mean(), x - x.mean())

    def plane(self, terms: F64) -> F64:
        """Heights [y, x] of (offset in the middle, dh/dx, dh/dy)."""
        return np.asarray(terms[0] + terms[1] * self.x + (terms[2] * self.y)[:, None])


def plane_off(height: Plane, newest: Plane, datums: tuple[F64, F64], lattice: Lattice) -> F64 | None:
    """Terms [3] of the plane of `height` less that of `newest`; None when no pixel tells.

    Parameters
    ----------
    height, newest : [y, x]
        nm, NaN where not seen.
    datums : (float64 [3], float64 [3])
        Stored planes of both; NaN where unobservable.
    lattice : Lattice
    """
    known = datums[0] - datums[1]
    return known if np.isfinite(known).all() else _least_squares(height, newest, lattice)


def _least_squares(height: Plane, newest: Plane, lattice: Lattice) -> F64 | None:
    stride = max(1, int(np.sqrt(height.size / SAMPLES)))
    change = height[::stride, ::stride].astype(np.float64) - newest[::stride, ::stride]
    y, x = np.broadcast_arrays(lattice.y[::stride, None], lattice.x[None, ::stride])
    seen = np.isfinite(change)
    if not seen.any():
        return None
    design = np.stack([np.ones(np.count_nonzero(seen)), x[seen], y[seen]], axis=1)
    terms, *_ = np.linalg.lstsq(design, change[seen], rcond=None)
    return np.asarray(terms)
