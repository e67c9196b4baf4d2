"""Losses against closed forms."""

from __future__ import annotations

import numpy as np
import torch

from eclips4d.inference.networks.heads import FOLD, OUTPUTS, PIXEL_PLANES, START
from eclips4d.training.slopes.kept import Measured, kept
from eclips4d.training.slopes.loss import slope_losses, spread_loss


def keeps_all(correction: torch.Tensor) -> torch.Tensor:
    """An output that leaves the closed form and adds this, [batch, 2, y, x], before it is stretched."""
    batch, _, rows, columns = correction.shape
    output = torch.zeros(batch, OUTPUTS, rows // FOLD, columns // FOLD)
    shares = [1.0 - START[0], *[1.0 - START[1]] * 2]
    pixels = torch.tensor([0.0, 0.0, 0.0, *shares])[None, :, None, None].repeat(batch, 1, rows, columns)
    pixels[:, :2] = correction
    output[:, : PIXEL_PLANES * FOLD**2] = torch.nn.functional.pixel_unshuffle(pixels, FOLD)
    octaves = torch.tensor([1.0 - start for start in START[2:]]).repeat_interleave(2)
    output[:, PIXEL_PLANES * FOLD**2 :] = octaves[None, :, None, None]
    return output


def noise(*shape: int, seed: int) -> Measured:
    random = torch.Generator().manual_seed(seed)
    return Measured(torch.randn(shape, generator=random), torch.randn(shape, generator=random))


def test_who_keeps_all_has_the_closed_form_and_gains_nothing():
    measured, truth = noise(3, 2, 64, 64, seed=1), torch.zeros(3, 2, 64, 64)
    nothing = keeps_all(torch.zeros(3, 2, 64, 64))
    torch.testing.assert_close(kept(nothing, measured), sum(measured), atol=1e-5, rtol=0.0)
    torch.testing.assert_close(slope_losses(nothing, measured, truth).error, torch.zeros(3), atol=1e-3, rtol=0.0)


def test_right_corrections_cost_little():
    measured = noise(3, 2, 64, 64, seed=1)
    missing = torch.randn(3, 2, 64, 64, generator=torch.Generator().manual_seed(2))
    # Invert o·(1 + 0.25|o|) = t.
    raw = torch.sign(missing) * 2.0 * ((1.0 + missing.abs()).sqrt() - 1.0)
    output, truth = keeps_all(raw), sum(measured) + missing
    torch.testing.assert_close(kept(output, measured), truth, atol=1e-5, rtol=1e-5)
    assert slope_losses(output, measured, truth).error.max() < -8.0


def test_half_the_error_is_a_quarter_of_the_square():
    measured = noise(2, 2, 32, 32, seed=3)
    missing = torch.randn(2, 2, 32, 32, generator=torch.Generator().manual_seed(2)) * 0.01
    losses = slope_losses(keeps_all(0.5 * missing), measured, sum(measured) + missing)
    np.testing.assert_allclose(losses.error.numpy(), np.log(0.25), atol=0.02)


def test_spread_is_least_at_the_true_sd():
    error = 0.7 * torch.randn(1, 2, 256, 256, generator=torch.Generator().manual_seed(3))
    tried = np.linspace(-1.0, 0.4, 57)
    costs = [float(spread_loss(torch.full((1, 1, 256, 256), float(v)), error)) for v in tried]
    assert abs(tried[int(np.argmin(costs))] - np.log(0.7)) < 0.05
