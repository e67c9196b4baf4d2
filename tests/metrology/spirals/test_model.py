"""What slopes a spiral has, against its heights."""

import numpy as np
import pytest

from eclips4d.metrology.spirals.field import field_of
from eclips4d.metrology.spirals.fit import fit_spiral
from eclips4d.metrology.spirals.model import COUNT
from eclips4d.metrology.spirals.shape import arms_within, law_bend, spacing_over_critical_radius
from eclips4d.physics.scenes.bcf.radial import phase_at, steady_spiral


@pytest.mark.parametrize("wound", [1, -1, 2, -3])
def test_slopes_are_those_of_the_heights(made, wound):
    what = made(cores=((200.0, 190.0, wound),), noise=1e-3, pixels=64, pixel=6.0, riser=14.0, spacing=120.0)
    field = field_of(what.frame(), what.grid)
    (x, y, _), *_ = what.places
    start = np.zeros(COUNT)
    start[:7] = x, y, what.phase, what.spacing, what.bend, what.height, what.riser
    away = np.hypot(field.x - x, field.y[:, None] - y) > 60.0
    fit = fit_spiral(field, np.where(away, field.precision, 0.0), start, wound, 0.0)
    # Pixel means of a curved riser remain beside the noise, a hundred times less than the relief.
    assert fit.explained > 0.999
    assert abs(fit.parameters[5] / what.height - 1.0) < 0.01
    assert np.hypot(fit.parameters[0] - x, fit.parameters[1] - y) < 0.05 * what.pixel


def test_arms_of_the_law_are_those_of_the_solved_spiral():
    radius, spacing = np.linspace(0.0, 900.0, 50), 190.0
    critical = law_bend(spacing, 1)
    np.testing.assert_allclose(
        arms_within(radius, spacing, critical), phase_at(radius / critical) / (2.0 * np.pi), atol=2e-4
    )
    assert abs(spacing_over_critical_radius() - 2.0 * np.pi / steady_spiral().rotation) < 1e-9


def test_without_bend_arms_are_archimedean():
    radius = np.linspace(1.0, 500.0, 20)
    np.testing.assert_allclose(arms_within(radius, 50.0, 1e-3), radius / 50.0, atol=1e-3)
