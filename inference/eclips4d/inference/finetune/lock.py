"""The scale lock: what a change of contrast, gains or dark levels would do is taken out of whatever a module says.

A gain of the rendered contrast and a slope scale are the same thing, so a module that could say one would move every
height. What is left is orthogonal, over all pixels of the frames together, to

    contrast     slopes of every pixel larger in proportion, and more so where they are steep (contrast over tilt),
                 as far as no brightness explains it
    brightness   what these do to the brightness of pixels
    gains        the rendered segment, for every segment
    dark levels  a constant, for every segment

Segments of a pixel are weighted as counting has it, pixels so that the slopes of each count alike, bright or not.
Whoever fits contrast, its course over tilt, gains and dark levels to a rendering by such least squares finds the same
numbers with the module's change and without, whatever its weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.finetune.reading import Reading, reading_of
from eclips4d.inference.finetune.rendered import Rendered
from eclips4d.inference.finetune.terms import said

F64 = NDArray[np.float64]

DIRECTIONS: Final = 4
"""Besides two for every segment."""
_NEGLIGIBLE: Final = 1e-12
"""Directions that a frame does not tell apart: on a plane of one slope gains do what contrast does."""


def directions(seen: Rendered, reading: Reading) -> F64:
    """All of them, [DIRECTIONS + 2n, n, …]."""
    n, found = len(seen.image), []
    bright = reading.weight * seen.image
    for course in (1.0, (seen.slope**2).sum(axis=0)):
        contrast = np.einsum("kc...,c...->k...", seen.per_slope, seen.slope * course)
        brightness = seen.image * ((bright * contrast).sum(axis=0) / (bright * seen.image).sum(axis=0))
        found += [contrast - brightness, brightness]
    for k in range(n):
        for one in (seen.image[k], 1.0):
            alone = np.zeros_like(seen.image)
            alone[k] = one
            found.append(alone)
    return np.stack(found)


def weights_of(reading: Reading) -> F64:
    """Of segments and pixels, [n, …]."""
    return np.asarray(reading.weight * reading.variance[1:].mean(axis=0))


def taken(frames: Sequence[Rendered], weights: F64) -> F64:
    """How much of every direction is in what weights say.

    Parameters
    ----------
    frames
        Over whose pixels together nothing of them is left.
    weights
        Of several modules, [modules, n, TERMS].

    Returns
    -------
    float64 [modules, DIRECTIONS + 2n]
    """
    of_directions, of_weights = [], []
    for seen in frames:
        reading = reading_of(seen)
        root = np.sqrt(weights_of(reading))
        along = (directions(seen, reading) * root).reshape(DIRECTIONS + 2 * len(seen.image), -1)
        of_directions.append(along @ along.T)
        of_weights.append(np.stack([along @ (said(seen, weight) * root).ravel() for weight in weights]))
    return _solved(np.sum(of_directions, axis=0), np.sum(of_weights, axis=0))


def _solved(normal: F64, known: F64) -> F64:
    """Least squares by the pseudo-inverse, every direction scaled to length 1."""
    size = np.sqrt(np.maximum(np.diag(normal), 1e-300))
    inverse = np.linalg.pinv(normal / np.outer(size, size), rcond=_NEGLIGIBLE, hermitian=True)
    return np.asarray((known / size) @ inverse / size)
