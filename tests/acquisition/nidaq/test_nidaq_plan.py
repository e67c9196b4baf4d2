"""The scan's voltages, and samples back to pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from eclips4d.acquisition.nidaq.mock import DARK_V, MockDaq
from eclips4d.acquisition.nidaq.plan import ScanPlan
from eclips4d.acquisition.nidaq.settings import NiScan
from eclips4d.core.errors import WireError

scans = st.builds(
    NiScan,
    width=st.integers(2, 40),
    height=st.integers(2, 30),
    samples=st.integers(1, 5),
    flyback=st.integers(1, 20),
    settle=st.integers(0, 10),
    settle_rows=st.integers(0, 3),
    dwell_us=st.floats(0.1, 100.0),
    delay_us=st.floats(0.0, 500.0),
    x_volts=st.sampled_from([(-5.0, 5.0), (2.0, -8.0)]),
    y_volts=st.sampled_from([(5.0, -5.0), (-10.0, 10.0)]),
    volts=st.sampled_from([(-10.0, 10.0), (0.0, 5.0), (1.0, -1.0)]),
    blank=st.sampled_from(["", "port0/line3"]),
)


@settings(max_examples=80, deadline=None)
@given(asked=scans, seed=st.integers(0, 99))
def test_what_lies_under_the_beam_is_what_the_pixels_show(asked: NiScan, seed: int) -> None:
    """A device that looks where the voltages point gives back the image, whatever the scan's shape and direction."""
    image = np.random.default_rng(seed).integers(0, 65536, (4, asked.height, asked.width), dtype=np.uint16)
    plan, daq = ScanPlan(asked), MockDaq(lambda _k: image, paced=False)
    daq.start(plan)
    if plan.delay_samples:
        daq.read(plan.delay_samples)
    for _ in range(2):
        assert np.array_equal(plan.pixels(daq.read(plan.frame_samples)), image)


@settings(max_examples=80)
@given(asked=scans)
def test_voltages_stay_where_they_may_be(asked: NiScan) -> None:
    plan = ScanPlan(asked)
    x, y = plan.outputs()
    assert x.size == y.size == plan.rows * plan.columns == plan.blanked().size
    for volts, ends in ((x, asked.x_volts), (y, asked.y_volts)):
        assert min(ends) - 1e-9 <= volts.min() and volts.max() <= max(ends) + 1e-9
    rows = x.reshape(plan.rows, plan.columns)[:, asked.flyback :]
    assert np.allclose(np.abs(np.diff(rows, axis=1)), plan.step_volts)
    columns = y.reshape(plan.rows, plan.columns)[:, -1]
    assert np.allclose(np.abs(np.diff(columns)), plan.step_volts)


def test_the_way_back_has_no_jump() -> None:
    """From one pixel to the next nowhere more than it takes to go back evenly, times pi/2 for a slow start and end."""
    plan = ScanPlan(NiScan(width=100, height=10, flyback=30, settle=5, settle_rows=0))
    x, y = plan.outputs()
    way = 104 * plan.step_volts
    assert np.abs(np.diff(np.r_[x, x[0]])).max() <= way / 31 * np.pi / 2 + 1e-9
    assert np.abs(np.diff(np.r_[y, y[0]])).max() <= 9 * plan.step_volts / 31 * np.pi / 2 + 1e-9


def test_times_are_whole_ticks() -> None:
    plan = ScanPlan(NiScan(width=10, height=5, flyback=2, settle=1, settle_rows=1, dwell_us=1.0, samples=3))
    assert plan.ticks == 33 and plan.dwell_us == pytest.approx(0.99) and plan.sample_rate_hz == pytest.approx(1e8 / 33)
    assert plan.line_time_s == pytest.approx(13 * 0.99e-6) and plan.frame_s == pytest.approx(6 * 13 * 0.99e-6)
    assert plan.frame_samples == 6 * 13 * 3


def test_dark_levels_are_those_of_the_blanked_beam() -> None:
    asked = NiScan(width=8, height=4, flyback=6, blank="port0/line0", volts=(-10.0, 10.0))
    plan, daq = ScanPlan(asked), MockDaq(lambda _k: np.full((4, 4, 8), 50_000, np.uint16), paced=False)
    daq.start(plan)
    dark = plan.dark_adu(daq.read(plan.frame_samples))
    assert dark == pytest.approx(np.full(4, (DARK_V + 10.0) / 20.0 * 65535))


def test_samples_beyond_the_range_are_told() -> None:
    plan = ScanPlan(NiScan(width=4, height=2, volts=(0.0, 1.0)))
    volts = np.full((4, plan.frame_samples), 0.5)
    volts[1] = 1.5
    data = plan.pixels(volts)
    assert plan.clipped(data) == 25.0 and data[1].max() == 65535 and data[0, 0, 0] == 32768


def test_the_mean_of_the_samples_is_the_pixel() -> None:
    plan = ScanPlan(NiScan(width=4, height=2, samples=4, volts=(0.0, 1.0)))
    volts = np.tile([0.1, 0.2, 0.3, 0.4], (4, plan.rows * plan.columns))
    assert np.all(plan.pixels(volts) == round(0.25 * 65535))


def test_ten_thousand_spoilt_frames() -> None:
    plan, random = ScanPlan(NiScan(width=4, height=3, samples=2, flyback=2, settle=1)), np.random.default_rng(2)
    refused, times = 0, 10_000
    for _ in range(times):
        count = plan.frame_samples + (0 if random.random() < 0.6 else int(random.integers(-5, 6)))
        volts = random.normal(0.0, 10.0 ** random.integers(-3, 6), (random.choice([3, 4, 4, 4]), count))
        for _spoil in range(random.integers(0, 2)):
            volts[random.integers(0, len(volts)), random.integers(0, count)] = random.choice([np.nan, np.inf, -np.inf])
        try:
            assert plan.pixels(volts).shape == (4, 3, 4)
        except WireError:
            refused += 1
    assert 0 < refused < times


@pytest.mark.parametrize(
    "wrong",
    [
        {"blank": "line0"},
        {"inputs": "0,0,1,2"},
        {"outputs": "0,0"},
        {"outputs": "0"},
        {"x_volts": "-11,0"},
        {"volts": "5,5"},
        {"flyback": 0},
        {"dwell_us": 0.01},
        {"blank_at": "middle"},
    ],
)
def test_wrong_parameters(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NiScan(**wrong)
