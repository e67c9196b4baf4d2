"""Scenes and tables of the facets part."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from eclips4d.metrology.facets import Systematic
from eclips4d.pipeline.bench.metrology.facets.crossed import MovingStep, crossed_steps, place_by_eye
from eclips4d.pipeline.bench.metrology.facets.frusta_rows import frusta_rows
from eclips4d.pipeline.bench.metrology.facets.frusta_trials import SIZE, TOPS, scene_of


@pytest.mark.parametrize("top", TOPS)
def test_frusta_stand_free_with_sides_at_exact_angles(top):
    scene, _ = scene_of(top, 1)
    middle = (np.arange(SIZE) - (SIZE - 1) / 2.0) * 4.0
    height, which = scene.lowest(*np.meshgrid(middle, middle))
    slope = np.hypot(*np.gradient(height, 4.0))
    for k in np.unique(which[which >= 0]):
        plane = scene.planes[k // 100][k % 100]
        inside = which == k
        tilt = np.degrees(np.arctan(np.median(slope[inside])))
        assert tilt == pytest.approx(np.degrees(np.arccos(plane[2])), abs=0.01)
    # Between any two frusta there is ground.
    assert (which[SIZE // 2] < 0).any()
    assert (which[:, SIZE // 2] < 0).any()


def test_moving_steps_rise_to_the_left_of_their_direction_and_move_there():
    step = MovingStep(90.0, 0.0, 10.0, 20.0, 36.0)
    x = np.array([-100.0, 0.0, 100.0])
    assert step.height(x, 0 * x, 0 * x) == pytest.approx([20.0, 10.0, 0.0])
    assert step.height(np.array([-10.0]), np.zeros(1), np.ones(1)) == pytest.approx([10.0])


def test_lines_by_eye_lie_near_the_step():
    scene = crossed_steps(768.0, 3, 135.0, 30.0)
    for step in scene.steps:
        near = place_by_eye(step, 768.0, 0.7, np.random.default_rng(1))
        centre = np.mean([near.start_nm, near.end_nm], axis=0) - 384.0
        away = np.dot(step.left, centre) - step.offset_nm - 0.7 * step.velocity_nm_s
        assert abs(away) < 8.1


def _trial(families, errors):
    table = pd.DataFrame(
        {
            "true": ["{110}", "{111}", "none", "ground"],
            "true_tilt_deg": [45.0, 54.74, 40.0, 0.0],
            "tilt_deg": np.array([45.0, 54.74, 40.0, 0.0]) + errors,
            "tilt_u": 0.05,
            "azimuth_error_deg": 0.0,
            "azimuth_u": 0.05,
            "slope": np.tan(np.radians([45.0, 54.74, 40.0, 0.0])),
            "family": families,
            "own_family": families,
            "false_rate": 0.001,
        }
    )
    return SimpleNamespace(
        table=table, dose=300, top="100", wulff_p=0.5, decoys_p=1e-9, orientation_error_deg=0.01,
        systematic=Systematic(0.01),
    )  # fmt: skip


def test_a_wrong_name_or_angle_does_not_meet_its_bar():
    good = frusta_rows([_trial(["{110}", "{111}", "none", "{100}"], 0.01)] * 3)
    assert all(row.met is not False or "2 u" in row.what for row in good)
    bad = frusta_rows([_trial(["{110}", "{110}", "{110}", "{111}"], 0.3)] * 3)
    failed = [row.what for row in bad if row.met is False]
    assert any("rms error of the angle" in what for what in failed)
    assert any("named right" in what for what in failed)
    assert any("decoys" in what for what in failed)
    shaded = next(row for row in bad if "ground" in row.what)
    assert shaded.value == 100.0
