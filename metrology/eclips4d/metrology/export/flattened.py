"""What is taken off a height before it leaves: nothing unless asked for, because nobody can put a lost plane back."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.change import centred

F32 = NDArray[np.float32]


class Flatten(StrEnum):
    """Nothing; the median; the least-squares plane; or the datum, on which frames compare."""

    NONE = "none"
    OFFSET = "offset"
    PLANE = "plane"
    DATUM = "datum"


def flattened(
    height: F32, flatten: Flatten, pixel_size_nm: tuple[float, float], datum: NDArray[np.float64] | None = None
) -> F32:
    """A height less its median, its plane or its datum.

    Parameters
    ----------
    height : float32 [y, x]
        nm, NaN where nothing was seen.
    flatten : Flatten
    pixel_size_nm : (float, float)
        Along x and y.
    datum : float64 [3], optional
        Offset in the middle (nm), dh/dx, dh/dy.

    Returns
    -------
    float32 [y, x]
        NaN everywhere where the datum is wanted and unobservable.
    """
    known = np.isfinite(height)
    if flatten == Flatten.NONE or not known.any():
        return height
    if flatten == Flatten.OFFSET:
        return np.asarray(height - np.median(height[known]), np.float32)
    y, x = centred(height.shape, pixel_size_nm)
    if flatten == Flatten.DATUM:
        terms = np.full(3, np.nan) if datum is None else datum
    else:
        columns = np.stack([np.ones(height.shape), x + 0 * y, y + 0 * x], axis=-1)[known]
        terms = np.linalg.lstsq(columns, height[known].astype(np.float64), rcond=None)[0]
    return np.asarray(height - (terms[0] + terms[1] * x + terms[2] * y), np.float32)
