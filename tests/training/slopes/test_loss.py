"""Losses against closed forms."""

from __future__ import annotations

import numpy as np
import torch

from eclips4d.training.slopes.loss import correction, slope_losses, spread_loss


def test_right_corrections_cost_little_and_none_cost_nothing():
    target = torch.randn(3, 2, 64, 64, generator=torch.Generator().manual_seed(1))
    nothing = slope_losses(torch.zeros(3, 3, 64, 64), target)
    torch.testing.assert_close(nothing.error, torch.zeros(3), atol=1e-3, rtol=0.0)
    # Invert o·(1 + 0.25|o|) = t.
    raw = torch.sign(target) * 2.0 * ((1.0 + target.abs()).sqrt() - 1.0)
    output = torch.cat([raw, torch.zeros(3, 1, 64, 64)], dim=1)
    torch.testing.assert_close(correction(output), target, atol=1e-5, rtol=1e-5)
    assert slope_losses(output, target).error.max() < -8.0


def test_half_the_error_is_a_quarter_of_the_square():
    target = torch.randn(2, 2, 32, 32, generator=torch.Generator().manual_seed(2)) * 0.01
    output = torch.cat([0.5 * target, torch.zeros(2, 1, 32, 32)], dim=1)
    np.testing.assert_allclose(slope_losses(output, target).error.numpy(), np.log(0.25), atol=0.02)


def test_spread_is_least_at_the_true_sd():
    error = 0.7 * torch.randn(1, 2, 256, 256, generator=torch.Generator().manual_seed(3))
    tried = np.linspace(-1.0, 0.4, 57)
    costs = [float(spread_loss(torch.full((1, 1, 256, 256), float(v)), error)) for v in tried]
    assert abs(tried[int(np.argmin(costs))] - np.log(0.7)) < 0.05
