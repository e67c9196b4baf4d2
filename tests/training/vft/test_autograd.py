"""Torch is told the same gradient."""

import numpy as np
import torch
from shading_walls import instrument, trenches

from eclips4d.physics.vft.gradient import vision_field_gradient
from eclips4d.physics.vft.simulator import vision_field_simulator
from eclips4d.training.vft.autograd import render_torch
from eclips4d.training.vft.network import VisionFieldTransformer, as_arrays
from eclips4d.training.vft.recipe import AttentionShape


def test_a_batch_and_its_gradient():
    torch.manual_seed(0)
    weights = as_arrays(VisionFieldTransformer(AttentionShape(embed=4, heads=2, hidden=4)))
    heights = np.stack([trenches((32, 40), depth, 4.0, 20.0) for depth in (20.0, 50.0)])
    render = vision_field_simulator(instrument(), (32, 40), weights, threads=1)
    given, yields = torch.tensor(heights, requires_grad=True), torch.tensor(1.1, requires_grad=True)
    images = render_torch(render, given, yields)
    assert images.shape == (2, 4, 32, 40) and images.dtype == torch.float64
    weight = np.random.default_rng(1).standard_normal(images.shape)
    (images * torch.from_numpy(weight)).sum().backward()
    assert given.grad is not None and yields.grad is not None
    wanted = [vision_field_gradient(render, height, 1.1, w) for height, w in zip(heights, weight, strict=True)]
    np.testing.assert_allclose(given.grad.numpy(), np.stack([of.height for of in wanted]), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(float(yields.grad), sum(of.relative_yield.sum() for of in wanted), rtol=1e-4)
