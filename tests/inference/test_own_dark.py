"""Dark levels that frames bring along: heights do not change when the amplifiers' zero does."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import Frame
from eclips4d.inference.analytic import analytic_model
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.own_dark import calibration_of_frame, own_dark, with_own_dark

ADDRESS = "sim://copper-redox?size=96&drift_px=0&blanked=1024&effects=read_noise_adu:2"
SHIFT = np.array([60.0, -40.0, 80.0, 20.0])


@pytest.fixture(scope="module")
def simulation() -> SimulatedMicroscope:
    return simulated_microscope(ADDRESS)


@pytest.fixture(scope="module")
def frame(simulation: SimulatedMicroscope) -> Frame:
    return simulation.frame(0)


def snapshot(frame: Frame, simulation: SimulatedMicroscope, blind: bool = False) -> Calibration:
    side = {} if blind else frame.header.side
    return estimate_calibration(frame.data, simulation.instrument, 0, side, frame.header.segments)


def shifted(frame: Frame) -> Frame:
    """The same electrons after the amplifiers' zero has moved."""
    data = (frame.data.astype(np.int64) + SHIFT.astype(np.int64)[:, None, None]).astype(np.uint16)
    names = [f"dark_{name}" for name in frame.header.segments]
    moved = {name: frame.header.side[name] + by for name, by in zip(names, SHIFT, strict=True)}
    header = msgspec.structs.replace(frame.header, side={**frame.header.side, **moved})
    return replace(frame, header=header, data=data)


def test_a_frame_whose_zero_has_moved_is_inverted_as_before(frame: Frame, simulation: SimulatedMicroscope) -> None:
    model, calibration, later = analytic_model(simulation.instrument), snapshot(frame, simulation), shifted(frame)
    before = model(frame.data, calibration_of_frame(calibration, frame.header, frame.data)).slope
    blind = model(later.data, calibration).slope
    after = model(later.data, calibration_of_frame(calibration, later.header, later.data)).slope
    np.testing.assert_allclose(after, before, atol=2e-4)
    assert np.abs(blind - before).mean() > 50 * np.abs(after - before).mean()


def test_the_simulated_microscope_tells_its_true_dark_levels(simulation: SimulatedMicroscope, frame: Frame) -> None:
    told = own_dark(frame.header.side, frame.header.segments, frame.data)
    assert told is not None and np.abs(told - simulation.offset_adu).max() < 5 * 2.0 / np.sqrt(1024)
    drifting = simulated_microscope("sim://copper-redox?size=32&blanked=4096&effects=dark_drift_adu:30")
    levels = np.array([list(drifting.dark(k).values()) for k in range(0, 400, 40)])
    assert 5.0 < levels.std(axis=0).mean() < 60.0
    assert simulated_microscope("sim://copper-redox?size=32").dark(0) == {}


def test_a_first_frame_tells_the_dark_level_that_the_file_does_not(simulation: SimulatedMicroscope) -> None:
    untold = simulated_microscope(f"{ADDRESS}&calibrated=false")
    first = untold.frame(0)
    found = snapshot(first, untold)
    assert found.offset_source == "measured" and not found.offset_estimated
    assert np.abs(np.array(found.offset_adu) - untold.offset_adu).max() < 0.5
    assert found.kappa_u < snapshot(first, untold, blind=True).kappa_u


@pytest.mark.parametrize("side", [{}, {"dark_A": 100.0}, {f"dark_{name}": 60000.0 for name in "ABCD"}])
def test_levels_that_are_missing_or_brighter_than_the_frame_are_none(
    side: dict[str, float], frame: Frame, simulation: SimulatedMicroscope
) -> None:
    header = msgspec.structs.replace(frame.header, side=side)
    calibration = snapshot(frame, simulation)
    assert with_own_dark(calibration, header, frame.data) is calibration
