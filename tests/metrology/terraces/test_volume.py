"""Volume: known with a datum, unobservable without."""

import numpy as np
import pytest

from eclips4d.core.results import Datum
from eclips4d.metrology.terraces.volume import volume_change

PLANE, SD = (-3.0, 0.01, -0.02), (0.2, 1e-3, 2e-3)
AREA = 96 * 96 * 16.0


def grown(surfaces, **how):
    def before(x, y):
        return surfaces.disc(x, y, 60.0)

    frame = surfaces.frame_of(lambda x, y: surfaces.disc(x, y, 90.0), plane=PLANE, **how)
    return frame, surfaces.frame_of(before).height


def test_without_a_datum_nothing_is_known(surfaces):
    frame, reference = grown(surfaces)
    found = volume_change(frame, reference, surfaces.grid)
    assert not found.observable and np.isnan(found.volume_nm3.value) and np.isnan(found.volume_nm3.u)


def test_with_a_datum_the_islands_growth_is_found(surfaces):
    frame, reference = grown(surfaces, datum=Datum(PLANE, SD, 0.8))
    found = volume_change(frame, reference, surfaces.grid)
    truth = 8.0 * np.pi * (90.0**2 - 60.0**2)
    assert found.observable and found.area_nm2 == AREA
    assert found.volume_nm3.value == pytest.approx(truth, rel=0.002)
    assert found.volume_nm3.random_u == pytest.approx(SD[0] * AREA, rel=1e-6)
    assert found.volume_nm3.systematic_u == pytest.approx(0.01 * truth, rel=0.01)


def test_of_a_part_the_datums_tilt_and_the_noise_count(surfaces):
    frame, reference = grown(surfaces, datum=Datum(PLANE, SD, 0.8))
    part = np.zeros((96, 96), bool)
    part[:, 72:] = True
    found = volume_change(frame, reference, surfaces.grid, part)
    datum = np.hypot(SD[0], SD[1] * 36 * 4.0)
    assert found.mean_height_nm.random_u > datum
    assert found.mean_height_nm.random_u == pytest.approx(datum, rel=0.2)
    assert abs(found.mean_height_nm.value) < 0.01


def test_noise_of_a_part_is_that_of_its_errors(surfaces):
    sure = Datum((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0)
    part = np.zeros((96, 96), bool)
    part[30:60, 20:50] = True
    found = []
    for seed in range(40):
        frame, reference = (
            surfaces.frame_of(lambda x, y: 0.0 * x, sd=0.05, seed=s, datum=sure) for s in (seed, 1000 + seed)
        )
        found.append(volume_change(frame, reference.height, surfaces.grid, part).mean_height_nm)
    assert np.std([q.value for q in found]) / found[0].random_u == pytest.approx(1.0, abs=0.4)
