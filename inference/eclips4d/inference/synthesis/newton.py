"""One step of Gauss and Newton: the change of the corners that makes the objective's parabola least.

By conjugate gradients, for which cosine waves do what least squares does for the integrator: were the curvature the
same everywhere, they would invert it. Waves end in the outermost corners, so that their number is even, and fast.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, cg

from eclips4d.inference.synthesis.normal_equations import Curvature, times

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SURE: Final = 0.03
"""Conjugate gradients stop at this share of the gradient."""
_MOST: Final = 40
_WAVES: Final = 1
"""Kind of the cosine transform."""


def newton_step(of: Curvature, gradient: F64) -> F64:
    """What is to be taken off the corners, nm, [Y + 1, X + 1]."""
    shape, size = gradient.shape, gradient.size
    inverse, threads = _inverse_without_edges(of, shape), len(os.sched_getaffinity(0))

    def product(v: F32) -> F32:
        return times(of, v.reshape(shape)).ravel()

    def nearly_inverted(v: F32) -> F32:
        spectrum = scipy.fft.dctn(v.reshape(shape), _WAVES, norm="ortho", workers=threads)
        spectrum *= inverse
        return np.asarray(scipy.fft.idctn(spectrum, _WAVES, norm="ortho", workers=threads)).ravel()

    operators = [LinearOperator((size, size), matvec=f, dtype=np.float32) for f in (product, nearly_inverted)]
    change, _ = cg(operators[0], gradient.ravel().astype(np.float32), rtol=SURE, maxiter=_MOST, M=operators[1])
    return np.asarray(change.reshape(shape), np.float64)


class Waves(NamedTuple):
    """What electrons and the prior say of cosine waves of the corners, if both did so everywhere alike, [Y + 1, X + 1].

    Of the mean, which is the first, neither says anything.
    """

    told: F64
    stiff: F64


def of_waves(of: Curvature, shape: tuple[int, ...]) -> Waves:
    """Eigenvalues of both parts of the curvature, those of the usual sub-pixel taken for all."""
    dx, dy = of.pixel_nm
    y, x = (2.0 - 2.0 * np.cos(np.pi * np.arange(n) / (n - 1)) for n in shape)
    steps = y[:, None] / dy**2 + x / dx**2
    told = 0.5 * of.supersample**2 * float(np.median(np.einsum("mcyx,mcyx->yx", of.told, of.told)))
    stiff = float(np.median(of.stiff[1:-1, 1:-1])) * dx * dy
    return Waves(told * steps, stiff * steps**2)


def _inverse_without_edges(of: Curvature, shape: tuple[int, ...]) -> F32:
    """One over the curvature's eigenvalues if it were the same everywhere, over cosine waves; 0 for the mean."""
    value = np.add(*of_waves(of, shape))
    value[0, 0] = np.inf
    return np.asarray(1.0 / np.maximum(value, 1e-30), np.float32)
