"""How much of a frame is left unexplained, in squares of pixels over which noise averages out."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.finetune.compared import Compared, held_to
from eclips4d.inference.finetune.fit import CURL
from eclips4d.inference.finetune.module import FineTune

F64 = NDArray[np.float64]

SIDE: Final = 8
"""Pixels."""


def misfits(frame: Compared, module: FineTune | None) -> F64:
    """Mean square of what is unexplained in every square, over what counting noise makes of it, [squares].

    Curl counts as much more than what is beside all slopes as it does in the fit.

    Parameters
    ----------
    module
        Whose change is added to the rendering; None for none.
    """
    left = frame.left
    if module is not None:
        held = held_to(frame, module.steepest)
        left = left - module.change(held.seen, held.reading)
    unexplained = frame.unexplained(left)
    side = min(SIDE, *unexplained.shape[1:])
    planes, rows, columns = unexplained.shape
    cut = unexplained[:, : rows // side * side, : columns // side * side]
    means = cut.reshape(planes, rows // side, side, columns // side, side).mean(axis=(2, 4)) * side
    turning, beside = (means[:2] ** 2).sum(axis=0), (means[2:] ** 2).sum(axis=0)
    curls = CURL**2
    return np.asarray((curls * turning + beside) / (curls + len(left) - 3)).ravel()
