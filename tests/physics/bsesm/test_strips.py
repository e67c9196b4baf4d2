"""Horizons marched in strips: the same bounds as those of swept lines, and the same horizons."""

import numpy as np
import pytest

from eclips4d.physics.bsesm.course import courses
from eclips4d.physics.bsesm.horizon import spread_over, surface, sweep
from eclips4d.pipeline.bench.physics.horizon import step_of
from eclips4d.pipeline.bench.physics.horizon_rays import every_step_map, marched_map, supremum_map
from eclips4d.pipeline.bench.physics.horizon_rendered import FLOOR
from eclips4d.pipeline.bench.physics.horizon_surfaces import checked_surfaces

ALL_ROUND = courses(64, (1.0, 1.0))
NAMES = sorted(checked_surfaces(32))
MARCHED, SWEPT = np.inf, 0.0


def found(relief, direction, deep, *, skip=True):
    shape = relief.height[direction.transposed].shape
    tangent, steps = np.full(shape, FLOOR, np.float32), np.zeros(shape, np.float32)
    sweep(relief, direction, FLOOR, tangent, steps, spread_over(None, 1), skip=skip, deep=deep)
    return (tangent.T, steps.T) if direction.transposed else (tangent, steps)


@pytest.mark.parametrize("shape", [(40, 40), (33, 96), (150, 70)])
@pytest.mark.parametrize("name", NAMES)
def test_marching_misses_no_whole_step_and_sees_nothing_that_is_not_there(name, shape):
    height = np.ascontiguousarray(checked_surfaces(max(shape))[name][: shape[0], : shape[1]]) + 1000.0
    relief = surface(height, (1.0, 1.0))
    for direction in ALL_ROUND[:: 1 if shape == (40, 40) else 13]:
        tangent = found(relief, direction, MARCHED)[0]
        whole = every_step_map(height, *step_of(direction), False) / direction.step_nm
        highest = supremum_map(height, *step_of(direction)) / direction.step_nm
        assert (np.maximum(whole, FLOOR) - tangent).max() < 1e-4
        assert (tangent - np.maximum(highest, FLOOR)).max() < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_marched_horizons_equal_a_fine_march_and_swept_ones(name):
    height = checked_surfaces(96)[name]
    relief, off, between = surface(height, (1.0, 1.0)), [], []
    for direction in ALL_ROUND[1::9]:
        tangent, swept = (found(relief, direction, deep)[0] for deep in (MARCHED, SWEPT))
        fine = np.maximum(marched_map(height, *step_of(direction)) / direction.step_nm, FLOOR)
        off.append(np.degrees(np.arctan(tangent) - np.arctan(fine)))
        between.append(np.degrees(np.arctan(tangent) - np.arctan(swept)))
    rough = name == "self-affine H 0.3, rms slope 2"
    assert np.percentile(np.abs(off), 99.9) < (0.5 if rough else 0.2)
    # crests that lines miss may be found here
    assert np.percentile(np.abs(between), 99.0) < (0.1 if rough else 0.02)
    assert np.percentile(between, 0.05) > -0.1


def test_places_are_where_the_tangents_are():
    height = checked_surfaces(64)["self-affine H 0.8, rms slope 1"]
    relief = surface(height, (1.0, 1.0))
    y, x = np.mgrid[:64, :64].astype(float)
    for direction in ALL_ROUND[::7]:
        tangent, steps = found(relief, direction, MARCHED)
        along_x, along_y = step_of(direction)
        far = steps > 0
        px, py = (x + along_x * steps)[far], (y + along_y * steps)[far]
        left, upper = np.clip(px.astype(int), 0, 62), np.clip(py.astype(int), 0, 62)
        fx, fy = px - left, py - upper
        top = height[upper, left] * (1 - fx) + height[upper, left + 1] * fx
        bottom = height[upper + 1, left] * (1 - fx) + height[upper + 1, left + 1] * fx
        rise = (top * (1 - fy) + bottom * fy - height[far]) / (steps[far] * direction.step_nm)
        np.testing.assert_allclose(tangent[far], rise, atol=1e-4)


@pytest.mark.parametrize("deep", [MARCHED, SWEPT])
def test_gentle_tiles_may_be_left_out_either_way(deep):
    height = checked_surfaces(256)["islands, faces 54.7°"] * 3.0
    height[:, 100:] = 0.0
    relief = surface(height, (1.0, 1.0))
    assert not (relief.steepness.tiles > FLOOR).all()
    for direction in ALL_ROUND[::5]:
        cut, whole = (found(relief, direction, deep, skip=skip) for skip in (True, False))
        for one, other in zip(cut, whole, strict=True):
            np.testing.assert_array_equal(one, other)


def test_deep_relief_is_swept_and_low_relief_marched():
    height = checked_surfaces(64)["self-affine H 0.3, rms slope 2"]
    direction = ALL_ROUND[5]
    for scale, deep in ((1.0, MARCHED), (100.0, SWEPT)):
        relief = surface(height * scale, (1.0, 1.0))
        tangent, steps = np.full(height.shape, FLOOR, np.float32), np.zeros(height.shape, np.float32)
        sweep(relief, direction, FLOOR, tangent, steps, spread_over(None, 1))
        chosen = (tangent.T, steps.T) if direction.transposed else (tangent, steps)
        for one, other in zip(chosen, found(relief, direction, deep), strict=True):
            np.testing.assert_array_equal(one, other)
