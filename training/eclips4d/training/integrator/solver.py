"""The solver of the integrator with gradients: forward it is the very same code, backward its adjoint.

The height h that minimises Σ w·(∂h − g)² satisfies ∂ᵀw∂ h = ∂ᵀw g. With λ solving ∂ᵀw∂ λ = (gradient to h), the
gradient to g is w·∂λ and to w (g − ∂h)·∂λ: one more solution of the same kind.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eclips4d.inference.integrator.coarse import FACTOR, LEAST
from eclips4d.inference.integrator.solve import Laplacian, floored, relaxed, solve

F32 = NDArray[np.float32]
PIXEL = (1.0, 1.0)


class Heights(torch.autograd.Function):
    """Heights [b, y, x] of border slopes [b, 2, y, x] and their weights, or None for all alike."""

    @staticmethod
    def forward(ctx: Any, border: Tensor, weight: Tensor | None, iterations: int) -> Tensor:
        """Solve image by image."""
        slopes = border.detach().cpu().numpy()
        weights = None if weight is None else weight.detach().cpu().numpy()
        laplacian = _laplacian(slopes.shape[2:])
        count = len(slopes)
        heights = np.stack(
            [solve(slopes[i], None if weights is None else weights[i], laplacian, iterations) for i in range(count)]
        )
        out = torch.from_numpy(heights).to(border.device)
        ctx.iterations = iterations
        if weight is None:
            ctx.save_for_backward(border)
        else:
            ctx.save_for_backward(border, weight, out)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        """The adjoint."""
        gradient = gradients[0].detach().cpu().numpy()
        laplacian = _laplacian(gradient.shape[1:])
        if len(ctx.saved_tensors) == 1:
            adjoint = np.stack([-laplacian.inverse(np.array(g, dtype=np.float32)) for g in gradient])
            return steps(torch.from_numpy(adjoint).to(gradients[0].device)), None, None
        border, weight, height = ctx.saved_tensors
        weights = weight.detach().cpu().numpy()
        adjoint = np.stack([_adjoint(g, w, ctx.iterations) for g, w in zip(gradient, weights, strict=True)])
        rise = steps(torch.from_numpy(adjoint).to(border.device))
        return weight * rise, (border - steps(height)) * rise, None


def _adjoint(gradient: F32, weight: F32, iterations: int) -> F32:
    return relaxed(np.asarray(gradient - gradient.mean(), dtype=np.float32), floored(weight), iterations)


@lru_cache(maxsize=8)
def _laplacian(shape: tuple[int, int]) -> Laplacian:
    return Laplacian(shape, PIXEL)


def heights(border: Tensor, weight: Tensor | None, iterations: int) -> Tensor:
    """See `Heights`."""
    result: Tensor = Heights.apply(border, weight, iterations)  # type: ignore[no-untyped-call]
    return result


def steps(height: Tensor) -> Tensor:
    """Height steps [b, 2, y, x] at the borders to the right and below, 0 at the image's edge."""
    right = torch.nn.functional.pad(height[..., :, 1:] - height[..., :, :-1], (0, 1))
    below = torch.nn.functional.pad(height[..., 1:, :] - height[..., :-1, :], (0, 0, 0, 1))
    return torch.stack([right, below], dim=1)


def gathered(flux: Tensor) -> Tensor:
    """The adjoint of `steps`: minus the divergence, [b, y, x]; the flux at the image's edge must be 0."""
    right, below = flux[:, 0], flux[:, 1]
    out = -right - below
    out = out + torch.nn.functional.pad(right[..., :, :-1], (1, 0))
    return out + torch.nn.functional.pad(below[..., :-1, :], (0, 0, 1, 0))


def drift(misfit: Tensor, weight: Tensor, trust: Tensor) -> Tensor:
    """The coarse correction [b, y, x]; see `eclips4d.inference.integrator.coarse`.

    Parameters
    ----------
    misfit
        [b, y, x], sides multiples of the coarse cell's.
    weight, trust
        [b, 2 or 1, rows, columns]: means over the cells.
    """
    rows, columns = weight.shape[2:]
    tall, wide = _interpolation(rows).to(misfit), _interpolation(columns).to(misfit)
    source = tall.T @ misfit @ wide
    total = weight + trust + LEAST
    right = 0.5 * (total[:, 0, :, 1:] + total[:, 0, :, :-1])
    below = 0.5 * (total[:, 1, 1:] + total[:, 1, :-1])
    conductance = torch.cat([right.flatten(1), below.flatten(1)], dim=1)
    incidence = _incidence(rows, columns).to(misfit)
    matrix = (incidence.T * conductance[:, None, :]) @ incidence + 1.0 / (rows * columns)
    solution = torch.linalg.solve(matrix, source.flatten(1).unsqueeze(-1)).reshape(-1, rows, columns)
    found: Tensor = tall @ solution @ wide.T
    return found


@lru_cache(maxsize=8)
def _interpolation(cells: int) -> Tensor:
    """Bilinear, [cells·FACTOR, cells]; constant beyond the outermost centres."""
    place = (torch.arange(cells * FACTOR) + 0.5) / FACTOR - 0.5
    low = torch.floor(place)
    share = place - low
    out = torch.zeros(cells * FACTOR, cells)
    index = torch.arange(cells * FACTOR)
    out.index_put_((index, low.long().clamp(0, cells - 1)), 1.0 - share, accumulate=True)
    out.index_put_((index, (low.long() + 1).clamp(0, cells - 1)), share, accumulate=True)
    return out


@lru_cache(maxsize=8)
def _incidence(rows: int, columns: int) -> Tensor:
    """[borders, cells]: 1 at the cell beyond a border and −1 before it; borders to the right first."""
    index = torch.arange(rows * columns).reshape(rows, columns)
    before = torch.cat([index[:, :-1].flatten(), index[:-1].flatten()])
    beyond = torch.cat([index[:, 1:].flatten(), index[1:].flatten()])
    out = torch.zeros(len(before), rows * columns)
    out[torch.arange(len(before)), before] = -1.0
    out[torch.arange(len(before)), beyond] = 1.0
    return out
