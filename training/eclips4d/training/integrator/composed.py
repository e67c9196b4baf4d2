"""What `inference/integrator/heads.py` and `pinn.py` do with the network's output, differentiable."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from eclips4d.inference.integrator.coarse import FACTOR
from eclips4d.inference.integrator.heads import (
    BLOCK_PLANES,
    CONFIDENCE_PLANES,
    GATE,
    GROWTH,
    LOG_CONFIDENCE,
    LOG_WEIGHT,
    PIXEL_PLANES,
    TRUST_START,
    Layout,
)
from eclips4d.training.integrator.solver import drift, gathered, heights, steps


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples side by side; fields as in `Example`, `unit` [b]."""

    planes: Tensor
    border: Tensor
    near: Tensor
    far: Tensor
    weight: Tensor
    unit: Tensor
    height: Tensor
    plain: Tensor
    slope: Tensor


@dataclass(frozen=True, slots=True)
class Composition:
    """Heights [b, y, x] and the corrected border slopes [b, 2, y, x] they were made of."""

    height: Tensor
    border: Tensor


def compose(batch: Batch, output: Tensor, layout: Layout, iterations: int) -> Composition:
    """From the network's output [b, planes, y/fold, x/fold]."""
    area = layout.fold**2
    pixels = PIXEL_PLANES + (CONFIDENCE_PLANES if layout.weighted else 0)
    planes = torch.nn.functional.pixel_shuffle(output[:, : pixels * area], layout.fold)
    inside = _inside(batch.border)
    middle, last, log_weight, log_trust = output[:, -BLOCK_PLANES:].unbind(1)
    proposed = _corrected(batch, planes, _spread(middle, layout.fold), _spread(last, layout.fold)) * inside
    confidence = None
    if layout.weighted:
        confidence = torch.exp(planes[:, PIXEL_PLANES:].clamp(*LOG_CONFIDENCE)) * inside
    height = heights(proposed, confidence, iterations)
    factor = _spread(torch.exp(log_weight.clamp(*LOG_WEIGHT)), layout.fold)
    trust = torch.exp((log_trust + TRUST_START).clamp(*LOG_WEIGHT))
    weight = (batch.weight > 0.0) * factor[:, None]
    misfit = gathered(weight * (batch.border - steps(height)))
    coarse_weight = torch.nn.functional.avg_pool2d(weight, FACTOR)
    coarse_trust = torch.nn.functional.avg_pool2d(trust[:, None], FACTOR // layout.fold)
    height = height + drift(misfit, coarse_weight, coarse_trust)
    return Composition(height - height.mean(dim=(1, 2), keepdim=True), proposed)


def _corrected(batch: Batch, planes: Tensor, middle: Tensor, last: Tensor) -> Tensor:
    change, gate = planes[:, :2], planes[:, 2:3].clamp(*GATE)
    smooth = gate * (batch.border - batch.near) + middle[:, None].clamp(*GATE) * (batch.near - batch.far)
    smooth = smooth + last[:, None].clamp(*GATE) * batch.far
    unit = batch.unit[:, None, None, None]
    return batch.border - smooth + unit * change * (1.0 + GROWTH * change.abs())


def _inside(border: Tensor) -> Tensor:
    """1 at borders, 0 where there is none."""
    out = torch.ones_like(border)
    out[:, 0, :, -1] = 0.0
    out[:, 1, -1] = 0.0
    return out


def _spread(blocks: Tensor, fold: int) -> Tensor:
    return blocks.repeat_interleave(fold, dim=-2).repeat_interleave(fold, dim=-1)
