"""Risers are as wide, as steep and as high as they are drawn, whatever the phase does around them."""

import math

import numpy as np
import pytest

from eclips4d.training.surfaces import steps as family
from eclips4d.training.surfaces.risers import Steps, rise_of, staircase
from eclips4d.training.surfaces.surface import Canvas


def width_10_90(position, height, total):
    low, high = np.interp([0.1 * total, 0.9 * total], height, position)
    return high - low


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("width", [0.3, 0.5, 1.0, 2.0, 6.0])
@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_straight_riser_has_its_width_slope_and_height(width, smooth, scale):
    x = np.linspace(-20.0, 20.0, 4001)
    phase = np.broadcast_to((scale * x).astype(np.float32), (3, x.size)).copy()
    rise = rise_of(1.2, width, smooth)
    height, terrace = staircase(phase, x[1] - x[0], Steps(np.array([0.5]), np.array([rise]), width, smooth))
    profile = height[1].astype(np.float64)
    assert profile[-1] == pytest.approx(rise, rel=1e-6)
    assert width_10_90(x, profile, rise) == pytest.approx(width, rel=0.02)
    assert np.gradient(profile, x).max() == pytest.approx(1.2, rel=0.02)
    np.testing.assert_array_equal(terrace[1], phase[1] > 0.5)


@pytest.mark.parametrize("smooth", [False, True])
def test_crowded_risers_add_up(smooth):
    canvas = Canvas((20, 30), 3)
    phase = canvas.along(0.7)
    rng = np.random.default_rng(0)
    level, rise, width = np.sort(rng.uniform(-15.0, 15.0, 40)), rng.uniform(-1.0, 1.0, 40), 2.5
    got, terrace = staircase(phase, canvas.pitch, Steps(level, rise, width, smooth))
    off = phase[..., None].astype(np.float64) - level
    share = np.clip(off * 0.8 / width + 0.5, 0.0, 1.0)
    if smooth:
        share = 0.5 + 0.5 * np.vectorize(math.erf)(off * 1.8124 / width)
    np.testing.assert_allclose(got, share @ rise, atol=2e-4)
    np.testing.assert_array_equal(terrace, np.sum(off > 0.0, axis=-1))


def test_curved_riser_is_as_wide_all_around():
    canvas = Canvas((64, 64), 8)
    phase = np.hypot(canvas.x, canvas.y)
    height, _ = staircase(phase, canvas.pitch, Steps(np.array([20.0]), np.array([1.0]), 1.0, False))
    for angle in np.linspace(0.0, 2.0 * np.pi, 17):
        r = np.arange(15.0, 25.0, 0.02)
        row, column = ((r * f(angle) + 32.0) * 8 - 0.5 for f in (np.sin, np.cos))
        profile = height[np.rint(row).astype(int), np.rint(column).astype(int)]
        within = np.ptp(r[(profile > 0.1) & (profile < 0.9)])
        assert within == pytest.approx(1.0, abs=0.3)


def test_drawn_steps_keep_to_their_ranges(monkeypatch):
    drawn = []

    def listening(phase, pitch_px, steps):
        drawn.append(steps)
        return staircase(phase, pitch_px, steps)

    monkeypatch.setattr(family, "staircase", listening)
    rng = np.random.default_rng(2)
    for _ in range(300):
        family.steps(rng, Canvas((64, 64), 1))
    widths = np.array([s.width for s in drawn])
    slopes = np.array([np.abs(s.rise).max() / rise_of(1.0, s.width, s.smooth) for s in drawn])
    nearest = np.array([np.diff(s.level).min() if len(s.level) > 1 else np.inf for s in drawn])
    assert family.WIDTH_PX[0] <= widths.min() < 0.4 < 5.0 < widths.max() <= family.WIDTH_PX[1]
    assert np.mean(widths < 1.0) > 0.3
    assert slopes.max() <= family.SLOPE[1] * 1.001
    assert np.mean(slopes < 0.05) > 0.2
    assert np.mean(np.isinf(nearest)) > 0.05
    assert np.mean((nearest >= 4.0) & (nearest <= 10.0)) > 0.1
    assert any(len(set(np.sign(s.rise))) == 2 for s in drawn)


def test_risers_narrower_than_a_pixel_are_there_on_the_grid():
    rng = np.random.default_rng(4)
    abrupt = 0
    for _ in range(60):
        height = family.steps(rng, Canvas((48, 48), 4)).height
        within, around = (np.abs(height[:, n:] - height[:, :-n]).max() for n in (4, 8))
        abrupt += 0.0 < around < 1.01 * within
    assert abrupt > 6
