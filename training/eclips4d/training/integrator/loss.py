"""Losses on heights: the paper's four, each as the logarithm of an error over that of plain least squares.

As a ratio no image counts more than another for its noise or its relief; as a logarithm what is already good is still
worth improving. The data term goes band by band of wavelength: in the plain mean square the longest waves would count
for nearly everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from eclips4d.training.integrator.composed import Batch, Composition
from eclips4d.training.integrator.solver import steps
from eclips4d.training.recipe import HeightLosses

BANDS_PX = (128.0, 64.0, 20.0, 8.0)
"""Wavelengths between the bands of the data loss."""
LEAST = 1e-3
"""Squared error over that of least squares below which nothing is gained any more."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Of one batch; all but `total` for the log.

    Attributes
    ----------
    total
        With gradient.
    each
        Loss per example, for mining.
    bands
        Rms error over that of least squares per band, geometric mean.
    """

    total: Tensor
    each: Tensor
    bands: tuple[float, ...]


def losses(batch: Batch, found: Composition, weights: HeightLosses) -> Losses:
    """All losses, weighted."""
    bands = _log_ratio(band_errors(found.height - batch.height), band_errors(batch.plain - batch.height))
    each = weights.bands * bands.mean(dim=1)
    if weights.curl:
        each = each + weights.curl * _log_ratio(_curl(found.border), _curl(batch.border))
    if weights.normals:
        true = steps(batch.height)
        one, other = _normal_error(steps(found.height), true), _normal_error(steps(batch.plain), true)
        each = each + weights.normals * _log_ratio(one, other)
    if weights.neumann:
        one, other = _rim_error(found.height, batch.height), _rim_error(batch.plain, batch.height)
        each = each + weights.neumann * _log_ratio(one, other)
    rms = torch.exp(0.5 * bands.detach().mean(dim=0))
    return Losses(each.mean(), each.detach(), tuple(float(value) for value in rms))


def band_errors(error: Tensor) -> Tensor:
    """Mean square of a height error [b, y, x] in each band, [b, bands], the longest first."""
    rows, columns = error.shape[1:]
    spectrum = _cosines(rows).to(error) @ error @ _cosines(columns).to(error).T
    power = spectrum.square().flatten(1)
    return power @ _membership(rows, columns).to(error) / (rows * columns)


def _log_ratio(error: Tensor, reference: Tensor) -> Tensor:
    reference = reference + 1e-16
    return torch.log(error / reference + LEAST)


def _curl(border: Tensor) -> Tensor:
    right, below = border[:, 0], border[:, 1]
    curl = right[:, :-1, :-1] - right[:, 1:, :-1] + below[:, :-1, 1:] - below[:, :-1, :-1]
    return curl.square().mean(dim=(1, 2))


def _normal_error(found: Tensor, true: Tensor) -> Tensor:
    """Mean squared distance between unit normals, [b]; small against 1 it is the squared angle."""
    cosine = (1.0 + (found * true).sum(dim=1)) * torch.rsqrt(_stretch(found) * _stretch(true))
    return (2.0 - 2.0 * cosine).clamp(min=0.0).mean(dim=(1, 2))


def _stretch(slope: Tensor) -> Tensor:
    return 1.0 + slope.square().sum(dim=1)


def _rim_error(found: Tensor, true: Tensor) -> Tensor:
    """Squared error of the slope across the image's edge, [b]."""
    error = steps(found - true)
    sides = (error[:, 0, :, 0], error[:, 0, :, -2], error[:, 1, 0], error[:, 1, -2])
    return torch.cat(sides, dim=1).square().mean(dim=1)


@lru_cache(maxsize=8)
def _cosines(count: int) -> Tensor:
    """Orthonormal cosine transform of type 2, [count, count]."""
    k, x = np.arange(count)[:, None], np.arange(count) + 0.5
    matrix = np.sqrt(2.0 / count) * np.cos(np.pi * k * x / count)
    matrix[0] /= np.sqrt(2.0)
    return torch.from_numpy(matrix.astype(np.float32))


@lru_cache(maxsize=8)
def _membership(rows: int, columns: int) -> Tensor:
    """[modes, bands]: 1 where a cosine mode belongs to a band; none for the mean."""
    per_px = np.hypot(np.arange(rows)[:, None] / (2.0 * rows), np.arange(columns) / (2.0 * columns))
    band = np.searchsorted(1.0 / np.array(BANDS_PX), per_px.ravel())
    out = np.zeros((rows * columns, len(BANDS_PX) + 1), np.float32)
    out[np.arange(rows * columns), band] = 1.0
    out[0] = 0.0
    return torch.from_numpy(out)
