"""The trials of the budgets: draws, the wall and its readings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.physics.microscope import Exposure, Microscope
from eclips4d.pipeline.bench.metrology.budget.draws import normal_draws
from eclips4d.pipeline.bench.metrology.budget.reading import Reader
from eclips4d.pipeline.bench.metrology.budget.setting import PIXEL_NM, SIDE_PX, Setting
from eclips4d.pipeline.bench.metrology.budget.wall import EXCESS_NOISE, SUB, Truth, Wall, electrons, signals


@settings(deadline=None, max_examples=25)
@given(st.integers(12, 60), st.integers(1, 10), st.integers(0, 1000))
def test_draws_have_the_spread_they_should_have(count: int, dimensions: int, seed: int) -> None:
    made = normal_draws(count, dimensions, seed)
    assert made.mean(axis=0) == pytest.approx(np.zeros(dimensions), abs=1e-9)
    assert np.cov(made, rowvar=False).reshape(dimensions, dimensions) == pytest.approx(np.eye(dimensions), abs=1e-9)


@pytest.fixture(scope="module")
def setting() -> Setting:
    return Setting(Wall(40.0, 30.0, 25.0), 1000.0, 1)


def test_the_wall_counts_what_the_simulated_microscope_counts(setting: Setting) -> None:
    instrument, wall = setting.instrument, setting.wall
    detector = instrument.detector
    microscope = Microscope(
        instrument=instrument,
        shape=(SIDE_PX, SIDE_PX),
        gain=detector.gain,
        offset_adu=detector.offset_adu,
        excess_noise=EXCESS_NOISE,
        supersample=SUB,
    )
    theirs = microscope.expected_electrons(wall, Exposure(start_s=0.0))
    ours = electrons(wall, instrument, SIDE_PX, Truth(), signals(wall, instrument, Truth()))
    from_edge = np.abs(np.abs(setting.reader.along) - wall.run_nm / PIXEL_NM / 2.0)
    clear = from_edge > 2.0
    assert np.abs(theirs / ours - 1.0)[:, clear].max() < 2e-3


def test_readings_find_the_wall(setting: Setting) -> None:
    surface = setting.invert(setting.frame(Truth(thickness=setting.thickness)))
    assert setting.reader.step_nm(surface) == pytest.approx(40.0, abs=0.1)
    assert setting.reader.angle_deg(surface) == pytest.approx(30.0, abs=0.05)
    assert setting.reader.position_nm(surface) == pytest.approx(0.0, abs=0.1)


def test_a_step_reading_ignores_planes(setting: Setting) -> None:
    reader = Reader(Wall(40.0, 30.0, 70.0), PIXEL_NM, SIDE_PX)
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    assert float((reader.step_weights * (3.0 + 0.2 * x - 0.1 * y)).sum()) == pytest.approx(0.0, abs=1e-9)
    assert float((reader.step_weights * (reader.along > 0)).sum()) == pytest.approx(1.0)
