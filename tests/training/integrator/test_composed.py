"""What is trained is what runs: its heights against the chain's code, its gradients against finite differences."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from eclips4d.inference.integrator.features import Features
from eclips4d.inference.integrator.heads import Layout
from eclips4d.inference.integrator.pinn import composed
from eclips4d.inference.integrator.solve import Laplacian
from eclips4d.training.integrator.composed import Batch, compose
from eclips4d.training.integrator.detector import reading, torn
from eclips4d.training.integrator.example import PIXEL, example
from eclips4d.training.integrator.loss import BANDS_PX, band_errors, losses
from eclips4d.training.integrator.solver import gathered, heights, steps
from eclips4d.training.integrator.stream import collated
from eclips4d.training.integrator.truth import pixel_means
from eclips4d.training.recipe import HeightLosses

SIDE, FINE = 64, 4


def batch(seed=0, count=2):
    """Bumps with steps, noise and gaps."""
    made = []
    for k in range(count):
        rng = np.random.default_rng((seed, k))
        y, x = np.mgrid[: SIDE * FINE, : SIDE * FINE] / FINE
        height = (np.sin(x / 7.0 + k) * np.cos(y / 9.0) + (x > 30 + 3 * k)).astype(np.float32)
        truth = pixel_means(height, FINE, 2.0)
        read = reading(rng, truth, np.ones((SIDE, SIDE), np.float32))
        read.valid[10:14, 20:30] = False
        made.append(example(torn(rng, read), truth.height))
    return collated(made)


def output(layout, count=2, seed=0, size=0.5):
    rng = np.random.default_rng(seed)
    side = SIDE // layout.fold
    return torch.from_numpy(rng.normal(0.0, size, (count, layout.channels[1], side, side)).astype(np.float32))


@pytest.mark.parametrize("layout", [Layout(4, weighted=False), Layout(2, weighted=True)])
def test_training_composes_as_the_chain_does(layout):
    given, said = batch(), output(layout)
    ours = compose(given, said, layout, 4).height
    for k in range(2):
        seen = Features(given.planes[k].numpy(), given.near[k].numpy(), given.far[k].numpy(), float(given.unit[k]))
        border, weight = given.border[k].numpy().copy(), given.weight[k].numpy().copy()
        chain = composed(border, weight, seen, said[k].numpy(), layout, Laplacian((SIDE, SIDE), PIXEL), 4, 1.0)
        np.testing.assert_allclose(ours[k].numpy(), chain, atol=1e-5 * np.ptp(chain))


def test_gradients_of_the_weighted_solution_against_finite_differences():
    rng = np.random.default_rng(2)
    border, weight, direction = (torch.from_numpy(rng.normal(size=(1, 2, 20, 24)).astype(np.float32)) for _ in range(3))
    weight = weight.exp()
    wanted = torch.from_numpy(rng.normal(size=(1, 20, 24)).astype(np.float32))

    def value(g, w):
        return (heights(g, w, 25).double() * wanted).sum()

    border.requires_grad_()
    weight.requires_grad_()
    inside = steps(wanted * 0) + 1
    inside[:, 0, :, -1] = inside[:, 1, -1] = 0
    value(border, weight).backward()
    step = 0.02 * direction * inside
    with torch.no_grad():
        along_border = (value(border + step, weight) - value(border - step, weight)) / 2
        along_weight = (value(border, weight * (1 + step)) - value(border, weight * (1 - step))) / 2
    assert float((border.grad * step).sum()) == pytest.approx(float(along_border), rel=2e-3)
    assert float((weight.grad * weight.detach() * step).sum()) == pytest.approx(float(along_weight), rel=2e-2, abs=1e-3)


def test_gathering_is_the_adjoint_of_stepping():
    height, flux = torch.randn(2, 9, 7, dtype=torch.float64), torch.randn(2, 2, 9, 7, dtype=torch.float64)
    flux[:, 0, :, -1] = flux[:, 1, -1] = 0
    torch.testing.assert_close((steps(height) * flux).sum(), (height * gathered(flux)).sum())


def test_every_output_of_the_network_has_a_gradient():
    layout = Layout(2, weighted=True)
    said = output(layout).requires_grad_()
    losses(batch(), compose(batch(), said, layout, 4), HeightLosses()).total.backward()
    assert torch.isfinite(said.grad).all()
    assert (said.grad.abs().amax(dim=(0, 2, 3)) > 0).all()


def test_bands_share_out_the_whole_error():
    error = torch.randn(3, 48, 64)
    bands = band_errors(error - error.mean(dim=(1, 2), keepdim=True))
    assert bands.shape == (3, len(BANDS_PX) + 1)
    torch.testing.assert_close(bands.sum(dim=1), error.var(dim=(1, 2), correction=0), rtol=1e-4, atol=1e-6)
    y = torch.arange(64)[None, :, None] + 0.5
    wave = torch.cos(torch.pi * y * 8 / 64).expand(1, 64, 64)  # 16 px
    assert band_errors(wave).argmax() == 3


def test_plain_least_squares_has_no_loss_but_the_least_gain():
    """A network that says nothing about borders that are all alike: there the logarithms are 0."""
    given, layout = batch(), Layout(4, weighted=False)
    alike = replace(given, weight=(given.border != 0.0).float())
    silent = compose(alike, output(layout) * 0, layout, 0)
    found = losses(alike, silent, HeightLosses(curl=0, normals=0, neumann=0))
    assert found.bands == pytest.approx([1.0] * (len(BANDS_PX) + 1), abs=2e-3)


def test_one_plane_of_a_batch_is_one_example():
    given = batch(count=3)
    assert all(len(getattr(given, field.name)) == 3 for field in fields(Batch))
    assert given.planes.shape[2:] == given.height.shape[1:] == (SIDE, SIDE)
