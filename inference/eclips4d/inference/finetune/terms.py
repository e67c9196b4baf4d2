"""What the fine-tune module can say: in every segment the rendered signal times a polynomial of the slopes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.finetune.rendered import Rendered

F64 = NDArray[np.float64]

DEGREE: Final = 3
VERSION: Final = "polynomial-3"
"""Changes whenever the same weights would say something else."""


def powers(slope: F64) -> F64:
    """Products dh/dx^i · dh/dy^j of one to `DEGREE` factors, [terms, …]."""
    p, q = slope
    return np.stack([p**i * q ** (d - i) for d in range(1, DEGREE + 1) for i in range(d + 1)])


TERMS: Final = len(powers(np.zeros((2, 1))))


def said(seen: Rendered, weight: F64) -> F64:
    """Change of the segments by weights [n, TERMS], not yet locked, [n, …]."""
    return np.asarray(seen.image * np.tensordot(weight, powers(seen.slope), 1))


def held(slope: F64, steepest: float) -> F64:
    """Slopes no steeper than that, their directions kept: beyond what it was fitted on a polynomial says nothing."""
    return np.asarray(slope * np.minimum(1.0, steepest / np.maximum(np.hypot(*slope), 1e-12)))
