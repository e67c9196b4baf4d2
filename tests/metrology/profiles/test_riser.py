from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.acquisition.simulated import simulated_microscope
from eclips4d.inference.horizon import horizon_table
from eclips4d.metrology.movie import Grid
from eclips4d.metrology.profiles.angles import angle_of, best_beginning, opened, over_angles
from eclips4d.metrology.profiles.fit import fit_riser
from eclips4d.metrology.profiles.line import sample_line
from eclips4d.metrology.profiles.response import Response
from eclips4d.metrology.profiles.riser import Shape, _add_horizons, brightness, shown_slopes
from eclips4d.metrology.profiles.step import ALIKE, HOPELESS, _chosen, _samples, read_step
from eclips4d.physics.detector import quadrature, segment_response

COPPER = 9.0 / np.sqrt(29.0)
ANNULAR = simulated_microscope("sim://flat?size=16").instrument


@lru_cache(maxsize=1)
def undoing():
    return horizon_table(ANNULAR)


def seen_step(instrument, height_nm, wall_nm, pixel_nm, *, columns=64, rows=8, fine=120):
    """Slopes [2, y, x] of a step along x, electron by electron direction: horizons by their geometry, then inverted."""
    x, _, weight = (part.reshape(instrument.segments, -1) for part in quadrature(instrument))
    place = ((np.arange(columns * fine) + 0.5) / fine - columns / 2.0) * pixel_nm
    steep = np.where(np.abs(place) < wall_nm / 2.0, height_nm / wall_nm, 0.0)
    below = place <= -wall_nm / 2.0
    horizon = np.where(below, height_nm / (wall_nm / 2.0 - place), steep)
    # Horizons that hide nothing are all alike.
    horizon = np.where(horizon < 0.8, steep, np.round(horizon, 3))
    signals = np.empty((instrument.segments, place.size))
    kinds, which = np.unique(np.stack([steep, horizon]), axis=1, return_inverse=True)
    for k in range(instrument.segments):
        sent = weight[k][:, None] * (1.0 - x[k][:, None] * kinds[0]) * (x[k][:, None] * kinds[1] < 1.0)
        signals[k] = (sent.sum(axis=0) * np.array([brightness(t, COPPER) for t in kinds[0]]))[which.ravel()]
    signals = signals.reshape(instrument.segments, columns, fine).mean(axis=2)
    design = segment_response(instrument).matrix
    weights = 1.0 / (design @ np.linalg.pinv(design) @ signals)
    normal = np.einsum("ki,kx,kj->xij", design, weights, design)
    u, up, uq = np.linalg.solve(normal, np.einsum("ki,kx,kx->xi", design, weights, signals)[..., None])[..., 0].T
    slope = np.repeat(np.stack([up / u, uq / u])[:, None], rows, axis=1).astype(np.float32)
    sd = np.full(slope.shape[1:], 0.02, np.float32)
    undoing().apply(slope, sd)
    return slope


@pytest.fixture
def steep_profile(made_frame):
    def made(height_nm, wall_nm, pixel_nm=4.0, down=False):
        slope = seen_step(ANNULAR, height_nm, wall_nm, pixel_nm)
        ends = ((2.0 * pixel_nm, 3.5 * pixel_nm), (61.0 * pixel_nm, 3.5 * pixel_nm))
        frame = made_frame(np.zeros(slope.shape[1:]), slope, 0.005)
        return sample_line(frame, Grid((pixel_nm, pixel_nm)), ends[::-1] if down else ends, 4.0 * pixel_nm)

    return made


def parts(wall_nm, pixel_nm=4.0):
    middle, reach = 29.5 * pixel_nm, 0.5 * wall_nm + 2.0 * pixel_nm
    return (0.0, middle - reach), (middle - reach, middle + reach), (middle + reach, 2.0 * middle)


@pytest.mark.parametrize("angle_deg", [30.0, 45.0, 60.0, 68.0])
@pytest.mark.parametrize("wall_px", [0.3, 0.6, 1.4, 2.9])
def test_what_is_shown_is_what_the_signals_of_all_parts_add_up_to(steep_profile, wall_px, angle_deg):
    wall = 4.0 * wall_px
    height = wall * np.tan(np.radians(angle_deg))
    profile = steep_profile(height, wall)
    optics = _samples(profile, np.arange(profile.distance_nm.size), 0.0, Response.of(ANNULAR)).optics
    shown = shown_slopes(optics, np.array([0.0, height, 29.5 * 4.0, wall, 1.0]), int(Shape.PLANE))
    assert shown == pytest.approx(profile.slope_along, abs=0.012)
    assert shown.sum() * profile.spacing_nm == pytest.approx(profile.slope_along.sum() * profile.spacing_nm, rel=0.005)


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("wall_px", [1.4, 2.9, 7.2])
def test_steep_walls_are_read_right_whatever_part_of_a_pixel_they_fill(steep_profile, wall_px, down):
    wall = 4.0 * wall_px
    height = wall * np.tan(np.radians(60.0))
    lower, riser, upper = parts(wall)
    if down:
        lower, upper = upper, lower
    step = read_step(
        steep_profile(height, wall, down=down), lower, riser, upper, Grid((4.0, 4.0)), response=Response.of(ANNULAR)
    )
    assert step.height_nm.value == pytest.approx(height, rel=0.006)
    assert step.angle_deg.value == pytest.approx(60.0, abs=0.3 if wall_px < 2.0 else 0.1)
    assert step.position_nm.value == pytest.approx(29.5 * 4.0, abs=0.1)


