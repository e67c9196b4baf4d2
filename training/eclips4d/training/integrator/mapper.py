"""The paper's way for comparison: a plain U-Net from slopes to height, which has to learn what integration is."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from eclips4d.inference.integrator.borders import sanitised
from eclips4d.training.integrator.composed import Batch, Composition
from eclips4d.training.integrator.solver import steps
from eclips4d.training.recipe import Recipe
from eclips4d.training.unet import UNet

F32 = NDArray[np.float32]

PLANES: Final = ("dh/dx", "dh/dy")
VERSION: Final = "mapper-1"
MULTIPLE: Final = 64
"""Sides that it takes are multiples of this."""


def mapper_of(recipe: Recipe) -> UNet:
    """With new weights, drawn from the recipe's seed."""
    torch.manual_seed(recipe.seed)
    shape = recipe.network
    return UNet(len(PLANES), 1, shape.base, shape.depth, shape.unshuffle, shape.widest)


def mapped(batch: Batch, output: Tensor) -> Composition:
    """The output is the height, in pixel sizes, but for its mean."""
    height = output[:, 0]
    height = height - height.mean(dim=(1, 2), keepdim=True)
    return Composition(height, steps(height))


def map_height(network: nn.Module, slope: F32, slope_sd: F32, pixel_nm: float, valid: NDArray[np.bool_] | None) -> F32:
    """Height [y, x], nm, of slopes [2, y, x] as the plain network has it; square pixels."""
    finite, _, _ = sanitised(slope, slope_sd, valid)
    rows, columns = finite.shape[1:]
    margins = [(0, 0), *((0, -side % MULTIPLE) for side in (rows, columns))]
    planes = torch.from_numpy(np.pad(finite, margins, mode="symmetric"))
    with torch.inference_mode():
        height = network(planes[None])[0, 0, :rows, :columns].numpy()
    return np.asarray((height - height.mean()) * np.float32(pixel_nm), dtype=np.float32)
