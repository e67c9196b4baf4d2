import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.core.results import Drift
from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.profiles.line import edge_sampler, line_sampler, polyline_sampler, sample_line

GRID, SHAPE = Grid((4.0, 2.0), (2.0, -7.0)), (48, 40)
ROW_S = 0.01


def saddle(x, y):
    """Height and slopes of a surface that cubics must give back exactly."""
    height = 0.3 * x - 0.2 * y + 1e-3 * x * y + 1e-5 * x**3
    return height, 0.3 + 1e-3 * y + 3e-5 * x**2, -0.2 + 1e-3 * x


def places():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(float)
    return x * 4.0 + 2.0, y * 2.0 - 7.0


def saddle_frame(sd=0.1):
    height, p, q = saddle(*places())
    times = ROW_S * np.arange(SHAPE[0])
    planes = height.astype(np.float32), np.stack([p, q]).astype(np.float32), np.full(SHAPE, sd, np.float32)
    return SurfaceFrame(0, 0.0, times, *planes)


inside = st.tuples(st.floats(25.0, 135.0), st.floats(5.0, 75.0))


@settings(max_examples=25, deadline=None)
@given(start=inside, end=inside)
def test_a_cubic_surface_is_read_exactly_along_any_line(start, end):
    length = np.hypot(end[0] - start[0], end[1] - start[1])
    if length < 4.0:
        return
    profile = sample_line(saddle_frame(), GRID, (start, end))
    ux, uy = profile.direction
    height, p, q = saddle(*profile.points_nm.T)
    assert profile.height_nm == pytest.approx(height, abs=2e-4)
    assert profile.slope_along == pytest.approx(ux * p + uy * q, abs=1e-6)
    assert profile.slope_across == pytest.approx(ux * q - uy * p, abs=1e-6)
    assert profile.row_time_s == pytest.approx(ROW_S * (profile.points_nm[:, 1] + 7.0) / 2.0, abs=1e-7)
    assert profile.distance_nm[-1] == pytest.approx(length)
    assert np.ptp(np.diff(profile.distance_nm)) < 1e-9
    # At least one sample per pixel.
    assert profile.spacing_nm * np.hypot(ux / 4.0, uy / 2.0) <= 1.0 + 1e-6


def test_turning_a_line_round_turns_the_profile_round():
    line = ((30.0, 10.0), (120.0, 60.0))
    there, back = (sample_line(saddle_frame(), GRID, ends, 12.0) for ends in (line, line[::-1]))
    assert back.height_nm == pytest.approx(there.height_nm[::-1], abs=1e-6)
    assert back.slope_along == pytest.approx(-there.slope_along[::-1], abs=1e-6)
    assert back.slope_across == pytest.approx(-there.slope_across[::-1], abs=1e-6)


def test_a_width_takes_the_mean_across():
    profile = sample_line(saddle_frame(), GRID, ((40.0, 30.0), (120.0, 30.0)), 24.0)
    aside = (np.arange(12) + 0.5) / 12 * 24.0 - 12.0
    height, p, _ = (v.mean(axis=0) for v in saddle(profile.points_nm[:, 0], 30.0 + aside[:, None]))
    assert profile.height_nm == pytest.approx(height, abs=2e-4)
    assert profile.slope_along == pytest.approx(p, abs=1e-6)


@pytest.mark.parametrize(
    "line", [((20.0, 30.0), (140.0, 30.0)), ((30.0, 5.0), (120.0, 60.0)), ((61.3, 0.0), (60.0, 80.0))]
)
@pytest.mark.parametrize("width_nm", [0.0, 16.0])
def test_sums_of_samples_err_as_their_slope_sd_tells(line, width_nm):
    rng, sums = np.random.default_rng(2), []
    sampler = line_sampler(line, GRID, SHAPE, width_nm)
    some = slice(4, -4)
    for _ in range(300):
        slope = rng.normal(0.0, 0.1, (2, *SHAPE)).astype(np.float32)
        frame = SurfaceFrame(0, 0.0, np.zeros(SHAPE[0]), slope[0], slope, np.full(SHAPE, 0.1, np.float32))
        profile = sampler(frame)
        sums.append(profile.slope_along[some].sum())
    assert np.std(sums) == pytest.approx(float(np.sqrt((profile.slope_sd[some] ** 2).sum())), rel=0.15)


def test_shared_and_moved_noise_is_counted():
    line, drift = ((30.0, 20.0), (120.0, 20.0)), Drift((0.5, 0.5))
    alone = sample_line(saddle_frame(), GRID, line, 8.0).slope_sd
    shared = sample_line(saddle_frame(), Grid((4.0, 2.0), (2.0, -7.0), noise_correlation_px=4.0), line, 8.0).slope_sd
    assert shared == pytest.approx(2.0 * alone)
    frame = saddle_frame()
    moved = SurfaceFrame(0, 0.0, frame.row_time_s, frame.height, frame.slope, frame.slope_sd, drift=drift)
    assert sample_line(moved, GRID, line, 8.0).slope_sd[5:-5] == pytest.approx(alone[5:-5] / 0.74, rel=0.02)


