"""scikit-image's cross-correlation with the first frame, upsampled."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

UPSAMPLING = 50
THERE = find_spec("skimage") is not None


def shift_between(first: F64, second: F64, normalization: Literal["phase"] | None, upsampling: int = UPSAMPLING) -> F64:
    """Displacement of the second image's content."""
    registration = cast(Any, import_module("skimage.registration"))
    found = registration.phase_cross_correlation(second, first, normalization=normalization, upsample_factor=upsampling)
    return np.asarray(found[0], dtype=np.float64)


def correlated(images: Sequence[F64], normalization: Literal["phase"] | None = None) -> F64:
    """Places of all images relative to the first, px, [T, 2]."""
    return np.array([shift_between(images[0], image, normalization) for image in images])
