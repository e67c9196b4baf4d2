"""The benchmark's scenes and its bound against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import shift as spline_shift

from eclips4d.pipeline.bench.registration.moving.scenes import gradient_energy, movie, parts
from eclips4d.pipeline.bench.registration.scenes import edges
from eclips4d.pipeline.bench.registration.scenes.bound import shift_sd, waves_sd
from eclips4d.pipeline.bench.registration.scenes.evolving import bumps, risers
from eclips4d.pipeline.bench.registration.scenes.exposing import CONTRAST, exposed, signal
from eclips4d.pipeline.bench.registration.scenes.still import granular, particles, rough_with_particles
from eclips4d.pipeline.bench.registration.scenes.waves import relief


def test_the_bound_of_a_sine_wave_is_the_closed_form() -> None:
    size, cycles, contrast, dose = 64, 5, 0.4, 300.0
    turn = 2 * np.pi * cycles * np.arange(size) / size
    bright = np.broadcast_to(1 + contrast * np.sin(turn), (4, size, size))
    slope = np.broadcast_to(contrast * 2 * np.pi * cycles / size * np.cos(turn), (4, size, size))
    # The mean over a period of m² cos² / (1 + m sin) is 1 - sqrt(1 - m²).
    fisher = dose * 4 * size**2 * (2 * np.pi * cycles / size) ** 2 * (1 - np.sqrt(1 - contrast**2))
    assert shift_sd(bright, (slope, slope), dose) == pytest.approx(np.sqrt(2 / fisher), rel=1e-6)


def test_a_wave_is_moved_exactly_and_derived_exactly() -> None:
    grid, cycles = 48, (3, 5)
    y, x = np.mgrid[:grid, :grid]

    def wave(down: float, right: float) -> np.ndarray:
        return np.cos(2 * np.pi * (cycles[0] * (y - down) + cycles[1] * (x - right)) / grid + 0.3)

    scene = relief(np.zeros((grid, grid)), wave(0.0, 0.0), 0.0)
    assert scene.at((0.37, -1.81))[2] == pytest.approx(wave(0.37, -1.81), abs=1e-12)
    assert scene.at((0.37, -1.81), 20)[2] == pytest.approx(wave(0.37, -1.81)[14:34, 14:34], abs=1e-12)
    step = 1e-5
    numerical = (scene.at((-step, 0.0))[2] - scene.at((step, 0.0))[2]) / (2 * step)
    assert scene.derivative(0).at()[2] == pytest.approx(numerical, abs=1e-8)


@pytest.mark.parametrize("build", [granular, rough_with_particles])
def test_slopes_are_those_of_one_surface(build) -> None:
    scene = build(96, 3)
    curl = scene.derivative(0).at()[0] - scene.derivative(1).at()[1]
    assert np.abs(curl).max() < 1e-9 * 96
    slope_x, slope_y, bright = scene.at()
    assert np.sqrt(0.5 * (slope_x.var() + slope_y.var())) == pytest.approx(0.15)
    assert bright.std() > 0.02


def test_segments_see_slopes_from_their_sides() -> None:
    planes = np.zeros((3, 2, 2))
    planes[1] = 0.1  # rises downwards in the image: towards segments that look from below
    bright = signal(planes)[:, 0, 0]
    above = CONTRAST[:, 1] < 0
    assert (bright[above] > 1).all() and (bright[~above] < 1).all()
    assert bright.mean() == pytest.approx(1.0)
    assert exposed(np.ones((4, 64, 64)), 100.0, np.random.default_rng(0)).var() == pytest.approx(100.0, rel=0.05)


def test_particles_are_gaussian_bumps() -> None:
    one = particles(64, np.random.default_rng(2))
    assert one.max() == pytest.approx(1.0, abs=0.05)
    assert one.sum() == pytest.approx(2 * np.pi * 2.5**2, rel=1e-6)


def test_sharp_facets_move_by_whole_steps_of_the_finer_grid() -> None:
    fine = edges.facets(24, 1)
    still = edges.pixel_means(fine)
    assert edges.pixel_means(fine, (1.0, 0.0))[:, 1:] == pytest.approx(still[:, :-1])
    halves = edges.pixel_means(fine, (0.0, 0.5)) + edges.pixel_means(fine, (0.0, -0.5))
    assert halves.mean() == pytest.approx(2 * still.mean(), abs=0.02)


@pytest.mark.parametrize("build", [risers, bumps])
def test_what_moves_is_a_closed_form_that_drifts_and_advances(build) -> None:
    made = build(64, 4)
    still = made.at((0.0, 0.0), 0.0, 64)
    assert made.at((2.0, 3.0), 0.0, 64)[:, 2:, 3:] == pytest.approx(still[:, :-2, :-3], abs=1e-3)
    moved = made.at((0.0, 0.4), 0.0, 64)
    splined = np.stack([spline_shift(plane, (0.0, 0.4), order=5, mode="nearest") for plane in still])
    assert moved[:, 8:-8, 8:-8] == pytest.approx(splined[:, 8:-8, 8:-8], abs=0.01)
    assert np.abs(made.at((0.0, 0.0), 2.0, 64) - still).max() > 0.3


@pytest.mark.parametrize("kind", ["risers", "bumps"])
@pytest.mark.parametrize("share", [0.0, 0.25, 0.9, 1.0])
def test_the_moving_share_measured_from_images_is_the_one_asked_for(kind, share) -> None:
    scene = parts(kind, share, 7, 96)

    def energy(part) -> float:
        image = np.broadcast_to(part((0.0, 0.0), 0.0), (4, 96, 96))
        down, right = (np.gradient(image, axis=a) for a in (1, 2))
        return float((down**2 + right**2)[:, 2:-2, 2:-2].mean())

    moving, still = energy(scene.moving), energy(scene.still)
    # Differences over two pixels lose a fifth or so of fine roughness, less of the smoother risers.
    assert moving / (moving + still) == pytest.approx(share, abs=0.1)
    exact = [gradient_energy(part) for part in (scene.moving, scene.still)]
    assert exact[0] / sum(exact) == pytest.approx(share, abs=1e-9)
    assert scene.at((0.0, 0.0), 0.0).min() > 0.05


def test_a_movie_drifts_as_its_truth_says() -> None:
    made = movie("risers", 0.5, 0.3, 1, 64, 3)
    assert made.truth[0] == pytest.approx([0.0, 0.0])
    scene = parts("risers", 0.5, 1, 64)
    expected = 1000.0 * scene.at((made.truth[2, 0], made.truth[2, 1]), 0.6)
    z = (made.frames[2] - expected) / np.sqrt(expected)
    assert np.sqrt((z**2).mean()) == pytest.approx(1.0, abs=0.03)


def test_the_bound_falls_with_the_root_of_the_dose() -> None:
    scene = granular(96, 1)
    assert waves_sd(scene, 80, 100.0) == pytest.approx(10 * waves_sd(scene, 80, 10_000.0))
