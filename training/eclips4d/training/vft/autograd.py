"""The vision field simulator as a function that torch differentiates, for training and for analysis by synthesis."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from eclips4d.physics.vft.gradient import vision_field_gradient
from eclips4d.physics.vft.simulator import VisionFieldSimulator


def render_torch(
    simulator: VisionFieldSimulator, height: torch.Tensor, relative_yield: torch.Tensor | float = 1.0
) -> torch.Tensor:
    """Render, with gradients for heights and yields.

    Parameters
    ----------
    height
        nm, [..., y, x] with any number of leading axes (a batch).
    relative_yield
        One value, or as the heights.

    Returns
    -------
    Tensor [..., n, y, x]
        Of the heights' type and device; the work is done on the processor.
    """
    yields = torch.as_tensor(relative_yield, dtype=height.dtype, device=height.device).expand(height.shape)
    flat = height.reshape(-1, *height.shape[-2:]), yields.reshape(-1, *height.shape[-2:])
    images = [_apply(simulator, h, y) for h, y in zip(*flat, strict=True)]
    return torch.stack(images).reshape(*height.shape[:-2], *images[0].shape)


class _Render(torch.autograd.Function):
    """One surface."""

    @staticmethod
    def forward(ctx: Any, simulator: VisionFieldSimulator, height: torch.Tensor, relative_yield: torch.Tensor) -> Any:
        """The images."""
        ctx.simulator = simulator
        ctx.save_for_backward(height, relative_yield)
        return torch.from_numpy(simulator(_array(height), _array(relative_yield))).to(height)

    @staticmethod
    def backward(ctx: Any, *to_image: Any) -> Any:
        """Derivatives with respect to heights and yields."""
        height, relative_yield = ctx.saved_tensors
        found = vision_field_gradient(ctx.simulator, _array(height), _array(relative_yield), _array(to_image[0]))
        return None, torch.from_numpy(found.height).to(height), torch.from_numpy(found.relative_yield).to(height)


_apply: Any = _Render.apply


def _array(tensor: torch.Tensor) -> Any:
    return np.ascontiguousarray(tensor.detach().cpu().numpy())