def test_samples_beyond_the_image_and_in_holes_are_missing():
    frame = saddle_frame()
    profile = sample_line(frame, GRID, ((-50.0, 20.0), (120.0, 20.0)))
    outside = profile.points_nm[:, 0] < 0.0
    assert np.isnan(profile.height_nm[outside]).all()
    assert np.isfinite(profile.slope_along[~outside]).all()
    hole = (places()[0] > 60.0) & (places()[0] < 80.0)
    for plane in (frame.height, *frame.slope):
        plane[hole] = np.nan
    holed = sample_line(frame, GRID, ((10.0, 20.0), (140.0, 20.0)), 8.0)
    x = holed.points_nm[:, 0]
    assert np.isnan(holed.height_nm[(x > 62.0) & (x < 78.0)]).all()
    far = (x < 48.0) | (x > 92.0)
    assert holed.slope_along[far] == pytest.approx(saddle(x[far], 20.0)[1], abs=1e-4)


def test_a_partly_hidden_width_is_read_from_what_is_seen():
    frame = saddle_frame()
    whole = sample_line(frame, GRID, ((20.0, 30.0), (140.0, 30.0)), 16.0)
    frame.slope[:, 22:, :] = np.nan
    # Slopes below y = 37 are gone: the mean moves up by a few nm, and its noise grows.
    part = sample_line(frame, GRID, ((20.0, 30.0), (140.0, 30.0)), 16.0)
    assert part.slope_along == pytest.approx(whole.slope_along, abs=0.006)
    assert (part.slope_sd > whole.slope_sd).all()


def test_a_polyline_goes_on_where_a_line_ends():
    corner = (80.0, 30.0)
    bent = polyline_sampler(((20.0, 10.0), corner, (80.0, 70.0)), GRID, SHAPE)(saddle_frame())
    assert bent.distance_nm[-1] == pytest.approx(np.hypot(60.0, 20.0) + 40.0)
    height, _, q = saddle(*bent.points_nm.T)
    assert bent.height_nm == pytest.approx(height, abs=2e-4)
    down = bent.distance_nm > np.hypot(60.0, 20.0) + 1e-6
    assert bent.slope_along[down] == pytest.approx(q[down], abs=1e-6)


def test_a_line_without_length_is_refused():
    with pytest.raises(InputError, match="no length"):
        sample_line(saddle_frame(), GRID, ((10.0, 10.0), (10.0, 10.0)))


def test_across_a_circle_heights_are_those_of_the_cone():
    grid, shape = Grid((1.0, 1.0)), (80, 80)
    y, x = np.mgrid[:80, :80] - 40.0
    radius = np.hypot(x, y)
    height = (-0.5 * radius).astype(np.float32)
    slope = np.stack([-0.5 * x, -0.5 * y]) / np.maximum(radius, 1e-9)
    frame = SurfaceFrame(0, 0.0, np.zeros(80), height, slope.astype(np.float32), np.full(shape, 0.01, np.float32))
    turn = np.linspace(0.0, 2.0 * np.pi, 90)
    # Counter-clockwise on the screen, so the inside is to the left.
    edge = np.column_stack([40.0 + 20.0 * np.cos(turn), 40.0 - 20.0 * np.sin(turn)])
    profile = edge_sampler(edge, grid, shape, 10.0)(frame)
    assert profile.slope_along == pytest.approx(np.full(profile.distance_nm.size, 0.5), abs=2e-3)
    assert profile.slope_across == pytest.approx(np.zeros(profile.distance_nm.size), abs=2e-3)
    assert profile.height_nm == pytest.approx(-0.5 * (30.0 - profile.distance_nm), abs=0.02)
    assert np.isnan(profile.direction).all()


def test_what_a_sample_is_a_mean_of_is_told():
    """A pixel-wide blade: each sample shows as much of it as its weights say."""
    grid, shape = Grid((2.0, 2.0)), (40, 60)
    slope = np.zeros((2, *shape), np.float32)
    slope[0, :, 30] = 1.0
    frame = SurfaceFrame(0, 0.0, np.zeros(40), slope[0], slope, np.full(shape, 0.01, np.float32))
    profile = sample_line(frame, grid, ((31.3, 40.0), (90.1, 40.0)))
    offset = 60.0 - (31.3 + profile.distance_nm[:, None]) - profile.spread.offset_nm[None]
    share = np.clip(1.0 - np.abs(offset) / 2.0, 0.0, None)
    assert profile.spread.weight.sum(axis=1) == pytest.approx(np.ones(profile.distance_nm.size))
    assert (profile.spread.weight * share).sum(axis=1) == pytest.approx(profile.slope_along, abs=0.04)
    moments = (profile.spread.weight * profile.spread.offset_nm).sum(axis=1)
    assert moments == pytest.approx(np.zeros(moments.size), abs=1e-6)
