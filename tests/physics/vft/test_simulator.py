"""Images with horizons by the largest tangents, which need no training, against the exact simulator."""

import numpy as np
import pytest
from shading_walls import instrument, trenches

from eclips4d.core.errors import InputError
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.emission.choose import emission_law
from eclips4d.physics.vft.attention import Attention
from eclips4d.physics.vft.gradient import vision_field_gradient
from eclips4d.physics.vft.simulator import vision_field_simulator
from eclips4d.physics.vft.ways import GEOMETRY, RINGS


def largest_alone(rings=RINGS):
    """Weights with which the attention gives the largest tangents as horizons."""
    head = np.zeros((2, 2 + 9), np.float32)
    head[0, -2], head[1, -2:] = 1.0, 0.5
    nothing = np.zeros
    return Attention(
        nothing((2, 3), np.float32),
        nothing((2, rings), np.float32),
        nothing((2, 2), np.float32),
        nothing((2, 9 + GEOMETRY), np.float32),
        nothing(2, np.float32),
        head,
        nothing(2, np.float32),
    )


@pytest.mark.parametrize("law", [None, "Cu"])
@pytest.mark.parametrize("relief", [(40.0, 4.0, 60.0), (200.0, 16.0, 110.0)])
def test_trenches_are_near_the_exact_simulators(relief, law):
    inst, shape = instrument(), (96, 128)
    height, emission = trenches(shape, *relief), emission_law(law, 10.0) if law else None
    exact = exact_simulator(inst, shape, law=emission)(height)
    alone = exact_simulator(inst, shape, law=emission, occlusion=False)(height)
    image = vision_field_simulator(inst, shape, largest_alone(), law=emission)(height)
    shaded = np.abs(alone - exact) > 1e-3 * exact.max()
    assert shaded.mean() > 0.02
    off, without = (np.sqrt(np.mean((of - exact)[shaded] ** 2)) for of in (image, alone))
    assert off < 0.1 * without


def test_facets_that_nothing_shades_are_those_of_the_exact_simulator():
    inst, shape = instrument(offset_mm=(0.3, -0.2)), (24, 32)
    y, x = np.mgrid[: shape[0], : shape[1]] * 4.0
    render = vision_field_simulator(inst, shape, largest_alone())
    for p, q in ((0.0, 0.0), (0.4, -0.2), (-1.1, 0.5), (2.0, 2.0)):
        exact = exact_simulator(inst, shape, azimuths=32)(p * x + q * y)
        np.testing.assert_allclose(render(p * x + q * y)[:, 2:-2, 2:-2], exact[:, 2:-2, 2:-2], atol=2e-3 * exact.mean())


def test_threads_heights_units_and_yields():
    shape = (40, 48)
    height = trenches(shape, 60.0, 5.0, 28.0)
    render = vision_field_simulator(instrument(), shape, largest_alone(), threads=1)
    image = render(height)
    np.testing.assert_array_equal(
        vision_field_simulator(instrument(), shape, largest_alone(), threads=3)(height), image
    )
    twice = vision_field_simulator(instrument(8.0), shape, largest_alone(), threads=1)(2.0 * height)
    np.testing.assert_allclose(twice, image, atol=1e-4 * image.max())
    np.testing.assert_allclose(render(height, 0.5), 0.5 * image, rtol=1e-6)
    np.testing.assert_allclose(render(height + 1e6), image, atol=1e-3 * image.max())


def test_gradient_of_a_change_of_everything():
    """Along random changes of heights and of yields, by differences to either side."""
    shape, random = (40, 48), np.random.default_rng(2)
    height = trenches(shape, 60.0, 5.0, 28.0) + 4.0 * random.standard_normal(shape)
    render = vision_field_simulator(instrument(), shape, largest_alone(), threads=2)
    weight = random.standard_normal((4, *shape))
    found = vision_field_gradient(render, height, 1.0, weight)

    def loss(by_nm, by_yield):
        return float((render(height + by_nm, (1.0 + by_yield) * np.ones(shape)).astype(np.float64) * weight).sum())

    change = random.standard_normal(shape)
    size = 2e-3
    by_height = (loss(size * change, 0.0) - loss(-size * change, 0.0)) / (2.0 * size)
    by_yield = (loss(0.0, 1e-2 * change) - loss(0.0, -1e-2 * change)) / 2e-2
    assert abs(float((found.height * change).sum()) - by_height) < 0.02 * np.sqrt(np.sum((found.height * change) ** 2))
    assert float((found.relative_yield * change).sum()) == pytest.approx(by_yield, rel=1e-3)


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="too few"):
        vision_field_simulator(instrument(), (3, 40), largest_alone())
    with pytest.raises(InputError, match="rings"):
        vision_field_simulator(instrument(), (32, 40), largest_alone(RINGS - 1))
    render = vision_field_simulator(instrument(), (32, 40), largest_alone())
    with pytest.raises(InputError, match="heights are"):
        render(np.zeros((40, 32)))
    with pytest.raises(InputError, match="yields are"):
        render(np.zeros((32, 40)), np.ones((40, 32)))
    with pytest.raises(InputError, match="derivatives are"):
        vision_field_gradient(render, np.zeros((32, 40)), 1.0, np.zeros((3, 32, 40)))
