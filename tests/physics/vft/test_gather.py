"""What is gathered in rings against a loop over steps, and the way back."""

import numpy as np
import pytest
from reliefs import rough

from eclips4d.physics.bsesm.course import courses
from eclips4d.physics.bsesm.horizon import horizon
from eclips4d.physics.vft.gather import NOTHING, gather
from eclips4d.physics.vft.ungather import ungather
from eclips4d.physics.vft.ways import LAST_STEPS, RADIUS, RINGS, ways

LOOKS = courses(32, (1.0, 1.0))


def looked_at(height, d, steps=RADIUS):
    token = np.empty((RINGS, *height.shape), np.float32)
    for y in range(len(height)):
        gather(height, y, 0, height.shape[1], ways(LOOKS), d, steps, token[:, y])
    return token


@pytest.mark.parametrize("d", [0, 3, 6, 9, 13])
def test_rings_are_maxima_of_steps(d):
    height = rough(40, d).astype(np.float32)
    course, token, found = LOOKS[2 * d], looked_at(height, d), np.full((RINGS, 40, 40), NOTHING)
    for step in range(1, 40):
        ring = int(np.searchsorted(LAST_STEPS, step)) + 1
        for y in range(40):
            for x in range(40):
                ahead, aside = course.forward * step, course.drift * step
                r, c = (y + ahead, x + aside) if course.transposed else (y + aside, x + ahead)
                low, left = int(np.floor(r + 1e-9)), int(np.floor(c + 1e-9))
                f, g = max(r - low, 0.0), max(c - left, 0.0)
                below, right = (low + 1, left) if not course.transposed else (low, left + 1)
                if min(low, left) < 0 or max(low, below) >= 40 or max(left, right) >= 40:
                    continue
                there = height[low, left] + max(f, g) * (float(height[below, right]) - height[low, left])
                found[ring, y, x] = max(found[ring, y, x], (there - height[y, x]) / (step * course.step_nm))
    np.testing.assert_allclose(token[1:], found[1:], atol=2e-5)


@pytest.mark.parametrize("d", [0, 1, 5, 14])
def test_no_ring_lies_above_the_exact_horizon(d):
    height = rough(64, 3)
    exact, _ = horizon(height, (1.0, 1.0), LOOKS[2 * d])
    highest = looked_at(height.astype(np.float32), d).max(0)
    inside = (slice(8, -8),) * 2
    assert (highest <= exact + 1e-4)[inside].all()
    assert np.mean(highest[inside] > exact[inside] - 0.02) > 0.9


def test_a_height_added_to_all_changes_nothing():
    height = rough(48, 1).astype(np.float32)
    np.testing.assert_allclose(looked_at(height, 3), looked_at(height + np.float32(4.0), 3), atol=1e-4)


@pytest.mark.parametrize("d", [0, 1, 6, 11])
def test_transposed(d):
    """Rings are homogeneous in heights: a weighed sum of rings is its own derivative times the heights (Euler)."""
    height, random = rough(40, 7).astype(np.float32), np.random.default_rng(d)
    token = looked_at(height, d)
    weight = random.standard_normal(token.shape).astype(np.float32) * (token > NOTHING)
    found = np.zeros(height.shape)
    for y in range(40):
        to_token = weight[:, y].copy()
        ungather(height, y, ways(LOOKS), d, RADIUS, token[:, y], to_token, found)
        assert not to_token[1:].any()  # every ring has found the step that shows it
    np.testing.assert_allclose((found * height).sum(), (weight * token).sum(dtype=np.float64), atol=2e-3)
    assert abs(found.sum()) < 1e-3  # a height added to all changes nothing