@pytest.mark.parametrize("wall_px", [1.4, 7.2])
def test_a_detector_that_is_not_told_leaves_more_open(steep_profile, wall_px):
    wall = 4.0 * wall_px
    height = wall * np.tan(np.radians(60.0))
    step = read_step(steep_profile(height, wall), *parts(wall), Grid((4.0, 4.0)))
    assert step.height_nm.normalised_error(height) <= 1.0
    assert step.height_nm.value == pytest.approx(height, rel=0.03)


def test_a_wall_that_pixels_do_not_tell_says_so(steep_profile):
    height = 2.4 * np.tan(np.radians(60.0))
    step = read_step(steep_profile(height, 2.4), *parts(2.4), Grid((4.0, 4.0)), response=Response.of(ANNULAR))
    assert step.height_nm.systematic_u > 0.02 * height
    assert step.height_nm.normalised_error(height) <= 1.0


@pytest.mark.parametrize("angle_deg", [20.0, 60.0])
def test_a_known_angle_settles_the_height_of_a_wall_that_pixels_do_not_tell(steep_profile, angle_deg):
    height = 1.2 * np.tan(np.radians(angle_deg))
    profile = steep_profile(height, 1.2)
    known = Response.of(ANNULAR, riser_deg=angle_deg, riser_u_deg=1.0)
    guessed, told = (
        read_step(profile, *parts(1.2), Grid((4.0, 4.0)), response=response)
        for response in (Response.of(ANNULAR), known)
    )
    assert told.height_nm.value == pytest.approx(height, rel=0.01)
    assert told.height_nm.u < guessed.height_nm.u


@settings(max_examples=40, deadline=None)
@given(rises=st.lists(st.floats(0.0, 3.0), min_size=2, max_size=40), way=st.sampled_from([1, -1]))
def test_horizons_are_the_steepest_lines_to_higher_ground(rises, way):
    level = np.cumsum(rises)[::way].copy()
    flat = np.zeros(level.size)
    found = flat.copy()
    _add_horizons(level, 0.5, way, found)
    uphill = [
        [(level[j] - level[i]) / (0.5 * abs(j - i)) for j in range(level.size) if way * (j - i) > 0]
        for i in range(level.size)
    ]
    assert way * found == pytest.approx(np.array([max(lines, default=0.0) for lines in uphill]))


@pytest.mark.parametrize("wall_nm", [8.0, 16.0, 24.0])
def test_giving_up_a_hopeless_fit_changes_no_reading(step_profile, wall_nm):
    random, given_up = np.random.default_rng(8), 0
    for _ in range(5):
        profile = step_profile(6.0, wall_nm, sd=0.1, random=random)
        used = np.flatnonzero(np.isfinite(profile.slope_along))
        samples = _samples(profile, used, 0.0, Response())
        plane = fit_riser(samples, np.array([0.0, 6.0, 100.0, wall_nm]), Shape.PLANE)
        start = plane.theta * [1.0, 1.0, 1.0, ALIKE, 1.0]
        finished, cut = (fit_riser(samples, start, Shape.ROUNDED, at) for at in (np.inf, plane.cost - HOPELESS))
        assert _chosen([plane, cut]).theta == pytest.approx(_chosen([plane, finished]).theta, rel=1e-6)
        given_up += cut.cost > finished.cost
    assert given_up or wall_nm < 10.0


def samples_of(profile):
    used = np.arange(4, profile.distance_nm.size - 4)
    return _samples(profile, used, 0.0, Response.of(ANNULAR)), profile.distance_nm[used]


@pytest.mark.parametrize("angle_deg", [45.0, 60.0])
@pytest.mark.parametrize("wall_px", [1.0, 1.5])
def test_a_fit_that_ends_elsewhere_is_left(steep_profile, angle_deg, wall_px):
    """From two pixels beside a narrow wall least squares finds no riser at all."""
    wall = wall_px * 4.0
    height = wall * np.tan(np.radians(angle_deg))
    samples, at = samples_of(steep_profile(height, wall))
    first = fit_riser(samples, np.array([0.0, height, 110.0, wall]), Shape.PLANE)
    found = best_beginning(samples, at, first)
    assert abs(first.theta[1]) < 0.1 * height and first.cost > found.cost + 1e4
    assert found.theta[1] == pytest.approx(height, rel=0.1)


def test_angles_that_fit_alike_are_in_the_uncertainty(steep_profile):
    """A wall of 0.6 pixels and 60 degrees shows what one of 45 does; one of 2.9 pixels tells its angle."""
    wall = 0.6 * 4.0
    height = wall * np.tan(np.radians(60.0))
    samples, at = samples_of(steep_profile(height, wall))
    best = best_beginning(samples, at, fit_riser(samples, np.array([0.0, height, 118.0, wall]), Shape.PLANE))
    tried = over_angles(samples, best)
    angles = np.array([angle_of(riser) for riser in tried])
    assert angles.min() < 42.0 and angles.max() > 62.0
    near = min(tried, key=lambda riser: abs(angle_of(riser) - 60.0))
    assert near.theta[1] == pytest.approx(height, rel=0.02)
    left_open = np.sqrt(opened(best, tried).prior[1, 1])
    assert abs(best.theta[1] - height) < 2.0 * left_open < 0.3 * height
    wide = steep_profile(2.9 * 4.0 * np.tan(np.radians(60.0)), 2.9 * 4.0)
    samples, _ = samples_of(wide)
    alone = fit_riser(samples, np.array([0.0, 2.9 * 4.0 * np.tan(np.radians(60.0)), 118.0, 2.9 * 4.0]), Shape.PLANE)
    assert opened(alone, over_angles(samples, alone)) is alone
