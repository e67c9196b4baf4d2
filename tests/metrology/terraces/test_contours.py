"""Edges: where, which way, how curved, when, and how sure."""

import numpy as np
import pytest

from eclips4d.metrology.terraces.contours import edges


def radial(edge, surfaces, at=(0.0, 0.0), shape=(96, 96)):
    middle = (np.array(shape[::-1]) - 1) / 2 * surfaces.pixel_nm
    return edge.points_nm - middle - at


@pytest.mark.parametrize("radius", [60.0, 110.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_round_edge_lies_where_it_is(surfaces, radius, sign):
    (edge,) = edges(surfaces.frame_of(lambda x, y: surfaces.disc(x, y, radius, step=8.0 * sign)), surfaces.grid)
    out = radial(edge, surfaces)
    far = np.hypot(*out.T)
    assert edge.closed
    np.testing.assert_allclose(far, radius, atol=0.1)  # a fortieth of a pixel
    np.testing.assert_allclose(edge.curvature_per_nm, sign / radius, rtol=0.03)
    np.testing.assert_allclose(edge.normal, sign * out / far[:, None], atol=0.02)
    np.testing.assert_allclose(edge.height_nm, 8.0, atol=0.1)
    assert edge.length_nm == pytest.approx(2 * np.pi * radius, rel=0.002)


def test_every_point_has_the_time_of_its_row(surfaces):
    times = 5.0 + 0.01 * np.arange(96)
    (edge,) = edges(surfaces.frame_of(lambda x, y: surfaces.disc(x, y, 80.0), times=times), surfaces.grid)
    rows = edge.points_nm[:, 1] / surfaces.pixel_nm
    np.testing.assert_allclose(edge.time_s, 5.0 + 0.01 * rows, atol=1e-9)


def test_points_count_from_the_origin_of_the_grid(surfaces):
    from dataclasses import replace

    frame = surfaces.frame_of(lambda x, y: surfaces.disc(x, y, 80.0))
    (here,), (there,) = (
        edges(frame, grid) for grid in (surfaces.grid, replace(surfaces.grid, origin_nm=(100.0, -7.0)))
    )
    np.testing.assert_allclose(there.points_nm - here.points_nm, [[100.0, -7.0]] * len(here.points_nm), atol=1e-6)
    np.testing.assert_allclose(there.height_nm, here.height_nm, atol=1e-6)


def test_edges_reach_the_border_of_the_image(surfaces):
    (edge,) = edges(surfaces.frame_of(lambda x, y: surfaces.disc(x, y, 500.0, at=(-480.0, 60.0))), surfaces.grid)
    assert not edge.closed
    assert edge.points_nm[:, 1].min() < 2 * surfaces.pixel_nm
    assert edge.points_nm[:, 1].max() > 93 * surfaces.pixel_nm


def test_no_edges_where_there_is_only_noise(surfaces):
    for seed in range(3):
        assert edges(surfaces.frame_of(lambda x, y: 0.0 * x, (64, 64), sd=0.05, seed=seed), surfaces.grid) == []


def test_stated_position_noise_is_that_of_the_errors(surfaces):
    displaced, stated, single, stated_single = [], [], [], []
    for seed in range(25):
        frame = surfaces.frame_of(lambda x, y: surfaces.disc(x, y, 90.0), (72, 72), sd=0.04, seed=seed)
        (edge,) = edges(frame, surfaces.grid)
        far = np.hypot(*radial(edge, surfaces, shape=(72, 72)).T)
        displaced.append(far.mean())
        single.append(far.std())
        stated.append(edge.position_sd_nm.mean() * np.sqrt(edge.correlation_nm / edge.length_nm))
        stated_single.append(edge.position_sd_nm.mean())
    assert 0.65 < np.std(displaced) / np.mean(stated) < 1.5
    assert 0.5 < np.mean(single) / np.mean(stated_single) < 1.2
