"""What the part `stacking` makes of measured errors and motions, and that its scenes are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.metrology.stack import Motion
from eclips4d.pipeline.bench.registration.stacking import part, scenes
from eclips4d.pipeline.bench.registration.stacking.trials import Errors, motion, stack_of


def errors(height_nm: float) -> Errors:
    return Errors(height_nm, 1.0, 0.1, 1.0, 0.99, 1.0, 0.5)


def test_heights_are_judged_over_the_floor() -> None:
    made = part.gain_rows({10.0: [{1: errors(1.0), 4: errors(1.5)}, {1: errors(1.2), 4: errors(1.5)}]})
    assert made[0].value == 2
    assert made[1].value == pytest.approx(np.sqrt(0.5 * (1 + 1.44))) and made[1].met
    assert made[2].met is False
    assert [row.value for row in made[3:]] == [1.0, 0.5]


def test_a_warning_without_motion_is_a_miss() -> None:
    still, moved = (10.0, 8, 0.0), (10.0, 8, 1.0)
    ways = [Motion(0.1, True, 30.0), Motion(0.1, True, 26.0), Motion(0.1, True)]
    made = part.blur_rows({still: [Motion(0.0)] * 3, moved: ways})
    assert made[1].met and made[2].value == pytest.approx(1.0)
    assert part.blur_rows({still: [Motion(0.01, True, 4.0), Motion(0.0)]})[1].met is False


def test_a_small_film_is_averaged() -> None:
    movie, truth = scenes.drifting(30.0, 0, 4, size=128)
    planes = stack_of(movie).planes
    error = (planes["slope"] - truth)[:, 16:-16, 16:-16]
    single = (movie[-1].surface.slope - truth)[:, 16:-16, 16:-16]
    assert np.nanstd(error) < 0.65 * np.nanstd(single)


def test_flowing_risers_are_seen_to_flow() -> None:
    found = motion(100.0, 0, 4, 2.0)
    assert found.blurred and found.blur_nm == pytest.approx(6 * scenes.PIXEL_NM, rel=0.15)
