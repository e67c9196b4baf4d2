"""TurboReg's translation (an intensity pyramid under cubic splines) through pystackreg."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

THERE = find_spec("pystackreg") is not None


def to_first(images: Sequence[F64]) -> F64:
    """Every image against the first one, px, [T, 2]."""
    return np.array([np.zeros(2), *(_between(images[0], image) for image in images[1:])])


def to_previous(images: Sequence[F64]) -> F64:
    """Every image against the one before, added up."""
    steps = [_between(a, b) for a, b in pairwise(images)]
    return np.vstack([np.zeros(2), np.cumsum(steps, axis=0)])


def _between(first: F64, second: F64) -> F64:
    from pystackreg import StackReg

    # The matrix leads from places in the first image to those in the second, columns before rows.
    matrix = StackReg(StackReg.TRANSLATION).register(first, second)
    return np.array([matrix[1, 2], matrix[0, 2]])
