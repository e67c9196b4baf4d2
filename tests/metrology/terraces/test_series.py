"""A run as tables."""

import numpy as np
import pytest

from eclips4d.core.results import Datum, Drift
from eclips4d.metrology.terraces import curvature_law
from eclips4d.metrology.terraces.series import terraces_over_time

CENTRES = ((-130.0, -120.0), (120.0, -110.0), (-90.0, 120.0), (150.0, 140.0))
START = np.array([50.0, 75.0, 95.0, 60.0])


def run(surfaces, frames=5, dt=2.0, shape=(150, 150)):
    """Islands that obey v = 2 (1 - 60/r); the first and the last shrink or stand."""
    radius, made = START.copy(), []
    for k in range(frames):
        sizes = tuple(radius)

        def height(x, y, sizes=sizes):
            return sum(surfaces.disc(x, y, r, at=at) for at, r in zip(CENTRES, sizes, strict=True))

        times = np.full(shape[0], k * dt)
        datum = Datum((0.0, 0.0, 0.0), (0.01, 0.0, 0.0), 0.9) if k != 3 else Datum()
        drift = Drift((0.0, 0.0), sd=(0.01, 0.01))
        made.append(surfaces.frame_of(height, shape, sd=0.02, seed=k, times=times, frame=k, datum=datum, drift=drift))
        for _ in range(200):
            radius += dt / 200 * 2.0 * (1.0 - 60.0 / radius)
    return surfaces.movie_of(made), sizes


@pytest.fixture
def series(surfaces):
    movie, last = run(surfaces)
    return terraces_over_time(movie), last


def test_tables_hold_what_the_islands_did(series):
    found, last = series
    frames = found.frames
    assert list(frames["frame"]) == [0, 1, 2, 3, 4] and (frames["edges"] == 4).all()
    truth = 2 * np.pi * np.array([START.sum(), sum(last)]) / (150 * 4.0) ** 2
    ends = frames.iloc[[0, -1]]
    assert (np.abs(ends["step_density_per_nm"] - truth) < 3 * ends["step_density_u_per_nm"]).all()
    np.testing.assert_allclose(ends["step_density_per_nm"], truth, rtol=0.005)
    top = found.levels[(found.levels["level"] == 1) & (found.levels["frame"] == 4)].iloc[0]
    assert top["share"] == pytest.approx(np.pi * np.square(last).sum() / (150 * 4.0) ** 2, rel=0.01)


def test_volume_is_told_where_there_is_a_datum_only(series):
    found, last = series
    frames = found.frames
    assert list(frames["volume_observable"]) == [True, True, True, False, True]
    assert np.isnan(frames["volume_change_nm3"][3])
    truth = 8.0 * np.pi * (np.square(last).sum() - np.square(START).sum())
    assert abs(frames["volume_change_nm3"][4] - truth) < 3 * frames["volume_change_u_nm3"][4] + 0.02 * abs(truth)


def test_the_law_is_found(series):
    law = curvature_law.fit(series[0].blocks)
    assert law.v_inf_nm_s.normalised_error(2.0) < 1.5 and law.v_inf_nm_s.u < 0.1
    assert law.critical_radius_nm.normalised_error(60.0) < 1.5 and law.critical_radius_nm.u < 4.0


def test_a_run_without_edges_has_empty_tables(surfaces):
    movie = surfaces.movie_of([surfaces.frame_of(lambda x, y: 0.0 * x, sd=0.02, seed=k, frame=k) for k in range(2)])
    found = terraces_over_time(movie)
    assert found.blocks.empty and (found.frames["edges"] == 0).all()
    assert (found.frames["step_density_per_nm"] == 0).all()
