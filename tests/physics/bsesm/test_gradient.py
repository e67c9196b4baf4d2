"""Gradients against finite differences, alone and through torch."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from reliefs import bumps, rough, walls
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.gradient import gradient
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.emission.choose import emission_law

DETECTOR = {"distance_mm": 6.0, "inner_radius_mm": 1.75, "outer_radius_mm": 7.0, "azimuths_deg": (45, 135, 225, 315)}


@cache
def simulator(side, pixel_nm=4.0, **more):
    scan = {"pixel_size_nm": pixel_nm * more.get("supersample", 1)}
    inst = Instrument.model_validate({"beam": {"energy_kev": 10}, "scan": scan, "detector": DETECTOR})
    law = emission_law(more.pop("law", "lambert"), 10.0)
    return exact_simulator(inst, (side, side), azimuths=32, law=law, **more)


CASES = [(48, 4.0, {}), (20, 4.0, {"supersample": 2, "margin": 4}), (48, 3000.0, {}), (48, 4.0, {"law": "Cu"})]
"""Side of the image, pixel size and the rest; the third field is so large that the detector moves across it."""


@pytest.mark.parametrize("relief", [rough, walls, bumps])
@pytest.mark.parametrize(("side", "pixel_nm", "more"), CASES)
def test_gradients_are_finite_differences(relief, side, pixel_nm, more):
    render, random = simulator(side, pixel_nm, **more), np.random.default_rng(4)
    h = relief(48, seed=2) * pixel_nm
    shaded = replace(render, occlusion=False)(h) - render(h)
    assert shaded.max() > 0.002  # something is hidden
    weights, yields = random.standard_normal(render(h).shape), 1.0 + 0.1 * random.standard_normal(h.shape)
    found = gradient(render, h, yields, weights)

    def loss(height, relative_yield):
        return float((render(height, relative_yield).astype(np.float64) * weights).sum())

    way = gaussian_filter(random.standard_normal(h.shape), 1.0)
    way *= 1e-3 * pixel_nm / np.abs(way).max()
    by_difference = (loss(h + way, yields) - loss(h - way, yields)) / 2.0
    scale = np.sqrt((found.height**2).sum() * (way**2).sum() / h.size)
    assert (found.height * way).sum() == pytest.approx(by_difference, abs=0.03 * scale * np.sqrt(h.size) / 7)
    change = random.standard_normal(h.shape)
    by_difference = (loss(h, yields + 1e-2 * change) - loss(h, yields - 1e-2 * change)) / 2e-2
    assert (found.relative_yield * change).sum() == pytest.approx(by_difference, rel=2e-3, abs=2e-3)


def test_an_occluder_is_told_that_it_hides():
    """A wall beside a flat: the far pixels' light depends on the wall's top, not on the floor in between."""
    render = simulator(40)
    h = np.zeros((40, 40))
    h[:, 25:] = 60.0
    wanted = np.zeros((4, 40, 40))
    wanted[:, 18:22, 15] = 1.0
    found = gradient(render, h, 1.0, wanted).height
    assert found[:, 25:].sum() < -1e-5
    assert np.abs(found[:, 18:24]).max() < 1e-3 * np.abs(found).max()


def test_threads_change_nothing_but_rounding():
    h, random = rough(48) * 4.0, np.random.default_rng(0)
    weights = random.standard_normal((4, 48, 48))
    one, three = (gradient(simulator(48, threads=n), h, 1.0, weights).height for n in (1, 3))
    np.testing.assert_allclose(one, three, atol=1e-7 * np.abs(one).max())


def test_derivatives_of_another_shape_are_refused():
    with pytest.raises(InputError, match="to_signal"):
        gradient(simulator(8), np.zeros((8, 8)), 1.0, np.zeros((4, 8, 9)))


def test_torch_gets_the_same_images_and_gradients():
    torch = pytest.importorskip("torch")
    from eclips4d.physics.bsesm.autograd import render_torch

    render, h = simulator(32), rough(32) * 4.0
    weights = np.random.default_rng(1).standard_normal((2, 4, 32, 32))
    height = torch.tensor(np.stack([h, 0.5 * h]), requires_grad=True)
    yields = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    image = render_torch(render, height, yields)
    assert image.shape == (2, 4, 32, 32)
    np.testing.assert_allclose(image.detach().numpy()[0], render(h), rtol=1e-6)
    (image * torch.tensor(weights)).sum().backward()
    expected = gradient(render, 0.5 * h, 1.0, weights[1])
    np.testing.assert_allclose(height.grad.numpy()[1], expected.height, rtol=1e-6, atol=1e-12)
    total = expected.relative_yield.sum() + gradient(render, h, 1.0, weights[0]).relative_yield.sum()
    assert float(yields.grad) == pytest.approx(float(total), rel=1e-4)


def test_heights_are_found_again_from_their_images():
    """Analysis by synthesis, all wavelengths of slope weighed alike: a ditch whose walls hide it in part."""
    across = np.clip(1.6 * (9.0 - abs(np.arange(48) - 22.0)), 0.0, 11.0)
    render, truth = simulator(48), -4.0 * gaussian_filter(np.tile(across, (48, 1)), 1.0)
    wanted = render(truth).astype(np.float64)
    one = 2.0 - 2.0 * np.cos(np.pi * np.arange(48) / 48)
    scale = 1.0 / np.sqrt(one[:, None] + one + 1e-3)

    def misfit(z):
        h = idctn(z.reshape(48, 48) * scale, norm="ortho")
        off = 1e2 * (render(h) - wanted)
        to_height = gradient(render, h, 1.0, 200.0 * off).height
        return (off**2).sum(), (dctn(to_height, norm="ortho") * scale).ravel()

    start = (dctn(0.7 * truth, norm="ortho") / scale).ravel()
    found = minimize(misfit, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}).x.reshape(48, 48)
    off = idctn(found * scale, norm="ortho") - truth
    assert (replace(render, occlusion=False)(truth) - wanted).max() > 0.02 * wanted.max()
    assert np.std(0.3 * truth) > 4.0
    assert np.std(off) < 0.1
