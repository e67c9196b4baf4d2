"""Steps that pass a place: against a staircase whose height at that place is known at every moment."""

import numpy as np
import pandas as pd
import pytest

from eclips4d.metrology.steps.passing import COLUMNS, growth_between, passage_table

SPEED, SPACING, HEIGHT, LENGTH = 20.0, 60.0, 2.0, 400.0
TIMES = np.arange(0.0, 40.0, 1.5)


def sights(falls: bool = True, speed: float = SPEED) -> pd.DataFrame:
    """A train of equal steps that moves along the line."""
    rows = []
    for step in range(-20, 21):
        for t in TIMES:
            place = step * SPACING + speed * t + 7.0
            if 0.0 < place < LENGTH:
                rows.append(
                    {"line": 0, "step_id": step, "time_s": t, "position_nm": place, "rises": not falls}
                    | {"height_nm": HEIGHT, "height_u_nm": 0.05, "height_systematic_u_nm": 0.03, "aliased": False}
                )
    return pd.DataFrame(rows)


def test_the_place_has_risen_by_what_passed():
    passed = passage_table(sights(), [LENGTH])
    assert list(passed.columns) == list(COLUMNS) and (passed["position_nm"] == 200.0).all()
    # A step is at the middle when (200 - 7 - 60 k) / 20 seconds have gone by.
    wanted = [t for t in ((193.0 - SPACING * k) / SPEED for k in range(-20, 4)) if 0 <= t <= TIMES[-1]]
    assert passed["time_s"].to_numpy() == pytest.approx(sorted(wanted), abs=1e-9)
    assert (passed["left_nm"] == HEIGHT).all()
    rate = growth_between(passed)
    assert rate is not None and rate.value == pytest.approx(HEIGHT * SPEED / SPACING)
    assert rate.systematic_u == pytest.approx(0.03 / HEIGHT * rate.value) and rate.random_u < 0.02


@pytest.mark.parametrize(("falls", "speed", "sign"), [(False, SPEED, -1), (True, -SPEED, -1), (False, -SPEED, 1)])
def test_rising_steps_and_receding_ones_take_away(falls: bool, speed: float, sign: int):
    passed = passage_table(sights(falls, speed), [LENGTH])
    assert len(passed) > 5 and (np.sign(passed["left_nm"]) == sign).all()


def test_nothing_passes_and_too_few_tell_no_rate():
    still = sights(speed=0.0)
    assert passage_table(still, [LENGTH]).empty and growth_between(passage_table(still, [LENGTH])) is None
    assert growth_between(passage_table(sights(), [LENGTH]).head(2)) is None


def test_uneven_times_make_a_rate_less_sure():
    passed = passage_table(sights(), [LENGTH])
    uneven = passed.assign(time_s=passed["time_s"] + np.linspace(0.0, 1.0, len(passed)) ** 2 * 20.0)
    one, other = growth_between(passed), growth_between(uneven)
    assert one is not None and other is not None and other.random_u > 3.0 * one.random_u
