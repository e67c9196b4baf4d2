"""Gradients of the distilled simulator against finite differences."""

import numpy as np
import pytest
from reliefs import bumps
from shading_walls import instrument, slopes, trenches

from eclips4d.core.errors import InputError
from eclips4d.physics.dsm.gradient import distilled_gradient
from eclips4d.physics.dsm.simulator import distilled_simulator

ROUGH = 0.3 * np.random.default_rng(7).standard_normal((48, 56))
"""On plane walls many pixels show a horizon equally: no image has a derivative there, and differences say nothing."""


@pytest.mark.parametrize(
    "height", [trenches((48, 56), 60.0, 5.0, 28.0) + ROUGH, 4.0 * bumps(64, 3)], ids=["trenches", "bumps"]
)
def test_pixel_by_pixel(height):
    """Between the differences to either side, which disagree where another crest takes over."""
    random = np.random.default_rng(4)
    render = distilled_simulator(instrument(), height.shape, threads=1)
    slope, weight = slopes(height), random.standard_normal((4, *height.shape))
    found = distilled_gradient(render, height, slope, weight)

    def difference(by_nm, by_slope):
        image = render(height + by_nm, slope + by_slope)
        return float(((image.astype(np.float64) - render(height, slope)) * weight).sum())

    for field, size, arrays in (
        (found.height, 0.01, lambda change: (change, 0.0)),
        (found.slope[0], 1e-3, lambda change: (0.0, np.stack([change, 0.0 * change]))),
        (found.slope[1], 1e-3, lambda change: (0.0, np.stack([0.0 * change, change]))),
    ):
        matters = np.argwhere(np.abs(field) > 0.05 * np.abs(field).max())
        agree = []
        for place in matters[random.permutation(len(matters))[:24]]:
            change = np.zeros(height.shape)
            change[tuple(place)] = size
            sides = [difference(*arrays(change)) / size, -difference(*arrays(-change)) / size]
            wrong = 0.02 * np.abs(field).max()
            agree.append(min(sides) - wrong <= field[tuple(place)] <= max(sides) + wrong)
        assert len(agree) == 24
        assert all(agree)


def test_a_flat_surface_shades_nothing():
    height = np.zeros((24, 24))
    render = distilled_simulator(instrument(), height.shape)
    found = distilled_gradient(render, height, slopes(height), np.ones((4, 24, 24)))
    assert not found.height.any()
    assert np.abs(found.slope).max() < 5e-3  # four segments together see no first order of the slope


def test_derivatives_of_another_shape_are_refused():
    height = np.zeros((24, 24))
    with pytest.raises(InputError, match="derivatives are"):
        distilled_gradient(distilled_simulator(instrument(), (24, 24)), height, slopes(height), np.ones((3, 24, 24)))
